//! `ttt replay quality`: a movie over networks as a player would have shown it, by rules.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use delivery::quality::replay::{Chunk, Movie, Played, Player, Rule, play, play_with};
use serde::Serialize;

use super::played::text;
use super::recorded::{self, Recorded};
use crate::aligned;
use crate::cli::Global;
use crate::failure::{Failure, Outcome};

#[derive(Debug, Args)]
pub struct QualityArguments {
    /// A network in sabre's JSON, or a folder of them
    #[arg(long, value_name = "FILE_OR_FOLDER")]
    pub network: PathBuf,
    /// A movie in sabre's JSON: bitrates, and the bits of each segment
    #[arg(long, value_name = "FILE")]
    pub movie: PathBuf,
    /// throughput, bola, bolae, dynamic (hybrid is the same), several, or all
    #[arg(long, value_name = "RULE", required = true, value_delimiter = ',', value_parser = rules)]
    pub rule: Vec<Rules>,
    /// Seconds that the player holds at most
    #[arg(long, value_name = "SECONDS", default_value_t = 25.0)]
    pub buffer: f64,
    /// What each network's throughput is multiplied by; several for as many sessions
    #[arg(long, value_name = "FACTOR", default_value = "1", value_delimiter = ',')]
    pub multiplier: Vec<f64>,
    /// Rung of the first segment, counted from 0
    #[arg(long, value_name = "RUNG", default_value_t = 0)]
    pub start_rung: usize,
    /// Show every segment
    #[arg(long, conflicts_with = "summary")]
    pub chunks: bool,
    /// Only the means over all sessions
    #[arg(long)]
    pub summary: bool,
}

/// One rule, or all.
#[derive(Debug, Clone)]
pub struct Rules(Vec<Rule>);

fn rules(text: &str) -> Result<Rules, String> {
    if text.eq_ignore_ascii_case("all") {
        return Ok(Rules(Rule::ALL.to_vec()));
    }
    let known = || Rule::ALL.map(Rule::name).join(", ");
    let rule = Rule::of(text).ok_or_else(|| format!("no such rule; there are {}, and all", known()))?;
    Ok(Rules(vec![rule]))
}

/// What came of one session.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Session {
    pub(super) network: String,
    pub(super) multiplier: f64,
    pub(super) rule: &'static str,
    /// Over all the time that it took, as sabre's "time average played bitrate".
    pub(super) bitrate_kbps_mean: f64,
    pub(super) startup_ms: f64,
    pub(super) rebuffer_ms: f64,
    pub(super) rebuffer_count: usize,
    pub(super) rebuffer_ratio: f64,
    pub(super) switches: usize,
    pub(super) segments_given_up: usize,
    pub(super) total_ms: f64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) chunks: Vec<Shown>,
}

/// A segment of a session.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Shown {
    pub(super) segment: usize,
    pub(super) rung: usize,
    pub(super) bitrate_kbps: f64,
    pub(super) begun_ms: f64,
    pub(super) bits: f64,
    pub(super) received_bits: f64,
    pub(super) latency_ms: f64,
    pub(super) taken_ms: f64,
    pub(super) buffer_before_ms: f64,
    pub(super) buffer_after_ms: f64,
    pub(super) stalled_ms: f64,
    pub(super) is_given_up: bool,
}

/// Means over a rule's sessions.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    pub(super) rule: &'static str,
    pub(super) sessions: usize,
    pub(super) bitrate_kbps_mean: f64,
    pub(super) startup_ms_mean: f64,
    pub(super) rebuffer_ratio_mean: f64,
    pub(super) switches_mean: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) movie: PathBuf,
    pub(super) segments: usize,
    /// What replaying took, without reading.
    pub(super) replay_s: f64,
    pub(super) summaries: Vec<Summary>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) sessions: Vec<Session>,
}

/// Replays every network by every rule and prints what came of it.
pub async fn run(global: &Global, arguments: &QualityArguments) -> Outcome<()> {
    check(arguments)?;
    let movie = recorded::movie(&arguments.movie)?;
    let seconds = movie.segment_ms / 1_000.0;
    if arguments.buffer < 2.0 * seconds {
        let needed = 2.0 * seconds;
        return Err(Failure::usage(format!("--buffer: the segments need {needed} seconds, two of them")));
    }
    if arguments.start_rung >= movie.rungs() {
        return Err(Failure::usage(format!("--start-rung: the movie has {} rungs", movie.rungs())));
    }
    let networks = recorded::networks(&arguments.network)?;
    let mut rules: Vec<Rule> = Vec::new();
    for rule in arguments.rule.iter().flat_map(|rules| &rules.0) {
        if !rules.contains(rule) {
            rules.push(*rule);
        }
    }
    let options =
        (arguments.multiplier.clone(), arguments.buffer * 1_000.0, arguments.start_rung, arguments.chunks);
    let path = arguments.movie.clone();
    let is_summary = arguments.summary;
    let replayed = tokio::task::spawn_blocking(move || {
        let (sessions, taken) = replay(&movie, &networks, &rules, &options)?;
        Ok::<_, Failure>(Report {
            movie: path,
            segments: movie.segments,
            replay_s: taken.as_secs_f64(),
            summaries: rules.iter().map(|rule| summary(*rule, &sessions)).collect(),
            sessions: if is_summary { Vec::new() } else { sessions },
        })
    });
    let report = replayed.await??;
    match global.json {
        true => aligned::print_json(&report),
        false => aligned::print(&text(&report)),
    }
}

fn check(arguments: &QualityArguments) -> Outcome<()> {
    if !(arguments.buffer.is_finite() && arguments.buffer > 0.0) {
        return Err(Failure::usage("--buffer: is a number of seconds above zero"));
    }
    let is_factor = |factor: &f64| factor.is_finite() && *factor > 0.0;
    if !arguments.multiplier.iter().all(is_factor) {
        return Err(Failure::usage("--multiplier: is a number above zero"));
    }
    Ok(())
}

/// Multipliers, the buffer in milliseconds, the first rung, and whether segments are shown.
type Options = (Vec<f64>, f64, usize, bool);

fn replay(
    movie: &Movie,
    networks: &[Recorded],
    rules: &[Rule],
    (multipliers, buffer_ms, start_rung, has_chunks): &Options,
) -> Outcome<(Vec<Session>, Duration)> {
    let values = vec![0.0; movie.rungs()];
    let (mut sessions, mut taken) = (Vec::new(), Duration::ZERO);
    for network in networks {
        for multiplier in multipliers {
            let intervals = network.multiplied(*multiplier)?;
            for rule in rules {
                let player = Player { rule: *rule, buffer_ms: *buffer_ms, start_rung: *start_rung };
                let mut chunks: Vec<Shown> = Vec::new();
                let clock = Instant::now();
                let played = match has_chunks {
                    true => play_with(&player, movie, &values, &intervals, |chunk| {
                        chunks.push(shown(movie, chunk))
                    }),
                    false => play(&player, movie, &values, &intervals),
                };
                taken += clock.elapsed();
                sessions.push(session(&network.name, *multiplier, *rule, &played, chunks));
            }
        }
    }
    Ok((sessions, taken))
}

fn session(network: &str, multiplier: f64, rule: Rule, played: &Played, chunks: Vec<Shown>) -> Session {
    Session {
        network: network.to_owned(),
        multiplier,
        rule: rule.name(),
        bitrate_kbps_mean: played.bitrate_kbps_mean(),
        startup_ms: played.startup_ms,
        rebuffer_ms: played.stalled_ms,
        rebuffer_count: played.stalls,
        rebuffer_ratio: played.stalled_ms / played.total_ms,
        switches: played.switches,
        segments_given_up: played.given_up,
        total_ms: played.total_ms,
        chunks,
    }
}

fn shown(movie: &Movie, chunk: &Chunk) -> Shown {
    Shown {
        segment: chunk.segment,
        rung: chunk.rung,
        bitrate_kbps: movie.bitrates_kbps[chunk.rung],
        begun_ms: chunk.begun_ms,
        bits: chunk.download.bits,
        received_bits: chunk.download.received_bits,
        latency_ms: chunk.download.latency_ms,
        taken_ms: chunk.download.taken_ms,
        buffer_before_ms: chunk.buffer_before_ms,
        buffer_after_ms: chunk.buffer_after_ms,
        stalled_ms: chunk.stalled_ms,
        is_given_up: chunk.is_given_up,
    }
}

fn summary(rule: Rule, sessions: &[Session]) -> Summary {
    let of_rule: Vec<&Session> = sessions.iter().filter(|session| session.rule == rule.name()).collect();
    let mean = |number: &dyn Fn(&Session) -> f64| {
        of_rule.iter().map(|session| number(session)).sum::<f64>() / of_rule.len().max(1) as f64
    };
    Summary {
        rule: rule.name(),
        sessions: of_rule.len(),
        bitrate_kbps_mean: mean(&|session| session.bitrate_kbps_mean),
        startup_ms_mean: mean(&|session| session.startup_ms),
        rebuffer_ratio_mean: mean(&|session| session.rebuffer_ratio),
        switches_mean: mean(&|session| session.switches as f64),
    }
}
