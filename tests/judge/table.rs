//! Reads a table of events, one a line, into the rows of a case, with defaults for all that is not said.

use reconcile::case::{
    Case, DAY_MICROS, Entry, EntryKind, EscrowEvent, EventKind, Fee, Fx, Night, PaymentKind, Posting,
    Standing, Transfer, TransferStatus, Visibility,
};
use reconcile::schedule::{FeeMode, FeeRule, PartyAlias, Rules, Schedule};
use schemas::money::{self, Rate, Rounding};

use super::words::{
    DAY_ZERO, HOUR, MINUTE, Words, amount, currency, day, keep, party, standing, time, visibility,
};

/// Everything that one verdict is judged from.
#[derive(Clone)]
pub struct Table {
    pub night: Night,
    pub rules: Rules,
    fees: Vec<FeeRule>,
    pub events: Vec<EscrowEvent<'static>>,
    pub transfers: Vec<(Transfer<'static>, Vec<Fee<'static>>)>,
    pub entries: Vec<(Entry<'static>, Vec<Posting<'static>>)>,
}

impl Default for Table {
    /// No rows, the default rules, and a night four days on by which every source is complete.
    fn default() -> Self {
        Self {
            night: Night::complete(DAY_ZERO + 4 * DAY_MICROS),
            rules: Rules::default(),
            fees: Vec::new(),
            events: Vec::new(),
            transfers: Vec::new(),
            entries: Vec::new(),
        }
    }
}

impl Table {
    /// Adds what one line says.
    pub fn read(&mut self, line: &str) {
        let mut words = Words::of(line);
        match words.next() {
            "night" => self.read_night(&mut words),
            "fee" => self.read_fee_rule(&mut words),
            "alias" => self.rules.party_aliases.push(PartyAlias {
                from: party(words.next()).to_owned(),
                to: party(words.next()).to_owned(),
                effective_from: day(words.next()),
            }),
            "escrow" => self.read_event(&mut words),
            "transfer" => self.read_transfer(&mut words),
            "entry" => self.read_entry(&mut words),
            _ => words.fail("unknown line"),
        }
    }

    /// `night +1/00:00 escrow 12:00 wallet 12:00 ledger 12:00`: the end of the day, then the watermarks.
    pub fn read_night(&mut self, words: &mut Words<'_>) {
        if let Some(end) = words.next_if(time) {
            self.night = Night::complete(end);
        }
        while let Some(source) = words.word() {
            let Some(mark) = words.next_if(time) else { words.fail("a watermark is a time") };
            match source {
                "escrow" => self.night.watermarks.escrow = mark,
                "wallet" => self.night.watermarks.wallet = mark,
                "ledger" => self.night.watermarks.ledger = mark,
                _ => words.fail("unknown source"),
            }
        }
    }

    /// `fee VAT 2020-01-01 EUR 0.19 +0.30 to vat_account`, or `recorded` for the rate. The first such line
    /// replaces the default schedule.
    fn read_fee_rule(&mut self, words: &mut Words<'_>) {
        let (kind, effective_from) = (words.next().to_owned(), day(words.next()));
        let only = words.next_if(currency).map(str::to_owned);
        let mode = match words.next() {
            "recorded" => FeeMode::Recorded,
            rate => FeeMode::Computed {
                rate: Rate::parse(rate).unwrap_or_else(|_| words.fail("a rate")),
                fixed: words.next_if(amount).unwrap_or(0),
            },
        };
        assert_eq!(words.next(), "to");
        let account = words.next().to_owned();
        self.fees.push(FeeRule { kind, effective_from, currency: only, account, mode });
        self.rules.schedule = Schedule::new(self.fees.clone());
    }

    /// `escrow 1 CREATED 12.50 USD a>b TIP PUBLIC 10:01`: all but the first two may be left out; the time is
    /// as many minutes past ten as the sequence says.
    fn read_event(&mut self, words: &mut Words<'_>) {
        let sequence = words.next().parse().unwrap_or_else(|_| words.fail("a sequence"));
        let Some(event) = EventKind::parse(words.next()) else { words.fail("an event") };
        let mut row = EscrowEvent {
            event_id: keep(&format!("ee_{}", self.events.len() + 1)),
            sequence,
            event,
            kind: PaymentKind::Tip,
            from: party("a"),
            to: party("b"),
            amount: 12_500_000_000,
            currency: "USD",
            visibility: Some(Visibility::Public),
            at: DAY_ZERO + 10 * HOUR + sequence * MINUTE,
            standing: Standing::SOLE,
        };
        while let Some(word) = words.word() {
            if let Some(units) = amount(word) {
                row.amount = units;
            } else if let Some(code) = currency(word) {
                row.currency = code;
            } else if let Some((from, to)) = word.split_once('>') {
                (row.from, row.to) = (party(from), party(to));
            } else if let Some(kind) = PaymentKind::parse(word) {
                row.kind = kind;
            } else if let Some(seen) = visibility(word) {
                row.visibility = seen;
            } else if let Some(at) = time(word) {
                row.at = at;
            } else if let Some(standing) = standing(word) {
                row.standing = standing;
            } else if word.starts_with("ee_") {
                row.event_id = keep(word);
            } else {
                words.fail(word);
            }
        }
        self.events.push(row);
    }

    /// `transfer tx_1 SETTLED 12.50 USD fees PLATFORM 0.63 @0.05 PROCESSING 0.36 net 11.51 10:10`, and
    /// `fx 10.00 EUR 1.25`. Fees are those of the default schedule unless `fees` begins a list (`fees` alone:
    /// none), `@-` leaves a percentage unstated; the net is what remains unless it is said.
    fn read_transfer(&mut self, words: &mut Words<'_>) {
        let mut row = Transfer {
            transaction_id: "tx_1",
            amount: 12_500_000_000,
            currency: "USD",
            fees: &[],
            net: 0,
            status: TransferStatus::Settled,
            fx: None,
            at: DAY_ZERO + 10 * HOUR + 10 * MINUTE,
            standing: Standing::SOLE,
        };
        let (mut fees, mut net) = (None, None);
        while let Some(word) = words.word() {
            if let Some(units) = amount(word) {
                row.amount = units;
            } else if let Some(code) = currency(word) {
                row.currency = code;
            } else if let Some(status) = TransferStatus::parse(word) {
                row.status = status;
            } else if let Some(at) = time(word) {
                row.at = at;
            } else if let Some(standing) = standing(word) {
                row.standing = standing;
            } else if word.starts_with("tx_") {
                row.transaction_id = keep(word);
            } else if word == "net" {
                net = Some(words.next_if(amount).unwrap_or_else(|| words.fail("a net")));
            } else if word == "fees" {
                fees = Some(read_fees(words));
            } else if word == "fx" {
                row.fx = Some(Fx {
                    amount: words.next_if(amount).unwrap_or_else(|| words.fail("an amount")),
                    currency: words.next_if(currency).unwrap_or_else(|| words.fail("a currency")),
                    rate: Rate::parse(words.next()).unwrap_or_else(|_| words.fail("a rate")),
                });
            } else {
                words.fail(word);
            }
        }
        let fees = fees.unwrap_or_else(|| default_fees(row.amount, row.currency));
        row.net = net.unwrap_or(row.amount - fees.iter().map(|fee| fee.amount).sum::<i128>());
        self.transfers.push((row, fees));
    }

    /// `entry le_1 #1 TIP PUBLIC 12.50 USD a>b for tx_1 10:11`, with the postings of a payment or (REFUND) of
    /// a refund under the default schedule, or with a list after `post`: `escrow/a -12.50 creator/b 11.51 …`,
    /// where a currency may follow an amount.
    fn read_entry(&mut self, words: &mut Words<'_>) {
        let mut row = Entry {
            entry_id: "le_1",
            sequence: self.entries.len() as i64 + 1,
            kind: EntryKind::Tip,
            transaction: Some("tx_1"),
            postings: &[],
            timestamp: DAY_ZERO + 10 * HOUR + 11 * MINUTE,
            visibility: Some(Visibility::Public),
            standing: Standing::SOLE,
        };
        let (mut gross, mut code, mut parties) = (12_500_000_000, "USD", ("a", "b"));
        let mut listed = None;
        while let Some(word) = words.word() {
            if let Some(units) = amount(word) {
                gross = units;
            } else if let Some(known) = currency(word) {
                code = known;
            } else if let Some(pair) = word.split_once('>') {
                parties = pair;
            } else if let Some(kind) = EntryKind::parse(word) {
                row.kind = kind;
            } else if let Some(seen) = visibility(word) {
                row.visibility = seen;
            } else if let Some(at) = time(word) {
                row.timestamp = at;
            } else if let Some(standing) = standing(word) {
                row.standing = standing;
            } else if let Some(sequence) = word.strip_prefix('#') {
                row.sequence = sequence.parse().unwrap_or_else(|_| words.fail("a sequence"));
            } else if word.starts_with("le_") {
                row.entry_id = keep(word);
            } else if word == "for" {
                row.transaction = Some(words.next()).filter(|id| *id != "-").map(keep);
            } else if word == "post" {
                listed = Some(read_postings(words, code));
            } else {
                words.fail(word);
            }
        }
        if row.kind == EntryKind::Refund {
            row.transaction = None;
        }
        let postings = listed.unwrap_or_else(|| default_postings(row.kind, gross, code, parties));
        self.entries.push((row, postings));
    }

    /// Judges the table and hands the verdict to `read`.
    pub fn judge<T>(&self, read: impl FnOnce(Option<reconcile::Verdict<'_>>) -> T) -> T {
        let transfers: Vec<_> = self.transfers.iter().map(|(row, fees)| Transfer { fees, ..*row }).collect();
        let entries: Vec<_> = self.entries.iter().map(|(row, postings)| Entry { postings, ..*row }).collect();
        let case = Case { escrow_id: "es_1", events: &self.events, transfers: &transfers, entries: &entries };
        read(reconcile::judge(&case, &self.night, &self.rules))
    }
}

fn read_fees(words: &mut Words<'_>) -> Vec<Fee<'static>> {
    let mut fees = Vec::new();
    let is_type = |word: &str| {
        let open = word.bytes().all(|byte| byte.is_ascii_uppercase());
        (open && currency(word).is_none() && TransferStatus::parse(word).is_none()).then(|| keep(word))
    };
    while let Some(kind) = words.next_if(is_type) {
        let units = words.next_if(amount).unwrap_or_else(|| words.fail("a fee's amount"));
        let stated = words.next_if(|word| word.strip_prefix('@').map(|rate| Rate::parse(rate).ok()));
        let percentage = stated.unwrap_or_else(|| default_rate(kind));
        fees.push(Fee { kind, percentage, amount: units });
    }
    fees
}

fn read_postings(words: &mut Words<'_>, code: &'static str) -> Vec<Posting<'static>> {
    let mut postings = Vec::new();
    let is_account = |word: &str| {
        let open = word.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'/'));
        (open && word != "for" && !word.starts_with("le_")).then(|| word.to_owned())
    };
    while let Some(word) = words.next_if(is_account) {
        let (account, owner) =
            word.split_once('/').map_or((&*word, None), |(account, name)| (account, Some(party(name))));
        postings.push(Posting {
            account: keep(account),
            party: owner,
            amount: words.next_if(amount).unwrap_or_else(|| words.fail("a posting's amount")),
            currency: words.next_if(currency).unwrap_or(code),
        });
    }
    postings
}

fn default_rate(kind: &str) -> Option<Rate> {
    match kind {
        "PLATFORM" => Some(Rate { mantissa: 5, scale: 2 }),
        "PROCESSING" => Some(Rate { mantissa: 29, scale: 3 }),
        _ => None,
    }
}

fn default_fees(gross: i128, code: &str) -> Vec<Fee<'static>> {
    let fee = |kind| {
        let percentage = default_rate(kind);
        let rounded = money::multiply(gross, percentage?, money::exponent(code)?, Rounding::HalfUp);
        Some(Fee { kind, percentage, amount: rounded? })
    };
    ["PLATFORM", "PROCESSING"].into_iter().filter_map(fee).collect()
}

fn default_postings(
    kind: EntryKind,
    gross: i128,
    code: &'static str,
    (payer, creator): (&str, &str),
) -> Vec<Posting<'static>> {
    let post = |account, owner: Option<&str>, units| Posting {
        account,
        party: owner.map(party),
        amount: units,
        currency: code,
    };
    let mut postings = vec![post("escrow", Some(payer), -gross)];
    if kind == EntryKind::Refund {
        postings.push(post("payer", Some(payer), gross));
        return postings;
    }
    let fees = default_fees(gross, code);
    postings.push(post("creator", Some(creator), gross - fees.iter().map(|fee| fee.amount).sum::<i128>()));
    for (fee, account) in fees.iter().zip(["platform_fees", "processing_fees"]) {
        postings.push(post(account, None, fee.amount));
    }
    postings
}
