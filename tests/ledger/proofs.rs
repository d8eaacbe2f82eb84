//! Inclusion proofs, checked by hand from the text of RFC 9162 (section 2.1.3.2).

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::entries::{DAYS, chain, ingest, land, night, verify};
use crate::support::Place;

fn hash(parts: &[&[u8]]) -> Vec<u8> {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().to_vec()
}

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).expect("hex"), 16).expect("hex")).collect()
}

/// The algorithm as the RFC words it: `fn` and `sn` are the leaf's and the last leaf's place at a height.
fn is_included(proof: &Value) -> bool {
    let text = |name: &str| proof[name].as_str().expect(name).to_owned();
    let content = Sha256::digest(text("content"));
    if content.to_vec() != bytes(&text("content_hash")) {
        return false;
    }
    let (mut place, size) = (proof["leaf_index"].as_u64().expect("an index"), proof["tree_size"].as_u64());
    let Some(mut last) = size.filter(|size| place < *size).map(|size| size - 1) else { return false };
    let mut root = hash(&[&[0], &content]);
    for step in proof["path"].as_array().expect("a path") {
        let step = bytes(step.as_str().expect("hex"));
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            root = hash(&[&[1], &step, &root]);
            while place & 1 == 0 && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            root = hash(&[&[1], &root, &step]);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    last == 0 && root == bytes(&text("root"))
}

#[test]
fn every_entry_of_every_night_is_proved() {
    let place = Place::new();
    let entries = chain(7);
    // The tree is in the order of days: the late third entry is its fifth leaf.
    let days = [vec![0, 1, 3], vec![4, 2, 5], vec![6]];
    for (day, landed) in days.iter().enumerate() {
        let landed: Vec<_> = landed.iter().map(|place| entries[*place].clone()).collect();
        land(&place, day, "a.ndjson", &landed);
        night(&place, day);
    }
    let order = ["le_1", "le_2", "le_4", "le_3", "le_5", "le_6", "le_7"];
    for (index, id) in order.into_iter().enumerate() {
        let (code, proof) = verify(&place, &["--proof", id]);
        let entry = entries.iter().find(|entry| entry.id == id).expect("an entry");
        assert_eq!((code, &proof["leaf_index"], &proof["tree_size"]), (0, &index.into(), &7.into()));
        assert_eq!(
            (&proof["content"], &proof["content_hash"]),
            (&entry.content().into(), &entry.hash.clone().into())
        );
        assert!(is_included(&proof), "{proof}");
        for (name, value) in [("leaf_index", Value::from(index ^ 1)), ("content", "another".into())] {
            let mut wrong = proof.clone();
            wrong[name] = value;
            assert!(!is_included(&wrong), "{name}: {wrong}");
        }
    }
    let (_, proof) = verify(&place, &["--proof", "le_4", "--date", DAYS[0]]);
    assert_eq!((&proof["tree_size"], &proof["night"]), (&3.into(), &DAYS[0].into()));
    assert!(is_included(&proof), "{proof}");
    let roots = place.rows("SELECT merkle_root, head FROM silver.ledger_heads ORDER BY number");
    assert_eq!((&proof["root"], &proof["head"]), (&roots[0][0].clone().into(), &roots[0][1].clone().into()));
}

#[test]
fn what_was_not_signed_is_not_proved() {
    let place = Place::new();
    land(&place, 0, "a.ndjson", &chain(2));
    ingest(&place, 0);
    assert_eq!(verify(&place, &["--proof", "le_1"]).0, 2, "no night has signed");
    night(&place, 0);
    let text = place.run(&["verify", "--proof", "le_1"]);
    assert_eq!(text.code, 0, "{}", text.stderr);
    assert!(text.stdout.contains("leaf      0 of 2, counted from 0"), "{}", text.stdout);
    for unknown in ["le_3", "le_1' OR 'a' = 'a"] {
        assert_eq!(verify(&place, &["--proof", unknown]).0, 2, "{unknown}");
    }
    assert_eq!(verify(&place, &["--proof", "le_1", "--date", "2026-11-19"]).0, 2, "before the first night");
}
