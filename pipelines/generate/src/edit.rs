//! A valid row made into another: replays that only look different, conflicts, lines to be refused.

/// Where a key's value lies in a row, the first key of that name.
fn value_of(row: &[u8], key: &str) -> Option<std::ops::Range<usize>> {
    let quoted = format!("\"{key}\":");
    let found = row.windows(quoted.len()).position(|window| window == quoted.as_bytes())?;
    let start = found + quoted.len();
    Some(start..start + value_length(&row[start..]))
}

fn value_length(text: &[u8]) -> usize {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' | b',' if depth == 0 => return at,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// The row with another value under a key (the row as it is where it has no such key).
pub fn set(row: &[u8], key: &str, value: &str, out: &mut Vec<u8>) {
    let Some(range) = value_of(row, key) else { return out.extend_from_slice(row) };
    out.extend_from_slice(&row[..range.start]);
    out.extend_from_slice(value.as_bytes());
    out.extend_from_slice(&row[range.end..]);
}

/// The row with the value of one key under another.
pub fn copy(row: &[u8], from: &str, to: &str, out: &mut Vec<u8>) {
    let Some(range) = value_of(row, from) else { return out.extend_from_slice(row) };
    let value = String::from_utf8_lossy(&row[range]).into_owned();
    set(row, to, &value, out);
}

/// The row with one more key at its end.
pub fn append(row: &[u8], key_and_value: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(&row[..row.len() - 1]);
    out.push(b',');
    out.extend_from_slice(key_and_value.as_bytes());
    out.push(b'}');
}

/// The first key and its value, with the comma: always an identifier, so no comma is in it.
pub fn first_pair(row: &[u8]) -> &[u8] {
    let end = row.iter().position(|&byte| byte == b',').unwrap_or(row.len() - 1);
    &row[1..end]
}

/// Equal as JSON, different as bytes: the first key comes last, and there are spaces.
pub fn reorder(row: &[u8], out: &mut Vec<u8>) {
    let first = first_pair(row);
    out.extend_from_slice(b"{ ");
    out.extend_from_slice(&row[first.len() + 2..row.len() - 1]);
    out.extend_from_slice(b", ");
    out.extend_from_slice(first);
    out.extend_from_slice(b" }");
}

/// Equal as JSON, different as bytes: the first letter of the identifier is escaped.
pub fn escape(row: &[u8], out: &mut Vec<u8>) {
    let Some(range) = value_of(row, first_key(row)) else { return out.extend_from_slice(row) };
    let letter = range.start + 1;
    out.extend_from_slice(&row[..letter]);
    out.extend_from_slice(format!("\\u{:04x}", row[letter]).as_bytes());
    out.extend_from_slice(&row[letter + 1..]);
}

/// The name of the row's first key.
pub fn first_key(row: &[u8]) -> &str {
    let pair = first_pair(row);
    let end = pair.iter().skip(1).position(|&byte| byte == b'"').unwrap_or(0);
    std::str::from_utf8(&pair[1..=end]).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_edited_where_they_should_be() {
        let row = br#"{"id":"x_1","a":{"b":[1,"},"]},"c":"d\"e","f":7}"#;
        let edit = |edit: &dyn Fn(&mut Vec<u8>)| {
            let mut out = Vec::new();
            edit(&mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(edit(&|out| set(row, "a", "0", out)), r#"{"id":"x_1","a":0,"c":"d\"e","f":7}"#);
        assert_eq!(
            edit(&|out| set(row, "f", "8", out)),
            r#"{"id":"x_1","a":{"b":[1,"},"]},"c":"d\"e","f":8}"#
        );
        assert_eq!(edit(&|out| copy(row, "f", "c", out)), r#"{"id":"x_1","a":{"b":[1,"},"]},"c":7,"f":7}"#);
        let reordered = r#"{ "a":{"b":[1,"},"]},"c":"d\"e","f":7, "id":"x_1" }"#;
        assert_eq!(edit(&|out| reorder(row, out)), reordered);
        let escaped = r#"{"id":"\u0078_1","a":{"b":[1,"},"]},"c":"d\"e","f":7}"#;
        assert_eq!(edit(&|out| escape(row, out)), escaped);
    }
}
