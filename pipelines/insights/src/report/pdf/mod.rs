//! The report as PDF: the page's numbers on A4, with fonts of its own, the same bytes for the same report.

mod content;
mod sheet;
mod typeface;

use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;

use super::{RenderError, Report};
use sheet::{Mark, PAGE_HEIGHT, PAGE_WIDTH, Sheets};
use typeface::Typeface;

/// The report as one file.
pub fn pdf(report: &Report) -> Result<Vec<u8>, RenderError> {
    let broken = |what: &str| RenderError::Pdf(what.to_owned());
    let faces = Typeface::faces().ok_or_else(|| broken("the fonts cannot be read"))?;
    let mut sheets = Sheets::new(faces);
    content::write(report, &mut sheets);
    let mut document = Document::new();
    document.set_metadata(
        Metadata::new()
            .title(format!("Report, {}", report.span.label()))
            .language("en".to_owned())
            .creator("TikTokToe".to_owned())
            .producer("TikTokToe".to_owned())
            .document_id(format!("{} {} {}", report.creator, report.span.label(), report.by.name())),
    );
    for marks in sheets.finish() {
        let settings =
            PageSettings::from_wh(PAGE_WIDTH, PAGE_HEIGHT).ok_or_else(|| broken("a page has no size"))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        marks.into_iter().for_each(|mark| draw(mark, faces, &mut surface));
        surface.finish();
        page.finish();
    }
    document.finish().map_err(|error| RenderError::Pdf(format!("{error:?}")))
}

fn draw(mark: Mark, faces: &[Typeface; 2], surface: &mut Surface<'_>) {
    match mark {
        Mark::Text { x, y, size, bold, text, leftward } => {
            surface.set_fill(Some(Fill::default()));
            surface.set_stroke(None);
            let face = &faces[usize::from(bold)];
            let shaped = face.shaped(&text, leftward);
            surface.draw_glyphs(Point::from_xy(x, y), &shaped.glyphs, face.font.clone(), &text, size, false);
        }
        Mark::Bar { x, y, width, height } => {
            let Some(rect) = Rect::from_xywh(x, y, width.max(0.3), height) else { return };
            let mut path = PathBuilder::new();
            path.push_rect(rect);
            let paint = rgb::Color::new(11, 92, 173).into();
            surface.set_stroke(None);
            surface.set_fill(Some(Fill { paint, opacity: NormalizedF32::ONE, ..Fill::default() }));
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
        Mark::Line { from, to, width } => {
            let mut path = PathBuilder::new();
            path.move_to(from.0, from.1);
            path.line_to(to.0, to.1);
            surface.set_fill(None);
            surface.set_stroke(Some(Stroke { width, ..Stroke::default() }));
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
    }
}
