//! Exact amounts and the only rounding: decimals as integers of 10⁻⁹, never a float.

use std::fmt;

/// Digits after the point in every stored amount (`Decimal128(28, 9)`).
pub const SCALE: u8 = 9;
/// Digits of a stored amount.
pub const PRECISION: u8 = 28;
/// One whole unit of a currency in stored integers.
pub const UNIT: i128 = 1_000_000_000;
/// Amounts are below this in absolute value: 10^19 units.
pub const LIMIT: i128 = 10_i128.pow(28);

/// ISO 4217 codes with their minor-unit digits, and the tokens the platform settles in.
/// Source: ISO 4217:2015 list one (active codes with a minor unit), plus USDC, EURC, SOL, ETH.
const CURRENCIES: &[(&str, u8)] = &[
    ("AED", 2),
    ("AFN", 2),
    ("ALL", 2),
    ("AMD", 2),
    ("AOA", 2),
    ("ARS", 2),
    ("AUD", 2),
    ("AWG", 2),
    ("AZN", 2),
    ("BAM", 2),
    ("BBD", 2),
    ("BDT", 2),
    ("BHD", 3),
    ("BIF", 0),
    ("BMD", 2),
    ("BND", 2),
    ("BOB", 2),
    ("BOV", 2),
    ("BRL", 2),
    ("BSD", 2),
    ("BTN", 2),
    ("BWP", 2),
    ("BYN", 2),
    ("BZD", 2),
    ("CAD", 2),
    ("CDF", 2),
    ("CHE", 2),
    ("CHF", 2),
    ("CHW", 2),
    ("CLF", 4),
    ("CLP", 0),
    ("CNY", 2),
    ("COP", 2),
    ("COU", 2),
    ("CRC", 2),
    ("CUP", 2),
    ("CVE", 2),
    ("CZK", 2),
    ("DJF", 0),
    ("DKK", 2),
    ("DOP", 2),
    ("DZD", 2),
    ("EGP", 2),
    ("ERN", 2),
    ("ETB", 2),
    ("ETH", 9),
    ("EUR", 2),
    ("EURC", 6),
    ("FJD", 2),
    ("FKP", 2),
    ("GBP", 2),
    ("GEL", 2),
    ("GHS", 2),
    ("GIP", 2),
    ("GMD", 2),
    ("GNF", 0),
    ("GTQ", 2),
    ("GYD", 2),
    ("HKD", 2),
    ("HNL", 2),
    ("HTG", 2),
    ("HUF", 2),
    ("IDR", 2),
    ("ILS", 2),
    ("INR", 2),
    ("IQD", 3),
    ("IRR", 2),
    ("ISK", 0),
    ("JMD", 2),
    ("JOD", 3),
    ("JPY", 0),
    ("KES", 2),
    ("KGS", 2),
    ("KHR", 2),
    ("KMF", 0),
    ("KPW", 2),
    ("KRW", 0),
    ("KWD", 3),
    ("KYD", 2),
    ("KZT", 2),
    ("LAK", 2),
    ("LBP", 2),
    ("LKR", 2),
    ("LRD", 2),
    ("LSL", 2),
    ("LYD", 3),
    ("MAD", 2),
    ("MDL", 2),
    ("MGA", 2),
    ("MKD", 2),
    ("MMK", 2),
    ("MNT", 2),
    ("MOP", 2),
    ("MRU", 2),
    ("MUR", 2),
    ("MVR", 2),
    ("MWK", 2),
    ("MXN", 2),
    ("MXV", 2),
    ("MYR", 2),
    ("MZN", 2),
    ("NAD", 2),
    ("NGN", 2),
    ("NIO", 2),
    ("NOK", 2),
    ("NPR", 2),
    ("NZD", 2),
    ("OMR", 3),
    ("PAB", 2),
    ("PEN", 2),
    ("PGK", 2),
    ("PHP", 2),
    ("PKR", 2),
    ("PLN", 2),
    ("PYG", 0),
    ("QAR", 2),
    ("RON", 2),
    ("RSD", 2),
    ("RUB", 2),
    ("RWF", 0),
    ("SAR", 2),
    ("SBD", 2),
    ("SCR", 2),
    ("SDG", 2),
    ("SEK", 2),
    ("SGD", 2),
    ("SHP", 2),
    ("SLE", 2),
    ("SOL", 9),
    ("SOS", 2),
    ("SRD", 2),
    ("SSP", 2),
    ("STN", 2),
    ("SVC", 2),
    ("SYP", 2),
    ("SZL", 2),
    ("THB", 2),
    ("TJS", 2),
    ("TMT", 2),
    ("TND", 3),
    ("TOP", 2),
    ("TRY", 2),
    ("TTD", 2),
    ("TWD", 2),
    ("TZS", 2),
    ("UAH", 2),
    ("UGX", 0),
    ("USD", 2),
    ("USDC", 6),
    ("USN", 2),
    ("UYI", 0),
    ("UYU", 2),
    ("UYW", 4),
    ("UZS", 2),
    ("VED", 2),
    ("VES", 2),
    ("VND", 0),
    ("VUV", 0),
    ("WST", 2),
    ("XAD", 2),
    ("XAF", 0),
    ("XCD", 2),
    ("XCG", 2),
    ("XOF", 0),
    ("XPF", 0),
    ("YER", 2),
    ("ZAR", 2),
    ("ZMW", 2),
    ("ZWG", 2),
];

/// A known currency: its code and the digits that it has after the point.
pub fn currency(code: &str) -> Option<(&'static str, u8)> {
    if code == "USD" {
        return Some(("USD", 2)); // by far the most common
    }
    let found = CURRENCIES.binary_search_by(|(known, _)| (*known).cmp(code)).ok()?;
    Some(CURRENCIES[found])
}

/// The digits that a currency has after the point, or `None` for an unknown currency.
pub fn exponent(code: &str) -> Option<u8> {
    currency(code).map(|(_, exponent)| exponent)
}

/// Why a text is no exact amount. The texts are stable: they stand in `bronze.quarantine.reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AmountError {
    /// Not `-?(0|[1-9][0-9]*)(\.[0-9]+)?`.
    NotADecimal,
    /// More digits after the point than the currency has.
    TooManyDigits,
    /// An absolute value of 10^19 or more.
    TooLarge,
}

impl AmountError {
    /// The stable reason code.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotADecimal => "amount_must_be_a_decimal",
            Self::TooManyDigits => "amount_must_not_exceed_the_currency_exponent",
            Self::TooLarge => "amount_must_be_below_the_limit",
        }
    }
}

impl fmt::Display for AmountError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.reason())
    }
}

impl std::error::Error for AmountError {}

/// Reads a decimal exactly into integers of 10⁻⁹.
///
/// `digits_max` is the most digits allowed after the point (a currency's exponent, at most 9); further
/// digits are refused even where they are zeros.
pub fn parse(text: &[u8], digits_max: u8) -> Result<i128, AmountError> {
    debug_assert!(digits_max <= SCALE);
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let whole_length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if whole_length == 0 || (whole_length > 1 && digits[0] == b'0') {
        return Err(AmountError::NotADecimal);
    }
    let fraction = match &digits[whole_length..] {
        [] => &[][..],
        [b'.', fraction @ ..] if !fraction.is_empty() && fraction.iter().all(u8::is_ascii_digit) => fraction,
        _ => return Err(AmountError::NotADecimal),
    };
    if fraction.len() > usize::from(digits_max) {
        return Err(AmountError::TooManyDigits);
    }
    if whole_length > 19 {
        return Err(AmountError::TooLarge);
    }
    // At most 19 + 9 digits: both parts fit 64 bits.
    let fold = |part: &[u8]| part.iter().fold(0_u64, |sum, byte| sum * 10 + u64::from(byte - b'0'));
    let whole = fold(&digits[..whole_length]);
    let fraction_units = fold(fraction) * 10_u64.pow(u32::from(SCALE) - fraction.len() as u32);
    let units = i128::from(whole) * UNIT + i128::from(fraction_units);
    Ok(if negative { -units } else { units })
}

/// Writes stored integers with exactly `digits` digits after the point, more where they are needed to be exact.
pub fn format(units: i128, digits: u8) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let magnitude = units.unsigned_abs();
    let whole = magnitude / UNIT as u128;
    let mut fraction = format!("{:09}", magnitude % UNIT as u128);
    while fraction.len() > usize::from(digits) && fraction.ends_with('0') {
        fraction.pop();
    }
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// How the digits beyond a currency's exponent are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// Half away from zero: the platform's rule.
    HalfUp,
    /// Half to the even neighbour.
    HalfEven,
    /// Toward zero.
    Down,
    /// Away from zero.
    Up,
}

/// A rate or percentage as an exact decimal: `mantissa` × 10^−`scale`.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// All digits as one integer.
    pub mantissa: i128,
    /// Digits after the point.
    pub scale: u8,
}

impl Rate {
    /// Reads `-?(0|[1-9][0-9]*)(\.[0-9]+)?` of at most 30 digits, all kept.
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((_, "")) => return Err(AmountError::NotADecimal),
            Some(parts) => parts,
            None => (digits, ""),
        };
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let zero_led = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty() || zero_led || !all_digits(whole) || !all_digits(fraction) {
            return Err(AmountError::NotADecimal);
        }
        if whole.len() + fraction.len() > 30 {
            return Err(AmountError::TooLarge);
        }
        let mantissa = whole
            .bytes()
            .chain(fraction.bytes())
            .fold(0_i128, |sum, byte| sum * 10 + i128::from(byte - b'0'));
        Ok(Self { mantissa: if negative { -mantissa } else { mantissa }, scale: fraction.len() as u8 })
    }
}

impl PartialEq for Rate {
    /// Equal as numbers: `0.05` is `0.050`.
    fn eq(&self, other: &Self) -> bool {
        self.trimmed() == other.trimmed()
    }
}

impl Eq for Rate {}

impl Rate {
    fn trimmed(self) -> (i128, u8) {
        let (mut mantissa, mut scale) = (self.mantissa, self.scale);
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        (mantissa, scale)
    }
}

/// `round(amount × rate)` to `digits` digits after the point, in stored integers.
///
/// Exact: the product is taken in 256 bits before it is rounded once. `None` where the result is at or
/// above [`LIMIT`].
pub fn multiply(amount: i128, rate: Rate, digits: u8, rounding: Rounding) -> Option<i128> {
    let negative = (amount < 0) != (rate.mantissa < 0);
    let product = wide_product(amount.unsigned_abs(), rate.mantissa.unsigned_abs());
    let dropped = u32::from(rate.scale) + u32::from(SCALE - digits);
    let (quotient, half, exact) = divide_by_power_of_ten(product, dropped)?;
    let up = match rounding {
        Rounding::HalfUp => half.is_ge(),
        Rounding::HalfEven => half.is_gt() || (half.is_eq() && quotient % 2 == 1),
        Rounding::Down => false,
        Rounding::Up => !exact,
    };
    let rounded = quotient.checked_add(u128::from(up))?;
    let units = i128::try_from(rounded).ok()?.checked_mul(10_i128.pow(u32::from(SCALE - digits)))?;
    (units < LIMIT).then_some(if negative { -units } else { units })
}

/// `round(amount × numerator / denominator)` to `digits` digits after the point, half away from zero.
///
/// Exact: it is rounded once, after the division. `None` where the product does not fit 128 bits or the
/// denominator is not above zero.
pub fn proportion(amount: i128, numerator: i128, denominator: i128, digits: u8) -> Option<i128> {
    let product = amount.checked_mul(numerator)?;
    let step = 10_i128.checked_pow(u32::from(SCALE.checked_sub(digits)?))?;
    let divisor = denominator.checked_mul(step).filter(|divisor| *divisor > 0)?.unsigned_abs();
    let (quotient, rest) = (product.unsigned_abs() / divisor, product.unsigned_abs() % divisor);
    let rounded = quotient + u128::from(rest >= divisor - rest);
    let units = i128::try_from(rounded).ok()?.checked_mul(step)?;
    Some(if product < 0 { -units } else { units })
}

/// The 256-bit product as four little-endian 64-bit limbs.
fn wide_product(left: u128, right: u128) -> [u64; 4] {
    let split = |value: u128| [value as u64, (value >> 64) as u64];
    let (left, right) = (split(left), split(right));
    let mut limbs = [0_u64; 4];
    for (i, &l) in left.iter().enumerate() {
        let mut carry = 0_u128;
        for (j, &r) in right.iter().enumerate() {
            let sum = u128::from(l) * u128::from(r) + u128::from(limbs[i + j]) + carry;
            limbs[i + j] = sum as u64;
            carry = sum >> 64;
        }
        limbs[i + 2] = carry as u64;
    }
    limbs
}

/// Divides by 10^`power`: the quotient, how the remainder compares with one half, and whether it is zero.
fn divide_by_power_of_ten(mut limbs: [u64; 4], power: u32) -> Option<(u128, std::cmp::Ordering, bool)> {
    let (mut last_digit, mut sticky) = (0, false);
    for _ in 0..power {
        sticky |= last_digit != 0;
        let mut remainder = 0_u128;
        for limb in limbs.iter_mut().rev() {
            let value = (remainder << 64) | u128::from(*limb);
            *limb = (value / 10) as u64;
            remainder = value % 10;
        }
        last_digit = remainder as u64;
    }
    if limbs[2] != 0 || limbs[3] != 0 {
        return None;
    }
    let quotient = u128::from(limbs[0]) | (u128::from(limbs[1]) << 64);
    let half =
        last_digit.cmp(&5).then(if sticky { std::cmp::Ordering::Greater } else { std::cmp::Ordering::Equal });
    Some((quotient, half, last_digit == 0 && !sticky))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies_are_sorted() {
        assert!(CURRENCIES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn amounts_are_exact_or_refused() {
        for (text, digits, expected) in [
            ("12.50", 2, Ok(12_500_000_000)),
            ("-0.63", 2, Ok(-630_000_000)),
            ("-0", 2, Ok(0)),
            ("9999999999999999999.999999999", 9, Ok(LIMIT - 1)),
            ("10000000000000000000", 2, Err(AmountError::TooLarge)),
            ("1.230", 2, Err(AmountError::TooManyDigits)),
            ("1.0", 0, Err(AmountError::TooManyDigits)),
            ("01", 2, Err(AmountError::NotADecimal)),
            ("1.", 2, Err(AmountError::NotADecimal)),
            (".5", 2, Err(AmountError::NotADecimal)),
            ("1e3", 2, Err(AmountError::NotADecimal)),
            ("+1", 2, Err(AmountError::NotADecimal)),
            ("", 2, Err(AmountError::NotADecimal)),
            ("-", 2, Err(AmountError::NotADecimal)),
        ] {
            assert_eq!(parse(text.as_bytes(), digits), expected, "{text}");
        }
    }

    #[test]
    fn formats_what_it_parsed() {
        for (text, digits) in [("12.50", 2), ("-0.63", 2), ("1999", 0), ("0.010149", 6), ("0.002", 2)] {
            assert_eq!(format(parse(text.as_bytes(), 9).unwrap(), digits), text);
        }
    }

    #[test]
    fn the_four_roundings_differ_where_they_must() {
        let rate = Rate::parse("0.05").unwrap();
        let round = |amount: &str, rounding| {
            format(multiply(parse(amount.as_bytes(), 2).unwrap(), rate, 2, rounding).unwrap(), 2)
        };
        for (amount, half_up, half_even, down, up) in [
            ("12.50", "0.63", "0.62", "0.62", "0.63"), // exactly one half
            ("0.10", "0.01", "0.00", "0.00", "0.01"),
            ("0.20", "0.01", "0.01", "0.01", "0.01"), // exact
            ("0.21", "0.01", "0.01", "0.01", "0.02"),
            ("-12.50", "-0.63", "-0.62", "-0.62", "-0.63"),
        ] {
            let all = [Rounding::HalfUp, Rounding::HalfEven, Rounding::Down, Rounding::Up]
                .map(|r| round(amount, r));
            assert_eq!(all, [half_up, half_even, down, up], "{amount}");
        }
    }

    #[test]
    fn proportions_are_rounded_once_half_away_from_zero() {
        for (cents, numerator, denominator, digits, expected) in [
            (499, 1, 1, 2, "4.99"),
            (100, 365, 12, 2, "30.42"), // 30.41666…
            (6, 1, 12, 2, "0.01"),      // exactly one half
            (-6, 1, 12, 2, "-0.01"),
            (5, 1, 12, 2, "0.00"),
            (600, 1, 12, 0, "1"),
        ] {
            let found = proportion(cents * UNIT / 100, numerator, denominator, digits).unwrap();
            assert_eq!(format(found, digits), expected, "{cents} × {numerator} / {denominator}");
        }
        assert!(proportion(LIMIT - 1, 365, 12, 9) > Some(LIMIT));
        assert_eq!((proportion(i128::MAX, 2, 1, 2), proportion(UNIT, 1, 0, 2)), (None, None));
    }

    #[test]
    fn products_beyond_128_bits_are_exact() {
        let rate = Rate::parse("0.99999999999999999999999999999").unwrap();
        assert_eq!(multiply(LIMIT - UNIT, rate, 2, Rounding::HalfUp), Some(LIMIT - UNIT));
        assert_eq!(multiply(LIMIT - 1, Rate::parse("2").unwrap(), 9, Rounding::HalfUp), None);
    }
}
