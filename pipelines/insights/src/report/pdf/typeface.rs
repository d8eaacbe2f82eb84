//! A font with the widths of its texts, and a text divided into runs that are drawn in one direction.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use krilla::text::Font;
use rustybuzz::{Direction, Face, Script, ShapePlan, UnicodeBuffer, script};

/// A font, ready to be drawn with and to be measured.
pub struct Typeface {
    pub font: Font,
    face: Face<'static>,
    /// How each script is shaped in a direction: working that out takes longer than most texts do.
    plans: Mutex<HashMap<(Direction, Script), Arc<ShapePlan>>>,
    /// Widths that were measured, with their direction: a cell is asked for several times, a label in every report.
    widths: Mutex<HashMap<(String, bool), f32>>,
}

/// So many widths are kept.
const WIDTHS_MAX: usize = 8_192;

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
        Some(Self { font, face, plans: Mutex::default(), widths: Mutex::default() })
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
        let measured =
            |(text, leftward): (String, bool)| Run { width: self.width(&text, leftward), text, leftward };
        runs.into_iter().map(measured).collect()
    }

    /// The width of a text at size 1.
    pub fn measure(&self, text: &str) -> f32 {
        self.runs(text).iter().map(|run| run.width).sum()
    }

    fn width(&self, text: &str, leftward: bool) -> f32 {
        let known = (text.to_owned(), leftward);
        let widths = || self.widths.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(width) = widths().get(&known) {
            return *width;
        }
        let width = self.shaped_width(text, leftward);
        let mut widths = widths();
        if widths.len() >= WIDTHS_MAX {
            widths.clear();
        }
        widths.insert(known, width);
        width
    }

    fn shaped_width(&self, text: &str, leftward: bool) -> f32 {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(if leftward { Direction::RightToLeft } else { Direction::LeftToRight });
        let plan = self.plan(&buffer);
        let shaped = rustybuzz::shape_with_plan(&self.face, &plan, buffer);
        let units: i32 = shaped.glyph_positions().iter().map(|glyph| glyph.x_advance).sum();
        units as f32 / self.face.units_per_em() as f32
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
