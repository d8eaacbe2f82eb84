//! Noise on exact sums, by OpenDP's sampler of the discrete Gaussian: the only place where chance comes in.
//!
//! OpenDP takes its bits from a cryptographic generator that the operating system seeds; there is no seed to give.

use std::ops::Range;

use opendp::domains::{AtomDomain, VectorDomain};
use opendp::measurements::make_gaussian;
use opendp::measures::ZeroConcentratedDivergence;
use opendp::metrics::L2Distance;

use crate::Error;
use crate::accounting::{sigma, threshold};
use crate::family::Family;
use crate::layout::Layout;
use crate::policy::Policy;
use crate::sums::Sums;

/// A creator's day with noise on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noised {
    pub creator: usize,
    /// Every cell of the layout, in units of the grid.
    pub cells: Vec<i64>,
    /// Languages that are not listed and reached the threshold.
    pub unlisted: Vec<(u16, i64)>,
}

/// Adds discrete Gaussian noise of scale `sigma` to each value, each by itself.
pub fn draw(values: Vec<i64>, sigma: f64) -> Result<Vec<i64>, Error> {
    let wrong = |error: opendp::error::Error| Error::Noise(error.to_string());
    let domain = VectorDomain::new(AtomDomain::<i64>::default());
    let measurement =
        make_gaussian::<_, _, ZeroConcentratedDivergence>(domain, L2Distance::<f64>::default(), sigma, None);
    measurement.map_err(wrong)?.invoke(&values).map_err(wrong)
}

/// What OpenDP says that noise of scale `sigma` costs in rho, for a neighbour at the distance `length`.
pub fn price(length: f64, sigma: f64) -> Result<f64, Error> {
    let wrong = |error: opendp::error::Error| Error::Noise(error.to_string());
    let domain = VectorDomain::new(AtomDomain::<i64>::default());
    let measurement =
        make_gaussian::<_, _, ZeroConcentratedDivergence>(domain, L2Distance::<f64>::default(), sigma, None);
    measurement.map_err(wrong)?.map(&length).map_err(wrong)
}

/// Draws the noise of some creators, family by family. What is drawn may be seen by nobody before it is stored.
pub fn noise(
    policy: &Policy,
    layout: &Layout,
    sums: &Sums,
    creators: Range<usize>,
) -> Result<Vec<Noised>, Error> {
    let mut noised: Vec<Noised> = creators
        .clone()
        .map(|creator| Noised {
            creator,
            cells: vec![0; layout.of_creator(creator).len()],
            unlisted: Vec::new(),
        })
        .collect();
    for family in Family::ALL {
        let scale = sigma(policy, family);
        if family == Family::UnlistedLanguage {
            unlisted(policy, sums, &mut noised, scale)?;
            continue;
        }
        let of_creator = |creator| &sums.of_creator(layout, creator)[layout.of_family(creator, family)];
        let values = creators.clone().flat_map(|creator| of_creator(creator).iter().copied()).collect();
        let drawn = draw(values, scale)?;
        let mut rest = drawn.as_slice();
        for day in &mut noised {
            let cells = layout.of_family(day.creator, family);
            let (own, others) = rest.split_at(cells.len());
            day.cells[cells].copy_from_slice(own);
            rest = others;
        }
    }
    Ok(noised)
}

/// Keys that nobody listed: each that somebody brought gets noise, and is named above the threshold alone.
fn unlisted(policy: &Policy, sums: &Sums, noised: &mut [Noised], scale: f64) -> Result<(), Error> {
    let least = threshold(scale, policy.femto_delta as f64 * 1e-15);
    for day in noised {
        let keys: Vec<(u16, i64)> = sums.unlisted_of(day.creator as u32).collect();
        let drawn = draw(keys.iter().map(|(_, sum)| *sum).collect(), scale)?;
        let named = keys.iter().zip(drawn).filter(|(_, value)| *value >= least);
        day.unlisted = named.map(|((language, _), value)| (*language, value)).collect();
    }
    Ok(())
}
