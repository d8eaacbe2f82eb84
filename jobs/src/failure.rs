//! What went wrong, by what the operator can do about it; each kind has its exit code.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};

/// The kinds of failure that the command line tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A wrong flag, name, query or configuration: correct it.
    Usage,
    /// Bad input: nothing of it was written.
    Refused,
    /// The work is done, but a control failed.
    Control,
    /// Another run holds the lock.
    Locked,
    /// A passing fault: try again.
    Passing,
    /// Anything else.
    Other,
}

impl Kind {
    /// The process's exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Control => 4,
            Self::Locked => 5,
            Self::Passing => 75,
            Self::Other => 1,
        }
    }

    /// The outcome in `ops.runs`.
    pub fn outcome(self) -> &'static str {
        match self {
            Self::Refused => "REFUSED",
            Self::Control => "CONTROL_FAILED",
            _ => "FAILED",
        }
    }
}

/// A failure: what happened, where, and a hint on a line of its own.
#[derive(Debug, Clone)]
pub struct Failure {
    pub kind: Kind,
    pub message: String,
    pub hint: Option<String>,
}

/// A result of the command line.
pub type Outcome<T> = Result<T, Failure>;

impl Failure {
    pub fn new(kind: Kind, message: impl fmt::Display) -> Self {
        Self { kind, message: message.to_string(), hint: None }
    }

    pub fn usage(message: impl fmt::Display) -> Self {
        Self::new(Kind::Usage, message)
    }

    pub fn refused(message: impl fmt::Display) -> Self {
        Self::new(Kind::Refused, message)
    }

    pub fn other(message: impl fmt::Display) -> Self {
        Self::new(Kind::Other, message)
    }

    pub fn with_hint(mut self, hint: impl fmt::Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(out, "\n  hint: {hint}"))
    }
}

impl From<warehouse::Error> for Failure {
    fn from(error: warehouse::Error) -> Self {
        use warehouse::Error as E;
        let kind = match &error {
            E::Invalid(_) => Kind::Usage,
            E::Storage(_) | E::Conflict(_) => Kind::Passing,
            _ => Kind::Other,
        };
        let failure = Self::new(kind, &error);
        match &error {
            E::Storage(cause) if is_full(cause.as_ref()) => {
                failure.with_hint("make room for the warehouse, then run again: it goes on from there")
            }
            _ => failure,
        }
    }
}

/// Whether a disk had no room, whatever was written to it.
fn is_full(error: &(dyn Error + 'static)) -> bool {
    let full = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded];
    let of_disk = |error: &io::Error| full.contains(&error.kind());
    let mut causes = std::iter::successors(Some(error), |error: &&(dyn Error + 'static)| (*error).source());
    causes.any(|cause| cause.downcast_ref().is_some_and(of_disk))
}

impl From<datafusion::error::DataFusionError> for Failure {
    fn from(error: datafusion::error::DataFusionError) -> Self {
        warehouse::Error::from(error).into()
    }
}

impl From<arrow::error::ArrowError> for Failure {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::other(error)
    }
}

impl From<tokio::task::JoinError> for Failure {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::other(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_says_what_to_do() {
        let full = || io::Error::from(ErrorKind::StorageFull);
        let stored = object_store::Error::Generic { store: "LocalFileSystem", source: Box::new(full()) };
        let failure = Failure::from(warehouse::Error::from(stored));
        assert_eq!(failure.kind, Kind::Passing);
        assert!(failure.hint.is_some_and(|hint| hint.contains("make room")), "{}", failure.message);
        let other = io::Error::from(ErrorKind::ConnectionReset);
        assert_eq!(Failure::from(warehouse::Error::Storage(Box::new(other))).hint, None);
    }
}
