//! The lines that must be quarantined: valid rows, each spoiled in one way.

use crate::edit::{append, copy, first_key, first_pair, set};
use crate::sources::Source;

/// How a line is spoiled.
pub enum Spoil {
    /// Another value, as raw JSON, under the first key of that name.
    Set(&'static str, &'static str),
    /// Anything else.
    By(fn(&[u8], &mut Vec<u8>)),
}

/// One kind of bad line; the name stands in `quarantine.csv`.
pub struct Bad {
    pub kind: &'static str,
    pub spoil: Spoil,
}

impl Bad {
    pub fn make(&self, row: &[u8], out: &mut Vec<u8>) {
        match &self.spoil {
            Spoil::Set(key, value) => set(row, key, value, out),
            Spoil::By(spoil) => spoil(row, out),
        }
    }
}

const fn by(kind: &'static str, spoil: fn(&[u8], &mut Vec<u8>)) -> Bad {
    Bad { kind, spoil: Spoil::By(spoil) }
}

const fn set_to(kind: &'static str, key: &'static str, value: &'static str) -> Bad {
    Bad { kind, spoil: Spoil::Set(key, value) }
}

/// The bad lines of a source: those of every JSON line, then its own.
pub fn of(source: Source) -> (&'static [Bad], &'static [Bad]) {
    match source {
        Source::Escrow => (JSON, ESCROW),
        Source::Wallet => (JSON, WALLET),
        Source::Ledger => (JSON, LEDGER),
        Source::Tiers => (JSON, TIERS),
        Source::Subscriptions => (JSON, SUBSCRIPTIONS),
        Source::Benefits => (JSON, BENEFITS),
        Source::Playback => (JSON, PLAYBACK),
        Source::Access => (&[], ACCESS),
        Source::Nodes => (JSON, NODES),
        Source::Content => (JSON, CONTENT),
    }
}

const JSON: &[Bad] = &[
    by("not_json", |_, out| out.extend_from_slice(b"GET /health 200")),
    by("cut_line", |row, out| out.extend_from_slice(&row[..row.len() * 2 / 3])),
    by("invalid_utf8", |row, out| in_first_text(row, b"\xff\xfe", out)),
    by("control_character", |row, out| in_first_text(row, b"\x01", out)),
    by("duplicate_key", |row, out| {
        out.push(b'{');
        out.extend_from_slice(first_pair(row));
        out.push(b',');
        out.extend_from_slice(&row[1..]);
    }),
    by("two_objects", |row, out| {
        out.extend_from_slice(row);
        out.push(b' ');
        out.extend_from_slice(row);
    }),
    by("trailing_text", |row, out| {
        out.extend_from_slice(row);
        out.extend_from_slice(b" done");
    }),
    by("array", |row, out| {
        out.push(b'[');
        out.extend_from_slice(row);
        out.push(b']');
    }),
    by("number", |_, out| out.extend_from_slice(b"42")),
    by("empty_object", |_, out| out.extend_from_slice(b"{}")),
    by("not_a_number", |row, out| append(row, "\"extra\":NaN", out)),
    by("infinity", |row, out| append(row, "\"extra\":-Infinity", out)),
    by("too_deep", |row, out| {
        append(row, &format!("\"extra\":{}{}", "[".repeat(200), "]".repeat(200)), out);
    }),
    by("key_missing", |row, out| {
        out.push(b'{');
        out.extend_from_slice(&row[first_pair(row).len() + 2..]);
    }),
    by("key_null", |row, out| set(row, first_key(row), "null", out)),
    by("key_of_wrong_type", |row, out| set(row, first_key(row), "17", out)),
];

/// Puts bytes into the first text value.
fn in_first_text(row: &[u8], bytes: &[u8], out: &mut Vec<u8>) {
    let at = first_pair(row).len();
    out.extend_from_slice(&row[..at]);
    out.extend_from_slice(bytes);
    out.extend_from_slice(&row[at..]);
}

const ESCROW: &[Bad] = &[
    set_to("amount_zero", "value", "\"0\""),
    set_to("amount_negative", "value", "\"-1\""),
    set_to("amount_too_many_digits", "value", "\"1.0000000000\""),
    set_to("amount_zero_led", "value", "\"01\""),
    set_to("amount_exponent", "value", "1e2"),
    set_to("amount_plus", "value", "\"+1\""),
    set_to("amount_no_fraction", "value", "\"1.\""),
    set_to("amount_empty", "value", "\"\""),
    set_to("amount_too_large", "value", "\"10000000000000000000\""),
    set_to("amount_null", "amount", "null"),
    set_to("amount_a_text", "amount", "\"12.50 USD\""),
    set_to("amount_duplicate_key", "amount", "{\"value\":\"1\",\"value\":\"1\",\"currency\":\"USD\"}"),
    set_to("currency_unknown", "currency", "\"ABC\""),
    set_to("currency_lower_case", "currency", "\"usd\""),
    by("from_is_to", |row, out| copy(row, "from", "to", out)),
    set_to("did_without_method", "from", "\"did::abc\""),
    set_to("did_upper_case_method", "from", "\"did:KEY:abc\""),
    set_to("did_no_identifier", "to", "\"did:key:\""),
    set_to("did_with_a_space", "to", "\"did:key:a b\""),
    set_to("did_not_one", "to", "\"user-17\""),
    set_to("event_unknown", "event", "\"SETTLED\""),
    set_to("event_lower_case", "event", "\"created\""),
    set_to("type_unknown", "type", "\"REFUND\""),
    set_to("visibility_unknown", "visibility", "\"FRIENDS\""),
    set_to("sequence_a_text", "sequence", "\"1\""),
    set_to("sequence_a_fraction", "sequence", "1.0"),
    set_to("sequence_too_large", "sequence", "9223372036854775808"),
    set_to("time_no_such_day", "at", "\"2026-02-30T00:00:00Z\""),
    set_to("time_second_sixty", "at", "\"2026-11-20T23:59:60Z\""),
    set_to("time_without_offset", "at", "\"2026-11-20T12:00:00\""),
    set_to("time_a_number", "at", "1795178097200"),
];

const WALLET: &[Bad] = &[
    set_to("amount_too_many_digits", "value", "\"1.0000000000\""),
    set_to("amount_not_a_decimal", "value", "\"twelve\""),
    set_to("currency_unknown", "currency", "\"ABC\""),
    set_to("status_unknown", "status", "\"PENDING\""),
    set_to("status_null", "status", "null"),
    set_to("fees_missing", "fees", "null"),
    set_to("fees_an_object", "fees", "{}"),
    set_to("fee_too_many_digits", "fees", "[{\"type\":\"PLATFORM\",\"amount\":\"0.0100000000\"}]"),
    set_to("fee_without_amount", "fees", "[{\"type\":\"PLATFORM\",\"percentage\":\"0.05\"}]"),
    set_to("net_too_many_digits", "net", "\"1.0000000000\""),
    set_to("net_exponent", "net", "\"1e1\""),
    set_to("net_null", "net", "null"),
    set_to("escrow_null", "escrow_id", "null"),
    set_to("time_hour_25", "at", "\"2026-11-20T25:00:00Z\""),
];

const LEDGER: &[Bad] = &[
    set_to("postings_empty", "postings", "[]"),
    set_to("postings_null", "postings", "null"),
    set_to(
        "postings_without_escrow",
        "postings",
        "[{\"account\":\"creator\",\"party\":null,\"amount\":\"1\",\"currency\":\"USD\"}]",
    ),
    set_to(
        "posting_too_many_digits",
        "postings",
        "[{\"account\":\"escrow\",\"party\":null,\"amount\":\"-1.000\",\"currency\":\"USD\"}]",
    ),
    set_to(
        "posting_of_unknown_currency",
        "postings",
        "[{\"account\":\"escrow\",\"party\":null,\"amount\":\"-1\",\"currency\":\"ABC\"}]",
    ),
    set_to(
        "posting_of_a_bad_party",
        "postings",
        "[{\"account\":\"escrow\",\"party\":\"nobody\",\"amount\":\"-1\",\"currency\":\"USD\"}]",
    ),
    set_to("timestamp_missing", "metadata", "{\"visibility\":\"PUBLIC\"}"),
    set_to("timestamp_a_text", "timestamp", "\"1795178097200\""),
    set_to("type_unknown", "type", "\"GIFT\""),
    set_to("sequence_null", "sequence", "null"),
    set_to("hash_missing", "hash", "null"),
    set_to("visibility_unknown", "visibility", "\"public\""),
];

const TIERS: &[Bad] = &[
    set_to("price_zero", "value", "\"0\""),
    set_to("price_negative", "value", "\"-4\""),
    set_to("benefits_empty", "benefits", "[]"),
    set_to(
        "benefit_by_wrong_method",
        "benefits",
        "[{\"benefit_id\":\"be_x\",\"type\":\"CUSTOM_BADGE\",\"delivery_method\":\"MESSAGING\"}]",
    ),
    by("several_rules", |row, out| {
        let mut priced = Vec::new();
        set(row, "value", "\"0\"", &mut priced);
        set(&priced, "benefits", "[]", out);
    }),
    set_to("interval_unknown", "interval", "\"QUARTER\""),
    set_to("version_a_text", "version", "\"1\""),
    set_to("creator_bad", "creator", "\"did:key\""),
];

const SUBSCRIPTIONS: &[Bad] = &[
    set_to("event_unknown", "event", "\"PAUSED\""),
    set_to("subscriber_bad", "subscriber", "\"@fan\""),
    set_to("tier_version_null", "tier_version", "null"),
    set_to("period_not_a_time", "period_start", "\"tomorrow\""),
    set_to("time_month_13", "at", "\"2026-13-01T00:00:00Z\""),
];

const BENEFITS: &[Bad] = &[
    set_to("status_unknown", "status", "\"SENT\""),
    set_to("method_unknown", "delivery_method", "\"PIGEON\""),
    set_to("type_null", "type", "null"),
    set_to("time_missing", "at", "null"),
];

const PLAYBACK: &[Bad] = &[
    set_to("viewer_bad", "viewer", "\"did:key:%zz\""),
    set_to("watch_negative_text", "watch_ms", "\"-1\""),
    set_to("watch_a_fraction", "watch_ms", "1.5"),
    set_to("completed_a_text", "completed", "\"yes\""),
    set_to("interaction_unknown", "interactions", "[\"WAVE\"]"),
    set_to("interactions_null", "interactions", "null"),
    set_to("network_unknown", "network", "\"6G\""),
    set_to("started_at_missing", "started_at", "null"),
    set_to("device_a_text", "device", "\"PHONE\""),
];

const NODES: &[Bad] = &[
    set_to("status_unknown", "status", "\"DOWN\""),
    set_to("cost_too_many_digits", "value", "\"0.0000000001\""),
    set_to("cost_of_unknown_currency", "currency", "\"ABC\""),
    set_to("capacity_a_text", "capacity_gbps", "\"40\""),
    set_to("cache_a_fraction", "cache_bytes", "1.5"),
];

const CONTENT: &[Bad] = &[
    set_to("creator_bad", "creator", "\"creator\""),
    set_to("visibility_unknown", "visibility", "\"HIDDEN\""),
    set_to("duration_a_text", "duration_ms", "\"21000\""),
    set_to("published_at_bad", "published_at", "\"2026-11-01\""),
    set_to("renditions_an_object", "renditions", "{}"),
];

const ACCESS: &[Bad] = &[
    by("more_values_than_names", |row, out| {
        out.extend_from_slice(row);
        out.extend_from_slice(b"\tone\ttwo\tthree");
    }),
    by("bytes_not_a_number", |row, out| column(row, 3, b"many", out)),
    by("status_not_a_number", |row, out| column(row, 8, b"2xx", out)),
    by("date_missing", |row, out| column(row, 0, b"-", out)),
    by("date_bad", |row, out| column(row, 0, b"2026-02-30", out)),
    by("time_missing", |row, out| column(row, 1, b"-", out)),
    by("time_bad", |row, out| column(row, 1, b"24:60:00", out)),
    by("request_id_missing", |row, out| column(row, 14, b"-", out)),
    by("cut_before_the_request_id", |row, out| {
        let columns: Vec<&[u8]> = row.split(|&byte| byte == b'\t').take(9).collect();
        out.extend_from_slice(&columns.join(&b'\t'));
    }),
    by("invalid_utf8", |row, out| column(row, 7, b"/v/\xff\xfe/AVC/640/00001.m4s", out)),
];

/// The line with another value in a column of the standard order.
pub fn column(row: &[u8], place: usize, value: &[u8], out: &mut Vec<u8>) {
    for (at, column) in row.split(|&byte| byte == b'\t').enumerate() {
        if at > 0 {
            out.push(b'\t');
        }
        out.extend_from_slice(if at == place { value } else { column });
    }
}
