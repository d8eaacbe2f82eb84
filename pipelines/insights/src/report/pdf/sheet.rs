//! Sheets of paper that are filled from the top: texts, tables and pictures become marks at places.

use super::typeface::Typeface;

pub const PAGE_WIDTH: f32 = 595.0;
pub const PAGE_HEIGHT: f32 = 842.0;
const MARGIN: f32 = 46.0;
/// What can be written on, across.
pub const INNER: f32 = PAGE_WIDTH - 2.0 * MARGIN;
const SIZE: f32 = 8.5;
const LEAD: f32 = 12.0;

/// Something drawn at a place; y grows downwards.
#[derive(Debug, Clone)]
pub enum Mark {
    Text { x: f32, y: f32, size: f32, bold: bool, text: String, leftward: bool },
    Bar { x: f32, y: f32, width: f32, height: f32 },
    Line { from: (f32, f32), to: (f32, f32), width: f32 },
}

/// Sheets on the way.
pub struct Sheets {
    faces: &'static [Typeface; 2],
    done: Vec<Vec<Mark>>,
    marks: Vec<Mark>,
    y: f32,
}

/// One point of a picture: its value with the ends of its interval.
pub type Interval = (f64, f64, f64);

impl Sheets {
    pub fn new(faces: &'static [Typeface; 2]) -> Self {
        Self { faces, done: Vec::new(), marks: Vec::new(), y: MARGIN }
    }

    /// The marks of each sheet, each with its number at the foot.
    pub fn finish(mut self) -> Vec<Vec<Mark>> {
        let marks = std::mem::take(&mut self.marks);
        self.done.push(marks);
        let all = self.done.len();
        for number in 1..=all {
            self.marks = std::mem::take(&mut self.done[number - 1]);
            let foot = format!("{number} / {all}");
            self.put(&foot, PAGE_WIDTH - MARGIN, PAGE_HEIGHT - MARGIN / 2.0, 7.5, false, true);
            self.done[number - 1] = std::mem::take(&mut self.marks);
        }
        self.done
    }

    /// Begins a new sheet where there is no room for so much.
    fn make_room(&mut self, height: f32) {
        if self.y + height > PAGE_HEIGHT - MARGIN {
            self.done.push(std::mem::take(&mut self.marks));
            self.y = MARGIN;
        }
    }

    /// Puts a text on a line, run by run; `x` is its end where it is set to the right.
    fn put(&mut self, text: &str, x: f32, y: f32, size: f32, bold: bool, right: bool) {
        let runs = self.faces[usize::from(bold)].runs(text);
        let width: f32 = runs.iter().map(|run| run.width * size).sum();
        let mut x = if right { x - width } else { x };
        for run in runs {
            let step = run.width * size;
            self.marks.push(Mark::Text { x, y, size, bold, text: run.text, leftward: run.leftward });
            x += step;
        }
    }

    pub fn title(&mut self, text: &str) {
        self.make_room(40.0);
        self.y += 18.0;
        self.put(text, MARGIN, self.y, 15.0, true, false);
        self.y += 8.0;
    }

    /// A heading, kept with what comes below it.
    pub fn heading(&mut self, text: &str) {
        self.make_room(90.0);
        self.y += 22.0;
        self.put(text, MARGIN, self.y, 11.0, true, false);
        self.y += 6.0;
    }

    /// A paragraph, broken at its spaces; a word that is too long is broken where the line ends.
    pub fn paragraph(&mut self, text: &str) {
        let face = &self.faces[0];
        let mut lines: Vec<String> = vec![String::new()];
        for word in text.split(' ') {
            let line = lines
                .last_mut()
                .map(|line| format!("{line}{}{word}", if line.is_empty() { "" } else { " " }));
            let line = line.unwrap_or_default();
            if face.measure(&line) * SIZE <= INNER {
                lines.pop();
                lines.push(line);
            } else {
                lines.extend(pieces(face, word));
            }
        }
        for line in lines.into_iter().filter(|line| !line.is_empty()) {
            self.make_room(LEAD);
            self.y += LEAD;
            self.put(&line, MARGIN, self.y, SIZE, false, false);
        }
        self.y += 3.0;
    }

    /// A table: the first column takes what the others leave, which are set to the right. Its head comes again on
    /// each sheet.
    pub fn table(&mut self, header: &[&str], records: &[Vec<String>]) {
        if records.is_empty() {
            return;
        }
        let widths = self.widths(header, records);
        self.make_room(3.0 * LEAD);
        self.table_head(header, &widths);
        for record in records {
            if self.y + LEAD > PAGE_HEIGHT - MARGIN {
                self.make_room(LEAD);
                self.table_head(header, &widths);
            }
            self.y += LEAD;
            self.record(record, &widths, false);
        }
        self.y += 4.0;
    }

    fn table_head(&mut self, header: &[&str], widths: &[f32]) {
        self.y += LEAD;
        let header: Vec<String> = header.iter().map(|title| (*title).to_owned()).collect();
        self.record(&header, widths, true);
        let y = self.y + 2.5;
        self.marks.push(Mark::Line { from: (MARGIN, y), to: (MARGIN + INNER, y), width: 0.6 });
        self.y += 2.0;
    }

    fn record(&mut self, record: &[String], widths: &[f32], bold: bool) {
        let mut x = MARGIN;
        for (place, (cell, width)) in record.iter().zip(widths).enumerate() {
            let cell = cut(&self.faces[usize::from(bold)], cell, (width - 4.0) / SIZE);
            match place {
                0 => self.put(&cell, x, self.y, SIZE, bold, false),
                _ => self.put(&cell, x + width, self.y, SIZE, bold, true),
            }
            x += width;
        }
    }

    /// Numbers get the width that they need, titles a little more than the widest number.
    fn widths(&self, header: &[&str], records: &[Vec<String>]) -> Vec<f32> {
        let columns = header.len();
        let mut widths = vec![0.0_f32; columns];
        for place in 1..columns {
            let cells = records.iter().filter_map(|record| record.get(place));
            let widest = cells.map(|cell| self.faces[0].measure(cell)).fold(0.0, f32::max);
            let head = self.faces[1].measure(header[place]);
            widths[place] = widest.max(head) * SIZE + 9.0;
        }
        let rest: f32 = widths.iter().sum();
        // A first column of a fifth of the sheet is kept in any case.
        let most = INNER * 0.8;
        if rest > most {
            widths.iter_mut().for_each(|width| *width *= most / rest);
        }
        widths[0] = INNER - widths.iter().sum::<f32>();
        widths
    }

    /// Points over time from zero to `top`, each with its interval; where nothing is known nothing is drawn.
    pub fn points(&mut self, caption: &str, points: &[Option<Interval>], top: f64, top_text: &str) {
        const HEIGHT: f32 = 90.0;
        self.make_room(HEIGHT + 34.0);
        self.y += 16.0;
        self.put(caption, MARGIN, self.y, SIZE, true, false);
        let (high, base) = (self.y + 10.0, self.y + 10.0 + HEIGHT);
        let left = MARGIN + 40.0;
        let up = |value: f64| base - (value.clamp(0.0, top) / top) as f32 * HEIGHT;
        for (y, text) in [(high, top_text), (base, "0")] {
            self.marks.push(Mark::Line { from: (left, y), to: (MARGIN + INNER, y), width: 0.3 });
            self.put(text, left - 4.0, y + 3.0, 7.0, false, true);
        }
        let step = (MARGIN + INNER - left) / points.len().max(1) as f32;
        for (place, point) in points.iter().enumerate() {
            let Some((value, low, high)) = *point else { continue };
            let x = left + (place as f32 + 0.5) * step;
            self.marks.push(Mark::Line { from: (x, up(low)), to: (x, up(high)), width: 0.7 });
            let size = step.clamp(0.8, 4.0) * 0.9;
            self.marks.push(Mark::Bar {
                x: x - size / 2.0,
                y: up(value) - size / 2.0,
                width: size,
                height: size,
            });
        }
        self.y = base + 8.0;
    }
}

/// A word in pieces that fit on a line.
fn pieces(face: &Typeface, word: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for character in word.chars() {
        let longer = format!("{}{character}", pieces.last().map(String::as_str).unwrap_or_default());
        if face.measure(&longer) * SIZE <= INNER {
            pieces.pop();
            pieces.push(longer);
        } else {
            pieces.push(character.to_string());
        }
    }
    pieces
}

/// A text that fits into a width at size 1; what is cut ends with an ellipsis.
fn cut(face: &Typeface, text: &str, width: f32) -> String {
    if face.measure(text) <= width {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().take(200).collect();
    while !kept.is_empty() {
        kept.pop();
        let shorter: String = kept.iter().chain(&['…']).collect();
        if face.measure(&shorter) <= width {
            return shorter;
        }
    }
    String::new()
}
