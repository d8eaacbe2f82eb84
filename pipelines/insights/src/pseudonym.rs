//! Pseudonyms: a keyed hash in the place of a name, which nobody can turn back without the key.

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// A secret of 256 bits. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl Key {
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut key = [0; 32];
        for (byte, pair) in key.iter_mut().zip(digits.chunks(2)) {
            let digit = |digit: u8| char::from(digit).to_digit(16);
            *byte = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()?;
        }
        Some(Self(key))
    }

    /// The key in 64 hexadecimal digits, for the file that holds it.
    pub fn reveal(&self) -> String {
        hex(&self.0)
    }

    /// HMAC-SHA-256 (RFC 2104) of a text. A hash of one use says nothing about one of another, `""` among them.
    pub fn hash(&self, usage: &str, text: &str) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of any length will do");
        if !usage.is_empty() {
            mac.update(usage.as_bytes());
            mac.update(&[0]);
        }
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// A viewer's pseudonym: the HMAC-SHA-256 of the DID, in 64 hexadecimal digits.
    pub fn pseudonym(&self, did: &str) -> String {
        hex(&self.hash("", did))
    }
}

/// A key made ready to hash many pairs of viewer and creator.
#[derive(Clone)]
pub struct PairKey(Hmac<Sha256>);

impl PairKey {
    /// What a month's key makes of pairs: nothing that it makes of anything else.
    pub fn new(key: &Key) -> Self {
        let derived = key.hash("pair", "");
        Self(Hmac::new_from_slice(&derived).expect("a key of any length will do"))
    }

    /// A viewer with a creator, by their identities: 64 bits of an HMAC-SHA-256. Who lacks the key can neither
    /// compute it for a pair that is guessed nor tell that two months speak of the same pair.
    pub fn hash(&self, viewer: u128, creator: u128) -> u64 {
        let mut mac = self.0.clone();
        mac.update(&viewer.to_be_bytes());
        mac.update(&creator.to_be_bytes());
        mac.finalize().into_bytes().iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte))
    }
}

impl std::fmt::Debug for PairKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("PairKey(…)")
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Key(…)")
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_hmac_of_the_standard() {
        // RFC 4231, test case 1, its key filled up with zeros to the length of ours, which HMAC does anyway.
        let mut bytes = [0; 32];
        bytes[..20].fill(0x0b);
        let key = Key::new(bytes);
        let expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
        assert_eq!(key.pseudonym("Hi There"), expected);
        assert_eq!(Key::parse(&key.reveal()), Some(key.clone()));
        assert_eq!(format!("{key:?}"), "Key(…)");
    }

    #[test]
    fn pairs_are_hashed_under_the_key_alone() {
        let (one, other) = (PairKey::new(&Key::new([1; 32])), PairKey::new(&Key::new([2; 32])));
        assert_eq!(one.hash(7, 9), one.clone().hash(7, 9));
        let hashes = [one.hash(7, 9), one.hash(9, 7), one.hash(7, 10), other.hash(7, 9)];
        let different: std::collections::HashSet<u64> = hashes.into_iter().collect();
        assert_eq!(different.len(), hashes.len());
        // What anybody can compute of the same pair is something else.
        assert!(!hashes.contains(&crate::bounding::pair_hash(7, 9)));
        assert_eq!(format!("{one:?}"), "PairKey(…)");
    }

    #[test]
    fn keys_and_uses_are_told_apart() {
        let (one, other) = (Key::new([1; 32]), Key::new([2; 32]));
        assert_ne!(one.pseudonym("did:key:a"), other.pseudonym("did:key:a"));
        assert_ne!(one.hash("a", "b"), one.hash("", "ab"));
        assert_ne!(one.hash("a", ""), one.hash("", "a"));
        for text in ["", "00", &"g".repeat(64), &"é".repeat(32)] {
            assert!(Key::parse(text).is_none(), "{text}");
        }
    }
}
