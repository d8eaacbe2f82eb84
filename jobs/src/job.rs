//! What a job is: a TOML file with a name, a schedule and steps that need each other.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

use crate::failure::{Failure, Outcome};

/// A job, as `jobs/<name>.toml` declares it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    pub name: String,
    /// What it is for, in a sentence.
    pub about: String,
    /// When it runs by itself: minute, hour, day, month, weekday, in UTC.
    pub schedule: Option<String>,
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
}

/// One step of a job.
#[derive(Debug, Clone, Deserialize)]
pub struct Step {
    pub name: String,
    #[serde(flatten)]
    pub work: Work,
    /// Steps that must have succeeded before.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Further attempts after a passing fault.
    #[serde(default)]
    pub retries: u32,
    #[serde(default = "two_hours")]
    pub timeout_minutes: u64,
}

fn two_hours() -> u64 {
    120
}

/// What a step does.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "run", rename_all = "kebab-case")]
pub enum Work {
    /// Reads the day's files of every source whose folder begins so.
    Ingest { sources: Vec<String> },
    /// Verifies what landed of the ledger, and signs its head.
    Ledger,
    /// Runs SQL models, in the order of their FROM.
    Models { models: Vec<String> },
    /// Estimates demand, and what may be expected of each node.
    Estimates,
    /// Plans the routes of the day after, and judges those of the day.
    Route,
    /// Replays the day's requests, and plans the caches.
    Cache,
    /// Exports the creators' reports of the day, and of a month that is over.
    Reports,
    /// Makes the month's key of pseudonyms, and destroys those whose time is over.
    Keys,
    /// Rebuilds viewing sessions.
    Sessions,
    /// Plans the quality of every cohort.
    Quality,
    /// Releases what creators are told of their viewers.
    Insights,
    /// Runs every audit.
    Audit,
}

impl Job {
    /// Reads a job by name; an unknown name lists those there are.
    pub fn load(folder: &Path, name: &str) -> Outcome<Self> {
        let known = Self::names(folder)?;
        if !known.iter().any(|known| known == name) {
            return Err(Failure::usage(format!("no job is named {name}"))
                .with_hint(format!("there are: {}", known.join(", "))));
        }
        let path = folder.join(format!("{name}.toml"));
        let wrong = |why: &dyn std::fmt::Display| Failure::usage(format!("{}: {why}", path.display()));
        let text = std::fs::read_to_string(&path).map_err(|error| wrong(&error))?;
        let job: Self = toml::from_str(&text).map_err(|error| wrong(&error))?;
        job.check().map_err(|why| wrong(&why))?;
        Ok(job)
    }

    /// The names of all jobs.
    pub fn names(folder: &Path) -> Outcome<Vec<String>> {
        let wrong = |error| Failure::usage(format!("{}: {error}", folder.display()));
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(wrong)? {
            let path = entry.map_err(wrong)?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            if path.extension().is_some_and(|end| end == "toml") && stem != "Cargo" {
                names.push(stem.to_owned());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Whether one of its steps reads the landing area.
    pub fn reads_landing(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.work, Work::Ingest { .. }))
    }

    /// The same job on what is in the warehouse already; `None` if nothing remains.
    pub fn without_ingest(&self) -> Option<Self> {
        let is_kept = |step: &&Step| !matches!(step.work, Work::Ingest { .. });
        let mut steps: Vec<Step> = self.steps.iter().filter(is_kept).cloned().collect();
        let names: BTreeSet<String> = steps.iter().map(|step| step.name.clone()).collect();
        steps.iter_mut().for_each(|step| step.needs.retain(|needed| names.contains(needed)));
        let makes = |step: &Step| {
            matches!(
                step.work,
                Work::Models { .. }
                    | Work::Ledger
                    | Work::Estimates
                    | Work::Route
                    | Work::Cache
                    | Work::Sessions
                    | Work::Quality
            )
        };
        steps.iter().any(makes).then(|| Self { steps, ..self.clone() })
    }

    /// Whether one of its steps runs a model.
    pub fn makes(&self, table: &str) -> bool {
        let has = |step: &Step| match &step.work {
            Work::Models { models } => models.iter().any(|model| model == table),
            _ => false,
        };
        self.steps.iter().any(has)
    }

    /// Whether estimates are all that it makes.
    pub fn is_of_estimates(&self) -> bool {
        let mut made =
            self.steps.iter().filter(|step| !matches!(step.work, Work::Ingest { .. } | Work::Audit));
        made.clone().next().is_some() && made.all(|step| matches!(step.work, Work::Estimates))
    }

    /// A schedule has five parts; steps need only steps that stand before them, so that there is no cycle.
    fn check(&self) -> Result<(), String> {
        if self.schedule.as_ref().is_some_and(|schedule| schedule.split_whitespace().count() != 5) {
            return Err("a schedule is minute, hour, day, month and weekday".to_owned());
        }
        let mut before = BTreeSet::new();
        for step in &self.steps {
            if let Some(unknown) = step.needs.iter().find(|needed| !before.contains(needed.as_str())) {
                return Err(format!("step {} needs {unknown}, which does not stand before it", step.name));
            }
            if !before.insert(step.name.as_str()) {
                return Err(format!("two steps are named {}", step.name));
            }
        }
        Ok(())
    }
}
