//! The names of cohorts and of their parents: what is told apart, from the whole down to data saving.

/// How many levels there are.
pub const LEVELS: usize = 5;
/// Their names in tables, from the cohort to the whole.
pub const NAMES: [&str; LEVELS] = ["COHORT", "DEVICE", "NETWORK", "REGION", "ALL"];

/// A cohort, or a parent of cohorts: from the first thing that is not told apart on, none is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Key {
    pub region: Option<String>,
    pub network: Option<String>,
    pub device_class: Option<String>,
    pub data_saver: Option<bool>,
}

impl Key {
    /// A cohort.
    pub fn cohort(region: &str, network: &str, device_class: &str, data_saver: bool) -> Self {
        Self {
            region: Some(region.to_owned()),
            network: Some(network.to_owned()),
            device_class: Some(device_class.to_owned()),
            data_saver: Some(data_saver),
        }
    }

    /// Its level: 0 for a cohort, 4 for the whole.
    pub fn level(&self) -> usize {
        let told = [
            self.region.is_some(),
            self.network.is_some(),
            self.device_class.is_some(),
            self.data_saver.is_some(),
        ];
        LEVELS - 1 - told.into_iter().filter(|is_told| *is_told).count()
    }

    /// The parent, none of the whole.
    pub fn parent(&self) -> Option<Self> {
        let mut parent = self.clone();
        match self.level() {
            0 => parent.data_saver = None,
            1 => parent.device_class = None,
            2 => parent.network = None,
            3 => parent.region = None,
            _ => return None,
        }
        Some(parent)
    }
}
