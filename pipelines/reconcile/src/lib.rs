//! Matched rows into verdicts, breaks and totals.
