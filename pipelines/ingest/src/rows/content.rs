//! Versions of published contents.

use arrow::array::{ArrayRef, Float64Builder, Int64Builder, TimestampMicrosecondBuilder};
use arrow::buffer::Buffer;
use arrow::error::ArrowError;

use super::{CODECS, Rows, VISIBILITIES, finished, hash_of};
use crate::columns::{self, Lists};
use crate::field::{self, maybe, members, required};
use crate::json::Value;
use crate::reason::Rejection;
use crate::texts::Texts;
use crate::totals::Totals;

pub struct ContentRows {
    content_id: Texts,
    creator: Texts,
    title: Texts,
    duration_ms: Int64Builder,
    published_at: TimestampMicrosecondBuilder,
    visibility: Texts,
    renditions: Lists,
    codec: Texts,
    width: Int64Builder,
    height: Int64Builder,
    framerate: Float64Builder,
    peak_kbps: Int64Builder,
    bytes: Int64Builder,
}

impl Default for ContentRows {
    fn default() -> Self {
        Self {
            content_id: Texts::new(),
            creator: Texts::new(),
            title: Texts::new(),
            duration_ms: Int64Builder::new(),
            published_at: columns::instants(),
            visibility: Texts::new(),
            renditions: Lists::default(),
            codec: Texts::new(),
            width: Int64Builder::new(),
            height: Int64Builder::new(),
            framerate: Float64Builder::new(),
            peak_kbps: Int64Builder::new(),
            bytes: Int64Builder::new(),
        }
    }
}

struct Rendition {
    codec: &'static str,
    width: i64,
    height: i64,
    framerate: f64,
    peak_kbps: i64,
    bytes: i64,
}

fn rendition(value: Value<'_>) -> Result<Rendition, Rejection> {
    let value = field::object(value, "renditions")?;
    members!(value => codec = "codec", width = "width", height = "height", framerate = "framerate",
        peak_kbps = "peak_kbps", bytes = "bytes");
    let whole = |value, name: &'static str| field::integer(required(value, name)?, name);
    Ok(Rendition {
        codec: field::listed(required(codec, "renditions.codec")?, "renditions.codec", CODECS)?,
        width: whole(width, "renditions.width")?,
        height: whole(height, "renditions.height")?,
        framerate: field::float(required(framerate, "renditions.framerate")?, "renditions.framerate")?,
        peak_kbps: whole(peak_kbps, "renditions.peak_kbps")?,
        bytes: whole(bytes, "renditions.bytes")?,
    })
}

impl Rows for ContentRows {
    fn push(&mut self, row: Value<'_>, _: &mut Totals) -> Result<u64, Rejection> {
        members!(row => content_id = "content_id", creator = "creator", title = "title",
            duration_ms = "duration_ms", published_at = "published_at", visibility = "visibility",
            renditions = "renditions");
        let content_id = field::text(required(content_id, "content_id")?, "content_id")?;
        let creator = field::party(required(creator, "creator")?, "creator")?;
        let title = maybe(title, "title", field::text)?;
        let duration_ms = field::integer(required(duration_ms, "duration_ms")?, "duration_ms")?;
        let published_at = field::instant(required(published_at, "published_at")?, "published_at")?;
        let visibility = field::listed(required(visibility, "visibility")?, "visibility", VISIBILITIES)?;
        let list = field::array(required(renditions, "renditions")?, "renditions")?;
        let renditions = list.items().map(rendition).collect::<Result<Vec<_>, _>>()?;

        let key = hash_of(&content_id);
        self.content_id.append_value(content_id);
        self.creator.append_value(creator);
        self.title.append_option(title);
        self.duration_ms.append_value(duration_ms);
        self.published_at.append_value(published_at);
        self.visibility.append_value(visibility);
        self.renditions.push(renditions.len());
        for rendition in renditions {
            self.codec.append_value(rendition.codec);
            self.width.append_value(rendition.width);
            self.height.append_value(rendition.height);
            self.framerate.append_value(rendition.framerate);
            self.peak_kbps.append_value(rendition.peak_kbps);
            self.bytes.append_value(rendition.bytes);
        }
        Ok(key)
    }

    fn finish(&mut self, chunk: &Buffer) -> Result<Vec<ArrayRef>, ArrowError> {
        let rendition =
            finished![chunk; self.codec, self.width, self.height, self.framerate, self.peak_kbps, self.bytes];
        let names = ["codec", "width", "height", "framerate", "peak_kbps", "bytes"];
        let renditions = self.renditions.finish(columns::structs(&names, rendition, None));
        let mut columns = finished![
            chunk;
            self.content_id,
            self.creator,
            self.title,
            self.duration_ms,
            self.published_at,
            self.visibility
        ];
        columns.push(renditions);
        Ok(columns)
    }
}
