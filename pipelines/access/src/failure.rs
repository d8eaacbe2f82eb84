//! What a client is told when it is refused: PostgreSQL's code, few words, and nothing of where data lies.

use std::fmt;

use datafusion::common::{DataFusionError, SchemaError};
use pgwire::error::{ErrorInfo, PgWireError};

use crate::history::Outcome;

/// Characters of a message.
const MESSAGE_MAX: usize = 400;

/// A statement or a login that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// PostgreSQL's code, five characters.
    pub sqlstate: &'static str,
    pub message: String,
    pub hint: Option<String>,
    /// Whether the connection ends with it.
    pub fatal: bool,
}

impl Refusal {
    pub fn new(sqlstate: &'static str, message: impl fmt::Display) -> Self {
        Self { sqlstate, message: shortened(&message.to_string()), hint: None, fatal: false }
    }

    /// It may not be asked here, whatever the answer would be.
    pub fn forbidden(message: impl fmt::Display) -> Self {
        Self::new("42501", message)
    }

    /// PostgreSQL has it, this server has not.
    pub fn unsupported(message: impl fmt::Display) -> Self {
        Self::new("0A000", message)
    }

    pub fn syntax(message: impl fmt::Display) -> Self {
        Self::new("42601", message)
    }

    pub fn cancelled() -> Self {
        Self::new("57014", "canceling statement due to user request")
    }

    pub fn late() -> Self {
        Self::new("57014", "canceling statement due to statement timeout")
    }

    /// More than the role's limits allow.
    pub fn limited(message: impl fmt::Display) -> Self {
        Self::new("54000", message)
    }

    pub fn internal(message: impl fmt::Display) -> Self {
        Self::new("XX000", message)
    }

    pub fn with_hint(mut self, hint: impl fmt::Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    pub fn fatal(mut self) -> Self {
        self.fatal = true;
        self
    }

    /// How a statement that ended so stands in the history.
    pub fn outcome(&self) -> Outcome {
        match (self.sqlstate, self.message.as_str()) {
            ("57014", message) if message.contains("user request") => Outcome::Cancelled,
            ("57014" | "54000" | "53200" | "53300", _) => Outcome::Limited,
            ("42501" | "0A000", _) => Outcome::Refused,
            _ => Outcome::Failed,
        }
    }
}

impl From<Refusal> for PgWireError {
    fn from(refusal: Refusal) -> Self {
        let severity = if refusal.fatal { "FATAL" } else { "ERROR" };
        let mut info = ErrorInfo::new(severity.to_owned(), refusal.sqlstate.to_owned(), refusal.message);
        info.severity_nonlocalized = Some(severity.to_owned());
        info.hint = refusal.hint;
        Self::UserError(Box::new(info))
    }
}

impl From<DataFusionError> for Refusal {
    fn from(error: DataFusionError) -> Self {
        use DataFusionError as E;
        match error.find_root() {
            E::SQL(..) => Self::syntax(first_line(&error)),
            E::SchemaError(of, _) => of_schema(of),
            E::Plan(message) | E::Configuration(message) if is_missing_table(message) => {
                Self::new("42P01", missing_table(message))
            }
            E::Plan(message) if message.starts_with("Invalid function") => Self::new("42883", message),
            E::Plan(message) | E::Configuration(message) => Self::syntax(message),
            E::NotImplemented(message) => Self::unsupported(message),
            E::ResourcesExhausted(_) => {
                Self::new("53200", "the statement needs more memory than its role may use")
            }
            // Where the data lies is nobody's concern here.
            E::ObjectStore(_) | E::IoError(_) | E::ParquetError(_) => {
                Self::new("58030", "the tables could not be read for now")
            }
            E::ArrowError(..) | E::Execution(_) => Self::new("22000", first_line(&error)),
            E::External(inner) => match inner.downcast_ref::<Self>() {
                Some(refusal) => refusal.clone(),
                None => Self::internal("the statement failed"),
            },
            _ => Self::internal("the statement failed"),
        }
    }
}

fn of_schema(error: &SchemaError) -> Refusal {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            let names = valid_fields.iter().take(12).map(|column| column.name.as_str()).collect::<Vec<_>>();
            let refusal = Refusal::new("42703", format!("column \"{}\" does not exist", field.flat_name()));
            if names.is_empty() {
                refusal
            } else {
                refusal.with_hint(format!("there are {}", names.join(", ")))
            }
        }
        SchemaError::AmbiguousReference { field } => {
            Refusal::new("42702", format!("column reference \"{}\" is ambiguous", field.name))
        }
        other => Refusal::syntax(other),
    }
}

fn is_missing_table(message: &str) -> bool {
    message.contains("not found") && (message.starts_with("table ") || message.contains("failed to resolve"))
}

/// PostgreSQL's own words for it: tools look for them.
fn missing_table(message: &str) -> String {
    let quoted = message.split('\'').nth(1).unwrap_or("?");
    let name = quoted.rsplit('.').take(2).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join(".");
    format!("relation \"{}\" does not exist", name.trim_start_matches("public."))
}

fn first_line(error: &DataFusionError) -> String {
    let text = error.find_root().strip_backtrace();
    let mut line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    for prefix in
        ["SQL error: ", "Error during planning: ", "Execution error: ", "Arrow error: ", "Cast error: "]
    {
        line = line.strip_prefix(prefix).unwrap_or(line);
    }
    line.to_owned()
}

fn shortened(message: &str) -> String {
    match message.char_indices().nth(MESSAGE_MAX) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_tells_nothing() {
        let error = DataFusionError::IoError(std::io::Error::other("/secret/place/part-0.parquet"));
        let refusal = Refusal::from(error);
        assert_eq!((refusal.sqlstate, refusal.message.contains("secret")), ("58030", false));
        let other = Refusal::from(DataFusionError::Internal("/secret".to_owned()));
        assert_eq!((other.sqlstate, other.message.contains("secret")), ("XX000", false));
    }

    #[test]
    fn missing_tables_are_named_as_postgres_does() {
        let error = DataFusionError::Plan("table 'ttt.bronze.playbacks' not found".to_owned());
        let refusal = Refusal::from(error);
        assert_eq!(refusal.sqlstate, "42P01");
        assert_eq!(refusal.message, "relation \"bronze.playbacks\" does not exist");
        let bare = Refusal::from(DataFusionError::Plan("table 'ttt.public.x' not found".to_owned()));
        assert_eq!(bare.message, "relation \"x\" does not exist");
    }

    #[test]
    fn outcomes_follow_from_codes() {
        assert_eq!(Refusal::cancelled().outcome(), Outcome::Cancelled);
        assert_eq!(Refusal::late().outcome(), Outcome::Limited);
        assert_eq!(Refusal::forbidden("x").outcome(), Outcome::Refused);
        assert_eq!(Refusal::syntax("x").outcome(), Outcome::Failed);
    }
}
