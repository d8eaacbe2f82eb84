//! Who asks: the roles, the tables and classes of columns that each sees, and what it may use.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemas::did;
use schemas::disclosure::Privacy;
use schemas::source::Source;
use schemas::table::{Layer, Table};

/// As what somebody asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Role {
    /// Silver and gold without persons: pseudonyms stand for parties.
    Analyst,
    /// Money with its parties.
    Finance,
    /// The warehouse about itself, and the lines that it refused.
    Operator,
    /// One creator: what is released and owed to that DID, row by row.
    Creator(String),
}

/// How a role sees a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    Plain,
    /// By a name that stands for a party and tells nothing of it.
    Pseudonym,
    Hidden,
}

/// What a role may use. Each bound holds for one statement, but for `statements`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From its start until its last row is taken.
    pub time: Duration,
    /// Memory for sorting, joining and grouping, in bytes; beyond it they spill.
    pub memory_bytes: usize,
    pub rows: u64,
    /// Bytes of the rows that are sent.
    pub bytes: u64,
    /// Statements of one user that run at once; more wait.
    pub statements: usize,
}

/// The tables of one creator's own, each with the column that says whose a row is.
const OF_CREATORS: [&str; 2] = ["gold.creator_insights_daily", "gold.creator_statement_daily"];

/// Money in silver and gold, beside the tables of creators.
const OF_MONEY: [&str; 14] = [
    "silver.reconciliation",
    "silver.breaks",
    "silver.break_events",
    "silver.break_resolutions",
    "silver.break_totals",
    "silver.control_totals",
    "silver.ledger_findings",
    "silver.ledger_heads",
    "silver.entitlements",
    "silver.subscription_findings",
    "silver.subscription_payments",
    "gold.subscription_metrics_daily",
    "gold.creator_obligations_daily",
    "gold.provider_cost_daily",
];

/// Money as it landed.
const SOURCES_OF_MONEY: [&str; 6] = [
    "payments/escrow",
    "payments/wallet",
    "payments/ledger",
    "subscriptions/tiers",
    "subscriptions/events",
    "subscriptions/benefits",
];

impl Role {
    /// Its name without whose it is.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Analyst => "analyst",
            Self::Finance => "finance",
            Self::Operator => "operator",
            Self::Creator(_) => "creator",
        }
    }

    /// Whether it sees anything of a table.
    pub fn sees(&self, table: &Table) -> bool {
        let name = table.sql_name();
        match self {
            Self::Analyst => matches!(table.layer, Layer::Silver | Layer::Gold),
            Self::Finance => {
                let landed =
                    Source::ALL.into_iter().filter(|source| SOURCES_OF_MONEY.contains(&source.folder()));
                OF_MONEY.contains(&name.as_str())
                    || name == "gold.creator_statement_daily"
                    || landed.into_iter().any(|source| source.table().sql_name() == name)
            }
            Self::Operator => table.layer == Layer::Ops || name == "bronze.quarantine",
            Self::Creator(_) => OF_CREATORS.contains(&name.as_str()),
        }
    }

    /// How it sees columns of a class. What has no class is hidden.
    pub fn shows(&self, class: Option<Privacy>) -> Shown {
        use Privacy::{Linked, Note, Open, Party};
        match (self, class) {
            (_, None) => Shown::Hidden,
            (_, Some(Open | Linked)) | (Self::Operator, Some(_)) => Shown::Plain,
            (Self::Analyst, Some(Party)) => Shown::Pseudonym,
            (Self::Finance, Some(Party | Note)) | (Self::Creator(_), Some(Party)) => Shown::Plain,
            (Self::Analyst | Self::Finance | Self::Creator(_), Some(_)) => Shown::Hidden,
        }
    }

    /// The column, with the only value that rows may have in it.
    pub fn only(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Creator(did) => Some(("creator", did)),
            _ => None,
        }
    }

    /// Whether it may count what a statement has read: rows of others would be among them.
    pub fn may_analyze(&self) -> bool {
        self.only().is_none()
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.kind())?;
        self.only().map_or(Ok(()), |(_, did)| write!(out, ":{did}"))
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.strip_prefix("creator:")) {
            ("analyst", _) => Ok(Self::Analyst),
            ("finance", _) => Ok(Self::Finance),
            ("operator", _) => Ok(Self::Operator),
            (_, Some(party)) if did::is_did(party) => Ok(Self::Creator(party.to_owned())),
            (_, Some(_)) => Err("a creator's role is creator:<DID>".to_owned()),
            _ => Err(format!("{text:?} is no role: there are analyst, finance, operator and creator:<DID>")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn creator() -> Role {
        Role::Creator("did:key:z6MkB".to_owned())
    }

    #[test]
    fn roles_are_read_as_they_are_written() {
        for role in [Role::Analyst, Role::Finance, Role::Operator, creator()] {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        for wrong in ["", "Analyst", "root", "creator", "creator:", "creator:x", "creator:did:key:a' OR 1=1"]
        {
            assert!(wrong.parse::<Role>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn each_sees_its_own_tables() {
        let sees = |role: &Role| {
            schemas::tables().filter(|table| role.sees(table)).map(Table::sql_name).collect::<Vec<_>>()
        };
        assert!(
            sees(&Role::Analyst).iter().all(|name| name.starts_with("silver.") || name.starts_with("gold."))
        );
        assert!(
            sees(&Role::Operator).iter().all(|name| name.starts_with("ops.") || name == "bronze.quarantine")
        );
        assert!(sees(&creator()).iter().all(|name| OF_CREATORS.contains(&name.as_str())));
        let finance = sees(&Role::Finance);
        assert!(finance.contains(&"bronze.ledger_entries".to_owned()), "{finance:?}");
        assert!(!finance.iter().any(|name| name.contains("playback") || name.starts_with("ops.")));
        for name in OF_MONEY {
            assert!(schemas::table(name).is_some(), "{name} is no table");
        }
        // A table of a creator's own can be told apart by its rows.
        for table in schemas::tables().filter(|table| creator().sees(table)) {
            assert!(table.columns().any(|column| column.name == "creator"), "{}", table.sql_name());
        }
    }

    #[test]
    fn people_stay_hidden_from_analysts() {
        for class in Privacy::ALL {
            let expected = match class {
                Privacy::Open | Privacy::Linked => Shown::Plain,
                Privacy::Party => Shown::Pseudonym,
                _ => Shown::Hidden,
            };
            assert_eq!(Role::Analyst.shows(Some(class)), expected, "{class:?}");
        }
        assert_eq!(Role::Operator.shows(None), Shown::Hidden);
        assert_eq!(Role::Finance.shows(Some(Privacy::Words)), Shown::Hidden);
        assert_eq!(creator().shows(Some(Privacy::Note)), Shown::Hidden);
    }
}
