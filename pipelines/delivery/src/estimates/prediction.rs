//! What a fitted model says of a cell and a node, and how sure of the own it is.

/// The finest level of which there is a measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Cell,
    RegionClass,
    Node,
    RegionPair,
    All,
}

impl Level {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cell => "CELL",
            Self::RegionClass => "REGION_CLASS",
            Self::Node => "NODE",
            Self::RegionPair => "REGION_PAIR",
            Self::All => "ALL",
        }
    }
}

/// What a model says of a cell and a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    pub level: Level,
    pub mean: f64,
    pub quantile: f64,
    pub own_mean: Option<f64>,
    pub own_quantile: Option<f64>,
    pub parent_mean: f64,
    pub parent_quantile: f64,
    pub weight: f64,
    pub quantile_weight: f64,
}

/// The fitted pseudo samples, m, of the levels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fitted {
    pub cell: f64,
    pub region_class: f64,
    pub node: f64,
    pub pair: f64,
    pub cell_quantile: f64,
    pub region_class_quantile: f64,
}
