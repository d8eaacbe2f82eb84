//! What a night takes calmly: bad lines, broken files, lying manifests, files that change, and rows sent again.

mod expected;
mod packing;
pub mod sample;

mod lines;
mod requests;
mod values;

mod files;
mod manifests;

mod again;
mod replays;

use expected::{DAY, Expected};

/// Every bad line there is, in one night: no run ends otherwise than well for the sake of a line.
#[test]
fn bad_lines_are_quarantined_and_good_ones_kept() {
    let mut expected = Expected::new();
    lines::land(&mut expected);
    values::land(&mut expected);
    requests::land(&mut expected);
    expected.place.night("nightly", DAY);
    expected.check();
    lines::check(&expected);
    values::check(&expected);
    requests::check(&expected);
}
