//! `delivery/access`: CloudFront standard logs, version 1. A session's segments are requested one after
//! the other from the node that the policy drew for it.

use std::ops::Range;

use crate::landing::LandingFile;
use crate::random::{Random, Stream};
use crate::rows::Role;
use crate::sources::cmcd::{self, Style};
use crate::sources::contents::CODECS;
use crate::sources::edge::Edge;
use crate::sources::player::{Ending, Fetch, Player};
use crate::sources::sessions::{Day, Session};
use crate::text::{
    DAY_MS, push_base32, push_clock, push_date, push_id, push_number, push_padded, push_thousandths,
};
use crate::world::World;

/// The place of `sc-bytes`.
pub const BYTES_COLUMN: usize = 3;
/// The columns that every log has.
const FIELDS: &str = "#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status \
cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header \
cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type \
cs-protocol-version fle-status fle-encrypted-fields";
/// The columns that newer logs have at the end.
const NEWER_FIELDS: &str = " c-port time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len \
sc-range-start sc-range-end";
/// The node of what is asked for outside contents now and then: it is in no inventory.
const SHIELD: &[u8] = b"shield0-p9";

/// What a file's lines look like.
#[derive(Clone, Copy)]
struct Form {
    newer: bool,
    /// Ends with one tab too many, which is allowed.
    trailing_tab: bool,
}

impl Form {
    fn fields(self) -> String {
        if self.newer { format!("{FIELDS}{NEWER_FIELDS}") } else { FIELDS.into() }
    }
}

pub fn write(world: &World, day: u32, file: u32, out: &mut LandingFile) {
    let a_day = world.options.access_per_day;
    if file % 4 == 2 {
        out.bad_here("line_before_fields", b"2026-11-20\t00:00:00\teuc0-p0\t17");
    }
    let mut form = Form { newer: file.is_multiple_of(2), trailing_tab: file % 4 == 3 };
    out.header("#Version: 1.0");
    out.header(&form.fields());
    let number = |day: u32, rank: u64| u64::from(day) * a_day + rank;
    if day > 0 {
        let ranks = world.share(a_day, world.origin_file(file, 1));
        let (from, to) = (number(day - 1, ranks.start), number(day - 1, ranks.end));
        let mut before = Day::new(world, day - 1);
        for late in world.late_requests.within(from, to) {
            let rank = late - number(day - 1, 0);
            write_session(world, &mut before, rank..rank + 1, form, |_| true, out);
        }
    }
    let mut today = Day::new(world, day);
    let on_time = |rank: u64| world.late_requests.find(number(day, rank)).is_none();
    let ranks = world.share(a_day, file);
    let half = ranks.start + (ranks.end - ranks.start) / 2;
    let mut rank = ranks.start;
    while rank < ranks.end && !out.has_failed() {
        if file % 4 == 2 && rank == half {
            // A later `#Fields` holds from there.
            form.newer = false;
            out.header(&form.fields());
        }
        let end = if rank < half { half } else { ranks.end };
        rank = write_session(world, &mut today, rank..end, form, on_time, out);
    }
}

/// Writes those of the lines that belong to the first one's session; gives the first line of the next.
fn write_session(
    world: &World,
    day: &mut Day<'_>,
    lines: Range<u64>,
    form: Form,
    is_wanted: impl Fn(u64) -> bool,
    out: &mut LandingFile,
) -> u64 {
    let (a_day, dt) = (world.options.access_per_day, day.edge.day);
    let number = |rank: u64| u64::from(dt) * a_day + rank;
    let Some((session, edge)) = day.session_of_line(lines.start) else {
        if is_wanted(lines.start) {
            let at_ms = world.moment_ms(dt, lines.start, a_day, 0);
            push_stray(
                out.line(),
                number(lines.start),
                at_ms,
                form,
                Random::new(world.options.seed, Stream::Request, number(lines.start)),
            );
            out.row(Role::Good, &[]);
        }
        return lines.start + 1;
    };
    let last_ms = world.day_start_ms(dt + 1) - 1_000;
    let style = Style::of(session);
    for (rank, fetch) in (session.lines.start..).zip(Player::new(session, edge)) {
        if rank >= lines.end {
            break;
        }
        if rank >= lines.start && is_wanted(rank) {
            let random = Random::new(world.options.seed, Stream::Request, number(rank));
            // What is fetched past midnight would be of the next day: it is told with the day's last second.
            let at_ms = (session.started_ms + fetch.at_ms as i64).min(last_ms);
            let request = Request { number: number(rank), session, edge, fetch, style, at_ms };
            request.push(out.line(), form, random);
            out.row(Role::Good, &[]);
        }
    }
    session.lines.end.min(lines.end)
}

/// Status, result and response result.
fn outcome(ending: Ending) -> (&'static str, &'static str, &'static str) {
    match ending {
        Ending::Hit => ("200", "Hit", "Hit"),
        Ending::Refresh => ("200", "RefreshHit", "RefreshHit"),
        Ending::Miss => ("200", "Miss", "Miss"),
        Ending::Failed => ("503", "Error", "Error"),
        Ending::Left => ("000", "Error", "Error"),
        Ending::LeftLater => ("200", "Error", "Hit"),
    }
}

struct Request<'a> {
    number: u64,
    session: &'a Session,
    edge: &'a Edge,
    fetch: Fetch,
    style: Style,
    at_ms: i64,
}

/// The columns that differ from line to line but for path and query.
struct Line<'a> {
    at_ms: i64,
    node: &'a dyn Fn(&mut Vec<u8>),
    bytes: u64,
    status: &'static str,
    result: &'static str,
    response: &'static str,
    taken_ms: u64,
    first_byte_ms: u64,
}

impl Request<'_> {
    fn push(&self, out: &mut Vec<u8>, form: Form, random: Random) {
        // Now and then a player asks for a page's icon, and not always an edge node.
        if self.number.is_multiple_of(211) {
            return push_stray(out, self.number, self.at_ms, form, random);
        }
        let (status, result, response) = outcome(self.fetch.ending);
        let reach = &self.edge.reaches[self.session.node as usize];
        let line = Line {
            at_ms: self.at_ms,
            node: &|out| reach.node.push_id(out),
            bytes: self.fetch.bytes,
            status,
            result,
            response,
            taken_ms: self.fetch.taken_ms as u64,
            first_byte_ms: self.fetch.first_byte_ms as u64,
        };
        push(out, &line, form, self.number, random, &|out| self.push_path(out), &|out| {
            cmcd::push(out, self.session, &self.fetch, self.style)
        });
    }

    /// `/v/<content_id>/<codec>/<height>/<segment>.m4s`
    fn push_path(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"/v/");
        push_id(out, "co_", self.session.content.number);
        out.push(b'/');
        out.extend_from_slice(CODECS[self.session.codec].as_bytes());
        out.push(b'/');
        push_number(out, self.session.content.rungs()[self.fetch.rung].1);
        out.push(b'/');
        push_padded(out, self.fetch.segment, 5);
        out.extend_from_slice(b".m4s");
    }
}

/// A request outside contents.
fn push_stray(out: &mut Vec<u8>, number: u64, at_ms: i64, form: Form, random: Random) {
    let line = Line {
        at_ms,
        node: &|out| out.extend_from_slice(SHIELD),
        bytes: 1_150,
        status: "200",
        result: "Hit",
        response: "Hit",
        taken_ms: 3,
        first_byte_ms: 2,
    };
    let path = |out: &mut Vec<u8>| out.extend_from_slice(b"/favicon.ico");
    push(out, &line, form, number, random, &path, &|out| out.push(b'-'));
}

fn push(
    out: &mut Vec<u8>,
    line: &Line<'_>,
    form: Form,
    number: u64,
    mut random: Random,
    path: &dyn Fn(&mut Vec<u8>),
    query: &dyn Fn(&mut Vec<u8>),
) {
    push_date(out, line.at_ms.div_euclid(DAY_MS));
    out.push(b'\t');
    push_clock(out, (line.at_ms.rem_euclid(DAY_MS) / 1_000) as u64);
    out.push(b'\t');
    (line.node)(out);
    out.push(b'\t');
    push_number(out, line.bytes);
    out.extend_from_slice(if random.one_in(10) { b"\t2001:db8::" } else { b"\t192.0.2." });
    push_number(out, random.below(255));
    out.extend_from_slice(b"\tGET\td111.cloudfront.net\t");
    path(out);
    out.push(b'\t');
    out.extend_from_slice(line.status.as_bytes());
    out.extend_from_slice(b"\t-\tMozilla/5.0%20(Linux;%20Android%2014)%20AppleWebKit/537.36\t");
    query(out);
    out.extend_from_slice(b"\t-\t");
    out.extend_from_slice(line.result.as_bytes());
    out.push(b'\t');
    push_request_id(out, number, &mut random);
    out.extend_from_slice(b"\tv.example.com\thttps\t");
    push_number(out, 200 + random.below(900));
    out.push(b'\t');
    push_thousandths(out, line.taken_ms);
    out.extend_from_slice(b"\t-\tTLSv1.3\tTLS_AES_128_GCM_SHA256\t");
    out.extend_from_slice(line.response.as_bytes());
    out.extend_from_slice(b"\tHTTP/2.0\t-\t-");
    if form.newer {
        out.push(b'\t');
        push_number(out, 40_000 + random.below(20_000));
        out.push(b'\t');
        push_thousandths(out, line.first_byte_ms);
        out.push(b'\t');
        out.extend_from_slice(line.result.as_bytes());
        out.extend_from_slice(b"\tvideo/mp4\t");
        push_number(out, line.bytes.saturating_sub(90));
        out.extend_from_slice(b"\t-\t-");
    }
    if form.trailing_tab {
        out.push(b'\t');
    }
}

/// As long as CloudFront's, and unique by the number in it.
fn push_request_id(out: &mut Vec<u8>, number: u64, random: &mut Random) {
    for _ in 0..3 {
        push_base32(out, random.next(), 12);
    }
    push_id(out, "_", number);
    out.extend_from_slice(b"==");
}
