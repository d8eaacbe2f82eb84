//! How many digits each currency carries: ISO 4217 as in force, and the four tokens of the contract.
//!
//! Reading: codes without a minor unit (gold, drawing rights, test codes) and withdrawn codes are unknown.

const NONE: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";

const TWO: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD \
                   CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS \
                   GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD \
                   LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB \
                   PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP \
                   SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW \
                   ZWG";

const THREE: &str = "BHD IQD JOD KWD LYD OMR TND";

const FOUR: &str = "CLF UYW";

const SIX: &str = "USDC EURC";

const NINE: &str = "SOL ETH";

/// The digits behind the point that a currency allows; None for a currency that is not known.
pub fn exponent(currency: &str) -> Option<usize> {
    let table = [(NONE, 0), (TWO, 2), (THREE, 3), (FOUR, 4), (SIX, 6), (NINE, 9)];
    let listed = |codes: &str| codes.split_whitespace().any(|code| code == currency);
    table.iter().find(|(codes, _)| listed(codes)).map(|(_, digits)| *digits)
}
