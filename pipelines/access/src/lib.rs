//! Analysts at the table: who may see what, over the Postgres wire.
//!
//! A server is given how tables are opened, and nothing else of storage. Each role has a catalogue that holds its
//! own views alone; a statement is checked on its parsed tree, planned in that catalogue, pinned to one version of
//! each table that it reads, and run within the role's limits while its rows stream.

mod role;
mod view;

mod barrier;
mod pinned;
mod room;

mod dialect;
mod hollow;
mod known;
mod named;
mod stated;
mod statement;

mod settings;

mod question;

mod queue;
mod run;

mod explained;

mod cell;
mod copy;
mod numeric;
mod row;

mod history;
mod literals;

mod scram;
mod throttle;
mod users;

mod answer;
mod connection;
mod cursor;
mod failure;
mod lately;
mod lists;
mod login;
mod memory;
mod parameters;
mod portals;
mod server;
mod visit;
mod wire;

pub use failure::Refusal;
pub use history::{Asked, Outcome};
pub use pinned::{AsOf, OpenTables};
pub use question::{Parameter, Question};
pub use role::{Limits, Role};
pub use server::{Options, Server, Tls};
pub use users::{User, Users};
