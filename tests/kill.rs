//! A run that is killed at any moment leaves a state from which the next one completes to the same tables.

use std::process::Stdio;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use generate::Options;

use crate::support::{Place, Tables, assert_tables, tables};

fn area() -> Place {
    Place::generated(&Options {
        days: 2,
        escrows_per_day: 300,
        subscriptions_per_day: 20,
        playbacks_per_day: 150,
        access_per_day: 600,
        replay_rate: 0.02,
        fault_rate: 0.4,
        ..Options::default()
    })
}

const SPAN: &[&str] = &["run", "nightly", "--from", "2026-11-20", "--to", "2026-11-21", "--quiet"];

fn complete(place: &Place) {
    let ended = place.run(SPAN);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}

/// What nights that ran through come to, and how long they take: the shorter of two runs, since a machine may be busy.
fn undisturbed() -> &'static (Tables, Duration) {
    static UNDISTURBED: OnceLock<(Tables, Duration)> = OnceLock::new();
    UNDISTURBED.get_or_init(|| {
        let timed = || {
            let place = area();
            let clock = Instant::now();
            complete(&place);
            (place, clock.elapsed())
        };
        let (first, second) = (timed(), timed());
        (tables(&first.0), first.1.min(second.1))
    })
}

/// Starts the nights and kills them after a while; whether they had not ended before.
fn kill_after(place: &Place, after: Duration) -> bool {
    let mut child =
        place.command(SPAN).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    std::thread::sleep(after);
    let early = child.try_wait().expect("a child").is_none();
    child.kill().expect("a child that is killed");
    child.wait().expect("a child that ended");
    early
}

#[test]
fn a_killed_run_is_completed_by_the_next() {
    let (expected, length) = undisturbed();
    // From a fresh warehouse, at points all along the run.
    let points = 12;
    let mut killed = 0;
    for point in 1..=points {
        let place = area();
        let after = *length * point / (points + 1);
        killed += u32::from(kill_after(&place, after));
        complete(&place);
        assert_tables(&tables(&place), expected, &format!("after a kill at {after:?} of {length:?}"));
    }
    assert!(killed >= points / 2, "only {killed} of {points} runs were killed before their end");
}

#[test]
fn many_kills_one_after_the_other_are_survived() {
    let (expected, length) = undisturbed();
    let place = area();
    for point in 1..=30 {
        kill_after(&place, *length * point / 30);
    }
    complete(&place);
    assert_tables(&tables(&place), expected, "after thirty kills");
}
