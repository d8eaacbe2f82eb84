//! `delivery/access`: CloudFront standard logs, version 1. A session's segments are requested one after
//! the other from the node that its player names.

use crate::landing::LandingFile;
use crate::random::{Random, Stream};
use crate::rows::Role;
use crate::sources::contents::RUNGS;
use crate::sources::playbacks::Session;
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
const SEGMENT_MS: u64 = 2_000;

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
        for late in world.late_requests.within(from, to) {
            let rank = late - number(day - 1, 0);
            let session = session_of(world, day - 1, rank);
            write_row(world, day - 1, rank, session.as_ref(), form, out);
        }
    }
    let ranks = world.share(a_day, file);
    let half = ranks.start + (ranks.end - ranks.start) / 2;
    let mut current: Option<Session> = None;
    for rank in ranks {
        if file % 4 == 2 && rank == half {
            // A later `#Fields` holds from there.
            form.newer = false;
            out.header(&form.fields());
        }
        if world.late_requests.find(number(day, rank)).is_some() {
            continue;
        }
        let wanted = session_rank(world, rank);
        let known = current.as_ref().map(|s| s.number - u64::from(day) * world.options.playbacks_per_day);
        if wanted != known {
            current = session_of(world, day, rank);
        }
        write_row(world, day, rank, current.as_ref(), form, out);
        if out.has_failed() {
            return;
        }
    }
}

/// Which of the day's sessions a line belongs to: the lines are dealt out evenly.
fn session_rank(world: &World, rank: u64) -> Option<u64> {
    let (sessions, lines) = (world.options.playbacks_per_day, world.options.access_per_day);
    (sessions > 0).then(|| (u128::from(rank) * u128::from(sessions) / u128::from(lines)) as u64)
}

fn session_of(world: &World, day: u32, rank: u64) -> Option<Session> {
    session_rank(world, rank).map(|session| Session::new(world, day, session))
}

/// The how-many-th line of its session it is.
fn segment(world: &World, rank: u64, session: &Session, day: u32) -> u64 {
    let (sessions, lines) = (world.options.playbacks_per_day, world.options.access_per_day);
    let session_rank = session.number - u64::from(day) * sessions;
    rank - (u128::from(session_rank) * u128::from(lines)).div_ceil(u128::from(sessions)) as u64
}

/// How a request ended: status, result, response result.
fn outcome(random: &mut Random) -> (&'static str, &'static str, &'static str) {
    match random.below(1_000) {
        0..820 => ("200", "Hit", "Hit"),
        820..850 => ("200", "RefreshHit", "RefreshHit"),
        850..980 => ("200", "Miss", "Miss"),
        980..988 => ("503", "Error", "Error"),
        988..994 => ("000", "Error", "Error"),
        _ => ("200", "Error", "Hit"),
    }
}

fn write_row(
    world: &World,
    day: u32,
    rank: u64,
    session: Option<&Session>,
    form: Form,
    out: &mut LandingFile,
) {
    let number = u64::from(day) * world.options.access_per_day + rank;
    let mut random = Random::new(world.options.seed, Stream::Request, number);
    let request = Request {
        number,
        session,
        segment: session.map_or(0, |session| segment(world, rank, session, day)),
        outside: session.is_none() || random.one_in(200),
        at_ms: match session {
            Some(session) => session.started_ms,
            None => world.moment_ms(day, rank, world.options.access_per_day, 0),
        },
    };
    request.push(out.line(), form, random);
    out.row(Role::Good, &[]);
}

struct Request<'a> {
    number: u64,
    session: Option<&'a Session>,
    segment: u64,
    /// Not of a content.
    outside: bool,
    at_ms: i64,
}

impl Request<'_> {
    fn push(&self, out: &mut Vec<u8>, form: Form, mut random: Random) {
        let (status, result, response) = outcome(&mut random);
        let (_, height, kbps) = RUNGS[self.session.map_or(0, |session| session.rung)];
        let bytes = if self.outside { 1_150 } else { kbps * SEGMENT_MS / 8 + random.below(900) };
        // Segments fetched past midnight would be of the next day: the last hours are kept within theirs.
        let at_ms = self.at_ms + ((self.segment * SEGMENT_MS).min(600_000)) as i64;
        push_date(out, at_ms.div_euclid(DAY_MS));
        out.push(b'\t');
        push_clock(out, (at_ms.rem_euclid(DAY_MS) / 1_000) as u64);
        out.push(b'\t');
        match self.session {
            Some(session) => session.node.push_id(out),
            None => out.extend_from_slice(b"euc0-p0"),
        }
        out.push(b'\t');
        push_number(out, bytes);
        if random.one_in(10) {
            out.extend_from_slice(b"\t2001:db8::");
        } else {
            out.extend_from_slice(b"\t192.0.2.");
        }
        push_number(out, random.below(255));
        out.extend_from_slice(b"\tGET\td111.cloudfront.net\t");
        self.push_path(out, height);
        out.push(b'\t');
        out.extend_from_slice(status.as_bytes());
        out.extend_from_slice(b"\t-\tMozilla/5.0%20(Linux;%20Android%2014)%20AppleWebKit/537.36\t");
        self.push_query(out, kbps, &mut random);
        out.extend_from_slice(b"\t-\t");
        out.extend_from_slice(result.as_bytes());
        out.push(b'\t');
        push_request_id(out, self.number, &mut random);
        let taken_ms = 20 + random.below(900);
        out.extend_from_slice(b"\tv.example.com\thttps\t");
        push_number(out, 200 + taken_ms);
        out.push(b'\t');
        push_thousandths(out, taken_ms);
        out.extend_from_slice(b"\t-\tTLSv1.3\tTLS_AES_128_GCM_SHA256\t");
        out.extend_from_slice(response.as_bytes());
        out.extend_from_slice(b"\tHTTP/2.0\t-\t-");
        if form.newer {
            out.push(b'\t');
            push_number(out, 40_000 + random.below(20_000));
            out.push(b'\t');
            push_thousandths(out, taken_ms / 2);
            out.push(b'\t');
            out.extend_from_slice(result.as_bytes());
            out.extend_from_slice(b"\tvideo/mp4\t");
            push_number(out, bytes.saturating_sub(90));
            out.extend_from_slice(b"\t-\t-");
        }
        if form.trailing_tab {
            out.push(b'\t');
        }
    }

    /// `/v/<content_id>/<codec>/<height>/<segment>.m4s`
    fn push_path(&self, out: &mut Vec<u8>, height: u64) {
        let Some(session) = self.session.filter(|_| !self.outside) else {
            return out.extend_from_slice(b"/favicon.ico");
        };
        out.extend_from_slice(b"/v/");
        push_id(out, "co_", session.content.number);
        out.push(b'/');
        out.extend_from_slice(session.codec.as_bytes());
        out.push(b'/');
        push_number(out, height);
        out.push(b'/');
        push_padded(out, self.segment, 5);
        out.extend_from_slice(b".m4s");
    }

    /// CMCD (CTA-5004), percent-encoded.
    fn push_query(&self, out: &mut Vec<u8>, kbps: u64, random: &mut Random) {
        let Some(session) = self.session.filter(|_| !self.outside) else { return out.push(b'-') };
        out.extend_from_slice(b"CMCD=br%3D");
        push_number(out, kbps);
        out.extend_from_slice(b"%2Cbl%3D");
        push_number(out, random.below(100) * 100);
        out.extend_from_slice(b"%2Ccid%3D%22");
        push_id(out, "co_", session.content.number);
        out.extend_from_slice(b"%22%2Cd%3D2000");
        if !random.one_in(8) {
            out.extend_from_slice(b"%2Cmtp%3D");
            push_number(out, session.throughput_kbps.div_ceil(100) * 100);
        }
        out.extend_from_slice(b"%2Cot%3Dv%2Csid%3D%22");
        push_id(out, "ps_", session.number);
        out.extend_from_slice(b"%22%2Ctb%3D4000");
        if self.segment == 0 {
            out.extend_from_slice(b"%2Csu%2Cbs");
        }
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
