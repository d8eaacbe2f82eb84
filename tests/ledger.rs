//! The ledger's tamper evidence: findings from night to night, signed heads, `ttt verify` and its proofs.

mod entries;
mod nights;
mod proofs;
mod tampering;
mod walks;
