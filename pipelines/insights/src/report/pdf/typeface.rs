//! A font with the glyphs of its texts, and a text divided into runs that are drawn in one direction.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, Face, GlyphInfo, GlyphPosition, Script, ShapePlan, UnicodeBuffer, script};

/// A font, ready to be drawn with and to be measured.
pub struct Typeface {
    pub font: Font,
    face: Face<'static>,
    /// How each script is shaped in a direction: working that out takes longer than most texts do.
    plans: Mutex<HashMap<(Direction, Script), Arc<ShapePlan>>>,
    /// Texts that were shaped, with their direction: a cell is asked for several times, a label in every report.
    shaped: Mutex<HashMap<(String, bool), Arc<Shaped>>>,
}

/// So many shaped texts are kept.
const SHAPED_MAX: usize = 4_096;

/// A text as its glyphs, at size 1.
#[derive(Debug)]
pub struct Shaped {
    pub glyphs: Vec<KrillaGlyph>,
    pub width: f32,
}

/// A part of a text in one direction, with its width at size 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub text: String,
    /// Whether it is read from right to left.
    pub leftward: bool,
    pub width: f32,
}

/// What stands in the place of a character that the font does not have.
const ABSENT: char = '□';

impl Typeface {
    /// Regular and bold, read once.
    pub fn faces() -> Option<&'static [Self; 2]> {
        static FACES: OnceLock<Option<[Typeface; 2]>> = OnceLock::new();
        let read = || Some([Self::read(dejavu::sans::regular())?, Self::read(dejavu::sans::bold())?]);
        FACES.get_or_init(read).as_ref()
    }

    fn read(bytes: &'static [u8]) -> Option<Self> {
        let (font, face) = (Font::new(bytes.into(), 0)?, Face::from_slice(bytes, 0)?);
        Some(Self { font, face, plans: Mutex::default(), shaped: Mutex::default() })
    }

    /// The runs of a text in the order in which they stand on the line, from left to right.
    pub fn runs(&self, text: &str) -> Vec<Run> {
        let text = self.shown(text);
        let mut runs: Vec<(String, bool)> = Vec::new();
        let base = text.chars().find_map(is_leftward).unwrap_or(false);
        for character in text.chars() {
            // What has no direction goes with what is before it.
            let before = runs.last().map_or(base, |run| run.1);
            let leftward = is_leftward(character).unwrap_or(before);
            match runs.last_mut().filter(|run| run.1 == leftward) {
                Some(run) => run.0.push(character),
                None => runs.push((character.to_string(), leftward)),
            }
        }
        if base {
            runs.reverse();
        }
        let measured = |(text, leftward): (String, bool)| Run {
            width: self.shaped(&text, leftward).width,
            text,
            leftward,
        };
        runs.into_iter().map(measured).collect()
    }

    /// The width of a text at size 1.
    pub fn measure(&self, text: &str) -> f32 {
        self.runs(text).iter().map(|run| run.width).sum()
    }

    /// A text that is read in one direction, as its glyphs.
    pub fn shaped(&self, text: &str, leftward: bool) -> Arc<Shaped> {
        let known = (text.to_owned(), leftward);
        let kept = || self.shaped.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shaped) = kept().get(&known) {
            return shaped.clone();
        }
        let shaped = Arc::new(self.shape(text, leftward));
        let mut kept = kept();
        if kept.len() >= SHAPED_MAX {
            kept.clear();
        }
        kept.insert(known, shaped.clone());
        shaped
    }

    fn shape(&self, text: &str, leftward: bool) -> Shaped {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(if leftward { Direction::RightToLeft } else { Direction::LeftToRight });
        let plan = self.plan(&buffer);
        let buffer = rustybuzz::shape_with_plan(&self.face, &plan, buffer);
        // A glyph stands for the text from where its cluster begins to where the next one does.
        let mut begins: Vec<usize> = buffer.glyph_infos().iter().map(|info| info.cluster as usize).collect();
        begins.push(text.len());
        begins.sort_unstable();
        begins.dedup();
        let per_em = self.face.units_per_em() as f32;
        let of_em = |units: i32| units as f32 / per_em;
        let glyph = |(info, position): (&GlyphInfo, &GlyphPosition)| {
            let begin = info.cluster as usize;
            let next = begins.partition_point(|other| *other <= begin);
            let end = begins.get(next).copied().unwrap_or(text.len());
            KrillaGlyph::new(
                GlyphId::new(info.glyph_id),
                of_em(position.x_advance),
                of_em(position.x_offset),
                of_em(position.y_offset),
                of_em(position.y_advance),
                begin..end,
                None,
            )
        };
        let glyphs = buffer.glyph_infos().iter().zip(buffer.glyph_positions()).map(glyph).collect();
        let units: i32 = buffer.glyph_positions().iter().map(|position| position.x_advance).sum();
        Shaped { glyphs, width: of_em(units) }
    }

    fn plan(&self, buffer: &UnicodeBuffer) -> Arc<ShapePlan> {
        let (direction, script) = (buffer.direction(), buffer.script());
        let known = Some(script).filter(|script| *script != script::UNKNOWN);
        let make = || Arc::new(ShapePlan::new(&self.face, direction, known, buffer.language().as_ref(), &[]));
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        plans.entry((direction, script)).or_insert_with(make).clone()
    }

    /// A text of characters that the font has; what only joins or colours others is left out where it has not.
    fn shown(&self, text: &str) -> String {
        let known = |character: char| match character {
            '\u{200d}' | '\u{fe0e}' | '\u{fe0f}' => None,
            character if character.is_control() => Some(' '),
            character if self.face.glyph_index(character).is_some() => Some(character),
            _ => Some(ABSENT),
        };
        text.chars().filter_map(known).collect()
    }
}

/// Whether a character is read from right to left; none where it has no direction of its own.
fn is_leftward(character: char) -> Option<bool> {
    match character as u32 {
        // Hebrew, Arabic and their neighbours, and the forms for presentation.
        0x0590..=0x08FF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFF => Some(!character.is_numeric()),
        _ if character.is_alphanumeric() => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_stand_in_the_order_of_the_line() {
        let face = &Typeface::faces().unwrap()[0];
        let texts =
            |text: &str| face.runs(text).into_iter().map(|run| (run.text, run.leftward)).collect::<Vec<_>>();
        assert_eq!(texts("plain 1"), [("plain 1".to_owned(), false)]);
        let hebrew = texts("שלום abc");
        assert_eq!(hebrew, [("abc".to_owned(), false), ("שלום ".to_owned(), true)]);
        assert_eq!(texts("a \u{1f9ff}"), [("a □".to_owned(), false)]);
        let digits = face.measure("1111");
        assert!((digits - 4.0 * face.measure("0")).abs() < 1e-6 && digits > 2.0);
        assert!(face.measure("مرحبا") > 0.5);
    }
}
