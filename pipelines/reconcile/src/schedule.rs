//! The rules a night is judged by: the fee schedule, party aliases, the lag and the age limit.

use chrono::{DateTime, NaiveDate};
use schemas::money::Rate;

use crate::case::DAY_MICROS;

/// The fee type whose amount is the column `platform_fee`.
pub const PLATFORM: &str = "PLATFORM";
/// The fee type whose amount is the column `processing_fee`.
pub const PROCESSING: &str = "PROCESSING";

/// One line of the fee schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeRule {
    /// The fee type as transfers write it.
    pub kind: String,
    /// The first UTC day on which it holds, in days since 1970-01-01.
    pub effective_from: i32,
    /// The only currency it holds for; none for all of them.
    pub currency: Option<String>,
    /// The ledger account that takes the fee.
    pub account: String,
    /// How the amount is known.
    pub mode: FeeMode,
}

/// How the amount of a fee is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeeMode {
    /// round(gross × `rate`) + `fixed`, rounded half away from zero to the currency's exponent.
    Computed {
        /// A fraction of the gross.
        rate: Rate,
        /// Stored integers of 10⁻⁹ of the currency.
        fixed: i128,
    },
    /// Whatever the transfer says: no expected amount.
    Recorded,
}

/// All rules of one fee type.
#[derive(Debug, Clone)]
pub struct FeeType {
    /// The name as transfers write it.
    pub name: String,
    rules: Vec<FeeRule>,
}

impl FeeType {
    /// The rule in force for a currency on a UTC day, if the type is listed for it by then.
    ///
    /// Among the rules that have begun, one that names the currency beats one that names none whatever
    /// their dates; then the later `effective_from` wins, then the later line of the configuration.
    /// The day is that of the transfer's `at`; where there is no transfer, of the ledger's timestamp.
    pub fn in_force(&self, currency: &str, day: i32) -> Option<&FeeRule> {
        self.rules
            .iter()
            .filter(|rule| rule.effective_from <= day)
            .filter(|rule| rule.currency.as_deref().is_none_or(|only| only == currency))
            .max_by_key(|rule| (rule.currency.is_some(), rule.effective_from))
    }
}

/// The fee schedule: its types in schedule order, which is the order of each type's first line.
#[derive(Debug, Clone)]
pub struct Schedule {
    types: Vec<FeeType>,
}

impl Schedule {
    /// Groups the lines of a configuration by type.
    pub fn new(lines: Vec<FeeRule>) -> Self {
        let mut types: Vec<FeeType> = Vec::new();
        for line in lines {
            match types.iter_mut().find(|known| known.name == line.kind) {
                Some(known) => known.rules.push(line),
                None => types.push(FeeType { name: line.kind.clone(), rules: vec![line] }),
            }
        }
        Self { types }
    }

    /// The fee types in schedule order.
    pub fn types(&self) -> &[FeeType] {
        &self.types
    }

    /// The type's place in schedule order and its rule in force; none where it is not listed.
    pub fn rule(&self, kind: &str, currency: &str, day: i32) -> Option<(usize, &FeeRule)> {
        let rank = self.types.iter().position(|known| known.name == kind)?;
        Some((rank, self.types[rank].in_force(currency, day)?))
    }

    /// Whether any line, in force or not, names this ledger account.
    pub fn names_account(&self, account: &str) -> bool {
        self.types.iter().any(|known| known.rules.iter().any(|rule| rule.account == account))
    }
}

impl Default for Schedule {
    /// PLATFORM 5 % to `platform_fees` and PROCESSING 2.9 % to `processing_fees`, both computed, since
    /// 2015-01-01.
    fn default() -> Self {
        let computed = |kind: &str, mantissa, scale, account: &str| FeeRule {
            kind: kind.to_owned(),
            effective_from: 16_436, // 2015-01-01
            currency: None,
            account: account.to_owned(),
            mode: FeeMode::Computed { rate: Rate { mantissa, scale }, fixed: 0 },
        };
        Self::new(vec![
            computed(PLATFORM, 5, 2, "platform_fees"),
            computed(PROCESSING, 29, 3, "processing_fees"),
        ])
    }
}

/// One party under two names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartyAlias {
    /// The name that is replaced.
    pub from: String,
    /// The name it is replaced by.
    pub to: String,
    /// The first UTC day on which it holds, in days since 1970-01-01.
    pub effective_from: i32,
}

/// Everything that is configured about the reconciliation.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The fee schedule.
    pub schedule: Schedule,
    /// DID to DID, applied before parties are compared.
    pub party_aliases: Vec<PartyAlias>,
    /// How long a side may be absent before it is missing, in microseconds.
    pub lag: i64,
    /// How long an escrow may stay open before it is stuck, in microseconds.
    pub age_limit: i64,
}

impl Default for Rules {
    /// The default schedule, no aliases, a lag of 24 hours and an age limit of 7 days.
    fn default() -> Self {
        Self {
            schedule: Schedule::default(),
            party_aliases: Vec::new(),
            lag: DAY_MICROS,
            age_limit: 7 * DAY_MICROS,
        }
    }
}

impl Rules {
    /// Whether two DIDs name one party on a UTC day.
    ///
    /// The day is that of the later of the two rows compared: an alias joins a name written before it began
    /// with one written since. Aliases are followed one after another; of two for the same name the later
    /// `effective_from` wins. A cycle ends after as many steps as there are aliases.
    pub fn same_party(&self, left: &str, right: &str, day: i32) -> bool {
        left == right || (!self.party_aliases.is_empty() && self.party(left, day) == self.party(right, day))
    }

    fn party<'a>(&'a self, did: &'a str, day: i32) -> &'a str {
        let mut name = did;
        for _ in 0..self.party_aliases.len() {
            let in_force = self.party_aliases.iter().filter(|alias| alias.from == name);
            match in_force
                .filter(|alias| alias.effective_from <= day)
                .max_by_key(|alias| alias.effective_from)
            {
                Some(alias) => name = &alias.to,
                None => break,
            }
        }
        name
    }
}

/// A calendar day in days since 1970-01-01, the unit in which rules and verdicts count days.
pub fn days_since_epoch(day: NaiveDate) -> i32 {
    // chrono's years end at ±262,143: the number always fits.
    (day - DateTime::UNIX_EPOCH.date_naive()).num_days() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: &str, effective_from: i32, currency: Option<&str>, fixed: i128) -> FeeRule {
        FeeRule {
            kind: kind.to_owned(),
            effective_from,
            currency: currency.map(str::to_owned),
            account: "fees".to_owned(),
            mode: FeeMode::Computed { rate: Rate { mantissa: 5, scale: 2 }, fixed },
        }
    }

    #[test]
    fn the_rule_in_force_is_the_currencys_then_the_latest() {
        let schedule = Schedule::new(vec![
            line("B", 10, None, 1),
            line("A", 10, None, 2),
            line("B", 20, None, 3),
            line("B", 15, Some("USD"), 4),
            line("B", 25, Some("EUR"), 5),
            line("B", 20, None, 6),
        ]);
        assert_eq!(schedule.types().iter().map(|known| &known.name).collect::<Vec<_>>(), ["B", "A"]);
        let fixed = |kind: &str, currency: &str, day| {
            schedule.rule(kind, currency, day).map(|(rank, rule)| match rule.mode {
                FeeMode::Computed { fixed, .. } => (rank, fixed),
                FeeMode::Recorded => (rank, -1),
            })
        };
        for (kind, currency, day, expected) in [
            ("B", "USD", 9, None),
            ("B", "USD", 10, Some((0, 1))),
            ("B", "USD", 15, Some((0, 4))),
            ("B", "USD", 30, Some((0, 4))),
            ("B", "EUR", 24, Some((0, 6))),
            ("B", "EUR", 25, Some((0, 5))),
            ("A", "EUR", 25, Some((1, 2))),
            ("C", "EUR", 25, None),
        ] {
            assert_eq!(fixed(kind, currency, day), expected, "{kind} {currency} {day}");
        }
    }

    #[test]
    fn the_default_schedule_begins_in_2015() {
        let day = NaiveDate::from_ymd_opt(2015, 1, 1).map(days_since_epoch);
        assert_eq!(day, Some(16_436));
        let schedule = Schedule::default();
        assert!(schedule.rule(PLATFORM, "USD", 16_435).is_none());
        assert!(schedule.rule(PROCESSING, "USD", 16_436).is_some());
    }

    #[test]
    fn aliases_are_followed_from_their_day_and_cycles_end() {
        let alias = |from: &str, to: &str, effective_from| PartyAlias {
            from: from.to_owned(),
            to: to.to_owned(),
            effective_from,
        };
        let rules = Rules {
            party_aliases: vec![
                alias("a", "b", 10),
                alias("b", "c", 20),
                alias("x", "y", 0),
                alias("y", "x", 0),
            ],
            ..Rules::default()
        };
        for (left, right, day, same) in [
            ("a", "a", 0, true),
            ("a", "b", 9, false),
            ("a", "b", 10, true),
            ("a", "c", 10, false),
            ("a", "c", 20, true),
            ("x", "a", 20, false),
        ] {
            assert_eq!(rules.same_party(left, right, day), same, "{left} {right} {day}");
            assert_eq!(rules.same_party(right, left, day), same, "{right} {left} {day}");
        }
    }
}
