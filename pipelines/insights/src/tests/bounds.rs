//! However viewers behave: what one of them moves is within what is paid for.

use proptest::prelude::*;

use super::{policy, policy_with};
use crate::bounding::{Bounder, COMPLETED, Past, TIP, Touch, halves, identity, pair_hash, scale};
use crate::family::Family;
use crate::layout::{Creator, DEVICES, HOURS, Layout, REFERRERS, language};
use crate::policy::{ONE, PARTS, Policy};
use crate::sums::Sums;

pub fn layout(creators: usize) -> Layout {
    let creators = (0..creators)
        .map(|number| {
            let videos = (0..5).map(|video| format!("co_{number}_{video}")).collect();
            Creator::new(format!("did:key:creator{number}"), videos)
        })
        .collect();
    Layout::new(creators, vec!["eu".to_owned(), "us".to_owned()], vec!["de".to_owned(), "en".to_owned()])
}

/// A touch by its numbers: whatever is above a list's end is the rest.
pub fn touch(layout: &Layout, viewer: u64, creator: u32, draws: [u64; 3]) -> Touch {
    let [order, what, when] = draws;
    let videos = layout.creators[creator as usize].videos.len() as u64;
    let tags = [Some("de"), Some("en"), Some("sw"), Some("haw"), None];
    let video = what % (videos + 3);
    Touch {
        viewer: halves(identity(&format!("viewer {viewer}"))),
        creator,
        order,
        content: u64::from(creator) << 32 | video,
        watch_ms: (when % 400_000) as u32,
        language: language(&layout.languages, tags[(when >> 8) as usize % tags.len()]),
        video: video.min(videos) as u16,
        region: ((when >> 16) % 3) as u8,
        device: ((when >> 24) as usize % (DEVICES.len() + 1)) as u8,
        referrer: ((when >> 32) as usize % (REFERRERS.len() + 1)) as u8,
        hour: ((when >> 40) as usize % HOURS) as u8,
        marks: (what >> 8) as u8 & (0b1111 | COMPLETED | if when >> 60 == 0 { TIP } else { 0 }),
    }
}

/// A past in which pairs go by a hash without a key, and of each a function says whether it returns.
pub struct Told<F>(pub F);

impl<F: Fn(u64) -> bool> Past for Told<F> {
    fn hash(&self, viewer: u128, creator: u128) -> Option<u64> {
        Some(pair_hash(viewer, creator))
    }

    fn returns(&self, pair: u64) -> bool {
        self.0(pair)
    }
}

pub fn sums(policy: &Policy, layout: &Layout, touches: &[Touch], returns: impl Fn(u64) -> bool) -> Sums {
    let mut sums = Sums::new(layout);
    Bounder::new(policy, layout).add(&mut sums, &mut touches.to_vec(), &Told(returns));
    sums
}

/// What the step from one day to another costs, in parts of the day's price; and without the returning viewers.
pub fn parts_between(policy: &Policy, layout: &Layout, left: &Sums, right: &Sums) -> (f64, f64) {
    let mut parts = [0.0; Family::ALL.len()];
    let square = |difference: i64| (difference as f64 / ONE as f64).powi(2);
    for creator in 0..layout.creators.len() {
        let start = layout.of_creator(creator).start;
        for family in Family::ALL {
            let cells = layout.of_family(creator, family).map(|cell| start + cell);
            let lengths = cells.map(|cell| square(left.cells[cell] - right.cells[cell]));
            parts[family.index()] += lengths.sum::<f64>();
        }
    }
    for key in
        left.unlisted.keys().chain(right.unlisted.keys().filter(|key| !left.unlisted.contains_key(*key)))
    {
        let sum = |sums: &Sums| sums.unlisted.get(key).copied().unwrap_or_default();
        parts[Family::UnlistedLanguage.index()] += square(sum(left) - sum(right));
    }
    let weighed = |family: Family| {
        parts[family.index()] * policy.share(family) as f64 / (family.length_max(&policy.caps) as f64).powi(2)
    };
    let all: f64 = Family::ALL.into_iter().map(weighed).sum();
    (all, all - weighed(Family::ReturningViewers))
}

/// The day of one viewer with one creator at most, in parts; rounding counted in.
fn pair_parts(policy: &Policy) -> f64 {
    let all = policy.share_of_day() + policy.share(Family::ReturningViewers);
    assert!(all <= PARTS);
    all as f64 * policy.rounding().powi(2)
}

fn days() -> impl Strategy<Value = Vec<(u64, u32, [u64; 3])>> {
    proptest::collection::vec((0u64..3, 0u32..40, [any::<u64>(), any::<u64>(), any::<u64>()]), 1..160)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_viewer_with_one_creator_moves_what_is_paid(day in days(), all_return in any::<bool>()) {
        let (policy, layout) = (policy(), layout(40));
        let day: Vec<Touch> = day.into_iter().map(|(viewer, creator, draws)| touch(&layout, viewer, creator, draws)).collect();
        let whole = sums(&policy, &layout, &day, |_| all_return);
        let removed = day[0];
        let mut without = day.clone();
        without.retain(|touch| (touch.viewer, touch.creator) != (removed.viewer, removed.creator));
        let without = sums(&policy, &layout, &without, |_| all_return);
        let (parts, _) = parts_between(&policy, &layout, &whole, &without);
        prop_assert!(parts <= pair_parts(&policy), "{parts}");
    }

    #[test]
    fn a_viewer_over_all_creators_moves_what_is_paid(day in days(), all_return in any::<bool>()) {
        let (policy, layout) = (policy(), layout(40));
        let day: Vec<Touch> = day.into_iter().map(|(viewer, creator, draws)| touch(&layout, viewer, creator, draws)).collect();
        let whole = sums(&policy, &layout, &day, |_| all_return);
        let mut without = day.clone();
        without.retain(|touch| touch.viewer != day[0].viewer);
        let without = sums(&policy, &layout, &without, |_| all_return);
        let (parts, _) = parts_between(&policy, &layout, &whole, &without);
        let (other, returning) = policy.radius_squared();
        let most = (other + returning) as f64 / policy.weight_of_part() as f64;
        prop_assert!(parts <= most * (1.0 + 1e-9), "{parts} of {most}");
    }

    /// A month that is removed shows in the month after by who returns, and by nothing else.
    #[test]
    fn a_past_that_is_removed_moves_returning_viewers_alone(day in days(), mask in any::<u64>()) {
        let (policy, layout) = (policy(), layout(40));
        let day: Vec<Touch> = day.into_iter().map(|(viewer, creator, draws)| touch(&layout, viewer, creator, draws)).collect();
        let whole = sums(&policy, &layout, &day, |_| true);
        let forgotten: Vec<u64> = day.iter().filter(|touch| touch.viewer == day[0].viewer)
            .filter(|touch| mask >> (touch.creator % 64) & 1 == 1)
            .map(|touch| pair_hash(touch.viewer_identity(), layout.creators[touch.creator as usize].identity)).collect();
        let after = sums(&policy, &layout, &day, |pair| !forgotten.contains(&pair));
        let (parts, other) = parts_between(&policy, &layout, &whole, &after);
        let (_, returning) = policy.radius_squared();
        prop_assert!(other == 0.0);
        prop_assert!(parts <= 2.0 * returning as f64 / policy.weight_of_part() as f64 * (1.0 + 1e-4));
        // Of one creator alone: one presence.
        let one = sums(&policy, &layout, &day, |pair| forgotten.first() != Some(&pair));
        let (parts, _) = parts_between(&policy, &layout, &whole, &one);
        prop_assert!(parts <= policy.share(Family::ReturningViewers) as f64 * policy.rounding().powi(2));
    }

    #[test]
    fn the_order_of_rows_changes_nothing(day in days(), seed in any::<u64>()) {
        let (policy, layout) = (policy(), layout(40));
        let mut day: Vec<Touch> = day.into_iter().map(|(viewer, creator, draws)| touch(&layout, viewer, creator, draws)).collect();
        let first = sums(&policy, &layout, &day, |pair| pair % 2 == 0);
        day.sort_by_key(|touch| touch.order.wrapping_mul(seed | 1));
        prop_assert_eq!(first, sums(&policy, &layout, &day, |pair| pair % 2 == 0));
    }

    #[test]
    fn parts_of_a_day_add_up(day in days()) {
        let (policy, layout) = (policy(), layout(40));
        let day: Vec<Touch> = day.into_iter().map(|(viewer, creator, draws)| touch(&layout, viewer, creator, draws)).collect();
        let sums = sums(&policy, &layout, &day, |_| false);
        for creator in 0..layout.creators.len() {
            let cells = sums.of_creator(&layout, creator);
            let sum = |family| cells[layout.of_family(creator, family)].iter().sum::<i64>();
            for family in [Family::Region, Family::DeviceClass, Family::Language, Family::Referrer, Family::Hour] {
                prop_assert_eq!(sum(family), sum(Family::UniqueViewers));
            }
            for (day, content) in Family::ENGAGED {
                prop_assert_eq!(sum(day), sum(content));
            }
            prop_assert_eq!(sum(Family::Tippers), sum(Family::TippersRegion));
            prop_assert!(sum(Family::Completions) <= sum(Family::Views));
        }
    }
}

/// Of a crowd of creators some are left out; who then comes in for one who is removed shows no more than a pair.
#[test]
fn a_crowd_of_creators_is_bounded_too() {
    let (policy, layout) = (policy(), layout(300));
    let day: Vec<Touch> =
        (0..300).map(|creator| touch(&layout, 1, creator, [u64::from(creator), 0xff1f, 1 << 60])).collect();
    let whole = sums(&policy, &layout, &day, |_| true);
    let (other, returning) = policy.radius_squared();
    let most = (other + returning) as f64 / policy.weight_of_part() as f64;
    let (parts, _) = parts_between(&policy, &layout, &whole, &Sums::new(&layout));
    assert!(parts <= most && parts > most * 0.999, "{parts} of {most}");
    for removed in [0, 7, 123, 299] {
        let mut without = day.clone();
        without.retain(|touch| touch.creator != removed);
        let without = sums(&policy, &layout, &without, |_| true);
        let (parts, _) = parts_between(&policy, &layout, &whole, &without);
        assert!(parts <= pair_parts(&policy), "{removed}: {parts}");
    }
}

/// What the caps say, on a viewer who goes beyond each of them.
#[test]
fn caps_are_those_of_the_policy() {
    let (policy, layout) = (policy(), layout(1));
    let day: Vec<Touch> = (0..50)
        .map(|number| Touch {
            marks: 0b1111 | COMPLETED | if number == 49 { TIP } else { 0 },
            watch_ms: 100_000,
            ..touch(&layout, 1, 0, [number * 7 % 50, number % 5, number << 3])
        })
        .collect();
    let sums = sums(&policy, &layout, &day, |_| true);
    let cells = sums.of_creator(&layout, 0);
    let sum = |family| cells[layout.of_family(0, family)].iter().sum::<i64>() as f64 / ONE as f64;
    for (family, most) in [
        (Family::UniqueViewers, 1.0),
        (Family::ReturningViewers, 1.0),
        (Family::Views, 3.0),
        (Family::WatchSeconds, 300.0),
        (Family::Completions, 3.0),
        (Family::Likes, 1.0),
        (Family::Follows, 1.0),
        (Family::ContentViews, 3.0),
        (Family::Hour, 1.0),
        (Family::Tippers, 1.0),
    ] {
        assert_eq!(sum(family).to_string(), most.to_string(), "{family:?}");
    }
    let contents = cells[layout.of_family(0, Family::ContentWatchSeconds)].iter().filter(|cell| **cell > 0);
    assert!(contents.count() <= 4);
}

#[test]
fn scales_are_cut_never_lifted() {
    assert_eq!(scale(100, 100), ONE);
    assert_eq!(scale(400, 100), ONE / 2);
    for (length, radius) in [(3u64, 2u64), (1 << 40, 12_345), (u64::MAX, 1), (7_919, 7_907)] {
        let scale = scale(length, radius) as f64 / ONE as f64;
        assert!(scale * scale * length as f64 <= radius as f64 * (1.0 + 1e-12));
    }
}

/// What does not hold together is refused when it is read.
#[test]
fn policies_are_checked() {
    let text = include_str!("../../../../jobs/policies/privacy.toml");
    let refused = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        let found = Policy::parse(&text.replace(from, to));
        assert!(found.is_err(), "{from} as {to} is taken");
    };
    refused("hour = 600", "hour = 900");
    refused("views = 3\n", "views = 0\n");
    refused("creators = 256", "creators = 8");
    refused("days = 31", "days = 28");
    refused("window_days = 28", "window_days = 40");
    refused("\"0.5\"", "\"half\"");
    refused("\"0.5\"", "0.5");
    refused("tippers = 400", "");
    refused("[caps]", "[caps]\nminutes = 2");
    refused("\"ar\"", "\"de\"");
    assert!(policy_with(&[("\"2\"", "\"1\"")]).radius_squared().0 < policy().radius_squared().0);
}
