//! Plausible amounts and their fees, in the integers of `schemas::money`.

use schemas::money::{self, Rate, Rounding};

use crate::random::Random;

/// The currencies of an area: code, digits, weight of a hundred, and the octaves of minor units from which
/// tips are drawn.
const CURRENCIES: [(&str, u8, u64, u64, u64); 7] = [
    ("USD", 2, 58, 0, 14),
    ("EUR", 2, 15, 0, 14),
    ("JPY", 0, 8, 3, 14),
    ("KWD", 3, 5, 2, 14),
    ("USDC", 6, 9, 13, 25),
    ("SOL", 9, 4, 22, 31),
    ("GBP", 2, 1, 0, 14),
];

/// One of the area's currencies, by its place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Currency(u8);

impl Currency {
    pub const USD: Self = Self(0);
    pub const EUR: Self = Self(1);
    pub const GBP: Self = Self(6);
    pub const COUNT: usize = CURRENCIES.len();

    /// All of them, in the order of their codes' places.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT as u8).map(Self)
    }

    /// The place in the list, for tables by currency.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    pub fn code(self) -> &'static str {
        CURRENCIES[self.index()].0
    }

    pub fn digits(self) -> u8 {
        CURRENCIES[self.index()].1
    }

    /// One minor unit (a cent, a yen, a lamport) in stored integers.
    pub fn minor(self) -> i128 {
        10_i128.pow(u32::from(money::SCALE - self.digits()))
    }

    /// Mostly dollars.
    pub fn draw(random: &mut Random) -> Self {
        let mut at = random.below(100);
        for (index, entry) in CURRENCIES.iter().enumerate() {
            if at < entry.2 {
                return Self(index as u8);
            }
            at -= entry.2;
        }
        Self::USD
    }

    /// Another currency with as many digits, so that the same number is an amount in both.
    pub fn twin(self) -> Self {
        match self.code() {
            "USD" => Self::EUR,
            "EUR" => Self::GBP,
            _ => Self::USD,
        }
    }
}

/// An exact amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// Integers of 10⁻⁹.
    pub units: i128,
    pub currency: Currency,
}

impl Amount {
    pub fn new(minor_units: i128, currency: Currency) -> Self {
        Self { units: minor_units * currency.minor(), currency }
    }

    /// How many minor units it is.
    pub fn minor_units(self) -> i128 {
        self.units / self.currency.minor()
    }

    /// The same currency, `minor_units` more.
    pub fn plus(self, minor_units: i128) -> Self {
        Self { units: self.units + minor_units * self.currency.minor(), ..self }
    }

    pub fn negative(self) -> Self {
        Self { units: -self.units, ..self }
    }

    pub fn with_units(self, units: i128) -> Self {
        Self { units, ..self }
    }

    /// A tip: each doubling as likely as the one before, so that most are small; a third are round.
    pub fn draw(random: &mut Random) -> Self {
        let currency = Currency::draw(random);
        let (_, _, _, low, high) = CURRENCIES[currency.index()];
        let floor = 1_u64 << (low + random.below(high - low));
        let minor_units = floor + random.below(floor);
        let round = 10_u64.pow(minor_units.ilog10());
        let minor_units = if random.one_in(3) { minor_units / round * round } else { minor_units };
        Self::new(i128::from(minor_units), currency)
    }
}

/// A computed fee of the default schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeeType {
    Platform,
    Processing,
}

impl FeeType {
    pub const ALL: [Self; 2] = [Self::Platform, Self::Processing];

    pub fn code(self) -> &'static str {
        match self {
            Self::Platform => "PLATFORM",
            Self::Processing => "PROCESSING",
        }
    }

    /// The ledger account that takes it.
    pub fn account(self) -> &'static str {
        match self {
            Self::Platform => "platform_fees",
            Self::Processing => "processing_fees",
        }
    }

    /// The rate as it is stated.
    pub fn percentage(self) -> &'static str {
        match self {
            Self::Platform => "0.05",
            Self::Processing => "0.029",
        }
    }

    /// The rate in thousandths.
    fn per_mille(self) -> u64 {
        match self {
            Self::Platform => 50,
            Self::Processing => 29,
        }
    }

    /// The expected fee, half away from zero: `money::multiply` without its 256 bits where 64 are enough
    /// (a test holds the two together).
    pub fn of(self, amount: Amount) -> i128 {
        let Ok(units) = u64::try_from(amount.units) else { return self.rounded(amount, Rounding::HalfUp) };
        let Some(product) = units.checked_mul(self.per_mille()) else {
            return self.rounded(amount, Rounding::HalfUp);
        };
        let minor = amount.currency.minor() as u64;
        let divisor = minor * 1_000;
        i128::from(product / divisor + u64::from(product % divisor * 2 >= divisor)) * i128::from(minor)
    }

    /// The fee as another rounding gives it.
    pub fn rounded(self, amount: Amount, rounding: Rounding) -> i128 {
        Rate::parse(self.percentage())
            .ok()
            .and_then(|rate| money::multiply(amount.units, rate, amount.currency.digits(), rounding))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn the_table_agrees_with_the_schema() {
        for currency in Currency::all() {
            assert_eq!(money::exponent(currency.code()), Some(currency.digits()));
            assert_eq!(currency.twin().digits() == currency.digits(), currency.digits() == 2);
        }
        assert_eq!(CURRENCIES.iter().map(|entry| entry.2).sum::<u64>(), 100);
    }

    #[test]
    fn fees_are_the_schemas() {
        let mut random = Random::new(3, Stream::Tip, 0);
        for _ in 0..20_000 {
            let amount = Amount::draw(&mut random);
            for fee in FeeType::ALL {
                assert_eq!(fee.of(amount), fee.rounded(amount, Rounding::HalfUp), "{amount:?}");
            }
        }
        for minor_units in 1..10_000 {
            let amount = Amount::new(minor_units, Currency::USD);
            for fee in FeeType::ALL {
                assert_eq!(fee.of(amount), fee.rounded(amount, Rounding::HalfUp), "{amount:?}");
            }
        }
    }
}
