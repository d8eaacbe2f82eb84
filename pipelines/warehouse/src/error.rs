//! What can go wrong, named by what the caller can do about it.

use std::fmt;

use datafusion::common::DataFusionError;
use deltalake_core::DeltaTableError;
use deltalake_core::kernel::transaction::TransactionError;

/// A result of the warehouse.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure of the warehouse.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not there: create it, or look elsewhere.
    #[error("not found: {0}")]
    NotFound(String),
    /// The SQL, the model, the configuration or the data is wrong: correct it.
    #[error("{0}")]
    Invalid(String),
    /// Somebody else wrote at the same time: read again and retry.
    #[error("conflict: {0}")]
    Conflict(String),
    /// More memory or disk was needed than the limits allow: raise them, or divide the work into more shards.
    #[error("limits exceeded: {0}")]
    Exhausted(String),
    /// Storage failed for now: retry later.
    #[error("storage: {0}")]
    Storage(Box<dyn std::error::Error + Send + Sync>),
    /// A broken promise of the warehouse or of a library: report it.
    #[error("internal: {0}")]
    Internal(String),
}

impl Error {
    pub(crate) fn invalid(message: impl fmt::Display) -> Self {
        Self::Invalid(message.to_string())
    }

    pub(crate) fn internal(message: impl fmt::Display) -> Self {
        Self::Internal(message.to_string())
    }
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        use object_store::Error as E;
        match &error {
            E::NotFound { .. } => Self::NotFound(error.to_string()),
            E::AlreadyExists { .. } | E::Precondition { .. } => Self::Conflict(error.to_string()),
            E::PermissionDenied { .. } | E::Unauthenticated { .. } | E::InvalidPath { .. } => {
                Self::Invalid(error.to_string())
            }
            E::UnknownConfigurationKey { .. } | E::NotSupported { .. } => Self::Invalid(error.to_string()),
            _ => Self::Storage(Box::new(error)),
        }
    }
}

impl From<DeltaTableError> for Error {
    fn from(error: DeltaTableError) -> Self {
        use DeltaTableError as E;
        match error {
            E::ObjectStore { source } => source.into(),
            E::Transaction { source: TransactionError::ObjectStore { source } } => source.into(),
            E::Transaction {
                source:
                    TransactionError::CommitConflict(_)
                    | TransactionError::MaxCommitAttempts(_)
                    | TransactionError::VersionAlreadyExists(_),
            }
            | E::VersionAlreadyExists(_) => Self::Conflict(error.to_string()),
            E::NotATable(_) | E::NotInitialized | E::InvalidVersion(_) => Self::NotFound(error.to_string()),
            E::UnsupportedColumnMapping { .. } => Self::Invalid(error.to_string()),
            E::Io { source } => Self::Storage(Box::new(source)),
            // The kernel keeps the store's own failures only in its words.
            other if other.to_string().contains("interacting with object store") => {
                Self::Storage(Box::new(other))
            }
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<DataFusionError> for Error {
    fn from(error: DataFusionError) -> Self {
        use DataFusionError as E;
        match error.find_root() {
            E::ObjectStore(_) | E::IoError(_) => Self::Storage(Box::new(error)),
            E::ResourcesExhausted(_) => Self::Exhausted(error.strip_backtrace()),
            E::SQL(..)
            | E::Plan(_)
            | E::SchemaError(..)
            | E::Execution(_)
            | E::ArrowError(..)
            | E::NotImplemented(_)
            | E::Configuration(_)
            | E::Diagnostic(..)
            | E::Collection(_) => Self::Invalid(error.strip_backtrace()),
            _ => Self::Internal(error.strip_backtrace()),
        }
    }
}

impl From<arrow::error::ArrowError> for Error {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::Invalid(error.to_string())
    }
}

impl From<parquet::errors::ParquetError> for Error {
    fn from(error: parquet::errors::ParquetError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<tokio::task::JoinError> for Error {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Internal(error.to_string())
    }
}
