//! `[route]` as the planner has it: prices exact, shares within reason, tiers that rise.

use std::collections::BTreeMap;

use delivery::route::{Provider, Settings, Tier};
use schemas::money::{self, Rate};

use crate::config::{Route, RouteProvider};
use crate::failure::{Failure, Outcome};

/// What decides a plan beside its inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    pub settings: Settings,
    pub currency: Option<String>,
    pub rates: BTreeMap<String, Rate>,
    pub effective_samples_min: f64,
    pub prior_probes: f64,
    pub carry_days: u32,
}

impl Rules {
    /// Reads them; what cannot be meant is wrong use.
    pub fn of(route: &Route) -> Outcome<Self> {
        let mut rates = BTreeMap::new();
        for rate in &route.rate {
            let wrong = |what: String| wrong(&format!("[[route.rate]] {}: {what}", rate.currency));
            currency(&rate.currency).map_err(wrong)?;
            let parsed = Rate::parse(&rate.rate).map_err(|error| wrong(error.to_string()))?;
            if parsed.mantissa <= 0 {
                return Err(wrong("a rate is above zero".to_owned()));
            }
            if rates.insert(rate.currency.clone(), parsed).is_some() {
                return Err(wrong("a currency has one rate".to_owned()));
            }
        }
        if let Some(code) = &route.currency {
            currency(code).map_err(|what| wrong(&format!("currency {code}: {what}")))?;
        }
        let mut providers = BTreeMap::new();
        for agreed in &route.provider {
            if providers.insert(agreed.provider.clone(), provider(agreed)?).is_some() {
                return Err(wrong(&format!("[[route.provider]] {}: is there twice", agreed.provider)));
            }
        }
        let settings = Settings {
            capacity_share: between("capacity_share", route.capacity_share, 0.0, 1.0)?,
            capacity_share_loss: between(
                "capacity_share_loss",
                route.capacity_share_loss,
                route.capacity_share,
                1e3,
            )?,
            rtt_price: price("rtt_price", &route.rtt_price)?,
            tail_price: price("tail_price", &route.tail_price)?,
            tail_limit_ms: between("tail_limit_ms", route.tail_limit_ms, 0.0, 1e6)?,
            move_price: price("move_price", &route.move_price)?,
            slow_share_max: between("slow_share_max", route.slow_share_max, 0.0, 1.0)?,
            slow_rtt_ms: route.slow_rtt_ms.map(|ms| between("slow_rtt_ms", ms, 0.0, 1e6)).transpose()?,
            is_slow_bounded: route.slow_bounded,
            arcs_per_cell: route.arcs_per_cell,
            fallbacks: route.fallbacks,
            providers,
        };
        Ok(Self {
            settings,
            currency: route.currency.clone(),
            rates,
            effective_samples_min: between("effective_samples_min", route.effective_samples_min, 2.0, 1e12)?,
            prior_probes: between("prior_probes", route.prior_probes, 0.0, 1e12)?,
            carry_days: route.carry_days,
        })
    }
}

fn wrong(what: &str) -> Failure {
    Failure::usage(format!("[route] {what}"))
}

fn currency(code: &str) -> Result<(), String> {
    money::exponent(code).map(drop).ok_or_else(|| "is no currency".to_owned())
}

fn between(key: &str, value: f64, least: f64, most: f64) -> Outcome<f64> {
    match (least..=most).contains(&value) {
        true => Ok(value),
        false => Err(wrong(&format!("{key}: {value} is not between {least} and {most}"))),
    }
}

/// A price in integers of 10⁻⁹.
fn price(key: &str, text: &str) -> Outcome<i64> {
    let parsed = money::parse(text.as_bytes(), money::SCALE);
    let parsed = parsed.map_err(|error| wrong(&format!("{key} {text:?}: {error}")))?;
    match i64::try_from(parsed) {
        Ok(price) if price >= 0 => Ok(price),
        _ => Err(wrong(&format!("{key} {text:?}: a price is not below zero, nor above 9 billion"))),
    }
}

fn provider(agreed: &RouteProvider) -> Outcome<Provider> {
    let place = format!("[[route.provider]] {}", agreed.provider);
    let bps =
        |gbps: f64| between(&format!("{place}: cap_gbps"), gbps, 0.0, 1e9).map(|cap| (cap * 1e9) as i64);
    let mut tiers: Vec<Tier> = Vec::new();
    for tier in &agreed.tier {
        let from = between(&format!("{place}: from_gb"), tier.from_gb, 0.0, 9e9)?;
        let tier = Tier {
            from_bytes: (from * 1e9) as i64,
            surcharge: price(&format!("{place}: surcharge_per_gb"), &tier.surcharge_per_gb)?,
        };
        let rises = |last: &Tier| last.from_bytes < tier.from_bytes && last.surcharge <= tier.surcharge;
        if !tiers.last().is_none_or(rises) {
            return Err(wrong(&format!("{place}: its tiers do not rise"))
                .with_hint("a price that falls with volume is not convex: no flow can prove it best"));
        }
        tiers.push(tier);
    }
    Ok(Provider { cap_bps: agreed.cap_gbps.map(bps).transpose()?, tiers })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{RouteRate, RouteTier};

    #[test]
    fn defaults_are_those_of_the_planner() {
        assert_eq!(Rules::of(&Route::default()).unwrap().settings, Settings::default());
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let refused = |change: &dyn Fn(&mut Route)| {
            let mut route = Route::default();
            change(&mut route);
            Rules::of(&route).unwrap_err().message
        };
        let tier = |from_gb, surcharge: &str| RouteTier { from_gb, surcharge_per_gb: surcharge.to_owned() };
        let provider =
            |tier: Vec<RouteTier>| RouteProvider { provider: "p1".to_owned(), cap_gbps: None, tier };
        let rate = |code: &str, rate: &str| RouteRate { currency: code.to_owned(), rate: rate.to_owned() };
        for (change, said) in [
            (&(|route: &mut Route| route.capacity_share = 1.5) as &dyn Fn(&mut Route), "capacity_share: 1.5"),
            (&|route| route.capacity_share_loss = 0.5, "capacity_share_loss: 0.5"),
            (&|route| route.rtt_price = "-0.1".to_owned(), "rtt_price \"-0.1\""),
            (&|route| route.rtt_price = "1e-3".to_owned(), "rtt_price \"1e-3\""),
            (&|route| route.currency = Some("XYZ".to_owned()), "currency XYZ"),
            (&|route| route.rate = vec![rate("EUR", "0")], "a rate is above zero"),
            (&|route| route.rate = vec![rate("EUR", "1"), rate("EUR", "1")], "one rate"),
            (
                &|route| route.provider = vec![provider(vec![tier(1.0, "0.002"), tier(2.0, "0.001")])],
                "its tiers do not rise",
            ),
            (&|route| route.provider = vec![provider(vec![]), provider(vec![])], "is there twice"),
            (&|route| route.effective_samples_min = 0.0, "effective_samples_min"),
        ] {
            let found = refused(change);
            assert!(found.starts_with("[route] ") && found.contains(said), "{found}");
        }
    }
}
