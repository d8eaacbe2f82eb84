//! Tables of quality: viewing sessions as they were rebuilt, what their cohorts can carry, and what is planned of it.

use crate::table::Kind::{Boolean, Day, Float, Integer, List, Struct, Text, Time};
use crate::table::{Column, Kind, Layer, Table, column};

const REGION: Column = column("region", Text, "region of the viewer");
const NETWORK: Column = column("network", Text, "3G, 4G, 5G, WIFI or WIRED");
const DEVICE: Column = column("device_class", Text, "PHONE, TABLET, DESKTOP or TV");
const SAVER: Column = column("data_saver", Boolean, "whether the viewer saves data");

const RUNG: Kind = Struct(&[
    column("codec", Text, "AVC, VP9, HEVC or AV1"),
    column("height", Integer, "height of the path, in pixels"),
    column("chunks", Integer, "chunks that arrived"),
    column("bytes", Integer, "bytes to the viewer by them, headers included"),
]);

/// A rendition, wherever a table lists some.
pub(crate) const RENDITION: Kind = Struct(&[
    column("codec", Text, "AVC, VP9, HEVC or AV1"),
    column("width", Integer, "in pixels"),
    column("height", Integer, "in pixels"),
    column("framerate", Integer, "frames a second"),
    column("peak_kbps", Integer, "peak bitrate, in kilobits a second"),
]);

pub static VIEWING_SESSIONS: Table = Table {
    layer: Layer::Silver,
    name: "viewing_sessions",
    grain: "one playback joined to its requests, on the night after which it is rebuilt",
    key: &["dt", "session_hash"],
    partitioned: true,
    columns: &[
        &[
            column("session_hash", Integer, "the session: `key_hash` of its playback"),
            column("viewer_hash", Integer, "the viewer as a keyed hash, which means nothing outside"),
            column("playback_dt", Day, "UTC day on which its playback landed: `dt`, or the day before"),
            column("started_at", Time, "start of playback"),
            REGION,
            NETWORK,
            DEVICE,
            SAVER,
            column("device_width_max", Integer, "display width, in pixels"),
            column("device_height_max", Integer, "display height, in pixels"),
            column("device_framerate_max", Float, "frames a second that the device shows"),
            column("device_codecs", Text, "what the device decodes, joined by +, null where not told"),
            column("preferred_height_max", Integer, "the viewer's own cap, in pixels"),
            column("ladder_key", Integer, "the content's ladder, as in silver.quality_ladders"),
            column("watch_ms", Integer, "time watched, in milliseconds"),
            column("startup_ms", Integer, "time to the first frame, by the player, in milliseconds"),
            column("rebuffer_ms", Integer, "time stalled, by the player, in milliseconds"),
            column("rebuffer_count", Integer, "stalls, by the player"),
            column("switches", Integer, "changes of rendition, by the player"),
        ],
        &[
            column("requests", Integer, "requests for its chunks"),
            column("requests_landed", Integer, "of those, the ones that landed on `dt`"),
            column(
                "logged_startup_ms",
                Integer,
                "from its start to the end of its first chunk, by the log, in milliseconds",
            ),
            column("logged_stalls", Integer, "requests that say that the buffer had run dry"),
            column("logged_switches", Integer, "changes of rung from one chunk that arrived to the next"),
            column("rungs", List(&RUNG), "the rungs that it was sent, by codec and height"),
            column("chunks_used", Integer, "chunks that the trace is made of"),
            column("chunks_hit", Integer, "left out: the edge had them, as HIT in silver.quality_exclusions"),
            column("chunks_tiny", Integer, "left out: too small to measure by"),
            column("chunks_failed", Integer, "left out: they did not arrive whole"),
            column("chunks_untimed", Integer, "left out: no time or no bytes in the log"),
            column("chunks_out_of_range", Integer, "left out: a throughput that is none"),
            column("chunks_other", Integer, "left out: neither video nor video with sound"),
            column("chunks_too_few", Integer, "left out: too few others, so the player's readings are taken"),
            column(
                "source",
                Text,
                "what its throughput is known by: BYTES over time, the player's MTP, its PROBE, or NONE",
            ),
            column("throughput_kbps", Float, "mean throughput, in kilobits a second"),
            column("rtt_ms", Float, "round trip, by the player's probe of its node, in milliseconds"),
            column("first_byte_ms", Float, "mean time to the first byte at the edge, in milliseconds"),
            column("trace_duration_ms", List(&Integer), "its trace: how long each throughput held, in ms"),
            column("trace_kbps", List(&Integer), "its trace: throughput, in kilobits a second"),
            column("is_trace_cut", Boolean, "whether the trace had more intervals than are kept"),
            column("dt", Day, "the night"),
        ],
    ],
};

pub static QUALITY_EXCLUSIONS: Table = Table {
    layer: Layer::Silver,
    name: "quality_exclusions",
    grain: "one reason for which requests, chunks or sessions of one night are left out",
    key: &["dt", "subject", "reason"],
    partitioned: true,
    columns: &[&[
        column(
            "subject",
            Text,
            "REQUEST: in no session; CHUNK: in no trace; SESSION: in no row yet; EVIDENCE: in no cohort",
        ),
        column("reason", Text, "stable code of the reason, as docs/sessions.md has it"),
        column("count", Integer, "how many"),
        column("bytes", Integer, "bytes to the viewers by them, null for sessions"),
        column("dt", Day, "the night"),
    ]],
};

pub static QUALITY_LADDERS: Table = Table {
    layer: Layer::Silver,
    name: "quality_ladders",
    grain: "one ladder that contents watched on one night have",
    key: &["dt", "ladder_key"],
    partitioned: true,
    columns: &[&[
        column("ladder_key", Integer, "hash of the renditions"),
        column("renditions", List(&RENDITION), "what the contents are encoded in, by codec and peak"),
        column("contents", Integer, "contents that have it, watched or not"),
        column("sessions", Integer, "sessions of the night that watched one of them"),
        column("watch_ms", Integer, "time watched by them, in milliseconds"),
        column("mean_to_peak", Float, "mean bitrate ÷ peak bitrate over the renditions, null where unknown"),
        column("dt", Day, "the night"),
    ]],
};

pub static QUALITY_COHORTS: Table = Table {
    layer: Layer::Silver,
    name: "quality_cohorts",
    grain: "what the viewers of one cohort, or of a parent of cohorts, can carry, as of one night",
    key: &["dt", "level", "region", "network", "device_class", "data_saver"],
    partitioned: true,
    columns: &[&[
        column(
            "level",
            Text,
            "COHORT, or the parent by what it still tells apart: DEVICE, NETWORK, REGION, ALL",
        ),
        column("region", Text, "region of the viewers, null where it is not told apart"),
        column("network", Text, "their network, null where it is not told apart"),
        column("device_class", Text, "their device, null where it is not told apart"),
        column("data_saver", Boolean, "whether they save data, null where it is not told apart"),
        column("viewers", Integer, "viewers whose throughput is known, held out ones too"),
        column("held_out_viewers", Integer, "of those, the ones that no candidate sees"),
        column("sessions", Integer, "their sessions in the window"),
        column("own_weight", Float, "share of its own viewers in its distribution; the parent has the rest"),
        column(
            "parent_viewers",
            Float,
            "as many viewers the parent counts for, fitted over the level; null: it has all the weight, or none",
        ),
        column("throughput_kbps_p10", Float, "10th percentile of throughput, in kilobits a second, shrunk"),
        column("throughput_kbps_p50", Float, "median throughput, in kilobits a second, shrunk"),
        column("throughput_kbps_p90", Float, "90th percentile of throughput, in kilobits a second, shrunk"),
        column("own_throughput_kbps_p10", Float, "the same of its own fitting viewers alone"),
        column("own_throughput_kbps_p50", Float, "the same of its own fitting viewers alone"),
        column("throughput_kbps", List(&Integer), "the grid: the middle of each bin, in kilobits a second"),
        column("masses", List(&Float), "shares of the viewers' time in each bin, shrunk; they sum to 1"),
        column("own_masses", List(&Float), "the same of its own fitting viewers alone, empty without any"),
        column("sampled_share", Float, "share of the viewers that was read: 1, where all were"),
        column("dt", Day, "the night"),
    ]],
};

pub static QUALITY_PLAN: Table = Table {
    layer: Layer::Gold,
    name: "quality_plan",
    grain: "what one cohort of viewers is to be offered on the day after a night",
    key: &["dt", "region", "network", "device_class", "data_saver"],
    partitioned: true,
    columns: &[&[
        REGION,
        NETWORK,
        DEVICE,
        SAVER,
        column("ladder", List(&RENDITION), "what is to be offered, the codec that most viewers play first"),
        column("start_rung", Integer, "the rung to begin with, from 0 among the first codec of the ladder"),
        column("cap_kbps", Integer, "above this no rung is played, in kilobits a second"),
        column("codec", Text, "the codec that most viewers play"),
        column("framerate", Integer, "the highest framerate that is worth its bits, in frames a second"),
        column("evidence", Integer, "viewers whose throughput is known"),
        column("held_out_viewers", Integer, "of those, the ones that were replayed to decide"),
        column("qoe_current", Float, "quality a second watched of what is served, replayed on them"),
        column("qoe_planned", Float, "the same of what is planned"),
        column("qoe_oracle", Float, "the most that any player could reach"),
        column("rebuffer_current", Float, "time stalled for each second watched, with what is served"),
        column("rebuffer_planned", Float, "the same with what is planned"),
        column("ci_low", Float, "least of the interval of candidate less current, by viewer"),
        column("ci_high", Float, "greatest of it"),
        column("decision", Text, "ADOPT or KEEP"),
        column("reason", Text, "why, as docs/quality.md has it"),
        column("candidate", List(&RENDITION), "what was tried, whether it was adopted or not"),
        column("current", List(&RENDITION), "what is served today, by the contents that are watched"),
        column("throughput_kbps_p10", Float, "10th percentile of throughput, in kilobits a second, shrunk"),
        column("dt", Day, "the night"),
    ]],
};

/// All tables of quality.
pub static TABLES: [&Table; 5] =
    [&VIEWING_SESSIONS, &QUALITY_EXCLUSIONS, &QUALITY_LADDERS, &QUALITY_COHORTS, &QUALITY_PLAN];
