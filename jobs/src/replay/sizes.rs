//! Sizes as people write them: `1GiB`, `512 MiB`, `1000000`.

const UNITS: [(&str, u64); 9] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("b", 1),
];

/// Bytes of a size: a whole number, with a unit or without.
pub fn bytes(text: &str) -> Result<u64, String> {
    let lower = text.trim().to_ascii_lowercase();
    let (number, unit) = UNITS
        .iter()
        .find_map(|(name, unit)| lower.strip_suffix(name).map(|number| (number.trim(), *unit)))
        .unwrap_or((&lower, 1));
    let wrong =
        || format!("{text:?} is no size: a whole number, and B, KiB, MiB, GiB, TiB, KB, MB, GB or TB");
    let number: u64 = number.replace('_', "").parse().map_err(|_| wrong())?;
    let bytes = number.checked_mul(unit).ok_or_else(wrong)?;
    match bytes {
        0 => Err("a cache has at least one byte".to_owned()),
        _ => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn units_are_read_whatever_their_case() {
        for (text, expected) in [
            ("128MiB", Some(128 << 20)),
            ("1 gib", Some(1 << 30)),
            ("1_000", Some(1_000)),
            ("7b", Some(7)),
            ("2GB", Some(2_000_000_000)),
            ("0", None),
            ("1.5GiB", None),
            ("-1", None),
            ("", None),
            ("MiB", None),
            ("99999999999TiB", None),
        ] {
            assert_eq!(bytes(text).ok(), expected, "{text}");
        }
    }
}
