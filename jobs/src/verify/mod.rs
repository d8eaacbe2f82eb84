//! `ttt verify`: the ledger from its first entry, every signed head, and proofs. It takes no lock and writes
//! nothing.

mod proof;
mod recheck;
mod report;

use schemas::bronze::LEDGER_ENTRIES;

use crate::cli::{Global, VerifyArguments};
use crate::config::Config;
use crate::failure::{Kind, Outcome};
use crate::ledger::content;
use crate::ledger::files::Files;
use crate::night;

/// Gives the exit code: 4 where something does not hold.
pub async fn run(config: &Config, global: &Global, arguments: &VerifyArguments) -> Outcome<u8> {
    // Two queries run at once, each with its own part of the memory: from one pool they would starve each other.
    let half = Config { memory_mib: config.memory_mib.div_ceil(2), ..config.clone() };
    let session = night::session(&half).await?;
    content::register(&session).await?;
    // Entries are looked at after the heads: a night that ends meanwhile adds to what a head says, no more.
    session.refresh_table(&LEDGER_ENTRIES).await?;
    let last = arguments.date;
    if let Some(entry) = &arguments.proof {
        let files = Files::up_to(&session, None).await?;
        let proof = proof::of_entry(&session, &files, last, entry).await?;
        println!("{}", if global.json { proof.json() } else { proof.text() });
        return Ok(0);
    }
    let files = Files::up_to(&session, last).await?;
    let walking = night::session(&half).await?;
    let report = recheck::recheck(&session, walking, &files, last).await?;
    println!("{}", if global.json { report.json() } else { report.text() });
    Ok(if report.holds() { 0 } else { Kind::Control.exit_code() })
}
