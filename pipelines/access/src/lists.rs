//! Lists that a client binds, in PostgreSQL's text and binary forms: days, object ids, and words as text.

use arrow::datatypes::DataType;
use chrono::NaiveDate;
use datafusion::common::ScalarValue;

use crate::failure::Refusal;

/// Days from 1970 to 2000, from which PostgreSQL counts.
const DAYS_BEFORE: i32 = 10_957;

/// What a list is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    Day,
    Id,
}

impl Item {
    fn kind(self) -> DataType {
        match self {
            Self::Day => DataType::Date32,
            Self::Id => DataType::Int32,
        }
    }

    fn value(self, number: Option<i32>) -> ScalarValue {
        match self {
            Self::Day => ScalarValue::Date32(number),
            Self::Id => ScalarValue::Int32(number),
        }
    }

    fn of_binary(self, bytes: &[u8]) -> Option<i32> {
        let number = i32::from_be_bytes(bytes.try_into().ok()?);
        if self == Self::Day { number.checked_add(DAYS_BEFORE) } else { Some(number) }
    }

    fn of_text(self, text: &str) -> Option<i32> {
        match self {
            Self::Day => {
                let day = text.parse::<NaiveDate>().ok()?;
                i32::try_from(day.signed_duration_since(NaiveDate::default()).num_days()).ok()
            }
            // An id has no sign, and is kept in the same bits.
            Self::Id => text.parse::<u32>().ok().map(u32::cast_signed),
        }
    }
}

/// Reads a list; one of several dimensions is refused.
pub fn read(bytes: Option<&[u8]>, is_binary: bool, item: Item) -> Result<ScalarValue, Refusal> {
    let Some(bytes) = bytes else { return Ok(ScalarValue::new_null_list(item.kind(), true, 1)) };
    let numbers = if is_binary { of_binary(bytes, item) } else { of_text(bytes, item) };
    let numbers = numbers.ok_or_else(|| Refusal::new("22P03", "a parameter is no list of this type"))?;
    let values = numbers.into_iter().map(|number| item.value(number)).collect::<Vec<_>>();
    Ok(ScalarValue::List(ScalarValue::new_list_nullable(&values, &item.kind())))
}

fn of_binary(bytes: &[u8], item: Item) -> Option<Vec<Option<i32>>> {
    let mut rest = bytes;
    let mut next = || {
        let (number, left) = rest.split_first_chunk::<4>()?;
        rest = left;
        Some(i32::from_be_bytes(*number))
    };
    let (dimensions, _has_null, _kind) = (next()?, next()?, next()?);
    if dimensions == 0 {
        return Some(Vec::new());
    }
    let (count, _from) = (usize::try_from(next()?).ok()?, next()?);
    if dimensions != 1 {
        return None;
    }
    let mut numbers = Vec::new();
    for _ in 0..count {
        let (size, left) = rest.split_first_chunk::<4>()?;
        match usize::try_from(i32::from_be_bytes(*size)) {
            Ok(size) => {
                let (value, left) = left.split_at_checked(size)?;
                numbers.push(Some(item.of_binary(value)?));
                rest = left;
            }
            Err(_) => {
                numbers.push(None);
                rest = left;
            }
        }
    }
    rest.is_empty().then_some(numbers)
}

fn of_text(bytes: &[u8], item: Item) -> Option<Vec<Option<i32>>> {
    let inside = std::str::from_utf8(bytes).ok()?.trim().strip_prefix('{')?.strip_suffix('}')?;
    let number = |text: &str| match text.trim().trim_matches('"') {
        text if text.eq_ignore_ascii_case("null") => Some(None),
        text => item.of_text(text).map(Some),
    };
    if inside.trim().is_empty() { Some(Vec::new()) } else { inside.split(',').map(number).collect() }
}

/// Reads a list of words in text form: blanks around items do not count, quotes and backslashes do.
pub fn words(bytes: Option<&[u8]>) -> Result<ScalarValue, Refusal> {
    let Some(bytes) = bytes else { return Ok(ScalarValue::new_null_list(DataType::Utf8, true, 1)) };
    let items = std::str::from_utf8(bytes).ok().and_then(split);
    let items = items.ok_or_else(|| Refusal::new("22P02", "malformed array literal"))?;
    let values = items.into_iter().map(ScalarValue::Utf8).collect::<Vec<_>>();
    Ok(ScalarValue::List(ScalarValue::new_list_nullable(&values, &DataType::Utf8)))
}

fn split(text: &str) -> Option<Vec<Option<String>>> {
    let mut letters = text.trim().strip_prefix('{')?.strip_suffix('}')?.chars().peekable();
    let mut items = Vec::new();
    if letters.clone().all(char::is_whitespace) {
        return Some(items);
    }
    loop {
        while letters.next_if(|letter| letter.is_whitespace()).is_some() {}
        let (mut item, is_quoted) = (String::new(), letters.next_if_eq(&'"').is_some());
        loop {
            match letters.peek().copied() {
                Some('"') if is_quoted => {
                    letters.next();
                    break;
                }
                Some('\\') => {
                    letters.next();
                    item.push(letters.next()?);
                }
                Some(',') if !is_quoted => break,
                Some('{' | '}' | '"') if !is_quoted => return None,
                Some(letter) => {
                    letters.next();
                    item.push(letter);
                }
                None if is_quoted => return None,
                None => break,
            }
        }
        while letters.next_if(|letter| letter.is_whitespace()).is_some() {}
        let item = if is_quoted { item } else { item.trim_end().to_owned() };
        let is_null = !is_quoted && item.eq_ignore_ascii_case("null");
        items.push((!is_null).then_some(item));
        match letters.next() {
            Some(',') => {}
            None => return Some(items),
            Some(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_postgres_writes_them() {
        let split = |text| {
            split(text).map(|items| items.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>())
        };
        let some = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(split("{}"), some(&[]));
        assert_eq!(split("{\"p\", \"f\",t , null}"), some(&["p", "f", "t", ""]));
        assert_eq!(split("{\"a, b\",\"\\\"\",c\\,d}"), some(&["a, b", "\"", "c,d"]));
        for wrong in ["a", "{a", "{\"a}", "{{a}}", "{\"a\"b}"] {
            assert_eq!(split(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn lists_are_read_in_both_forms() {
        let binary = |items: &[Option<i32>], dimensions: i32| {
            let mut bytes = [dimensions, 1, 1_082, items.len() as i32, 1].map(i32::to_be_bytes).concat();
            for item in items {
                match item {
                    Some(item) => bytes.extend([4_i32, *item].map(i32::to_be_bytes).concat()),
                    None => bytes.extend((-1_i32).to_be_bytes()),
                }
            }
            bytes
        };
        assert_eq!(of_binary(&binary(&[Some(0), None], 1), Item::Day), Some(vec![Some(10_957), None]));
        assert_eq!(of_binary(&binary(&[Some(7)], 1), Item::Id), Some(vec![Some(7)]));
        assert_eq!(of_binary(&binary(&[Some(7)], 2), Item::Id), None);
        assert_eq!(of_binary(&[0; 12], Item::Id), Some(Vec::new()));
        assert_eq!(of_binary(&binary(&[Some(7)], 1)[..22], Item::Id), None);
        assert_eq!(of_text(b"{2000-01-01,NULL}", Item::Day), Some(vec![Some(10_957), None]));
        assert_eq!(of_text(b"{4294967295}", Item::Id), Some(vec![Some(-1)]));
        assert_eq!(of_text(b"{}", Item::Id), Some(Vec::new()));
        assert_eq!(of_text(b"{x}", Item::Id), None);
        assert!(read(Some(b"2000"), false, Item::Day).is_err());
    }
}
