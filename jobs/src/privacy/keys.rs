//! The file of keys: for each month one of pseudonyms and one of pairs, one for erasures. It lies apart from the data.

use std::collections::BTreeMap;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};

use chrono::{Datelike, NaiveDate};
use insights::pseudonym::Key;

use crate::config::Config;
use crate::failure::{Failure, Outcome};

/// What stands in the place of a key that was destroyed.
const DESTROYED: &str = "destroyed";
/// The name under which the key of erasures stands.
const ERASURE: &str = "erasure";

/// What stands before the month of a key of pairs.
const PAIRS: &str = "pairs-";

type Months = BTreeMap<String, Option<Key>>;

/// All keys there are, and the months whose key is no more.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    months: Months,
    /// Under which it is written down who was with whom.
    pairs: Months,
    pub erasure: Option<Key>,
    path: Option<PathBuf>,
}

/// A month as YYYY-MM.
pub fn month(dt: NaiveDate) -> String {
    dt.format("%Y-%m").to_string()
}

impl Keys {
    /// Reads the configured file, or the variable `TTT_KEYRING` that holds the same text.
    pub fn load(config: &Config) -> Outcome<Self> {
        if let Ok(text) = std::env::var("TTT_KEYRING") {
            return Self::parse(&text, "TTT_KEYRING");
        }
        let Some(path) = &config.pseudonyms.keys else { return Ok(Self::default()) };
        let mut keys = match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, &path.display().to_string())?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::default(),
            Err(error) => return Err(Failure::usage(format!("{}: {error}", path.display()))),
        };
        keys.path = Some(path.clone());
        Ok(keys)
    }

    /// A fault names the entry and never shows it.
    fn parse(text: &str, place: &str) -> Outcome<Self> {
        let table: toml::Table =
            text.parse().map_err(|_| Failure::usage(format!("{place}: is no TOML, or names a key twice")))?;
        let mut keys = Self::default();
        for (name, value) in table {
            let text = value.as_str().unwrap_or_default();
            let wrong = |what: &str| Failure::usage(format!("{place}: {name}: {what}"));
            let key = || Key::parse(text).ok_or_else(|| wrong("a key is 64 hexadecimal digits"));
            if name == ERASURE {
                keys.erasure = Some(key()?);
                continue;
            }
            let (keys, month) = match name.strip_prefix(PAIRS) {
                Some(month) => (&mut keys.pairs, month),
                None => (&mut keys.months, name.as_str()),
            };
            if format!("{month}-01").parse::<NaiveDate>().is_err() {
                return Err(wrong("is no month as YYYY-MM"));
            }
            keys.insert(month.to_owned(), if text == DESTROYED { None } else { Some(key()?) });
        }
        Ok(keys)
    }

    /// The key of a month, where there is one.
    pub fn of(&self, month: &str) -> Option<&Key> {
        self.months.get(month)?.as_ref()
    }

    /// A month's key of pairs, where there is one.
    pub fn of_pairs(&self, month: &str) -> Option<&Key> {
        self.pairs.get(month)?.as_ref()
    }

    /// The keys of pairs that are there, whatever their months.
    pub fn all_of_pairs(&self) -> impl Iterator<Item = &Key> {
        self.pairs.values().flatten()
    }

    /// The months with whether their key is still there.
    pub fn months(&self) -> impl Iterator<Item = (&str, bool)> {
        self.months.iter().map(|(month, key)| (month.as_str(), key.is_some()))
    }

    /// The same of the keys of pairs.
    pub fn months_of_pairs(&self) -> impl Iterator<Item = (&str, bool)> {
        self.pairs.iter().map(|(month, key)| (month.as_str(), key.is_some()))
    }

    /// Whether there is a file that can be written.
    pub fn is_kept(&self) -> bool {
        self.path.is_some()
    }

    /// Makes a month's keys, unless they or those of a later month were there before: what is destroyed stays so.
    pub fn make(&mut self, month: &str) -> Outcome<bool> {
        let mut is_made = false;
        for keys in [&mut self.months, &mut self.pairs] {
            if keys.keys().next_back().is_none_or(|last| last.as_str() < month) {
                keys.insert(month.to_owned(), Some(random()?));
                is_made = true;
            }
        }
        Ok(is_made)
    }

    /// Makes the key of erasures, unless it is there.
    pub fn make_erasure(&mut self) -> Outcome<bool> {
        if self.erasure.is_some() {
            return Ok(false);
        }
        self.erasure = Some(random()?);
        Ok(true)
    }

    /// Destroys the keys of months whose late data is waited for no longer on a day, and of pairs those of months that
    /// no night looks back on; gives their names.
    pub fn destroy(&mut self, dt: NaiveDate, late_days: u32, window_days: u32) -> Vec<String> {
        let mut over = destroy(&mut self.months, dt, late_days);
        let pairs = destroy(&mut self.pairs, dt, late_days + window_days);
        over.extend(pairs.into_iter().map(|month| format!("{PAIRS}{month}")));
        over
    }

    /// Writes the file: what stood there is overwritten before it goes.
    pub fn store(&self) -> Outcome<()> {
        let Some(path) = &self.path else {
            return Err(Failure::usage("no file of keys is configured").with_hint(
                "name one by `keys` in [pseudonyms] of ttt.toml: it is made where it is not there",
            ));
        };
        let mut text = String::new();
        for (before, months) in [("", &self.months), (PAIRS, &self.pairs)] {
            for (month, key) in months {
                let shown = key.as_ref().map_or(DESTROYED.to_owned(), Key::reveal);
                text.push_str(&format!("\"{before}{month}\" = \"{shown}\"\n"));
            }
        }
        if let Some(key) = &self.erasure {
            text.push_str(&format!("{ERASURE} = \"{}\"\n", key.reveal()));
        }
        replace(path, &text).map_err(|error| Failure::other(format!("{}: {error}", path.display())))
    }
}

/// Destroys the keys of months that ended so many days before a day; gives the months.
fn destroy(keys: &mut Months, dt: NaiveDate, days: u32) -> Vec<String> {
    let is_over = |month: &str| {
        let first: Option<NaiveDate> = format!("{month}-01").parse().ok();
        let next = first.and_then(|first| first.checked_add_months(chrono::Months::new(1)));
        next.is_some_and(|next| dt.num_days_from_ce() >= next.num_days_from_ce() + days as i32)
    };
    let over = keys.iter_mut().filter(|(month, key)| key.is_some() && is_over(month));
    over.map(|(month, key)| {
        *key = None;
        month.clone()
    })
    .collect()
}

/// Puts a new file in the place of the old one, whose bytes are then overwritten: on a disk that writes in place
/// nothing of a key is left.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let old = std::fs::File::options().write(true).open(path).ok();
    let mut options = std::fs::File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let fresh = path.with_extension("new");
    let mut file = options.open(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)?;
    if let Some(mut old) = old {
        let length = usize::try_from(old.metadata()?.len()).unwrap_or_default();
        old.rewind()?;
        old.write_all(&vec![0; length])?;
        old.sync_all()?;
    }
    Ok(())
}

/// A key from the operating system's own source of randomness.
fn random() -> Outcome<Key> {
    use std::io::Read;

    let mut bytes = [0; 32];
    let read = std::fs::File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes));
    read.map_err(|error| Failure::other(format!("no randomness for a key: {error}")))?;
    Ok(Key::new(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_destroyed_key_is_gone_and_is_not_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            pseudonyms: crate::config::Pseudonyms {
                keys: Some(folder.path().join("keys.toml")),
                late_days: 7,
            },
            ..Config::default()
        };
        let mut keys = Keys::load(&config).unwrap();
        assert!(keys.make("2026-10").unwrap() && keys.make("2026-11").unwrap());
        assert!(!keys.make("2026-11").unwrap() && !keys.make("2026-09").unwrap());
        keys.store().unwrap();
        let before = std::fs::read_to_string(folder.path().join("keys.toml")).unwrap();
        assert_eq!(keys.destroy(day("2026-11-07"), 7, 28), Vec::<String>::new());
        assert_eq!(keys.destroy(day("2026-11-08"), 7, 28), ["2026-10"]);
        keys.store().unwrap();
        // Who was with whom is looked at for longer, under a key of its own.
        let mut later = Keys::load(&config).unwrap();
        assert_ne!(later.of_pairs("2026-11"), later.of("2026-11"));
        assert!(later.of_pairs("2026-10").is_some() && later.destroy(day("2026-12-05"), 7, 28).is_empty());
        assert_eq!(later.destroy(day("2026-12-06"), 7, 28), ["pairs-2026-10"]);
        assert!(later.of_pairs("2026-10").is_none() && later.of_pairs("2026-11").is_some());
        let mut again = Keys::load(&config).unwrap();
        assert!(again.of("2026-10").is_none() && again.of("2026-11").is_some());
        assert!(!again.make("2026-10").unwrap());
        let secret = before.lines().next().unwrap().split('"').nth(3).unwrap().to_owned();
        let left = std::fs::read_to_string(folder.path().join("keys.toml")).unwrap();
        assert!(!left.contains(&secret) && left.contains("\"2026-10\" = \"destroyed\""));
    }

    #[test]
    fn a_wrong_file_is_refused_without_being_shown() {
        let secret = "ab".repeat(31);
        for text in [
            format!("\"2026-11\" = \"{secret}\""),
            format!("erasure = \"{secret}\""),
            format!("x = \"{secret}\""),
            format!("pairs-2026-11 = \"{secret}\""),
            format!("pairs-x = \"{secret}ab\""),
            secret.clone(),
        ] {
            let failure = Keys::parse(&text, "keys").unwrap_err();
            assert!(!failure.to_string().contains(&secret), "{failure}");
        }
    }
}
