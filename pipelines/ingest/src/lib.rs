//! Bytes of a log into good rows, rejected rows and counts.
