//! What a session may set: what clients set without being asked, and as of when tables are read.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::failure::Refusal;
use crate::pinned::{AsOf, as_of};

/// What stands for a setting that nobody has set; an empty list of other values means that any is taken.
struct Known {
    name: &'static str,
    /// As PostgreSQL writes it where it tells the client of a change.
    told_as: Option<&'static str>,
    usual: &'static str,
    /// Values that mean the usual one; others are refused. None: any value is taken, and changes nothing.
    only: Option<&'static [&'static str]>,
}

const fn free(name: &'static str, usual: &'static str) -> Known {
    Known { name, told_as: None, usual, only: None }
}

const fn fixed(
    name: &'static str,
    told_as: Option<&'static str>,
    usual: &'static str,
    only: &'static [&'static str],
) -> Known {
    Known { name, told_as, usual, only: Some(only) }
}

const KNOWN: [Known; 35] = [
    free("ttt.as_of", "latest"),
    free("statement_timeout", "0"),
    Known { name: "application_name", told_as: Some("application_name"), usual: "", only: None },
    Known { name: "search_path", told_as: Some("search_path"), usual: "\"$user\", public", only: None },
    free("extra_float_digits", "1"),
    free("client_min_messages", "notice"),
    free("lock_timeout", "0"),
    free("idle_in_transaction_session_timeout", "0"),
    free("idle_session_timeout", "0"),
    free("row_security", "on"),
    free("jit", "off"),
    free("geqo", "on"),
    free("enable_seqscan", "on"),
    free("enable_nestloop", "on"),
    free("enable_hashjoin", "on"),
    free("enable_mergejoin", "on"),
    free("work_mem", "4MB"),
    free("synchronous_commit", "on"),
    free("default_transaction_isolation", "repeatable read"),
    free("transaction_isolation", "repeatable read"),
    free("default_transaction_deferrable", "off"),
    free("escape_string_warning", "on"),
    free("session_characteristics", ""),
    free("max_identifier_length", "63"),
    free("default_table_access_method", "heap"),
    fixed(
        "timezone",
        Some("TimeZone"),
        "UTC",
        &["utc", "etc/utc", "gmt", "etc/gmt", "zulu", "universal", "z", "0", "+00:00"],
    ),
    fixed("client_encoding", Some("client_encoding"), "UTF8", &["utf8", "utf-8", "unicode"]),
    fixed("server_encoding", None, "UTF8", &["utf8"]),
    fixed(
        "datestyle",
        Some("DateStyle"),
        "ISO, YMD",
        &["iso", "iso, ymd", "iso, mdy", "iso, dmy", "iso,mdy", "iso,ymd", "iso,dmy", "iso, us"],
    ),
    fixed("intervalstyle", Some("IntervalStyle"), "postgres", &["postgres"]),
    fixed("bytea_output", None, "hex", &["hex"]),
    fixed(
        "standard_conforming_strings",
        Some("standard_conforming_strings"),
        "on",
        &["on", "true", "yes", "1"],
    ),
    fixed("default_transaction_read_only", None, "on", &["on", "true", "yes", "1"]),
    fixed("transaction_read_only", None, "on", &["on", "true", "yes", "1"]),
    fixed("integer_datetimes", None, "on", &["on"]),
];

/// Version of PostgreSQL whose manners are followed.
pub const SERVER_VERSION: &str = "16.6";
const SERVER_VERSION_NUMBER: &str = "160006";

/// The settings of one session.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    set: BTreeMap<&'static str, String>,
    as_of: AsOf,
    timeout: Option<Duration>,
}

impl Settings {
    /// Sets, or with no value resets. What the client is to be told of it: name and value.
    pub fn set(&mut self, name: &str, value: Option<&str>) -> Result<Option<(String, String)>, Refusal> {
        let Some(known) = KNOWN.iter().find(|known| known.name == name) else {
            return Err(
                match name.starts_with("datafusion.") || name.contains("authorization") || name == "role" {
                    true => Refusal::forbidden(format!("permission denied to set parameter \"{name}\"")),
                    false => {
                        Refusal::new("42704", format!("unrecognized configuration parameter \"{name}\""))
                    }
                },
            );
        };
        let value = value.map(str::trim);
        if let (Some(only), Some(value)) = (known.only, value)
            && !only.iter().any(|same| same.eq_ignore_ascii_case(value))
            && !value.eq_ignore_ascii_case(known.usual)
        {
            return Err(Refusal::unsupported(format!("{name} is {} here", known.usual)));
        }
        match name {
            "ttt.as_of" => self.as_of = value.map_or(Ok(AsOf::Latest), as_of)?,
            "statement_timeout" => self.timeout = value.map_or(Ok(None), duration)?,
            _ => {}
        }
        match value {
            // A fixed setting stays what it is, whatever it was called.
            Some(value) if known.only.is_none() => drop(self.set.insert(known.name, value.to_owned())),
            _ => drop(self.set.remove(known.name)),
        }
        Ok(known.told_as.map(|told_as| (told_as.to_owned(), self.value(known).to_owned())))
    }

    pub fn reset(&mut self) {
        // The name of the application is the client's from the start.
        let application = self.set.remove("application_name");
        *self = Self::default();
        self.set.extend(application.map(|name| ("application_name", name)));
    }

    /// Every setting by name, with those of the server that tools ask for.
    pub fn all(&self) -> Vec<(String, String)> {
        let known = KNOWN.iter().map(|known| (known.name.to_owned(), self.value(known).to_owned()));
        let of_server = [
            ("server_version", SERVER_VERSION),
            ("server_version_num", SERVER_VERSION_NUMBER),
            ("max_index_keys", "32"),
        ];
        known.chain(of_server.map(|(name, value)| (name.to_owned(), value.to_owned()))).collect()
    }

    /// The value of a setting.
    pub fn get(&self, name: &str) -> Result<String, Refusal> {
        match name {
            "server_version" => return Ok(SERVER_VERSION.to_owned()),
            "server_version_num" => return Ok(SERVER_VERSION_NUMBER.to_owned()),
            "is_superuser" | "in_hot_standby" => return Ok("off".to_owned()),
            "max_index_keys" => return Ok("32".to_owned()),
            _ => {}
        }
        let known = KNOWN.iter().find(|known| known.name == name);
        let known = known.ok_or_else(|| {
            Refusal::new("42704", format!("unrecognized configuration parameter \"{name}\""))
        })?;
        Ok(self.value(known).to_owned())
    }

    /// The schemas of the search path, in order.
    pub fn schemas(&self) -> Vec<String> {
        let path = self.set.get("search_path").map_or("", String::as_str);
        let names = path.split(',').map(|name| name.trim().trim_matches(['"', '\'']).to_owned());
        names.filter(|name| !name.is_empty() && name != "$user").collect()
    }

    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// The client's own bound of a statement's time.
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    fn value(&self, known: &Known) -> &str {
        self.set.get(known.name).map_or(known.usual, String::as_str)
    }
}

/// Milliseconds, or a number with `ms`, `s`, `min` or `h`; zero is none.
fn duration(text: &str) -> Result<Option<Duration>, Refusal> {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic() || character == ' ');
    let unit = match text[digits.len()..].trim() {
        "" | "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        _ => 0,
    };
    let count = digits.parse::<u64>().ok().filter(|_| unit > 0);
    let count =
        count.ok_or_else(|| Refusal::new("22023", format!("invalid value for a time: \"{text}\"")))?;
    Ok(Some(count.saturating_mul(unit)).filter(|count| *count > 0).map(Duration::from_millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_set_what_they_set() {
        let mut settings = Settings::default();
        assert_eq!(settings.set("extra_float_digits", Some("3")), Ok(None));
        let told = settings.set("application_name", Some("psql"));
        assert_eq!(told, Ok(Some(("application_name".to_owned(), "psql".to_owned()))));
        assert!(settings.set("timezone", Some("Etc/UTC")).is_ok());
        assert_eq!(settings.get("timezone").as_deref(), Ok("UTC"));
        settings.set("statement_timeout", Some("2min")).unwrap();
        assert_eq!(settings.timeout(), Some(Duration::from_secs(120)));
        settings.set("ttt.as_of", Some("version 3")).unwrap();
        assert_eq!(settings.as_of(), AsOf::Version(3));
        settings.set("search_path", Some("\"$user\", 'silver', gold")).unwrap();
        assert_eq!(settings.schemas(), ["silver", "gold"]);
        settings.reset();
        assert!(settings.schemas().is_empty());
        assert_eq!((settings.as_of(), settings.timeout()), (AsOf::Latest, None));
        assert_eq!(settings.get("application_name").as_deref(), Ok("psql"));
    }

    #[test]
    fn what_is_no_setting_of_a_session_is_refused() {
        let mut settings = Settings::default();
        for (name, value) in [
            ("datafusion.runtime.memory_limit", "1T"),
            ("role", "finance"),
            ("session_authorization", "finance"),
            ("timezone", "Europe/Berlin"),
            ("client_encoding", "latin1"),
            ("datestyle", "German"),
            ("transaction_read_only", "off"),
            ("statement_timeout", "soon"),
            ("ttt.as_of", "soon"),
            ("no_such_setting", "1"),
        ] {
            assert!(settings.set(name, Some(value)).is_err(), "{name} = {value}");
        }
    }
}
