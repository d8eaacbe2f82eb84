//! The only door to storage, Delta and DataFusion.
