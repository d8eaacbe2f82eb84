//! A player on a viewer's network: what it would have shown of a ladder, and when it would have stood still.
//!
//! The player, its estimate of throughput and its rules are those of the published simulator of Spiteri, Sitaraman and
//! Sparacio ("From theory to practice: improving bitrate adaptation in the DASH reference player", MMSys 2018), which
//! the tests hold them against.

pub mod ewma;
pub mod movie;
pub mod player;
pub mod rule;

mod bola;
mod bola_e;
mod hybrid;
mod throughput;

#[cfg(test)]
mod tests;

pub use movie::Movie;
pub use player::{Chunk, Played, Player, play, play_with};
pub use rule::Rule;
