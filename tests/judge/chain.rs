//! The ledger's chain: two hashes computed by another hand, and walks with gaps, breaks and shared sequences.

use reconcile::chain::{Chain, ChainFinding, GENESIS, Link, WrittenPosting, content_hash};

use super::words::{Words, keep};

/// Computed with Python's hashlib from the contract's text alone.
#[test]
fn content_hashes_are_those_of_the_contract() {
    let posting = |account, party, amount, currency| WrittenPosting { account, party, amount, currency };
    let (payer, creator) = (Some("did:key:z6MkA"), Some("did:key:z6MkB"));
    let tip = Link {
        entry_id: "le_1",
        sequence: 1,
        kind: "TIP",
        escrow_id: "es_1",
        transaction: Some("tx_1"),
        timestamp_ms: 1_795_178_097_200,
        visibility: Some("PUBLIC"),
        postings: &[
            posting("escrow", payer, "-12.50", "USD"),
            posting("creator", creator, "11.51", "USD"),
            posting("platform_fees", None, "0.63", "USD"),
            posting("processing_fees", None, "0.36", "USD"),
        ],
        prev_hash: GENESIS,
        hash: "",
    };
    let hash = content_hash(&tip);
    assert_eq!(hash, "5164b5e4f180dd2e4980227b84074861916eec5ccf2b15ce0c774fbb8528be3b");
    // Amounts are text, nulls are empty lines, and ids need not be ASCII.
    let refund = Link {
        entry_id: "le_ü",
        sequence: 2,
        kind: "REFUND",
        escrow_id: "es_2",
        transaction: None,
        timestamp_ms: -1,
        visibility: None,
        postings: &[posting("escrow", payer, "-0", "JPY"), posting("payer", payer, "0", "JPY")],
        prev_hash: &hash,
        hash: "",
    };
    assert_eq!(content_hash(&refund), "22c3f4d12850dfd0ef9f6c6249e75402e6864a1f478d0a408c31daeca11d5500");
}

#[test]
fn walks_read_as_they_say() {
    let (mut links, mut chain, mut title): (Vec<Link<'static>>, Chain, &str) = Default::default();
    let mut before = GENESIS;
    for line in super::lines(include_str!("chain.txt")) {
        let mut words = Words::of(line);
        match words.next() {
            "--" => (links, chain, before, title) = (Vec::new(), Chain::default(), GENESIS, line),
            "after" => {
                before = hash_of_nothing(7);
                chain = Chain::after(words.next().parse().expect(line), vec![before.to_owned()]);
            }
            "link" => links.push(read_link(&mut words, &links, before)),
            "=" => {
                let mut findings = Vec::new();
                links.iter().for_each(|link| chain.feed(link, |finding| findings.push(written(&finding))));
                assert_eq!(findings.join(", "), line[1..].trim(), "{title}");
            }
            _ => words.fail("unknown line"),
        }
    }
}

/// The stated hash of a link that is not in the table, and the `prev_hash` that follows nothing.
fn hash_of_nothing(sequence: i64) -> &'static str {
    keep(&format!("{sequence:064x}"))
}

/// One line's link, after those of the lines before it, the first of which follows the hash `first`.
fn read_link(words: &mut Words<'_>, before: &[Link<'static>], first: &'static str) -> Link<'static> {
    let sequence: i64 = words.next().parse().expect("a sequence");
    let mut link = Link {
        entry_id: keep(&format!("le_{sequence}")),
        sequence,
        kind: "TIP",
        escrow_id: "es_1",
        transaction: None,
        timestamp_ms: sequence,
        visibility: None,
        postings: &[],
        prev_hash: before.last().map_or(first, |last| last.hash),
        hash: "",
    };
    let (mut tampered, mut shouted) = (false, false);
    while let Some(word) = words.word() {
        match word {
            "tampered" => tampered = true,
            "shouted" => shouted = true,
            "from" => {
                link.prev_hash = match words.next() {
                    "-" => GENESIS,
                    "?" => hash_of_nothing(0xdead),
                    id => before.iter().find(|known| known.entry_id == id).expect(id).hash,
                }
            }
            id => link.entry_id = keep(id),
        }
    }
    if shouted {
        link.prev_hash = keep(&link.prev_hash.to_uppercase());
    }
    let hash = content_hash(&link);
    link.hash = keep(&if shouted { hash.to_uppercase() } else { hash });
    if tampered {
        link.escrow_id = "es_2";
    }
    link
}

fn written(finding: &ChainFinding) -> String {
    match finding {
        ChainFinding::Gap { first, last } => format!("gap {first}-{last}"),
        ChainFinding::Break { entry_id, content, neighbour, .. } => {
            let causes = [(content, " content"), (neighbour, " neighbour")];
            let causes: String =
                causes.iter().filter(|(holds, _)| **holds).map(|(_, cause)| *cause).collect();
            format!("break {entry_id}{causes}")
        }
        ChainFinding::Fork { first, entry_id, .. } => format!("fork {first} {entry_id}"),
    }
}
