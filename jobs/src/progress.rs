//! Progress on stderr: bars on a terminal, plain lines elsewhere, nothing when quiet.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// Where a run says how far it is. Cheap to clone.
#[derive(Clone)]
pub struct Progress(Arc<Inner>);

struct Inner {
    shows: Shows,
    read: Option<ProgressBar>,
}

enum Shows {
    Bars(MultiProgress),
    Lines,
    Nothing,
}

impl Progress {
    pub fn new(quiet: bool) -> Self {
        let shows = match quiet {
            true => Shows::Nothing,
            false if std::io::stderr().is_terminal() => Shows::Bars(MultiProgress::new()),
            false => Shows::Lines,
        };
        let read = match &shows {
            Shows::Bars(bars) => Some(bars.add(byte_counter())),
            _ => None,
        };
        Self(Arc::new(Inner { shows, read }))
    }

    /// Counts unpacked bytes that were read.
    pub fn add(&self, bytes: u64) {
        if let Some(read) = &self.0.read {
            read.inc(bytes);
        }
    }

    /// Says one line.
    pub fn say(&self, line: &str) {
        match &self.0.shows {
            Shows::Bars(bars) => {
                let _ = bars.println(line);
            }
            Shows::Lines => eprintln!("{line}"),
            Shows::Nothing => {}
        }
    }

    /// Shows that a step is under way; the bar goes when it is dropped.
    pub fn step(&self, name: &str) -> Step {
        match &self.0.shows {
            Shows::Bars(bars) => {
                let bar = bars.add(ProgressBar::new_spinner().with_message(name.to_owned()));
                bar.enable_steady_tick(Duration::from_millis(120));
                Step(Some(bar))
            }
            _ => Step(None),
        }
    }

    /// Clears what is on the screen.
    pub fn finish(&self) {
        if let Shows::Bars(bars) = &self.0.shows {
            let _ = bars.clear();
        }
    }
}

/// A step that is under way.
pub struct Step(Option<ProgressBar>);

impl Drop for Step {
    fn drop(&mut self) {
        if let Some(bar) = self.0.take() {
            bar.finish_and_clear();
        }
    }
}

fn byte_counter() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} read {bytes} at {bytes_per_sec}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
