//! Which object a request asks for: its path, and its range where it has one. What a player tells about itself in
//! the query (CMCD) names no other object.

use xxhash_rust::xxh3::Xxh3Default;

/// The object of a request, as a hash.
///
/// Below `/v/` the path alone names it; elsewhere the query does too, without its `CMCD` parameter.
pub fn object(path: &str, query: Option<&str>, range: Option<(i64, i64)>) -> u64 {
    let mut hash = Xxh3Default::new();
    hash.update(path.as_bytes());
    if !path.starts_with("/v/") {
        let parameters = query.unwrap_or_default().split('&');
        let named =
            parameters.filter(|parameter| !parameter.is_empty() && !is_cmcd(parameter) && *parameter != "-");
        for parameter in named {
            hash.update(b"\0");
            hash.update(parameter.as_bytes());
        }
    }
    if let Some((start, end)) = range {
        hash.update(b"\x01");
        hash.update(&start.to_le_bytes());
        hash.update(&end.to_le_bytes());
    }
    hash.digest()
}

fn is_cmcd(parameter: &str) -> bool {
    parameter.split('=').next().is_some_and(|name| name.eq_ignore_ascii_case("CMCD"))
}
