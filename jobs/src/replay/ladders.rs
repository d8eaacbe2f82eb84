//! `ttt replay ladders`: the best ladder of bitrates for each of some distributions of bandwidth, by the exact program.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use clap::Args;
use delivery::quality::grid::below;
use delivery::quality::ladder::{Problem, Solver};
use serde::Serialize;

use crate::aligned;
use crate::cli::Global;
use crate::failure::{Failure, Outcome};
use crate::usage;

/// Distributions that are read before they are solved.
const BLOCK: usize = 4_096;

#[derive(Debug, Args)]
pub struct LaddersArguments {
    /// Comma-separated: a line of throughputs in kbit/s, ascending, then a line of weights for each distribution
    #[arg(long, value_name = "FILE")]
    pub distributions: PathBuf,
    /// Rungs, at most
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub rungs: u16,
    /// Each rung is at least so many times the one below
    #[arg(long, value_name = "TIMES", default_value_t = 1.0)]
    pub step_min: f64,
    /// Each rung is at most so many times the one below [default: any]
    #[arg(long, value_name = "TIMES", default_value_t = f64::INFINITY, hide_default_value = true)]
    pub step_max: f64,
    /// The share of its throughput that a viewer's rung may take
    #[arg(long, value_name = "SHARE", default_value_t = 1.0)]
    pub throughput_share: f64,
    /// The bitrate whose quality is zero, in kbit/s
    #[arg(long, value_name = "KBPS", default_value_t = 200.0)]
    pub base: f64,
    /// Quality lost for each second that viewers below the lowest rung stall
    #[arg(long, value_name = "WEIGHT", default_value_t = 2.66)]
    pub stall_weight: f64,
    /// Only what it took
    #[arg(long)]
    pub summary: bool,
}

/// A distribution's ladder.
#[derive(Debug, Serialize)]
struct Found {
    /// Quality of a mean second.
    score: f64,
    bitrates_kbps: Vec<f64>,
}

#[derive(Debug, Serialize)]
struct Report {
    distributions: usize,
    candidates: usize,
    /// Processor time of solving, without reading.
    solve_cpu_s: f64,
    score_mean: f64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ladders: Vec<Found>,
}

/// Solves one distribution after the other.
pub fn run(global: &Global, arguments: &LaddersArguments) -> Outcome<()> {
    check(arguments)?;
    let shown = arguments.distributions.display();
    let file =
        File::open(&arguments.distributions).map_err(|error| Failure::usage(format!("{shown}: {error}")))?;
    let mut lines = BufReader::new(file).lines();
    let mut numbers: Vec<f64> = Vec::new();
    let mut number = 0;
    let mut next = |numbers: &mut Vec<f64>| -> Outcome<bool> {
        number += 1;
        let Some(line) = lines.next() else { return Ok(false) };
        let read = line.map_err(|error| error.to_string()).and_then(|line| parse(&line, numbers));
        read.map(|()| true).map_err(|why| Failure::refused(format!("{shown}:{number}: {why}")))
    };
    let mut throughputs: Vec<f64> = Vec::new();
    next(&mut throughputs)?;
    if throughputs.is_empty() || throughputs[0] <= 0.0 || !throughputs.is_sorted_by(|low, high| low < high) {
        return Err(Failure::refused(format!("{shown}:1: throughputs ascend from above zero")));
    }
    let worths: Vec<f64> = throughputs.iter().map(|kbps| (kbps / arguments.base).ln()).collect();
    let (mut solver, mut taken, mut count, mut scores) = (Solver::default(), 0.0, 0, 0.0);
    let (mut ladders, mut block) = (Vec::new(), Vec::new());
    loop {
        let is_more = next(&mut numbers)?;
        if is_more {
            block
                .push(weights(&numbers, throughputs.len()).map_err(|why| {
                    Failure::refused(format!("{shown}:{}: {why}", count + block.len() + 2))
                })?);
        }
        // Clocks of the processor are read once for many: to read one takes as long as a ladder's tenth.
        if block.len() == BLOCK || !is_more {
            let before = usage::now().cpu_seconds;
            let found =
                block.iter().map(|shares| solve(&mut solver, &throughputs, &worths, shares, arguments));
            let found: Vec<Found> = found.collect();
            taken += usage::now().cpu_seconds - before;
            (count, scores) =
                (count + found.len(), found.iter().fold(scores, |sum, found| sum + found.score));
            if !arguments.summary {
                ladders.extend(found);
            }
            block.clear();
        }
        if !is_more {
            break;
        }
    }
    let report = Report {
        distributions: count,
        candidates: throughputs.len(),
        solve_cpu_s: taken,
        score_mean: scores / count.max(1) as f64,
        ladders,
    };
    match global.json {
        true => aligned::print_json(&report),
        false => aligned::print(&text(&report)),
    }
}

fn check(arguments: &LaddersArguments) -> Outcome<()> {
    let is_positive = |number: f64| number > 0.0 && number.is_finite();
    let steps = arguments.step_min >= 1.0 && arguments.step_max >= arguments.step_min;
    if !steps || !is_positive(arguments.step_min) {
        return Err(Failure::usage("--step-min is at least 1, and --step-max no less"));
    }
    if !is_positive(arguments.throughput_share) || !is_positive(arguments.base) {
        return Err(Failure::usage("--throughput-share and --base are above zero"));
    }
    if !arguments.stall_weight.is_finite() || arguments.stall_weight < 0.0 {
        return Err(Failure::usage("--stall-weight is not below zero"));
    }
    Ok(())
}

fn parse(line: &str, numbers: &mut Vec<f64>) -> Result<(), String> {
    numbers.clear();
    for field in line.split(',') {
        let number: f64 = field.trim().parse().map_err(|_| format!("{field:?} is no number"))?;
        if !number.is_finite() || number < 0.0 {
            return Err(format!("{number} is none that may stand here"));
        }
        numbers.push(number);
    }
    Ok(())
}

/// Weights as shares of all.
fn weights(numbers: &[f64], count: usize) -> Result<Vec<f64>, String> {
    let all: f64 = numbers.iter().sum();
    match numbers.len() == count && all > 0.0 {
        true => Ok(numbers.iter().map(|weight| weight / all).collect()),
        false => Err(format!("{count} weights, of which some are above zero, are needed")),
    }
}

fn solve(
    solver: &mut Solver,
    throughputs: &[f64],
    worths: &[f64],
    shares: &[f64],
    arguments: &LaddersArguments,
) -> Found {
    let shares: Vec<(f64, f64)> = throughputs.iter().copied().zip(shares.iter().copied()).collect();
    let shared = (arguments.throughput_share, 1.0);
    let (masses, lost) = below(&shares, throughputs, shared, arguments.stall_weight);
    let lowest: Vec<f64> = (0..worths.len()).map(|at| worths[at] * masses[at] - lost[at]).collect();
    let problem = Problem {
        bitrates_kbps: throughputs,
        worths,
        masses_below: &masses,
        mass: 1.0,
        lowest: &lowest,
        // A rung is above the one below.
        step_min: arguments.step_min.max(1.0 + 1e-6),
        step_max: arguments.step_max,
    };
    let ladders = solver.solve(&problem, usize::from(arguments.rungs));
    let best =
        ladders.into_iter().reduce(|best, ladder| if ladder.score > best.score { ladder } else { best });
    // There is always a ladder of one rung.
    let (rungs, score) = best.map_or((vec![0], 0.0), |ladder| (ladder.rungs, ladder.score));
    Found { score, bitrates_kbps: rungs.iter().map(|at| throughputs[*at]).collect() }
}

fn text(report: &Report) -> String {
    let mut out = format!(
        "{} distributions over {} throughputs: {:.3} s of processor time, mean score {:.6}\n",
        report.distributions, report.candidates, report.solve_cpu_s, report.score_mean
    );
    for found in &report.ladders {
        let bitrates: Vec<String> = found.bitrates_kbps.iter().map(f64::to_string).collect();
        out.push_str(&format!("  {:.6}  {}\n", found.score, bitrates.join(" ")));
    }
    out
}
