//! The rules by which players choose a rung.

use super::bola::Bola;
use super::bola_e::BolaE;
use super::ewma::Estimate;
use super::hybrid::Hybrid;
use super::movie::Movie;
use super::throughput::{self, Throughput};
use crate::quality::network::Download;

/// A way of choosing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// By the estimated throughput.
    Throughput,
    /// By the buffer: BOLA (Spiteri, Urgaonkar, Sitaraman: INFOCOM 2016), with BOLA-U against switches.
    Bola,
    /// BOLA-E: BOLA that fills its buffer as if with segments that were never downloaded.
    BolaE,
    /// By throughput while the buffer is low, by BOLA when it is not.
    Hybrid,
}

impl Rule {
    pub const ALL: [Self; 4] = [Self::Throughput, Self::Bola, Self::BolaE, Self::Hybrid];
    /// One of each kind: what plans are judged by.
    pub const KINDS: [Self; 3] = [Self::Throughput, Self::Bola, Self::Hybrid];

    /// Its name on the command line and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Throughput => "throughput",
            Self::Bola => "bola",
            Self::BolaE => "bolae",
            Self::Hybrid => "dynamic",
        }
    }

    /// The rule of a name, if it is one.
    pub fn of(name: &str) -> Option<Self> {
        let name = if name.eq_ignore_ascii_case("hybrid") { "dynamic" } else { name };
        Self::ALL.into_iter().find(|rule| rule.name().eq_ignore_ascii_case(name))
    }

    pub(super) fn chooser(self, movie: &Movie, buffer_ms: f64) -> Chooser {
        match self {
            Self::Throughput => Chooser::Throughput(Throughput::default()),
            Self::Bola => Chooser::Bola(Bola::new(movie, buffer_ms)),
            Self::BolaE => Chooser::BolaE(BolaE::new(movie, buffer_ms)),
            Self::Hybrid => Chooser::Hybrid(Hybrid::new(movie, buffer_ms)),
        }
    }
}

/// What a rule sees when it chooses.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub movie: &'a Movie,
    pub estimate: &'a Estimate,
    /// The segment to choose for, counted from 0.
    pub segment: usize,
    /// The time that is buffered.
    pub buffer_ms: f64,
}

/// A stretch of one throughput.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ahead {
    pub throughput_kbps: f64,
    pub ms: f64,
}

/// A rung, and how long to wait before it is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Choice {
    pub rung: usize,
    pub wait_ms: f64,
}

impl Choice {
    pub fn at_once(rung: usize) -> Self {
        Self { rung, wait_ms: 0.0 }
    }
}

/// A rule at work, with what it remembers.
#[derive(Debug, Clone)]
pub(super) enum Chooser {
    Throughput(Throughput),
    Bola(Bola),
    BolaE(BolaE),
    Hybrid(Hybrid),
}

impl Chooser {
    pub fn choose(&mut self, view: &View<'_>) -> Choice {
        match self {
            Self::Throughput(rule) => Choice::at_once(rule.choose(view)),
            Self::Bola(rule) => rule.choose(view),
            Self::BolaE(rule) => rule.choose(view),
            Self::Hybrid(rule) => rule.choose(view),
        }
    }

    /// Whether a download of a rung could be given up while so much time passes at one throughput: never no where
    /// [`Chooser::gives_up`] would say so.
    pub fn may_give_up(&self, view: &View<'_>, rung: usize, download: &Download, ahead: Ahead) -> bool {
        match self {
            Self::Throughput(_) | Self::Hybrid(_) => throughput::may_give_up(view, download, ahead),
            Self::Bola(rule) => rule.may_give_up(view, rung, download, ahead),
            Self::BolaE(rule) => rule.may_give_up(view, rung, download, ahead),
        }
    }

    /// Whether a download of a rung is given up, and for which lower one; the buffer is as it was at its beginning.
    pub fn gives_up(&mut self, view: &View<'_>, rung: usize, download: &Download) -> Option<usize> {
        match self {
            Self::Throughput(rule) => rule.gives_up(view, rung, download),
            Self::Bola(rule) => rule.gives_up(view, rung, download),
            Self::BolaE(rule) => rule.gives_up(view, rung, download),
            Self::Hybrid(rule) => rule.gives_up(view, rung, download),
        }
    }

    /// The player waited for room in its buffer.
    pub fn waited(&mut self, ms: f64) {
        if let Self::BolaE(rule) = self {
            rule.waited(ms);
        }
    }

    /// A download ended, whole or given up for a lower rung; the buffer is as it was left.
    pub fn downloaded(&mut self, view: &View<'_>, rung: usize, download: &Download, given_up: Option<usize>) {
        if let Self::BolaE(rule) = self {
            rule.downloaded(view, rung, download, given_up);
        }
    }
}
