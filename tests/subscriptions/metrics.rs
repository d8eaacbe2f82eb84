//! Recurring revenue over four days, with every movement, and figures that go on from night to night.

use super::landing::{events, tiers};
use super::{check, night};
use crate::support::Place;

const METRICS: &str = "SELECT to_char(dt, '%d') AS dt, tier_id, currency, active_subscribers, active_count, \
    CAST(mrr AS DECIMAL(38, 2)) AS mrr, concat_ws(',', \
        CASE WHEN opening_count <> 0 OR opening_mrr <> 0 THEN concat('o', opening_count, '=', CAST(opening_mrr AS DECIMAL(38, 2))) END, \
        CASE WHEN restated_count <> 0 OR restated_mrr <> 0 THEN concat('r', restated_count, '=', CAST(restated_mrr AS DECIMAL(38, 2))) END, \
        CASE WHEN new_count <> 0 OR new_mrr <> 0 THEN concat('n', new_count, '=', CAST(new_mrr AS DECIMAL(38, 2))) END, \
        CASE WHEN reactivated_count <> 0 THEN concat('b', reactivated_count, '=', CAST(reactivated_mrr AS DECIMAL(38, 2))) END, \
        CASE WHEN expansion_mrr <> 0 THEN concat('i', moved_in_count, '=', CAST(expansion_mrr AS DECIMAL(38, 2))) END, \
        CASE WHEN contraction_mrr <> 0 THEN concat('x', moved_out_count, '=', CAST(contraction_mrr AS DECIMAL(38, 2))) END, \
        CASE WHEN churned_count <> 0 THEN concat('c', churned_count, '=', CAST(churned_mrr AS DECIMAL(38, 2))) END \
    ) AS movements, concat(renewed, '/', renewals_due) AS renewals, renewal_rate, holds \
    FROM gold.subscription_metrics_daily";

#[test]
fn revenue_moves_and_adds_up_over_four_days() {
    let place = Place::new();
    tiers(
        &place,
        "20",
        "
        gold   1 cleo 10.00 USD MONTH 01T00 E:be_films
        silver 1 cleo  5.00 USD MONTH 01T00 E:be_films
        daily  1 cleo  1.00 USD DAY   01T00 E:be_films
        weekly 1 cleo  1.00 USD WEEK  01T00 E:be_films
        yearly 1 cleo  100  JPY YEAR  01T00 E:be_films
        ",
    );
    events(
        &place,
        "20",
        "
        se_01 su_gold   STARTED ann cleo gold   1 20T06 12-20T06 - 20T06
        se_02 su_gold2  STARTED ann cleo gold   1 20T07 12-20T07 - 20T07 # the same person once more
        se_03 su_silver STARTED ann cleo silver 1 20T06 12-20T06 - 20T06
        se_04 su_day1   STARTED ann cleo daily  1 20T06 21T06    - 20T06 # renewed on the 21st
        se_05 su_day2   STARTED bob cleo daily  1 20T06 21T06    - 20T06 # comes back on the 22nd
        se_06 su_day3   STARTED eve cleo daily  1 20T00 21T00    - 20T00 # ends with the day: still active
        se_07 su_week   STARTED ann cleo weekly 1 20T06 27T06    - 20T06
        se_08 su_year   STARTED ann cleo yearly 1 20T06 12-31T06 - 20T06
        se_09 su_void   STARTED ann cleo gold   1 20T06 20T06    - 20T06 # no period
        ",
    );
    night(&place, "20");
    events(
        &place,
        "21",
        "
        se_10 su_day1   RENEWED  ann cleo daily  1 21T06 22T06    - 21T06
        se_11 su_silver UPGRADED ann cleo gold   1 21T06 12-21T06 - 21T06
        se_12 su_alien  STARTED  ann cleo alien  1 21T06 12-21T06 - 21T06 # its tier lands the day after
        ",
    );
    night(&place, "21");
    tiers(&place, "22", "alien 1 cleo 7.00 USD MONTH 01T00 E:be_films");
    events(
        &place,
        "22",
        "
        se_13 su_day1  RENEWED    ann cleo daily  1 22T06 23T06    - 22T06
        se_14 su_day2  RENEWED    bob cleo daily  1 22T06 23T06    - 22T06
        se_15 su_late  STARTED    dan cleo gold   1 20T06 12-20T06 - 20T06 # two days late
        se_16 su_gold2 DOWNGRADED ann cleo silver 1 22T06 12-22T06 - 22T06
        ",
    );
    night(&place, "22");
    events(&place, "23", "se_17 su_gone STARTED dan cleo gold 1 20T06 22T06 - 20T06 # came and went unseen");
    night(&place, "23");
    let expected = "
        20 gold   USD 1 2 20.00 n2=20.00                      0/0 - true
        20 silver USD 1 1  5.00 n1=5.00                       0/0 - true
        20 daily  USD 3 3 91.26 n3=91.26                      0/0 - true
        20 weekly USD 1 1  4.35 n1=4.35                       0/0 - true
        20 yearly JPY 1 1  8.00 n1=8.00                       0/0 - true
        21 gold   USD 1 3 30.00 o2=20.00,i1=10.00             0/0 - true
        21 silver USD 0 0  0.00 o1=5.00,x1=5.00               0/0 - true
        21 daily  USD 1 1 30.42 o3=91.26,c2=60.84             1/3 0.333333333 true
        21 weekly USD 1 1  4.35 o1=4.35                       0/0 - true
        21 yearly JPY 1 1  8.00 o1=8.00                       0/0 - true
        21 alien  -   1 1  0.00 n1=0.00                       0/0 - true
        22 gold   USD 2 3 30.00 o3=30.00,r1=10.00,x1=10.00    0/0 - true
        22 silver USD 1 1  5.00 i1=5.00                       0/0 - true
        22 daily  USD 2 2 60.84 o1=30.42,b1=30.42             1/1 1.000000000 true
        22 weekly USD 1 1  4.35 o1=4.35                       0/0 - true
        22 yearly JPY 1 1  8.00 o1=8.00                       0/0 - true
        22 alien  -   0 0  0.00 o1=0.00,r-1=0.00              0/0 - true
        22 alien  USD 1 1  7.00 r1=7.00                       0/0 - true
        23 gold   USD 2 3 30.00 o3=30.00                      0/0 - true
        23 silver USD 1 1  5.00 o1=5.00                       0/0 - true
        23 daily  USD 0 0  0.00 o2=60.84,c2=60.84             0/2 0.000000000 true
        23 weekly USD 1 1  4.35 o1=4.35                       0/0 - true
        23 yearly JPY 1 1  8.00 o1=8.00                       0/0 - true
        23 alien  USD 1 1  7.00 o1=7.00                       0/0 - true
    ";
    check("metrics", &place, METRICS, expected);
    // A night in the middle, run again, states the same; so does the one after it.
    night(&place, "21");
    night(&place, "22");
    check("metrics after nights run again", &place, METRICS, expected);
    // A subscription that landed on a day long stated is a restatement of the next night.
    let landed = "se_18 su_back STARTED fay cleo silver 1 20T06 12-20T06 - 20T06";
    events(&place, "24", landed);
    night(&place, "24");
    let silver = format!("{METRICS} WHERE dt = DATE '2026-11-24' AND tier_id = 'silver'");
    check("a restatement", &place, &silver, "24 silver USD 2 2 10.00 o1=5.00,r1=5.00 0/0 - true");
}

/// Figures that do not add up end the night with 4.
#[test]
fn a_night_that_does_not_go_on_from_the_one_before_fails_its_audit() {
    let place = Place::new();
    tiers(&place, "20", "gold 1 cleo 10.00 USD MONTH 01T00 E:be_films");
    events(&place, "20", "se_1 su_1 STARTED ann cleo gold 1 20T06 12-20T06 - 20T06");
    night(&place, "20");
    night(&place, "21");
    // The 20th is stated anew; the 21st still goes on from what it was.
    let more = "se_2 su_2 STARTED ann cleo gold 1 20T06 12-20T06 - 20T06";
    let text = "se_1 su_1 STARTED ann cleo gold 1 20T06 12-20T06 - 20T06\n".to_owned() + more;
    events(&place, "20", &text);
    night(&place, "20");
    let ended = place.run(&["run", "audit", "--date", "2026-11-21", "--quiet"]);
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    assert!(ended.stderr.contains("subscription_metrics_hold"), "{}", ended.stderr);
    night(&place, "21");
}
