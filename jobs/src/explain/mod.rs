//! `ttt explain`: why one break, escrow, transaction or entry reads as it does.
//!
//! Rows are read anew and judged anew by the configured rules and the night's watermarks: what stands in the
//! tables is shown beside it, and never taken for the reason. No message of a payer is ever read.

mod batch;
mod batch_page;
mod chain;
mod evidence;
mod history;
mod page;
mod subject;

use std::sync::Arc;

use chrono::NaiveDate;
use clap::Args;
use reconcile::case::Visibility;
use reconcile::explain::{Closing, FeeLine, Field, Told};
use schemas::silver::RECONCILIATION;
use serde::Serialize;
use warehouse::Session;

use crate::aligned::{print, print_json};
use crate::cli::Global;
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use crate::{judging, night, privacy, rows};

use batch::Batch;
use evidence::{Evidence, Landed};
use history::{Break, Reading};
use subject::Subject;

/// What `ttt explain` is asked.
#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// A break, an escrow, a transaction or a ledger entry
    pub id: String,
    /// The night to judge on [default: the last one; for a closed break, the last on which it held]
    #[arg(long, value_name = "DAY")]
    pub date: Option<NaiveDate>,
}

/// All that is known, as it is written for machines.
#[derive(Debug, Serialize)]
pub struct Report {
    pub id: String,
    /// BREAK, ESCROW, TRANSACTION or ENTRY.
    pub kind: &'static str,
    pub escrow_id: Option<String>,
    pub night: NaiveDate,
    pub watermarks: Watermarks,
    /// The break that was asked for.
    #[serde(rename = "break")]
    pub broken: Option<Break>,
    pub verdict: Option<Judged>,
    pub findings: Vec<Told>,
    pub sides: Vec<Field>,
    pub fees: Vec<FeeLine>,
    pub rows: Vec<Landed>,
    pub readings: Vec<Reading>,
    /// All breaks of the escrow, and those of the ledger at its entries.
    pub breaks: Vec<Break>,
    /// What a break of no escrow is about.
    pub batch: Option<Batch>,
    /// What would close it, in one sentence.
    pub closes: String,
    pub notes: Vec<String>,
}

/// Up to when each source was complete on that night.
#[derive(Debug, Serialize)]
pub struct Watermarks {
    pub escrow: String,
    pub wallet: String,
    pub ledger: String,
}

/// The verdict of the rows as judged now.
#[derive(Debug, Serialize)]
pub struct Judged {
    pub class: &'static str,
    pub subcode: Option<String>,
    pub flags: Vec<String>,
    /// Place in the order of the classes, from 1, and how many there are.
    pub place: usize,
    pub places: usize,
    /// Whether the night's row in silver.reconciliation says the same; none where it has none.
    pub agrees: Option<bool>,
}

/// Answers the question on standard output.
pub async fn show(config: &Config, global: &Global, arguments: &ExplainArguments) -> Outcome<()> {
    let session = night::session(config).await?;
    let subject = subject::find(&session, &arguments.id).await?;
    let dt = night_of(&session, &subject, arguments.date)?;
    let rules = Arc::new(config.rules()?);
    let night = judging::register(&session, &rules, dt).await?;
    let mut report = Report::new(&arguments.id, &subject, dt, &night);
    match (&subject.escrow_id, &subject.broken) {
        (Some(escrow_id), _) => {
            let evidence = Evidence::read(&session, escrow_id, dt).await?;
            report.of_escrow(&session, escrow_id, &evidence, &night, &rules).await?;
        }
        (None, Some(broken)) => {
            let batch = batch::of(&session, broken, dt).await?;
            report.batch = Some(batch);
        }
        (None, None) => return Err(Failure::other("a subject is an escrow or a break")),
    }
    report.close();
    if global.json { print_json(&report) } else { print(&page::text(&report)) }
}

/// Payers are not told by name; whether they differ still is.
fn hide_payer(field: &mut Field, visibility: Option<Visibility>) {
    if field.field == "payer" {
        for side in [&mut field.escrow, &mut field.wallet, &mut field.ledger].into_iter().flatten() {
            let hidden = side.split(' ').map(|payer| privacy::shown(payer, visibility));
            *side = hidden.collect::<Vec<_>>().join(" ");
        }
    }
}

/// The night that is judged on.
fn night_of(session: &Session, subject: &Subject, asked: Option<NaiveDate>) -> Outcome<NaiveDate> {
    let held =
        subject.broken.as_ref().filter(|broken| broken.status != "OPEN").and_then(|broken| broken.last_seen);
    let limit = asked.or(held).unwrap_or(NaiveDate::MAX);
    let last = session.days(&RECONCILIATION).range(..=limit).next_back().copied();
    last.ok_or_else(|| match asked {
        Some(day) => Failure::usage(format!("no night up to {day} was reconciled"))
            .with_hint("`ttt status` lists what was run; without --date the last night is taken"),
        None => Failure::usage("nothing was reconciled yet").with_hint("run a night first: ttt run nightly"),
    })
}

impl Report {
    fn new(id: &str, subject: &Subject, dt: NaiveDate, night: &reconcile::case::Night) -> Self {
        Self {
            id: id.to_owned(),
            kind: subject.kind,
            escrow_id: subject.escrow_id.clone(),
            night: dt,
            watermarks: Watermarks {
                escrow: rows::instant(night.watermarks.escrow),
                wallet: rows::instant(night.watermarks.wallet),
                ledger: rows::instant(night.watermarks.ledger),
            },
            broken: subject.broken.clone(),
            verdict: None,
            findings: Vec::new(),
            sides: Vec::new(),
            fees: Vec::new(),
            rows: Vec::new(),
            readings: Vec::new(),
            breaks: Vec::new(),
            batch: None,
            closes: String::new(),
            notes: subject.notes.clone(),
        }
    }

    async fn of_escrow(
        &mut self,
        session: &Session,
        escrow_id: &str,
        evidence: &Evidence,
        night: &reconcile::case::Night,
        rules: &reconcile::schedule::Rules,
    ) -> Outcome<()> {
        self.readings = history::readings(session, escrow_id).await?;
        self.breaks = history::breaks_of_escrow(session, escrow_id, &evidence.sequences()?).await?;
        let judged = evidence.judged()?;
        let (transfers, entries) = (judged.transfers(), judged.entries());
        let case = reconcile::case::Case {
            escrow_id,
            events: &judged.events,
            transfers: &transfers,
            entries: &entries,
        };
        let explanation = reconcile::explain::explain(&case, night, rules);
        let stored = self.readings.iter().rev().find(|reading| reading.dt <= self.night);
        self.verdict = explanation.verdict.as_ref().map(|verdict| Judged {
            class: verdict.class.name(),
            subcode: verdict.subcode.map(str::to_owned),
            flags: verdict.flags.iter().map(ToString::to_string).collect(),
            place: verdict.class as usize + 1,
            places: reconcile::class::Class::ALL.len(),
            agrees: stored.map(|stored| {
                stored.class == verdict.class.name() && stored.subcode.as_deref() == verdict.subcode
            }),
        });
        self.sides = explanation.fields;
        let visibility = judged.events.first().and_then(|event| event.visibility);
        self.sides.iter_mut().for_each(|field| hide_payer(field, visibility));
        self.sides.extend(evidence.places(&explanation.compared));
        self.fees = explanation.fees;
        self.findings = explanation.findings;
        self.rows = evidence.landed.clone();
        self.note(evidence);
        Ok(())
    }

    /// Says what would close it, or what did.
    fn close(&mut self) {
        let asked = match (&self.broken, &self.batch) {
            (Some(broken), Some(batch)) => closing(&batch.closes, Some(broken)),
            _ => self.asked_closing(),
        };
        self.closes = match &self.broken {
            Some(broken) if broken.status == "AUTO_CLOSED" => {
                let day = broken.closed_on.map(|day| day.to_string()).unwrap_or_default();
                let row = broken.closed_by.as_ref().map(|row| format!(" by {row}")).unwrap_or_default();
                format!("it closed on {day}{row}; what was asked for: {asked}")
            }
            Some(broken) if broken.status == "RESOLVED" => format!(
                "it was resolved by hand; it opens again if its facts change, or by ttt reopen {} --reason … --by …",
                broken.break_id
            ),
            _ => asked,
        };
    }

    /// That of the asked break's class, else of the verdict's.
    fn asked_closing(&self) -> String {
        let class = self.broken.as_ref().map(|broken| broken.class.as_str());
        let asked = class.and_then(|class| self.findings.iter().find(|finding| finding.class == class));
        match asked.or(self.findings.first()) {
            None => "nothing: no money moved, so there is nothing to reconcile".to_owned(),
            Some(finding) => {
                let known = self.breaks.iter().find(|broken| broken.class == finding.class);
                closing(&finding.closes, known)
            }
        }
    }

    fn note(&mut self, evidence: &Evidence) {
        if self.verdict.as_ref().is_some_and(|verdict| verdict.agrees == Some(false)) {
            self.notes.push(
                "silver.reconciliation says otherwise: rows or rules have changed since; run the night again"
                    .to_owned(),
            );
        }
        let later = evidence.landed.iter().filter(|row| !row.judged).count();
        if later > 0 {
            self.notes.push(format!("rows that landed after {} and were not judged: {later}", self.night));
        }
        if let (Some(broken), Some(verdict)) = (&self.broken, &self.verdict)
            && broken.class != verdict.class
        {
            self.notes
                .push(format!("on {} the escrow reads {}, not {}", self.night, verdict.class, broken.class));
        }
    }
}

/// What lands, or who speaks, and closes it.
fn closing(closes: &Closing, broken: Option<&Break>) -> String {
    let id = broken.map_or("BREAK_ID", |broken| broken.break_id.as_str());
    let by_hand = format!("resolve it by hand: ttt resolve {id} --reason … --by …");
    match (&closes.by, closes.by_hand) {
        (Some(lands), true) => format!("{lands}; or {by_hand}"),
        (Some(lands), false) => lands.clone(),
        (None, true) => format!("nothing that lands: {by_hand}"),
        (None, false) => "nothing: it is no break".to_owned(),
    }
}
