//! An inclusion proof by RFC 6962: that an entry is in the tree whose root a night signed.

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use chrono::NaiveDate;
use reconcile::digest::{Digest, hex, sha256};
use reconcile::merkle::{Prover, leaf, root_of_path};
use serde_json::json;
use warehouse::Session;

use crate::failure::{Failure, Kind, Outcome};
use crate::ledger::content;
use crate::ledger::entries::{date, leaves, literal, rows};
use crate::ledger::files::{Files, SIGNED};
use crate::ledger::heads::{self, Head};

/// Everything that a third party needs, but for the head, which it should have from elsewhere.
pub struct Proof {
    entry_id: String,
    landed: NaiveDate,
    sequence: i64,
    content: String,
    content_hash: Digest,
    /// Whether a party was taken out of the content, which then is not what the hash is over.
    is_redacted: bool,
    leaf_index: u64,
    head: Head,
    path: Vec<Digest>,
}

/// Proves an entry by the last head up to a night.
pub async fn of_entry(
    session: &Session,
    files: &Files,
    last: Option<NaiveDate>,
    entry_id: &str,
) -> Outcome<Proof> {
    let head = signed(session, last).await?;
    let sealed = heads::files(session, head.number).await?;
    if !files.offer_sealed(session, SIGNED, &sealed.iter().collect::<Vec<_>>())? {
        let message = format!("{}: files that it sealed are gone from the store", head.name());
        return Err(
            Failure::new(Kind::Control, message).with_hint("ttt verify tells whether entries are lost")
        );
    }
    let query = format!(
        "SELECT dt, sequence, {} AS content FROM {SIGNED} WHERE NOT conflict AND entry_id = {}",
        content::call("entry_content"),
        literal(entry_id)
    );
    let found = rows(session, &query).await?;
    let Some(batch) = found.iter().find(|batch| batch.num_rows() > 0) else {
        return Err(Failure::usage(format!("no entry is named {entry_id} in {}", head.name())).with_hint(
            "an entry is signed by the night on which it lands, and a conflict's later payload by none",
        ));
    };
    let (landed, sequence) = (date(batch, 0, 0), batch.column(1).as_primitive::<Int64Type>().value(0));
    let content = batch.column(2).as_string::<i32>().value(0).to_owned();
    let own = sha256(content.as_bytes());
    let original = content::originals(session).await?.get(&own).copied();
    let (content_hash, is_redacted) = (original.unwrap_or(own), original.is_some());
    let (leaf_index, path) = path(session, &head, (landed, sequence, entry_id)).await?;
    let root = root_of_path(leaf(&content_hash), leaf_index, head.state.count(), &path);
    if root != Some(head.state.tree.root()) {
        let message = format!("{}: its root is not that of the entries it sealed", head.name());
        return Err(Failure::new(Kind::Control, message).with_hint("ttt verify names what was changed"));
    }
    Ok(Proof {
        entry_id: entry_id.to_owned(),
        landed,
        sequence,
        content,
        content_hash,
        is_redacted,
        leaf_index,
        head,
        path,
    })
}

/// The head that counts for the last night up to a day.
async fn signed(session: &Session, last: Option<NaiveDate>) -> Outcome<Head> {
    let index = heads::index(session).await?;
    let until = |(_, night): &&(i64, NaiveDate)| last.is_none_or(|last| *night <= last);
    let (number, _) =
        index.iter().filter(until).max_by_key(|(number, night)| (*night, *number)).ok_or_else(|| {
            Failure::usage("no night has signed the ledger").with_hint("run a night first: ttt run nightly")
        })?;
    let mut heads = heads::load(session, &format!("number = {number}")).await?;
    let head = heads.pop().ok_or_else(|| Failure::other("a head was not read back"))?;
    match head.is_whole() {
        true => Ok(head),
        false => {
            let message = format!("{}: the signed row itself was changed", head.name());
            Err(Failure::new(Kind::Control, message))
        }
    }
}

/// The entry's place among those that the head sealed, and what stands beside it on its way to the root.
async fn path(session: &Session, head: &Head, entry: (NaiveDate, i64, &str)) -> Outcome<(u64, Vec<Digest>)> {
    let mut index = 0;
    let (dt, sequence, entry_id) = entry;
    let before = format!("dt <= DATE '{dt}'");
    leaves(session, SIGNED, &before, |leaf, _| {
        index += u64::from((leaf.dt, leaf.sequence, leaf.entry_id) < (dt, sequence, entry_id));
    })
    .await?;
    let size = head.state.count();
    let changed = || Failure::new(Kind::Control, format!("{}: entries that it sealed are gone", head.name()));
    let mut prover = Prover::new(index, size).ok_or_else(changed)?;
    leaves(session, SIGNED, "TRUE", |entry, _| prover.push(leaf(&entry.own))).await?;
    Ok((index, prover.path()))
}

impl Proof {
    fn path(&self) -> Vec<String> {
        self.path.iter().map(hex).collect()
    }

    pub fn json(&self) -> String {
        json!({
            "entry_id": self.entry_id, "sequence": self.sequence, "landed": self.landed,
            "content": self.content, "redacted": self.is_redacted, "content_hash": hex(&self.content_hash),
            "leaf_index": self.leaf_index, "tree_size": self.head.state.count(),
            "path": self.path(), "root": self.head.root,
            "night": self.head.dt, "head_number": self.head.number, "head": self.head.digest,
        })
        .to_string()
    }

    pub fn text(&self) -> String {
        let indented = |lines: &[String]| lines.iter().map(|line| format!("\n  {line}")).collect::<String>();
        let content: Vec<_> = self.content.split('\n').map(str::to_owned).collect();
        format!(
            "entry     {}, sequence {}, landed on {}\ncontent{}\nhash      {}{}\nleaf      {} of {}, counted from 0\n\
             path, from the leaf up{}\nroot      {}\nsigned    by the night of {} as head {}, {}",
            self.entry_id,
            self.sequence,
            self.landed,
            indented(&content),
            hex(&self.content_hash),
            if self.is_redacted { ", of the content before a party was taken out of it" } else { "" },
            self.leaf_index,
            self.head.state.count(),
            indented(&self.path()),
            self.head.root,
            self.head.dt,
            self.head.number,
            self.head.digest,
        )
    }
}
