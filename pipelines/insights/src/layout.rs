//! Which cells a creator's day has: a fixed number for each family, known before any viewer is looked at.

use std::ops::Range;

use crate::bounding::identity;
use crate::family::Family;

pub const DEVICES: [&str; 4] = ["PHONE", "TABLET", "DESKTOP", "TV"];
pub const REFERRERS: [&str; 5] = ["FOR_YOU", "FOLLOWING", "SEARCH", "PROFILE", "EXTERNAL"];
pub const HOURS: usize = 24;

/// A creator with the videos that get cells of their own; the others share one.
#[derive(Debug, Clone)]
pub struct Creator {
    pub did: String,
    pub identity: u128,
    pub videos: Vec<String>,
}

impl Creator {
    pub fn new(did: String, videos: Vec<String>) -> Self {
        Self { identity: identity(&did), did, videos }
    }
}

/// The cells of all creators, one behind the other.
///
/// A breakdown has a cell for each listed key and one for the rest, hours have 24. Behind the fixed families come
/// those by content, each with a cell for each video and one for the rest.
#[derive(Debug, Clone)]
pub struct Layout {
    pub creators: Vec<Creator>,
    pub regions: Vec<String>,
    pub languages: Vec<String>,
    /// Where a family's cells are within those of a creator; empty for those by content.
    fixed: [Range<usize>; Family::ALL.len()],
    width: usize,
    /// Where a creator's cells begin, and where the last one's end.
    starts: Vec<usize>,
}

impl Layout {
    pub fn new(creators: Vec<Creator>, regions: Vec<String>, languages: Vec<String>) -> Self {
        let mut fixed = std::array::from_fn(|_| 0..0);
        let mut width = 0;
        for family in Family::ALL {
            let cells = match family {
                Family::Region | Family::TippersRegion => regions.len() + 1,
                Family::DeviceClass => DEVICES.len() + 1,
                Family::Language => languages.len() + 1,
                Family::Referrer => REFERRERS.len() + 1,
                Family::Hour => HOURS,
                _ if family == Family::UnlistedLanguage || content_place(family).is_some() => 0,
                _ => 1,
            };
            fixed[family.index()] = width..width + cells;
            width += cells;
        }
        let mut starts = vec![0];
        for creator in &creators {
            let cells = width + Family::ENGAGED.len() * (creator.videos.len() + 1);
            starts.push(starts[starts.len() - 1] + cells);
        }
        Self { creators, regions, languages, fixed, width, starts }
    }

    /// Cells of all creators.
    pub fn cells(&self) -> usize {
        self.starts[self.creators.len()]
    }

    /// The cells of one creator.
    pub fn of_creator(&self, creator: usize) -> Range<usize> {
        self.starts[creator]..self.starts[creator + 1]
    }

    /// The cells of a family within those of a creator.
    pub fn of_family(&self, creator: usize, family: Family) -> Range<usize> {
        match content_place(family) {
            Some(place) => {
                let cells = self.creators[creator].videos.len() + 1;
                let start = self.width + place * cells;
                start..start + cells
            }
            None => self.fixed[family.index()].clone(),
        }
    }

    /// The region's place; that of the rest where it is not listed.
    pub fn region(&self, name: Option<&str>) -> u8 {
        place(&self.regions, name) as u8
    }
}

/// A text's place in a list; behind the last where it is not in it.
pub fn place<T: AsRef<str>>(list: &[T], text: Option<&str>) -> usize {
    let found = text.and_then(|text| list.iter().position(|key| key.as_ref() == text));
    found.unwrap_or(list.len())
}

fn content_place(family: Family) -> Option<usize> {
    Family::ENGAGED.iter().position(|(_, content)| *content == family)
}

/// Languages that are not listed have codes from here on.
const UNLISTED: u16 = 1_000;

/// A language as a number: its place among the listed, a code where it is two or three letters and not listed, else
/// the place of the rest. Only the primary part counts, `pt` of `pt-BR`.
pub fn language(listed: &[String], tag: Option<&str>) -> u16 {
    let Some(primary) = tag.and_then(|tag| tag.split(['-', '_']).next()) else { return listed.len() as u16 };
    let mut letters = [0u8; 3];
    let bytes = primary.as_bytes();
    if !(2..=3).contains(&bytes.len()) || !bytes.iter().all(u8::is_ascii_alphabetic) {
        return listed.len() as u16;
    }
    for (letter, byte) in letters.iter_mut().zip(bytes) {
        *letter = byte.to_ascii_lowercase();
    }
    let letters = &letters[..bytes.len()];
    match listed.iter().position(|key| key.as_bytes() == letters) {
        Some(place) => place as u16,
        // Three digits to the base of 27, of which 0 is no letter: below 27³.
        None => letters.iter().fold(0, |code, byte| code * 27 + u16::from(byte - b'a' + 1)) + UNLISTED,
    }
}

/// Whether a number is that of a language that is not listed.
pub fn is_unlisted(language: u16) -> bool {
    language >= UNLISTED
}

/// The letters of a language that is not listed.
pub fn unlisted_name(language: u16) -> String {
    let (mut code, mut letters) = (language - UNLISTED, Vec::new());
    while code > 0 {
        letters.push(b'a' + (code % 27) as u8 - 1);
        code /= 27;
    }
    letters.iter().rev().map(|letter| char::from(*letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Layout {
        let creators = vec![
            Creator::new("did:key:a".to_owned(), vec!["co_1".to_owned(), "co_2".to_owned()]),
            Creator::new("did:key:b".to_owned(), Vec::new()),
        ];
        Layout::new(creators, vec!["eu".to_owned()], vec!["de".to_owned(), "en".to_owned()])
    }

    #[test]
    fn cells_are_each_of_one_family() {
        let layout = small();
        for creator in 0..2 {
            let mut seen = vec![0; layout.of_creator(creator).len()];
            for family in Family::ALL {
                layout.of_family(creator, family).for_each(|cell| seen[cell] += 1);
            }
            assert!(seen.iter().all(|count| *count == 1), "{seen:?}");
        }
        assert_eq!(layout.of_creator(1).end, layout.cells());
        assert_eq!(layout.of_family(0, Family::ContentLikes).len(), 3);
        assert_eq!(layout.of_family(1, Family::Region).len(), 2);
    }

    #[test]
    fn languages_are_numbers_and_back() {
        let listed = ["de".to_owned(), "en".to_owned()];
        assert_eq!(language(&listed, Some("EN-gb")), 1);
        for name in ["sw", "zz", "aaa", "zzz", "haw", "az"] {
            let code = language(&listed, Some(name));
            assert!(is_unlisted(code));
            assert_eq!(unlisted_name(code), name);
        }
        for rest in [None, Some(""), Some("x"), Some("klingon"), Some("d3"), Some("ö")] {
            assert_eq!(language(&listed, rest), 2, "{rest:?}");
        }
    }
}
