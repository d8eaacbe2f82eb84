//! What the tests of this crate share, and those that judge several parts together.

mod audit;
mod bounds;
mod reading;
mod sampler;

use crate::policy::Policy;

/// The policy of the project.
pub fn policy() -> Policy {
    Policy::parse(include_str!("../../../../jobs/policies/privacy.toml")).expect("the policy")
}

/// The same with parts of its text replaced.
pub fn policy_with(changes: &[(&str, &str)]) -> Policy {
    let mut text = include_str!("../../../../jobs/policies/privacy.toml").to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    Policy::parse(&text).expect("a policy")
}
