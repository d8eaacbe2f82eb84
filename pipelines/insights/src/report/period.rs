//! Spans of days, and how a timeframe is divided into them.

use chrono::{Datelike, NaiveDate};

/// How a timeframe is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    Day,
    /// From Monday to Sunday, as ISO 8601 has it.
    Week,
    Month,
}

impl Grain {
    /// Its name, as it stands in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The last day of the part that a day is in.
    fn last(self, day: NaiveDate) -> NaiveDate {
        let next = match self {
            Self::Day => day.succ_opt(),
            Self::Week => {
                return day + chrono::Duration::days(6 - i64::from(day.weekday().num_days_from_monday()));
            }
            Self::Month if day.month() == 12 => NaiveDate::from_ymd_opt(day.year() + 1, 1, 1),
            Self::Month => NaiveDate::from_ymd_opt(day.year(), day.month() + 1, 1),
        };
        next.and_then(|next| next.pred_opt()).unwrap_or(day)
    }
}

/// Days from and to, both in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

impl Span {
    /// `None` where the end comes first.
    pub fn new(from: NaiveDate, to: NaiveDate) -> Option<Self> {
        (from <= to).then_some(Self { from, to })
    }

    pub fn holds(&self, day: NaiveDate) -> bool {
        (self.from..=self.to).contains(&day)
    }

    /// Its days.
    pub fn days(&self) -> u32 {
        u32::try_from((self.to - self.from).num_days() + 1).unwrap_or_default()
    }

    /// Its parts in order; the first and the last may be cut.
    pub fn parts(&self, grain: Grain) -> Vec<Self> {
        let (mut parts, mut from) = (Vec::new(), self.from);
        loop {
            let to = grain.last(from).min(self.to);
            parts.push(Self { from, to });
            match to.succ_opt().filter(|next| *next <= self.to) {
                Some(next) => from = next,
                None => return parts,
            }
        }
    }

    /// The span in a few characters.
    pub fn label(&self) -> String {
        match self.from == self.to {
            true => self.from.to_string(),
            false => format!("{} to {}", self.from, self.to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn parts_cover_every_day_once() {
        let span = Span::new(day("2026-11-20"), day("2027-01-10")).unwrap();
        for grain in [Grain::Day, Grain::Week, Grain::Month] {
            let parts = span.parts(grain);
            assert_eq!(parts.iter().map(Span::days).sum::<u32>(), span.days(), "{grain:?}");
            assert!(parts.windows(2).all(|pair| pair[0].to.succ_opt() == Some(pair[1].from)));
        }
        let labels: Vec<_> = span.parts(Grain::Month).iter().map(Span::label).collect();
        assert_eq!(
            labels,
            ["2026-11-20 to 2026-11-30", "2026-12-01 to 2026-12-31", "2027-01-01 to 2027-01-10"]
        );
        assert_eq!(span.parts(Grain::Week)[0].label(), "2026-11-20 to 2026-11-22");
        assert_eq!(span.parts(Grain::Week)[1].label(), "2026-11-23 to 2026-11-29");
        assert!(Span::new(day("2026-11-21"), day("2026-11-20")).is_none());
    }
}
