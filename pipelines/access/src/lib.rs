//! Analysts at the table: who may see what, over the Postgres wire.
