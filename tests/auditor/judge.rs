//! The contract's table of classes, asked one after the other: the first that holds is the class, the rest flags.
//!
//! Readings:
//! - Every rule is asked of what is there, whatever else holds: an orphan with a wrong fee has a fee's flag.
//! - DAY_BOUNDARY and METADATA_MISMATCH are asked where release and transfer and entry, or refund and entry,
//!   are there and nothing else was found but a DUPLICATE_CONFLICT or an offence of the events. Every other
//!   class counts as a money fault.
//! - MATCHED, REFUNDED and CANCELLED are never flags.

use super::case::Case;
use super::{fees, lives, sides};

/// One class that holds, with its subcode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub class: &'static str,
    pub subcode: Option<String>,
}

impl Finding {
    fn plain(class: &'static str) -> Finding {
        Finding { class, subcode: None }
    }

    /// `CLASS` or `CLASS:SUBCODE`.
    pub fn text(&self) -> String {
        match &self.subcode {
            Some(subcode) => format!("{}:{subcode}", self.class),
            None => self.class.to_string(),
        }
    }
}

/// All that holds, in the contract's order; empty for an escrow id that gets no row.
pub fn judge(case: &Case) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut plain = |class, holds: bool| found.extend(holds.then(|| Finding::plain(class)));
    plain("DUPLICATE_CONFLICT", case.conflicted);
    if let Some(offence) = lives::illegal_state(case) {
        found.push(Finding { class: "ILLEGAL_STATE", subcode: Some(offence.to_string()) });
    }
    let mut plain = |class, holds: bool| found.extend(holds.then(|| Finding::plain(class)));
    plain("OPEN", lives::open(case));
    plain("STUCK_ESCROW", lives::stuck(case));
    plain("TIMING_PENDING", lives::timing_pending(case));
    for class in ["MISSING_TRANSFER", "MISSING_LEDGER", "MISSING_ESCROW", "ORPHAN_TRANSFER", "ORPHAN_LEDGER"]
    {
        plain(class, lives::absent(case, class));
    }
    plain("DUPLICATE_TRANSFER", case.transfers.len() > 1);
    plain("DUPLICATE_LEDGER", case.entries.len() > 1);
    plain("UNBALANCED_POSTINGS", sides::unbalanced(case));
    plain("TYPE_MISMATCH", sides::type_differs(case));
    plain("CURRENCY_MISMATCH", sides::currency_differs(case));
    plain("PARTY_MISMATCH", sides::party_differs(case));
    plain("AMOUNT_MISMATCH", sides::amount_differs(case));
    let mut of_type = |class, fee_type: Option<String>| {
        found.extend(fee_type.map(|fee_type| Finding { class, subcode: Some(fee_type) }));
    };
    of_type("FEE_DISAGREES", fees::disagrees(case));
    of_type("FEE_ROUNDING", fees::wrong_rounding(case));
    of_type("FEE_RATE", fees::wrong_rate(case));
    of_type("FEE_AMOUNT", fees::wrong_amount(case));
    let mut plain = |class, holds: bool| found.extend(holds.then(|| Finding::plain(class)));
    plain("NET_MISMATCH", fees::net_differs(case));
    if ended_with_all_sides(case) && !found.iter().any(is_money_fault) {
        let mut plain = |class, holds: bool| found.extend(holds.then(|| Finding::plain(class)));
        plain("DAY_BOUNDARY", sides::day_differs(case));
        plain("METADATA_MISMATCH", sides::visibility_differs(case));
    }
    if found.is_empty() {
        found.extend(good_end(case));
    }
    found
}

fn ended_with_all_sides(case: &Case) -> bool {
    match case.state() {
        Some("RELEASED") => case.has() == (true, true),
        Some("REFUNDED") => case.has() == (false, true),
        _ => false,
    }
}

fn is_money_fault(finding: &Finding) -> bool {
    match finding.class {
        "DUPLICATE_CONFLICT" => false,
        "ILLEGAL_STATE" => finding.subcode.as_deref() == Some("SETTLED_WITHOUT_RELEASE"),
        _ => true,
    }
}

fn good_end(case: &Case) -> Option<Finding> {
    match case.state()? {
        "RELEASED" => Some(Finding::plain("MATCHED")),
        "REFUNDED" => Some(Finding::plain("REFUNDED")),
        "CANCELLED" => Some(Finding::plain("CANCELLED")),
        other => unreachable!("{other} without a finding"),
    }
}
