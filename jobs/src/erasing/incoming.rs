//! What lands of persons who were erased: it does not come back, whatever file it comes in again.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch, StringArray};
use arrow::compute::{concat_batches, filter_record_batch, not};
use chrono::NaiveDate;
use ingest::chunk::Parsed;
use schemas::bronze::{CDN_REQUESTS, LEDGER_ENTRIES, PLAYBACKS, QUARANTINE};
use schemas::source::Source;

use super::list::Erased;
use super::redact::{erased_playbacks, redact};
use crate::failure::Outcome;

/// Why a playback is refused whose viewer was erased.
const REASON: &str = "viewer_must_not_be_erased";

/// Takes who was erased out of what was parsed. Playbacks of before the asking are refused, and counted with the
/// other refused lines; money keeps its rows under the pseudonym, with the payload's hash as it landed.
///
/// Gives the entries of the ledger as they were, where any was changed: their hashes are to be written down.
pub fn hold_back(
    erased: &Erased,
    source: Source,
    dt: NaiveDate,
    parsed: &mut Parsed,
) -> Outcome<Option<RecordBatch>> {
    if erased.is_empty() {
        return Ok(None);
    }
    if let Some(found) = redact(&QUARANTINE, &parsed.rejected, erased)? {
        parsed.rejected = found.batch;
    }
    let table = source.table();
    // What is looked at and changed has a form of its own, not that of the chunk.
    parsed.good = ingest::owned(table, &parsed.good)?;
    if table.name == PLAYBACKS.name {
        refuse(erased, source, parsed)?;
        return Ok(None);
    }
    let is_asked = match table.name {
        "escrow_events" | "ledger_entries" | "subscription_events" => true,
        name => name == CDN_REQUESTS.name && erased.has_sessions(dt),
    };
    let found = if is_asked { redact(table, &parsed.good, erased)? } else { None };
    let Some(found) = found else { return Ok(None) };
    let before = std::mem::replace(&mut parsed.good, found.batch);
    Ok((table.name == LEDGER_ENTRIES.name).then_some(before))
}

fn refuse(erased: &Erased, source: Source, parsed: &mut Parsed) -> Outcome<()> {
    let good = &parsed.good;
    let (Some(viewers), Some(started)) = (good.column_by_name("viewer"), good.column_by_name("started_at"))
    else {
        return Ok(());
    };
    let gone = erased_playbacks(viewers, started, erased);
    if gone.true_count() == 0 {
        return Ok(());
    }
    let refused = refused(&filter_record_batch(good, &gone)?, source)?;
    parsed.rejected = concat_batches(&refused.schema(), [&parsed.rejected, &refused])?;
    let keys = parsed.key_hashes.iter().zip(gone.iter());
    parsed.key_hashes = keys.filter(|(_, gone)| *gone != Some(true)).map(|(key, _)| *key).collect();
    parsed.good = filter_record_batch(good, &not(&gone)?)?;
    Ok(())
}

/// Refused lines that say nothing but where they stood.
fn refused(rows: &RecordBatch, source: Source) -> Outcome<RecordBatch> {
    let count = rows.num_rows();
    let schema = QUARANTINE.file_schema();
    let columns = schema.fields().iter().map(|field| -> Outcome<ArrayRef> {
        Ok(match field.name().as_str() {
            "source" => Arc::new(StringArray::new_repeated(source.folder(), count)),
            "reason" => Arc::new(StringArray::new_repeated(REASON, count)),
            "detail" | "raw" => Arc::new(StringArray::new_repeated("[erased]", count)),
            "raw_cut" => Arc::new(BooleanArray::from(vec![false; count])),
            name => rows.column(rows.schema().index_of(name)?).clone(),
        })
    });
    Ok(RecordBatch::try_new(schema.clone(), columns.collect::<Outcome<Vec<_>>>()?)?)
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;
    use ingest::chunk::{Chunk, Parser, Place};
    use insights::pseudonym::Key;
    use schemas::time;

    use super::*;

    fn kept_lines(batch: &RecordBatch) -> Vec<i64> {
        let lines = batch.column_by_name("source_line").unwrap().as_primitive::<Int64Type>();
        lines.values().to_vec()
    }

    const ANN: &str = "did:key:z6MkAnn";

    fn playback(session: u32, viewer: &str, at: &str) -> String {
        format!(
            r#"{{"session_id":"ps_{session}","viewer":"{viewer}","creator":"did:key:b","content_id":"co_1","started_at":"{at}","watch_ms":1,"completed":false,"interactions":[]}}"#
        )
    }

    fn parsed(source: Source, lines: &[String]) -> Parsed {
        let place = Place { source, dt: 20_000, file: "f".into(), ingested_at: 0 };
        let bytes = lines.join("\n").into_bytes();
        let chunk = Chunk { place, first_line: 1, bytes, header: None, too_long: Vec::new() };
        Parser::new(source, 20_000).parse(chunk).unwrap()
    }

    fn erased() -> Erased {
        let mut erased = Erased::with(Key::new([7; 32]));
        let asked = time::parse_rfc3339(b"2026-11-21T00:00:00Z").unwrap();
        erased.add_party(erased.subject(ANN).unwrap(), asked);
        erased
    }

    #[test]
    fn erased_playbacks_are_refused_and_later_ones_are_not() {
        let lines = [
            playback(1, "did:key:other", "2026-11-20T10:00:00Z"),
            playback(2, ANN, "2026-11-20T10:00:00Z"),
            playback(3, ANN, "2026-11-22T10:00:00Z"),
            format!("{{\"viewer\":\"{ANN}\"}}"),
        ];
        let mut found = parsed(Source::Playback, &lines);
        let dt = time::date(20_000);
        hold_back(&erased(), Source::Playback, dt, &mut found).unwrap();
        assert_eq!(kept_lines(&found.good), [1, 3]);
        assert_eq!((found.key_hashes.len(), found.rejected.num_rows(), found.rows), (2, 2, 4));
        let refused = arrow::util::pretty::pretty_format_batches(&[found.rejected]).unwrap().to_string();
        assert!(refused.contains(REASON) && !refused.contains(ANN), "{refused}");
    }

    #[test]
    fn money_stays_under_the_pseudonym() {
        let event = format!(
            r#"{{"event_id":"ee_1","escrow_id":"es_1","sequence":1,"event":"CREATED","type":"TIP","from":"{ANN}","to":"did:key:b","amount":{{"value":"1.00","currency":"USD"}},"metadata":{{"message":"a word"}},"at":"2026-11-22T12:00:00Z"}}"#
        );
        let mut found = parsed(Source::Escrow, &[event]);
        let before = found.good.column_by_name("payload_hash").unwrap().clone();
        hold_back(&erased(), Source::Escrow, time::date(20_000), &mut found).unwrap();
        assert_eq!(found.good.column_by_name("payload_hash").unwrap(), &before);
        let text = arrow::util::pretty::pretty_format_batches(&[found.good]).unwrap().to_string();
        assert!(text.contains("did:erased:") && !text.contains(ANN) && !text.contains("a word"), "{text}");
    }
}
