//! The configuration an audit depends on, with the contract's defaults.

use chrono::NaiveDate;

/// What `ttt.toml` says about reconciliation.
#[derive(Clone, Debug)]
pub struct Rules {
    pub lag_hours: i64,
    pub age_limit_days: i64,
    /// In schedule order.
    pub fees: Vec<FeeRule>,
    pub aliases: Vec<Alias>,
}

/// One line of the fee schedule.
#[derive(Clone, Debug)]
pub struct FeeRule {
    pub fee_type: String,
    pub effective_from: NaiveDate,
    pub currency: Option<String>,
    /// The ledger account that takes it.
    pub account: String,
    pub mode: Mode,
}

/// Whether an amount is expected of a fee. Rates are decimals of any length, `fixed` has up to 9 digits.
#[derive(Clone, Debug)]
pub enum Mode {
    Computed { rate: String, fixed: String },
    Recorded,
}

/// Two identifiers of one party, from a date.
#[derive(Clone, Debug)]
pub struct Alias {
    pub from: String,
    pub to: String,
    pub effective_from: NaiveDate,
}

impl Default for Rules {
    fn default() -> Rules {
        let fee = |fee_type: &str, rate: &str, account: &str| FeeRule {
            fee_type: fee_type.to_string(),
            effective_from: NaiveDate::from_ymd_opt(2015, 1, 1).expect("a date"),
            currency: None,
            account: account.to_string(),
            mode: Mode::Computed { rate: rate.to_string(), fixed: "0".to_string() },
        };
        Rules {
            lag_hours: 24,
            age_limit_days: 7,
            fees: vec![
                fee("PLATFORM", "0.05", "platform_fees"),
                fee("PROCESSING", "0.029", "processing_fees"),
            ],
            aliases: Vec::new(),
        }
    }
}
