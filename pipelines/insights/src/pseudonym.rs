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
