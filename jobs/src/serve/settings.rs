//! The `[serve]` section: where the server listens, and what each role may use.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use access::{Limits, Role};
use serde::Deserialize;

use crate::failure::{Failure, Outcome};

/// How analysts are served.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Serve {
    /// Address and port; anything but a loopback address needs keys.
    pub address: String,
    /// PEM files of the certificates and their private key.
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    /// File of those who may log in, written by `ttt user`.
    pub users: PathBuf,
    pub connections_max: usize,
    /// Statements that run at once, of all users; more wait, a turn for each user.
    pub statements_max: usize,
    /// Memory of the whole server, in MiB: beyond it what runs is stopped.
    pub resident_mib: u64,
    /// Minutes after which a session that asks nothing is ended; 0 for never.
    pub idle_minutes: u64,
    /// Days for which statements are kept in ops.queries.
    pub history_days: u32,
    /// Seconds between writings of ops.queries.
    pub history_seconds: u64,
    pub analyst: Bounds,
    pub finance: Bounds,
    pub operator: Bounds,
    pub creator: Bounds,
}

/// What one statement of a role may use, and how many of a user's run at once.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bounds {
    pub seconds: u64,
    pub memory_mib: usize,
    pub rows: u64,
    pub mib: u64,
    pub statements: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { seconds: 300, memory_mib: 128, rows: 20_000_000, mib: 4_096, statements: 2 }
    }
}

impl Default for Serve {
    fn default() -> Self {
        let usual = Bounds::default();
        Self {
            address: "127.0.0.1:5433".to_owned(),
            certificate: None,
            key: None,
            users: PathBuf::from("users.ttt"),
            connections_max: 100,
            statements_max: 3,
            resident_mib: 1_024,
            idle_minutes: 60,
            history_days: 30,
            history_seconds: 60,
            analyst: usual,
            finance: usual,
            operator: usual,
            creator: Bounds { seconds: 30, memory_mib: 64, rows: 100_000, mib: 64, statements: 1 },
        }
    }
}

impl Serve {
    pub fn address(&self) -> Outcome<SocketAddr> {
        let wrong = |error| {
            Failure::usage(format!("{}: {error}", self.address))
                .with_hint("an address and a port, such as 127.0.0.1:5433")
        };
        self.address.parse().map_err(wrong)
    }

    pub fn idle(&self) -> Option<Duration> {
        Some(Duration::from_secs(self.idle_minutes * 60)).filter(|idle| !idle.is_zero())
    }

    pub fn limits(&self, role: &Role) -> Limits {
        let bounds = match role {
            Role::Analyst => self.analyst,
            Role::Finance => self.finance,
            Role::Operator => self.operator,
            Role::Creator(_) => self.creator,
        };
        Limits {
            time: Duration::from_secs(bounds.seconds),
            memory_bytes: bounds.memory_mib << 20,
            rows: bounds.rows,
            bytes: bounds.mib << 20,
            statements: bounds.statements,
        }
    }

    /// Refuses what nothing could be answered by.
    pub fn check(&self) -> Outcome<()> {
        self.address()?;
        if self.certificate.is_some() != self.key.is_some() {
            return Err(Failure::usage("[serve] certificate and key go together"));
        }
        let bounds = [self.analyst, self.finance, self.operator, self.creator];
        let some = |of: &Bounds| {
            of.seconds > 0 && of.memory_mib > 0 && of.rows > 0 && of.mib > 0 && of.statements > 0
        };
        if self.resident_mib == 0
            || self.connections_max == 0
            || self.statements_max == 0
            || !bounds.iter().all(some)
        {
            return Err(Failure::usage("[serve] limits are above zero"));
        }
        Ok(())
    }
}
