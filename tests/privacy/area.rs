//! A day of every source in which a few persons are named wherever they can be.

use std::collections::BTreeMap;

use reconcile::chain::{GENESIS, Link, WrittenPosting, content_hash};

use crate::support::Place;

pub const D20: &str = "2026-11-20";
pub const D21: &str = "2026-11-21";
/// Who is looked for.
pub const ANN: &str = "did:key:z6MkAnnAnnAnnAnn";
/// Who pays and watches beside her.
pub const ZOE: &str = "did:key:z6MkZoeZoeZoeZoe";
pub const CREATOR: &str = "did:key:z6MkCreatorOne";
pub const MESSAGE: &str = "planted message";
pub const ADDRESS: &str = "203.0.113.77";
pub const FORWARDED: &str = "2001:db8::77";
pub const AGENT: &str = "PlantedAgent";

/// What must be found in no output.
pub const PLANTED: [&str; 7] = [ANN, ZOE, "z6MkAnnAnnAnnAnn", MESSAGE, ADDRESS, FORWARDED, AGENT];

pub fn event(id: &str, sequence: u32, event: &str, payer: &str, visibility: &str) -> String {
    format!(
        r#"{{"event_id":"ee_{id}_{sequence}","escrow_id":"es_{id}","sequence":{sequence},"event":"{event}","type":"TIP","from":"{payer}","to":"{CREATOR}","amount":{{"value":"12.50","currency":"USD"}},"metadata":{{"message":"{MESSAGE} {id}","visibility":"{visibility}"}},"at":"2026-11-20T12:0{sequence}:00Z"}}"#
    )
}

fn transfer(id: &str) -> String {
    format!(
        r#"{{"transaction_id":"tx_{id}","escrow_id":"es_{id}","amount":{{"value":"12.50","currency":"USD"}},"fees":[{{"type":"PLATFORM","percentage":"0.05","amount":"0.63"}},{{"type":"PROCESSING","percentage":"0.029","amount":"0.36"}}],"net":"11.51","status":"SETTLED","at":"2026-11-20T12:04:00Z"}}"#
    )
}

/// Writes entries one behind the other, with true hashes.
pub struct Ledger {
    sequence: i64,
    hash: String,
}

impl Ledger {
    pub fn new() -> Self {
        Self { sequence: 0, hash: GENESIS.to_owned() }
    }

    pub fn entry(&mut self, id: &str, payer: &str, visibility: &str) -> String {
        self.sequence += 1;
        let written = |account, party, amount| WrittenPosting { account, party, amount, currency: "USD" };
        let postings = [
            written("escrow", Some(payer), "-12.50"),
            written("creator", Some(CREATOR), "11.51"),
            written("platform_fees", None, "0.63"),
            written("processing_fees", None, "0.36"),
        ];
        let (entry_id, escrow_id, transaction) = (format!("le_{id}"), format!("es_{id}"), format!("tx_{id}"));
        let timestamp_ms = 1_795_176_300_000;
        let hash = content_hash(&Link {
            entry_id: &entry_id,
            sequence: self.sequence,
            kind: "TIP",
            escrow_id: &escrow_id,
            transaction: Some(&transaction),
            timestamp_ms,
            visibility: Some(visibility),
            postings: &postings,
            prev_hash: &self.hash,
            hash: "",
        });
        let listed: Vec<String> = postings
            .iter()
            .map(|posting| {
                let party = posting.party.map_or("null".to_owned(), |party| format!("\"{party}\""));
                format!(
                    r#"{{"account":"{}","party":{party},"amount":"{}","currency":"USD"}}"#,
                    posting.account, posting.amount
                )
            })
            .collect();
        let line = format!(
            r#"{{"entry_id":"{entry_id}","sequence":{},"type":"TIP","escrow_id":"{escrow_id}","transaction":"{transaction}","postings":[{}],"metadata":{{"timestamp":{timestamp_ms},"visibility":"{visibility}"}},"prev_hash":"{}","hash":"{hash}"}}"#,
            self.sequence,
            listed.join(","),
            self.hash
        );
        self.hash = hash;
        line
    }
}

pub fn playback(session: &str, viewer: &str) -> String {
    format!(
        r#"{{"session_id":"{session}","viewer":"{viewer}","creator":"{CREATOR}","content_id":"co_1","started_at":"2026-11-20T18:00:00Z","watch_ms":14200,"completed":true,"interactions":["LIKE"],"region":"eu","language":"de","referrer":"SEARCH","network":"4G","device":{{"class":"PHONE"}},"probes":[{{"node_id":"a","rtt_ms":20.0,"throughput_kbps":5000,"chosen_by":"POLICY","propensity":1.0}}]}}"#
    )
}

fn request(id: &str, session: &str) -> String {
    let agent = format!("{AGENT}%2F1");
    format!(
        "2026-11-20\t18:00:02\ta\t4000\t{ADDRESS}\t/v/co_1/AVC/640/1.m4s\t200\t{agent}\tCMCD=sid%3D%22{session}%22%2Cbr%3D900\tHit\t{id}\t{FORWARDED}"
    )
}

/// The escrows: who pays, how visibly, and what is wrong.
const TIPS: [(&str, &str, &str); 6] = [
    ("public", ANN, "PUBLIC"),
    ("anonymous", ANN, "ANONYMOUS"),
    ("private", ANN, "PRIVATE"),
    ("zoe", ZOE, "PUBLIC"),
    ("mismatch", ANN, "ANONYMOUS"),
    ("open", ANN, "PUBLIC"),
];

/// Lands a day of every source; gives the ledger, to go on with.
pub fn land(place: &Place) -> Ledger {
    let mut ledger = Ledger::new();
    let (mut events, mut transfers, mut entries) = (Vec::new(), Vec::new(), Vec::new());
    for (id, payer, visibility) in TIPS {
        events.push(event(id, 1, "CREATED", payer, visibility));
        events.push(event(id, 2, "FUNDED", payer, visibility));
        if id != "open" {
            events.push(event(id, 3, "RELEASED", payer, visibility));
            transfers.push(transfer(id));
            // One entry says that somebody else has paid.
            let booked = if id == "mismatch" { ZOE } else { payer };
            entries.push(ledger.entry(id, booked, visibility));
        }
    }
    // Refused lines that name her.
    events.push(format!(
        r#"{{"event_id":"ee_bad","from":"{ANN}","to":"nobody","metadata":{{"message":"{MESSAGE}"}}}}"#
    ));
    place.land("payments/escrow", D20, "events.ndjson", events.join("\n"));
    place.land("payments/wallet", D20, "transfers.ndjson", transfers.join("\n"));
    place.land("payments/ledger", D20, "entries.ndjson", entries.join("\n"));
    let playbacks = [
        playback("ps_ann_1", ANN),
        playback("ps_ann_2", ANN),
        playback("ps_zoe", ZOE),
        format!(r#"{{"session_id":"ps_bad","viewer":"{ANN}","creator":7}}"#),
    ];
    place.land("delivery/playback", D20, "playbacks.ndjson", playbacks.join("\n"));
    let fields = "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-uri-stem sc-status cs(User-Agent) \
                  cs-uri-query x-edge-result-type x-edge-request-id x-forwarded-for\n";
    let requests = [request("r1", "ps_ann_1"), request("r2", "ps_ann_2"), request("r3", "ps_zoe")];
    place.land("delivery/access", D20, "edge.log", format!("{fields}{}\n", requests.join("\n")));
    let node = r#"{"node_id":"a","provider":"p1","region":"eu","capabilities":["AVC"],"capacity_gbps":1,"cost_per_gb":{"value":"0.5","currency":"USD"},"cache_bytes":1000000,"status":"AVAILABLE"}"#;
    place.land("delivery/nodes", D20, "nodes.ndjson", node);
    let content = format!(
        r#"{{"content_id":"co_1","creator":"{CREATOR}","title":"A title","duration_ms":21000,"published_at":"2026-11-01T10:00:00Z","visibility":"PUBLIC","renditions":[{{"codec":"AVC","width":360,"height":640,"framerate":30,"peak_kbps":900,"bytes":6300000}}]}}"#
    );
    place.land("delivery/content", D20, "contents.ndjson", content);
    let tier = format!(
        r#"{{"tier_id":"ti_1","version":1,"creator":"{CREATOR}","name":"Gold","price":{{"value":"12.50","currency":"USD"}},"interval":"MONTH","benefits":[{{"benefit_id":"be_1","type":"CUSTOM_BADGE","description":"a badge","delivery_method":"BADGE"}}],"at":"2026-10-01T00:00:00Z"}}"#
    );
    place.land("subscriptions/tiers", D20, "tiers.ndjson", tier);
    let started = format!(
        r#"{{"event_id":"se_1","subscription_id":"su_1","event":"STARTED","subscriber":"{ANN}","creator":"{CREATOR}","tier_id":"ti_1","tier_version":1,"period_start":"2026-11-20T00:00:00Z","period_end":"2026-12-20T00:00:00Z","escrow_id":"es_public","at":"2026-11-20T00:00:03Z"}}"#
    );
    place.land("subscriptions/events", D20, "events.ndjson", started);
    ledger
}

/// The rest of the life of the escrow that was open, which lands a day later.
pub fn land_rest(place: &Place, ledger: &mut Ledger) {
    place.land("payments/escrow", D21, "events.ndjson", event("open", 3, "RELEASED", ANN, "PUBLIC"));
    place.land("payments/wallet", D21, "transfers.ndjson", transfer("open"));
    place.land("payments/ledger", D21, "entries.ndjson", ledger.entry("open", ANN, "PUBLIC"));
}

/// The class of each escrow on a night.
pub fn classes(place: &Place, dt: &str) -> BTreeMap<String, String> {
    let rows = place.rows(&format!(
        "SELECT escrow_id, class || ' ' || coalesce(CAST(net AS VARCHAR), '') FROM silver.reconciliation WHERE dt = DATE '{dt}'"
    ));
    rows.into_iter().map(|row| (row[0].clone(), row[1].clone())).collect()
}
