//! What happens when one node or provider is lost.

use chrono::NaiveDate;
use warehouse::Session;

use super::chart::{Bar, Told, bars};
use super::page::Section;
use super::read::{Record, rows, shown};
use crate::failure::Outcome;
use insights::report::table::table;

const LOSSES: &str = "gold.route_losses";
const SHOWN_MAX: usize = 40;

pub async fn section(session: &Session, date: NaiveDate) -> Outcome<Section> {
    let mut section = Section::new("losses", "When one is lost");
    if section.needs(session, LOSSES, date) {
        let query = format!(
            "SELECT kind, lost, fits, overflow_gb FROM {LOSSES} WHERE dt = DATE '{date}' \
             ORDER BY overflow_gb DESC NULLS LAST, kind, lost"
        );
        told(&mut section, &rows(session, &query).await?);
    }
    Ok(section)
}

fn told(section: &mut Section, losses: &[Record]) {
    let failing: Vec<&Record> = losses.iter().filter(|loss| !loss.is_true(2)).collect();
    section.say(&match failing.len() {
        0 => format!("Any one of {} nodes and providers may be lost: the rest still fits.", losses.len()),
        count => {
            format!("Of {} nodes and providers, {count} may not be lost: not all would fit.", losses.len())
        }
    });
    let bar = |loss: &&Record| {
        let value = loss.number(3).unwrap_or(0.0);
        let label = format!("{} {}", loss.text(0).to_lowercase(), loss.text(1));
        Bar { label, value, text: format!("{value:.3} GB"), colour: 1 }
    };
    let shown_bars: Vec<Bar> = failing.iter().take(SHOWN_MAX).map(bar).collect();
    let says = "Gigabytes that would not fit if one node or provider were lost; the table has the numbers.";
    section.show(bars(Told { id: "losses-bars", title: "What would not fit", says }, &shown_bars, None));
    let records: Vec<Vec<String>> = losses
        .iter()
        .map(|loss| {
            let fits = if loss.is_true(2) { "yes" } else { "no" };
            vec![loss.text(0).to_owned(), loss.text(1).to_owned(), fits.to_owned(), shown(loss.number(3), 3)]
        })
        .collect();
    let mut body = String::new();
    table("Every loss", &["kind", "lost", "fits", "overflow, GB"], &records, 3, &mut body);
    section.fold("Every loss", &body);
}
