//! Days that lack something: each ends in a plan or a clear refusal, and the plan before stays in force.

use super::landing::{nodes, sessions};
use super::{D20, D21, D22, night, one};
use crate::support::Place;

const INVENTORY: &str = "
    near p1 eu AVC,HEVC 10 0.010 USD AVAILABLE
    far  p2 us AVC      10 0.004 USD AVAILABLE
";
const SESSIONS: &str = "
    eu AVC  30 near 5 near:20:POLICY:0.98 far:90:RANDOM:0.01
    eu HEVC 10 near 5 near:22:POLICY:0.98
";
const PLAN: &str = "SELECT region, codec, node_id, role, weight, is_carried, planned_on FROM gold.route_plan";

/// The first day as it should be, and its plan.
fn good() -> Place {
    let place = Place::new();
    nodes(&place, D20, INVENTORY);
    sessions(&place, D20, SESSIONS);
    night(&place, D20);
    place
}

/// What the summary of a night says: the refusal's first word, whether the plan is carried, all notes.
fn summary(place: &Place, dt: &str) -> (String, bool, String) {
    let row = one(
        place,
        &format!(
            "SELECT coalesce(refusal, ''), is_carried, array_to_string(notes, '; ') FROM gold.route_summary \
             WHERE dt = DATE '{dt}'"
        ),
    );
    let refusal = row[0].split(':').next().unwrap_or_default().to_owned();
    (refusal, row[1] == "true", row[2].clone())
}

fn plan(place: &Place, dt: &str) -> Vec<Vec<String>> {
    place.rows(&format!("{PLAN} WHERE dt = DATE '{dt}' ORDER BY region, codec, rank"))
}

/// The plan of a refused night is that of the night before, row for row, and says so.
fn assert_carried(place: &Place, before: &str, dt: &str) {
    let (first, second) = (plan(place, before), plan(place, dt));
    assert!(!first.is_empty());
    assert_eq!(first.len(), second.len());
    for (first, second) in first.iter().zip(&second) {
        assert_eq!(first[..5], second[..5]);
        assert_eq!(second[5..], ["true", D20]);
    }
}

#[test]
fn drained_full_or_unpriced_nodes_leave_the_plan_in_force() {
    let none = [
        INVENTORY.replace("AVAILABLE", "DRAINED"),
        INVENTORY.replace(" 10 ", " 0 "),
        INVENTORY.replace("AVC,HEVC", "VP9").replace("AVC ", "VP9 "),
    ];
    for inventory in none {
        let place = good();
        for dt in [D21, D22] {
            nodes(&place, dt, &inventory);
            sessions(&place, dt, SESSIONS);
            night(&place, dt);
            let (refusal, is_carried, notes) = summary(&place, dt);
            assert_eq!((refusal.as_str(), is_carried), ("a_node_must_be_available", true), "{inventory}");
            assert!(notes.contains("stays in force"), "{notes}");
        }
        assert_carried(&place, D20, D21);
        // The plan that was carried is carried on.
        assert_carried(&place, D20, D22);
        let losses = place.rows(&format!("SELECT lost FROM gold.route_losses WHERE dt = DATE '{D21}'"));
        assert_eq!(losses.len(), 0, "nothing is said of the losses of a plan that was not made");
    }
}

#[test]
fn without_probes_there_is_no_plan_and_with_one_there_is() {
    let place = Place::new();
    nodes(&place, D20, INVENTORY);
    sessions(&place, D20, "eu AVC 3 near 5\n eu HEVC 1 near 5");
    night(&place, D20);
    let (refusal, is_carried, notes) = summary(&place, D20);
    assert_eq!((refusal.as_str(), is_carried), ("round_trips_must_be_known", false));
    assert!(notes.contains("no plan before"), "{notes}");
    assert_eq!(plan(&place, D20).len(), 0);
    nodes(&place, D21, INVENTORY);
    sessions(&place, D21, "eu AVC 1 near 5 near:20:POLICY:0.98");
    night(&place, D21);
    assert_eq!(summary(&place, D21).0, "");
    let served = one(
        &place,
        &format!(
            "SELECT sum(weight), count(*) > 0, min(is_carried) FROM gold.route_plan \
         WHERE dt = DATE '{D21}' AND role = 'PRIMARY'"
        ),
    );
    assert_eq!(served, ["1.0", "true", "false"]);
    let refused = one(
        &place,
        &format!(
            "SELECT estimate_refused, off_policy_estimate IS NULL FROM gold.route_summary WHERE dt = DATE '{D21}'"
        ),
    );
    assert_eq!(refused, ["true", "true"], "one probe is no estimate");
}

#[test]
fn cells_nodes_and_prices_that_cannot_be_used_are_named() {
    let place = Place::new();
    nodes(
        &place,
        D20,
        "
        near  p1 eu AVC 10 0.010 USD AVAILABLE
        far   p2 us AVC 10 0.004 USD AVAILABLE
        owing p2 us AVC 10 -0.01 USD AVAILABLE
        abroad p3 us AVC 10 0.001 EUR AVAILABLE
        full  p3 us AVC 0  0.001 USD AVAILABLE
        ",
    );
    sessions(
        &place,
        D20,
        "
        eu AVC 30 near  5 near:20:POLICY:0.98 far:90:RANDOM:0.01 abroad:5:RANDOM:0.01 full:1:RANDOM:0.01
        eu VP9 10 near  5 near:22:POLICY:0.98
        us AVC 5  ghost 5 ghost:9:POLICY:0.98 far:30:RANDOM:0.01
        ",
    );
    night(&place, D20);
    let (refusal, _, notes) = summary(&place, D20);
    assert_eq!(refusal, "");
    for said in [
        "eu/VP9/SHORT: 0.050 GB unserved: no node that is there serves it",
        "with a price in EUR, for which there is no rate to USD: abroad",
        "without capacity: full",
        "nodes in the logs that no inventory names: ghost",
        "0.025000 GB were served by nodes without a price",
    ] {
        assert!(notes.contains(said), "{said} is not in {notes}");
    }
    let used = place.rows("SELECT DISTINCT node_id FROM gold.route_plan ORDER BY 1");
    assert_eq!(used, [["far"], ["near"]]);
    let unserved = one(&place, "SELECT unserved_gb, actual_unserved_gb, gap < 0.001 FROM gold.route_summary");
    assert_eq!(unserved, ["0.05", "0.025", "true"]);
    // With a rate the node abroad is the best there is.
    let config = place.folder.path().join("ttt.toml");
    std::fs::write(
        &config,
        "[route]\ncurrency = \"USD\"\n[[route.rate]]\ncurrency = \"EUR\"\nrate = \"1.1\"\n",
    )
    .expect("a configuration");
    let shown = config.display().to_string();
    let ended = place.run(&["run", "route", "--date", D20, "--quiet", "--config", &shown]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let primary = place.rows(
        "SELECT DISTINCT node_id, CAST(cost_per_gb AS VARCHAR), currency FROM gold.route_plan \
         WHERE role = 'PRIMARY' AND region = 'eu'",
    );
    assert_eq!(primary, [["abroad", "0.001100000", "USD"]]);
}

#[test]
fn a_missing_day_is_planned_by_the_last_and_not_judged() {
    let place = good();
    // Nothing has landed.
    night(&place, D21);
    let (refusal, is_carried, notes) = summary(&place, D21);
    assert_eq!((refusal.as_str(), is_carried), ("", false), "{notes}");
    assert!(notes.contains(&format!("silver.route_demand of {D20} stays in force")), "{notes}");
    assert!(notes.contains(&format!("bronze.nodes of {D20} stays in force")), "{notes}");
    assert!(notes.contains("it is not judged"), "{notes}");
    assert_eq!(place.rows(&format!("SELECT policy FROM gold.route_scores WHERE dt = DATE '{D21}'")).len(), 0);
    let same = |dt: &str| plan(&place, dt).into_iter().map(|row| row[..5].to_vec()).collect::<Vec<_>>();
    assert_eq!(same(D20), same(D21));
    // After more days than are carried there is nothing to plan for.
    night(&place, "2026-12-01");
    let (refusal, is_carried, _) = summary(&place, "2026-12-01");
    assert_eq!((refusal.as_str(), is_carried), ("demand_must_be_known", true));
}

#[test]
fn a_configuration_that_cannot_be_meant_is_wrong_use() {
    let place = Place::new();
    let config = place.folder.path().join("ttt.toml");
    let falling = "[[route.provider]]\nprovider = \"p1\"\n[[route.provider.tier]]\nfrom_gb = 1.0\n\
        surcharge_per_gb = \"0.002\"\n[[route.provider.tier]]\nfrom_gb = 2.0\nsurcharge_per_gb = \"0.001\"\n";
    std::fs::write(&config, falling).expect("a configuration");
    let ended = place.run(&["run", "route", "--date", D20, "--config", &config.display().to_string()]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("its tiers do not rise"), "{}", ended.stderr);
}
