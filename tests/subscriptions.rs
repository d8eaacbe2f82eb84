//! Subscriptions from outside: what was paid for, what is owed, what is wrong, and how revenue moves.

#[path = "subscriptions/landing.rs"]
mod landing;
#[path = "subscriptions/metrics.rs"]
mod metrics;

use landing::{benefits, escrows, events, rows, tiers};

use crate::support::{Place, assert_same, counted};

const TIERS: &str = "
    gold   1 cleo 10.00 USD MONTH 01T00 E:be_films D:be_mail
    silver 1 cleo  5.00 USD MONTH 01T00 C:be_badge
";

fn night(place: &Place, day: &str) {
    place.night("nightly", &format!("2026-11-{day}"));
}

/// Asserts that a query gives the rows of a table, `-` for null.
fn check(what: &str, place: &Place, query: &str, expected: &str) {
    let texts = |row: Vec<&str>| row.iter().map(|text| text.trim_matches('-').to_owned()).collect::<Vec<_>>();
    let expected = counted(rows(expected).into_iter().map(texts));
    assert_same(what, &counted(place.rows(query)), &expected);
}

const ENTITLEMENTS: &str = "SELECT subscription_id, benefit_id, to_char(period_start, '%dT%H') AS period_start, \
    class, delivery_id FROM silver.entitlements";

/// Everything that names a subscription here lands on the 20th to the 22nd; the last night is the 22nd.
fn owed() -> Place {
    let place = Place::new();
    tiers(&place, "20", TIERS);
    events(
        &place,
        "20",
        "
        se_1 su_prompt  STARTED ann cleo gold   1 20T06 12-20T06 - 20T06
        se_2 su_late    STARTED ann cleo gold   1 20T06 12-20T06 - 20T06
        se_3 su_short   STARTED ann cleo silver 1 20T06 21T06    - 20T06
        se_4 su_strange STARTED ann cleo none   1 20T06 12-20T06 - 20T06
        se_5 su_twice   STARTED ann cleo silver 1 20T06 12-20T06 - 20T06
        se_6 su_void    STARTED ann cleo silver 1 20T06 20T06    - 20T06
        ",
    );
    events(
        &place,
        "22",
        "
        se_7 su_short RENEWED ann cleo silver 1 21T06 22T06    - 21T06 # a day late
        se_8 su_short RENEWED ann cleo silver 1 22T06 23T06    - 22T06
        se_9 su_twice RENEWED ann cleo gold   1 22T00 12-22T00 - 22T00
        ",
    );
    benefits(
        &place,
        "21",
        "
        bd_01 su_prompt  be_films E FAILED    20T07
        bd_02 su_prompt  be_films E DELIVERED 20T08
        bd_03 su_prompt  be_films E DELIVERED 20T09
        bd_04 su_prompt  be_mail  D DELIVERED 21T06                # after 24 hours to the microsecond
        bd_05 su_late    be_films E DELIVERED 21T06:00:00.000001
        bd_06 su_late    be_mail  C DELIVERED 20T07
        bd_07 su_short   be_badge C FAILED    20T07
        bd_08 su_short   be_badge C FAILED    20T08
        bd_09 su_short   be_badge C DELIVERED 21T06                # the next period's
        bd_10 su_prompt  be_badge C DELIVERED 20T07                # of another tier
        bd_11 su_prompt  be_badge C FAILED    20T06
        bd_12 su_prompt  be_films E DELIVERED 20T05                # before it began
        bd_13 su_strange be_films E DELIVERED 20T07
        bd_14 su_nobody  be_films E FAILED    20T07
        bd_15 su_void    be_badge C DELIVERED 20T07
        ",
    );
    benefits(&place, "22", "bd_16 su_twice be_badge C DELIVERED 22T01 # in two periods: the later has it");
    place
}

#[test]
fn every_period_and_benefit_has_its_class() {
    let place = owed();
    ["20", "21", "22"].iter().for_each(|day| night(&place, day));
    let expected = "
        su_prompt  be_films 20T06 DELIVERED    bd_02
        su_prompt  be_mail  20T06 DELIVERED    bd_04
        su_prompt  be_badge 20T06 NOT_ENTITLED bd_10
        su_prompt  be_films -     NOT_ENTITLED bd_12
        su_late    be_films 20T06 LATE         bd_05
        su_late    be_mail  20T06 WRONG_METHOD bd_06
        su_short   be_badge 20T06 FAILED       bd_08
        su_short   be_badge 21T06 DELIVERED    bd_09
        su_short   be_badge 22T06 PENDING      -
        su_strange be_films 20T06 NOT_ENTITLED bd_13
        su_nobody  be_films -     NOT_ENTITLED bd_14
        su_void    be_badge -     NOT_ENTITLED bd_15
        su_twice   be_badge 20T06 MISSING      -
        su_twice   be_badge 22T00 NOT_ENTITLED bd_16
        su_twice   be_films 22T00 MISSING      -    # its 24 hours end with the night
        su_twice   be_mail  22T00 MISSING      -
    ";
    check("entitlements", &place, ENTITLEMENTS, expected);
    // An earlier night, run again, leaves the state after the last one.
    let rerun = place.run(&["run", "subscriptions", "--date", "2026-11-20", "--quiet"]);
    assert_eq!(rerun.code, 0, "{}", rerun.stderr);
    check("entitlements after a night run again", &place, ENTITLEMENTS, expected);
    // What creators owed as of each night.
    check(
        "obligations",
        &place,
        "SELECT to_char(dt, '%d') AS dt, replace(creator, 'did:key:', '') AS creator, tier_id, type, class, count \
         FROM gold.creator_obligations_daily",
        "
        20 cleo gold   EXCLUSIVE_CONTENT PENDING      2
        20 cleo gold   DIRECT_MESSAGE    PENDING      2
        20 cleo silver CUSTOM_BADGE      PENDING      2
        21 cleo gold   EXCLUSIVE_CONTENT LATE         1
        21 cleo gold   DIRECT_MESSAGE    WRONG_METHOD 1
        21 cleo silver CUSTOM_BADGE      FAILED       1
        21 cleo silver CUSTOM_BADGE      MISSING      1
        22 cleo gold   EXCLUSIVE_CONTENT LATE         1
        22 cleo gold   EXCLUSIVE_CONTENT MISSING      1
        22 cleo gold   DIRECT_MESSAGE    WRONG_METHOD 1
        22 cleo gold   DIRECT_MESSAGE    MISSING      1
        22 cleo silver CUSTOM_BADGE      FAILED       1
        22 cleo silver CUSTOM_BADGE      MISSING      1
        22 cleo silver CUSTOM_BADGE      PENDING      1
        ",
    );
}

/// As the columns of a key: the tier of a tier's fault, the event of a subscription's.
const FINDINGS: &str = "SELECT class, subscription_id, CASE WHEN subscription_id IS NULL THEN tier_id END AS tier_id, \
    CASE WHEN subscription_id IS NULL THEN tier_version END AS tier_version, event_id \
    FROM silver.subscription_findings";

#[test]
fn every_fault_of_a_life_is_named() {
    let place = Place::new();
    tiers(&place, "20", TIERS);
    escrows(
        &place,
        "20",
        "
        es_open   SUBSCRIPTION ann cleo 10.00 USD 20T05 CREATED FUNDED
        es_ended  SUBSCRIPTION ann cleo 10.00 USD 20T05 CREATED CANCELLED
        es_cheap  SUBSCRIPTION ann cleo  9.99 USD 20T05 CREATED FUNDED
        es_euro   SUBSCRIPTION ann cleo 10.00 EUR 20T05 CREATED FUNDED
        es_tip    TIP          ann cleo 10.00 USD 20T05 CREATED FUNDED
        es_payer  SUBSCRIPTION bob cleo 10.00 USD 20T05 CREATED FUNDED
        es_paid   SUBSCRIPTION ann dora 10.00 USD 20T05 CREATED FUNDED
        es_1      SUBSCRIPTION ann cleo 10.00 USD 20T05 CREATED FUNDED
        es_2      SUBSCRIPTION ann cleo 10.00 USD 20T05 CREATED FUNDED
        es_3      SUBSCRIPTION ann cleo 10.00 USD 20T05 CREATED FUNDED
        es_4      SUBSCRIPTION ann cleo 10.00 USD 20T05 CREATED FUNDED
        es_5      SUBSCRIPTION ann cleo 10.00 USD 20T05 CREATED FUNDED
        es_6      SUBSCRIPTION ann cleo 10.00 USD 20T05 CREATED FUNDED
        es_7      SUBSCRIPTION ann dora 10.00 USD 20T05 CREATED FUNDED
        es_8      SUBSCRIPTION ann cleo 10.00 USD 20T05 CREATED FUNDED
        es_9      SUBSCRIPTION ann cleo 10.00 USD 20T05 CREATED FUNDED
        ",
    );
    events(
        &place,
        "20",
        "
        se_01 su_clean   STARTED    ann cleo gold 1 20T06 12-20T06 es_open  20T06
        se_02 su_ended   STARTED    ann cleo gold 1 20T06 12-20T06 es_ended 20T06
        se_03 su_cheap   STARTED    ann cleo gold 1 20T06 12-20T06 es_cheap 20T06
        se_04 su_euro    STARTED    ann cleo gold 1 20T06 12-20T06 es_euro  20T06
        se_06 su_payer   STARTED    ann cleo gold 1 20T06 12-20T06 es_payer 20T06
        se_07 su_paid    STARTED    ann cleo gold 1 20T06 12-20T06 es_paid  20T06
        se_08 su_unpaid  STARTED    ann cleo gold 1 20T06 12-20T06 -        20T06
        se_09 su_lost    STARTED    ann cleo gold 1 20T06 12-20T06 es_lost  20T06
        se_10 su_overlap STARTED    ann cleo gold 1 20T06 12-20T06 es_1     20T06
        se_11 su_overlap UPGRADED   ann cleo gold 1 21T06 12-21T06 es_2     20T07
        se_12 su_again   STARTED    ann cleo gold 1 20T06 21T06    es_3     20T06
        se_13 su_again   STARTED    ann cleo gold 1 21T06 22T06    es_3     20T07 # and its escrow once more
        se_14 su_orphan  RENEWED    ann cleo gold 1 20T06 12-20T06 es_4     20T06
        se_15 su_early   CANCELLED  ann cleo gold 1 -     -        -        20T05
        se_16 su_early   STARTED    ann cleo gold 1 20T06 12-20T06 es_5     20T06
        se_17 su_over    STARTED    ann cleo gold 1 20T06 21T06    es_6     20T06
        se_18 su_over    EXPIRED    ann cleo gold 1 -     -        -        21T06
        se_19 su_over    CANCELLED  ann cleo gold 1 -     -        -        21T07
        se_20 su_foreign STARTED    ann dora gold 1 20T06 12-20T06 es_7     20T06 # cleo's tier
        se_21 su_unknown STARTED    ann cleo gold 7 20T06 12-20T06 es_8     20T06
        se_22 su_empty   STARTED    ann cleo gold 1 20T06 20T06    es_9     20T06
        ",
    );
    night(&place, "20");
    // The tip lies a day back when it is named; versions of tiers land in every disorder.
    events(&place, "21", "se_05 su_tip STARTED ann cleo gold 1 20T06 12-20T06 es_tip 20T06");
    tiers(
        &place,
        "21",
        "
        gold   1 cleo 12.00 USD MONTH 01T00 E:be_films D:be_mail # another price, no other version
        silver 1 cleo  5.00 USD MONTH 01T00 C:be_other           # another payload at the same price
        silver 2 cleo  6.00 USD MONTH 31T00 C:be_badge           # no such day: quarantined
        gold   4 cleo 12.00 USD MONTH 20T00 E:be_films
        gold   5 cleo 13.00 USD MONTH 19T00 E:be_films
        ",
    );
    night(&place, "21");
    let expected = "
        PAYMENT_NOT_SETTLED su_ended   - - se_02
        PRICE_DIFFERS       su_cheap   - - se_03
        PRICE_DIFFERS       su_euro    - - se_04
        ESCROW_DIFFERS      su_tip     - - se_05
        ESCROW_DIFFERS      su_payer   - - se_06
        ESCROW_DIFFERS      su_paid    - - se_07
        NO_ESCROW           su_unpaid  - - se_08
        NO_ESCROW           su_lost    - - se_09
        OVERLAPPING_PERIODS su_overlap - - se_11
        STARTED_TWICE       su_again   - - se_13
        ESCROW_REUSED       su_again   - - se_13
        NOT_STARTED         su_orphan  - - se_14
        NOT_STARTED         su_early   - - se_15
        EVENT_AFTER_EXPIRED su_over    - - se_19
        UNKNOWN_TIER        su_foreign - - se_20
        UNKNOWN_TIER        su_unknown - - se_21
        INVALID_PERIOD      su_empty   - - se_22
        PRICE_CHANGED_WITHOUT_VERSION - gold 1 -
        TIER_VERSION_GAP              - gold 4 -
        TIER_VERSION_ORDER            - gold 5 -
    ";
    check("findings", &place, FINDINGS, expected);
    check(
        "amounts",
        &place,
        "SELECT class, coalesce(event_id, tier_id) AS at, currency, expected, actual \
         FROM silver.subscription_findings WHERE class LIKE 'PRICE%' OR class = 'PAYMENT_NOT_SETTLED'",
        "
        PRICE_DIFFERS                 se_03 USD 10.000000000 9.990000000
        PRICE_DIFFERS                 se_04 USD 10.000000000 -
        PAYMENT_NOT_SETTLED           se_02 USD 10.000000000 10.000000000
        PRICE_CHANGED_WITHOUT_VERSION gold  USD 10.000000000 12.000000000
        ",
    );
    let ids = "SELECT finding_id FROM silver.subscription_findings";
    let before = counted(place.rows(ids));
    // The lost escrow lands, one that was open is cancelled; an earlier night changes nothing.
    escrows(&place, "22", "es_lost SUBSCRIPTION ann cleo 10.00 USD 20T05 CREATED FUNDED");
    night(&place, "22");
    night(&place, "20");
    let lost = |line: &&str| !line.contains("su_lost");
    let expected = expected.lines().filter(lost).collect::<Vec<_>>().join("\n");
    check("findings once the escrow has landed", &place, FINDINGS, &expected);
    let after = counted(place.rows(ids));
    assert_eq!(after.len() + 1, before.len());
    assert!(after.keys().all(|id| before.contains_key(id)), "{before:?}\n{after:?}");
}

/// An escrow that is no subscription's is kept as soon as an event names it, whichever night is run first.
#[test]
fn what_escrows_are_known_does_not_depend_on_the_order_of_nights() {
    let land = |place: &Place, days: &[&str]| {
        let named = "se_1 su_1 STARTED ann cleo gold 1 20T06 12-20T06 es_tip 20T06";
        for day in days {
            match *day {
                "20" => escrows(place, "20", "es_tip TIP ann cleo 10.00 USD 20T05 CREATED FUNDED"),
                "21" => tiers(place, "21", TIERS),
                _ => events(place, "22", named),
            }
            night(place, day);
        }
    };
    for order in [["20", "21", "22"], ["22", "21", "20"], ["21", "22", "20"], ["22", "20", "21"]] {
        let place = Place::new();
        land(&place, &order);
        check(&format!("{order:?}"), &place, FINDINGS, "ESCROW_DIFFERS su_1 - - se_1");
    }
}
