//! Common Media Client Data (CTA-5004) in a query string; what cannot be read is left out, never fatal.

use std::borrow::Cow;

use crate::percent::decode_fully;

/// The CMCD keys that the warehouse keeps.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Cmcd {
    pub sid: Option<String>,
    pub ot: Option<String>,
    pub br: Option<i64>,
    pub bl: Option<i64>,
    pub dl: Option<i64>,
    pub mtp: Option<i64>,
    pub tb: Option<i64>,
    pub d: Option<i64>,
    /// Present without a value means true; absent is unknown only where there is no CMCD at all.
    pub bs: Option<bool>,
    pub su: Option<bool>,
}

/// Reads the `CMCD` parameter of a logged query, encoded once or twice.
pub fn parse(query: &str) -> Option<Cmcd> {
    let mut decoded: Option<Cow<'_, str>> = parameter(query);
    if decoded.is_none() {
        // Some logs encode the whole query once more, the equals sign too.
        let whole = decode_fully(query);
        decoded = parameter(&whole).map(|value| Cow::Owned(value.into_owned()));
    }
    let payload = decode_fully(decoded.as_deref()?).into_owned();
    let mut cmcd = Cmcd { bs: Some(false), su: Some(false), ..Cmcd::default() };
    for pair in split_outside_quotes(&payload) {
        let (key, value) = match pair.split_once('=') {
            Some((key, value)) => (key.trim(), Some(value.trim())),
            None => (pair.trim(), None),
        };
        cmcd.set(key, value);
    }
    Some(cmcd)
}

fn parameter(query: &str) -> Option<Cow<'_, str>> {
    query.split('&').find_map(|pair| pair.strip_prefix("CMCD=")).map(Cow::Borrowed)
}

impl Cmcd {
    fn set(&mut self, key: &str, value: Option<&str>) {
        let text = || value.map(|value| value.trim_matches('"').to_owned()).filter(|text| !text.is_empty());
        // Version 2 writes some numbers as inner lists: `br=(2500;v)`; the first number counts.
        let number = || {
            let value = value?.trim_start_matches('(');
            let end = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
            value[..end].parse().ok()
        };
        let flag = || Some(!matches!(value, Some("false" | "?0" | "0")));
        match key {
            "sid" => self.sid = text(),
            "ot" => self.ot = text(),
            "br" => self.br = number(),
            "bl" => self.bl = number(),
            "dl" => self.dl = number(),
            "mtp" => self.mtp = number(),
            "tb" => self.tb = number(),
            "d" => self.d = number(),
            "bs" => self.bs = flag(),
            "su" => self.su = flag(),
            _ => {}
        }
    }
}

fn split_outside_quotes(payload: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    payload.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_versions_and_both_encodings() {
        let plain = "CMCD=br%3D2560%2Cbl%3D9000%2Cbs%2Cot%3Dv%2Csid%3D%22ps%2C1%22%2Ctb%3D4000&x=1";
        let cmcd = parse(plain).unwrap();
        assert_eq!(cmcd.sid.as_deref(), Some("ps,1"));
        assert_eq!((cmcd.br, cmcd.bl, cmcd.tb, cmcd.dl), (Some(2560), Some(9000), Some(4000), None));
        assert_eq!((cmcd.bs, cmcd.su), (Some(true), Some(false)));
        assert_eq!(parse(&plain.replace('%', "%25")), Some(cmcd.clone()));
        assert_eq!(parse("a=b&CMCD=br%3D%28300%3Bv%29%2Csid%3Dx").unwrap().br, Some(300));
        assert_eq!(parse("-"), None);
        assert_eq!(parse("CMCD=br%3Dx").unwrap().br, None);
    }
}
