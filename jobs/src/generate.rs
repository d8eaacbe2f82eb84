//! `ttt generate`: a landing area of any size with its key beside it.

use std::path::PathBuf;

use generate::{Compression, GenerateError, Ladder, Options};
use serde_json::json;

use crate::cli::{ContentLadder, GenerateArguments, Global, Packing};
use crate::failure::{Failure, Kind, Outcome};
use crate::progress::Progress;

/// Writes the area.
pub async fn write(global: &Global, arguments: &GenerateArguments) -> Outcome<()> {
    let options = options(arguments);
    let out = arguments.out.clone();
    let key = arguments.key.clone().unwrap_or_else(|| beside(&out));
    let progress = Progress::new(global.quiet);
    let shown = progress.clone();
    let (target, beside) = (out.clone(), key.clone());
    let written = tokio::task::spawn_blocking(move || {
        generate::generate(&target, &beside, &options, &|source, rows| {
            shown.say(&format!("{source}: {rows} rows"))
        })
    });
    let summary = written.await?.map_err(failure)?;
    progress.finish();
    if global.json {
        println!(
            "{}",
            json!({"out": out, "key": key, "files": summary.files, "bytes": summary.bytes, "rows": summary.rows})
        );
    } else {
        println!(
            "{}: {} files, {} rows, {} bytes; key in {}",
            out.display(),
            summary.files,
            summary.rows,
            summary.bytes,
            key.display()
        );
    }
    Ok(())
}

fn failure(error: GenerateError) -> Failure {
    let kind = match &error {
        GenerateError::Refused(_) => Kind::Usage,
        GenerateError::Storage { .. } => Kind::Other,
    };
    Failure::new(kind, error)
}

fn beside(out: &std::path::Path) -> PathBuf {
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(".key");
    out.with_file_name(name)
}

fn options(arguments: &GenerateArguments) -> Options {
    let base = Options::default();
    let compression = arguments.compression.map(|packing| match packing {
        Packing::Plain => Compression::Plain,
        Packing::Gzip => Compression::Gzip,
        Packing::Zstd => Compression::Zstd,
        Packing::Mixed => Compression::Mixed,
    });
    let escrows_per_day = arguments.escrows.unwrap_or(base.escrows_per_day);
    Options {
        seed: arguments.seed.unwrap_or(base.seed),
        from: arguments.from.unwrap_or(base.from),
        days: arguments.days.unwrap_or(base.days),
        escrows_per_day,
        playbacks_per_day: arguments.playbacks.unwrap_or(base.playbacks_per_day),
        access_per_day: arguments.requests.unwrap_or(base.access_per_day),
        subscriptions_per_day: arguments
            .subscriptions
            .unwrap_or(base.subscriptions_per_day.min(escrows_per_day)),
        nodes: arguments.nodes.unwrap_or(base.nodes),
        contents_per_day: arguments.contents.unwrap_or(base.contents_per_day),
        contents_archived: arguments.archived.unwrap_or(base.contents_archived),
        files_per_source: arguments.files.unwrap_or(base.files_per_source),
        compression: compression.unwrap_or(base.compression),
        fault_rate: arguments.faults.unwrap_or(base.fault_rate),
        subscription_faults: arguments.subscription_faults.unwrap_or(base.subscription_faults),
        resolutions: arguments.resolutions.unwrap_or(base.resolutions),
        replay_rate: arguments.replays.unwrap_or(base.replay_rate),
        bad_line_rate: arguments.bad_lines.unwrap_or(base.bad_line_rate),
        ladder: arguments.ladder.map_or(base.ladder, |ladder| match ladder {
            ContentLadder::Usual => Ladder::Usual,
            ContentLadder::Fitted => Ladder::Fitted,
            ContentLadder::Oversized => Ladder::Oversized,
        }),
        late_rate: arguments.late.unwrap_or(base.late_rate),
        manifests: !arguments.no_manifests,
        ..base
    }
}
