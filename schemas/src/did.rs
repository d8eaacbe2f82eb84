//! A party: the syntax of a decentralized identifier, checked and never printed whole.

/// Whether a text is `did:method:id` by the grammar of W3C DID Core 1.0, section 3.1.
///
/// The method is lower-case letters and digits; the id is of letters, digits, `.`, `-`, `_`, `:` and
/// percent-encoded bytes, and does not end in `:`.
pub fn is_did(text: &str) -> bool {
    let Some((method, id)) = text.strip_prefix("did:").and_then(|rest| rest.split_once(':')) else {
        return false;
    };
    let method_holds =
        !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    method_holds && !id.is_empty() && !id.ends_with(':') && id_holds(id.as_bytes())
}

fn id_holds(id: &[u8]) -> bool {
    // Without a branch for each byte: an id that has no escapes is checked many bytes at a time.
    id.iter().fold(true, |holds, byte| holds & is_plain(*byte)) || is_escaped(id)
}

/// A letter, a digit, `.`, `-`, `_` or `:`.
fn is_plain(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let digit_or_colon = byte.wrapping_sub(b'0') <= b':' - b'0';
    letter | digit_or_colon | matches!(byte, b'.' | b'-' | b'_')
}

fn is_escaped(mut id: &[u8]) -> bool {
    loop {
        id = match id {
            [] => return true,
            [b'%', high, low, rest @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => rest,
            [byte, rest @ ..] if is_plain(*byte) => rest,
            _ => return false,
        };
    }
}

/// A party as it may stand in a log or an error: the method and the last four characters.
pub fn masked(did: &str) -> String {
    let method = did.split(':').nth(1).unwrap_or("?");
    let tail: String = did.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    format!("did:{method}:…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_grammar() {
        for good in ["did:key:z6MkA", "did:web:a.example%3A8443:users:u1", "did:a1::b", "did:x:_-."] {
            assert!(is_did(good), "{good}");
        }
        for bad in [
            "",
            "did:",
            "did:key",
            "did:key:",
            "DID:key:a",
            "did:Key:a",
            "did::a",
            "did:key:a:",
            "did:key:a b",
            "did:key:a%2",
            "did:key:a%zz",
            "did:key:a/b",
            "did:key:a#b",
            "did:key:ä",
            "xdid:key:a",
        ] {
            assert!(!is_did(bad), "{bad}");
        }
    }

    #[test]
    fn plain_bytes_are_those_of_the_grammar() {
        for byte in 0..=u8::MAX {
            let plain = byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
            assert_eq!(is_plain(byte), plain, "{byte:#x}");
        }
    }

    #[test]
    fn masks_all_but_the_tail() {
        assert_eq!(masked("did:key:z6MkhaXgBZDvotDkL5257"), "did:key:…5257");
    }
}
