//! The DIMACS text of a minimum-cost flow: `p min NODES ARCS`, `n ID SUPPLY`, `a TAIL HEAD LOWER CAPACITY COST`.
//!
//! Nodes are numbered from 1, a capacity of -1 is none. What is not of this form is refused with its line.

use super::network::{Arc, Network, UNBOUNDED};

/// What is written for an arc without capacity; 9223372036854775807 is read as none, too.
const NO_CAPACITY: i64 = -1;
/// More nodes are refused before memory is asked for.
pub const NODES_MAX: u32 = 1 << 25;
/// Arcs for which room is made because a file announces them.
const ARCS_EXPECTED_MAX: u64 = 1 << 20;

/// A line that is none of the format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct Misread {
    pub line: u64,
    pub problem: Problem,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("`{0}` begins no line of this format; c, p, n and a do")]
    Unknown(String),
    #[error("the problem is `{0}`, not min")]
    NotMin(String),
    #[error("a second p line")]
    SecondProblem,
    #[error("the p line must come before all n and a lines")]
    NoProblemYet,
    #[error("the file ends without a p line")]
    NoProblem,
    #[error("{expected} must follow `{kind}`, and there are {found} fields")]
    Fields { kind: char, expected: &'static str, found: usize },
    #[error("`{0}` is no integer of 64 bits")]
    NoInteger(String),
    #[error("{what} is {number}; it must be from {least} to {most}")]
    OutOfRange { what: &'static str, number: i64, least: i64, most: i64 },
    #[error("node {node} has its supply stated twice")]
    SecondSupply { node: i64 },
    #[error("{expected} arcs are announced, and there are {found}")]
    ArcCount { expected: u64, found: u64 },
}

/// Reads a file line by line.
#[derive(Debug, Default)]
pub struct Reader {
    line: u64,
    /// Nodes and arcs, once the p line is read.
    announced: Option<(u32, u64)>,
    network: Network,
    is_stated: Vec<bool>,
}

type Read<T> = Result<T, Problem>;

impl Reader {
    /// Takes the next line, with or without its end.
    pub fn line(&mut self, line: &[u8]) -> Result<(), Misread> {
        self.line += 1;
        self.read(line).map_err(|problem| Misread { line: self.line, problem })
    }

    /// The network, once all lines are read.
    pub fn finish(self) -> Result<Network, Misread> {
        let found = self.network.arcs.len() as u64;
        let problem = match self.announced {
            None => Problem::NoProblem,
            Some((_, expected)) if expected != found => Problem::ArcCount { expected, found },
            Some(_) => return Ok(self.network),
        };
        Err(Misread { line: self.line, problem })
    }

    fn read(&mut self, line: &[u8]) -> Read<()> {
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        match words.next() {
            None | Some(b"c") => Ok(()),
            Some(b"p") => self.problem(&words.collect::<Vec<_>>()),
            Some(b"n") => self.supply(fields(words, 'n', "a node and its supply")?),
            Some(b"a") => {
                self.arc(fields(words, 'a', "a tail, a head, a lower bound, a capacity and a cost")?)
            }
            // Some writers join the letter to the comment.
            Some(word) if word[0] == b'c' => Ok(()),
            Some(word) => Err(Problem::Unknown(shown(word))),
        }
    }

    fn problem(&mut self, words: &[&[u8]]) -> Read<()> {
        if self.announced.is_some() {
            return Err(Problem::SecondProblem);
        }
        let [kind, nodes, arcs] = words else {
            let expected = "min, a number of nodes and a number of arcs";
            return Err(Problem::Fields { kind: 'p', expected, found: words.len() });
        };
        if *kind != b"min" {
            return Err(Problem::NotMin(shown(kind)));
        }
        let nodes = within("the number of nodes", integer(nodes)?, 0, NODES_MAX.into())? as u32;
        let arcs = within("the number of arcs", integer(arcs)?, 0, u32::MAX.into())? as u64;
        self.announced = Some((nodes, arcs));
        self.network.supplies = vec![0; nodes as usize];
        self.is_stated = vec![false; nodes as usize];
        self.network.arcs.reserve(arcs.min(ARCS_EXPECTED_MAX) as usize);
        Ok(())
    }

    fn supply(&mut self, [node, supply]: [i64; 2]) -> Read<()> {
        let place = self.node(node)? as usize;
        if std::mem::replace(&mut self.is_stated[place], true) {
            return Err(Problem::SecondSupply { node });
        }
        self.network.supplies[place] = supply;
        Ok(())
    }

    fn arc(&mut self, [tail, head, lower, capacity, cost]: [i64; 5]) -> Read<()> {
        let (tail, head) = (self.node(tail)?, self.node(head)?);
        let lower = within("the lower bound", lower, 0, UNBOUNDED - 1)?;
        let capacity = match capacity {
            NO_CAPACITY => UNBOUNDED,
            capacity => within("the capacity", capacity, lower, UNBOUNDED)?,
        };
        self.network.arcs.push(Arc { tail, head, lower, capacity, cost });
        Ok(())
    }

    /// A node by its number in the file, from 0.
    fn node(&self, number: i64) -> Read<u32> {
        let (nodes, _) = self.announced.ok_or(Problem::NoProblemYet)?;
        Ok(within("a node", number, 1, nodes.into())? as u32 - 1)
    }
}

fn fields<'a, const N: usize>(
    words: impl Iterator<Item = &'a [u8]>,
    kind: char,
    expected: &'static str,
) -> Read<[i64; N]> {
    let mut numbers = [0; N];
    let mut found = 0;
    for word in words {
        if let Some(number) = numbers.get_mut(found) {
            *number = integer(word)?;
        }
        found += 1;
    }
    if found == N { Ok(numbers) } else { Err(Problem::Fields { kind, expected, found }) }
}

fn integer(word: &[u8]) -> Read<i64> {
    let parsed = std::str::from_utf8(word).ok().and_then(|text| text.parse().ok());
    parsed.ok_or_else(|| Problem::NoInteger(shown(word)))
}

fn within(what: &'static str, number: i64, least: i64, most: i64) -> Read<i64> {
    let is_within = (least..=most).contains(&number);
    if is_within { Ok(number) } else { Err(Problem::OutOfRange { what, number, least, most }) }
}

/// A word as a message shows it: not all of a long one.
fn shown(word: &[u8]) -> String {
    const CHARACTERS_MAX: usize = 40;
    let text = String::from_utf8_lossy(word);
    let end: String = text.chars().take(CHARACTERS_MAX).collect();
    if end.len() < text.len() { format!("{end}…") } else { end }
}
