//! Who pays and who creates: decentralized identifiers of several methods, made from a number.

use crate::random::{Stream, hash, mix};

/// A party. The same number is always the same identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Party(u64);

const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BASE36: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

impl Party {
    /// Somebody who watches, tips and subscribes.
    pub fn viewer(seed: u64, number: u64) -> Self {
        // The lowest bits choose the method: viewers hold keys.
        Self(hash(seed, Stream::Party, number << 1) & !7)
    }

    /// Somebody who creates.
    pub fn creator(seed: u64, number: u64) -> Self {
        Self(hash(seed, Stream::Party, (number << 1) | 1))
    }

    /// Somebody else, the same each time.
    pub fn other(self) -> Self {
        Self(mix(self.0 ^ 0x5bd1))
    }

    /// Writes the identifier.
    pub fn push(self, out: &mut Vec<u8>) {
        match self.0 & 7 {
            0..=5 => {
                out.extend_from_slice(b"did:key:z6Mk");
                push_digits(out, self.0, BASE58, 10);
                push_digits(out, mix(self.0), BASE58, 10);
            }
            6 => {
                out.extend_from_slice(b"did:web:");
                push_digits(out, self.0, BASE36, 10);
                out.extend_from_slice(b".example%3A8443:users:u");
                push_digits(out, mix(self.0), BASE36, 4);
            }
            _ => {
                out.extend_from_slice(b"did:plc:");
                push_digits(out, mix(self.0), &BASE36[10..], 12);
                push_digits(out, mix(self.0 ^ 1), &BASE36[10..], 12);
            }
        }
    }
}

fn push_digits(out: &mut Vec<u8>, number: u64, alphabet: &[u8], count: usize) {
    let base = alphabet.len() as u64;
    let mut rest = mix(number);
    for _ in 0..count {
        out.push(alphabet[(rest % base) as usize]);
        rest /= base;
    }
}

/// The last two parties that were written, as text: the events of one escrow repeat them.
#[derive(Debug, Default)]
pub struct Names {
    seen: [(Option<Party>, Vec<u8>); 2],
}

impl Names {
    /// Writes a party that plays a role (0 or 1) in the row.
    pub fn push(&mut self, out: &mut Vec<u8>, role: usize, party: Party) {
        let (known, text) = &mut self.seen[role];
        if *known != Some(party) {
            text.clear();
            party.push(text);
            *known = Some(party);
        }
        out.extend_from_slice(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_did_core_and_distinct() {
        let mut seen = std::collections::HashSet::new();
        for number in 0..5_000 {
            for party in [Party::viewer(1, number), Party::creator(1, number)] {
                let mut text = Vec::new();
                party.push(&mut text);
                let text = String::from_utf8(text).unwrap();
                let mut parts = text.splitn(3, ':');
                assert_eq!(parts.next(), Some("did"));
                assert!(parts.next().unwrap().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
                let id = parts.next().unwrap();
                assert!(!id.is_empty() && !id.ends_with(':'));
                assert!(id.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_:%".contains(&b)));
                assert!(seen.insert(text));
            }
        }
    }
}
