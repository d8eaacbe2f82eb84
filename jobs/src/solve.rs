//! `ttt solve`: a minimum-cost flow from a DIMACS file, its optimum with proof, or why there is none.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::time::Instant;

use delivery::flow::dimacs::Reader;
use delivery::flow::{Network, Refusal, Solution, solve, verify};
use serde::Serialize;

use crate::aligned::{print, print_json};
use crate::cli::{Global, SolveArguments};
use crate::failure::{Failure, Kind, Outcome};

/// Nodes of a certificate that are shown; all are counted.
const SHOWN_MAX: usize = 20;

/// What `--json` prints.
#[derive(Serialize)]
#[serde(tag = "status", rename_all = "UPPERCASE")]
enum Answer {
    Optimal {
        objective: i128,
        lower_bound: i128,
        gap: i128,
        nodes: usize,
        arcs: usize,
        pivots: u64,
        read_seconds: f64,
        solve_seconds: f64,
    },
    /// The nodes of the cut, the first of them by their numbers, supply more than can leave them.
    Infeasible {
        unrouted: i128,
        cut_nodes: usize,
        cut: Vec<u64>,
        cut_supply: i128,
        cut_room: i128,
    },
    Unbalanced {
        supplies_sum: i128,
    },
    /// The arcs of the cycle, the first of them by the numbers of their tails, have no capacity.
    Unbounded {
        cycle_arcs: usize,
        cycle: Vec<u64>,
        cycle_cost: i128,
    },
}

/// Gives the exit code: 4 where the network has no optimum.
pub fn run(global: &Global, arguments: &SolveArguments) -> Outcome<u8> {
    let begin = Instant::now();
    let network = read(&arguments.file)?;
    let (read_seconds, begin) = (begin.elapsed().as_secs_f64(), Instant::now());
    let solved = solve(&network);
    let solve_seconds = begin.elapsed().as_secs_f64();
    let solution = match solved {
        Ok(solution) => solution,
        Err(refusal) => return unanswered(global, &network, &refusal),
    };
    verify(&network, &solution).map_err(Failure::other)?;
    if !global.json {
        print(&flows(&network, &solution))?;
        return Ok(0);
    }
    print_json(&Answer::Optimal {
        objective: solution.objective,
        lower_bound: solution.lower_bound,
        gap: solution.gap(),
        nodes: network.supplies.len(),
        arcs: network.arcs.len(),
        pivots: solution.pivots,
        read_seconds,
        solve_seconds,
    })?;
    Ok(0)
}

/// Reads a file, or standard input for `-`.
fn read(name: &str) -> Outcome<Network> {
    let input: Box<dyn io::Read> = match name {
        "-" => Box::new(io::stdin()),
        name => Box::new(File::open(name).map_err(|error| Failure::usage(format!("{name}: {error}")))?),
    };
    let mut lines = BufReader::with_capacity(1 << 20, input);
    let (mut reader, mut line) = (Reader::default(), Vec::new());
    let refused = |misread| Failure::refused(format!("{name}: {misread}"));
    loop {
        line.clear();
        match lines.read_until(b'\n', &mut line) {
            Ok(0) => return reader.finish().map_err(refused),
            Ok(_) => reader.line(&line).map_err(refused)?,
            Err(error) => return Err(Failure::usage(format!("{name}: {error}"))),
        }
    }
}

/// The solution in the DIMACS form: its cost, and every arc that carries something.
fn flows(network: &Network, solution: &Solution) -> String {
    let mut text = format!("s {}\n", solution.objective);
    for (arc, flow) in network.arcs.iter().zip(&solution.flows).filter(|(_, flow)| **flow != 0) {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "f {} {} {flow}", arc.tail + 1, arc.head + 1);
    }
    text
}

/// That there is no flow, or none that is cheapest, is an answer. Anything else refuses the file.
fn unanswered(global: &Global, network: &Network, refusal: &Refusal) -> Outcome<u8> {
    let (comment, answer) = match refusal {
        Refusal::Infeasible { unrouted, cut, supply, room } => {
            let shown = shortened(cut.iter().map(|node| u64::from(*node) + 1));
            let (cut_nodes, unrouted, cut_supply, cut_room) = (cut.len(), *unrouted, *supply, *room);
            let nodes = joined(&shown, cut_nodes);
            let comment = format!(
                "infeasible: {unrouted} units have no way; supply {supply}, room {room}, of nodes {nodes}"
            );
            (comment, Answer::Infeasible { unrouted, cut_nodes, cut: shown, cut_supply, cut_room })
        }
        Refusal::Unbalanced { sum } => {
            (format!("infeasible: supplies sum to {sum}"), Answer::Unbalanced { supplies_sum: *sum })
        }
        Refusal::Unbounded { cycle, cost } => {
            let shown = shortened(cycle.iter().map(|arc| u64::from(network.arcs[*arc].tail) + 1));
            let (cycle_arcs, cycle_cost) = (cycle.len(), *cost);
            let nodes = joined(&shown, cycle_arcs);
            let comment = format!("unbounded: cost {cost} a unit, no capacity, of the cycle through {nodes}");
            (comment, Answer::Unbounded { cycle_arcs, cycle: shown, cycle_cost })
        }
        other => return Err(Failure::refused(other)),
    };
    eprintln!("ttt: {refusal}");
    match global.json {
        true => print_json(&answer)?,
        false => print(&format!("c {comment}\n"))?,
    }
    Ok(Kind::Control.exit_code())
}

fn shortened(numbers: impl Iterator<Item = u64>) -> Vec<u64> {
    numbers.take(SHOWN_MAX).collect()
}

fn joined(shown: &[u64], all: usize) -> String {
    let mut text = shown.iter().map(u64::to_string).collect::<Vec<_>>().join(" ");
    if shown.len() < all {
        text.push_str(" …");
    }
    text
}
