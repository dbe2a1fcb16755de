//! Currencies by ISO 4217: which codes there are, how many decimals each has, and an amount of one in
//! words. An amount whose currency is not known is never given decimals.

/// Currencies with two decimals.
const TWO: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN \
    BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD \
    FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT \
    LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK \
    NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP \
    STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER \
    ZAR ZMW ZWG ZWL";
/// Currencies without decimals, with three, with four.
const OTHERS: [(u8, &str); 3] = [
    (
        0,
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    ),
    (3, "BHD IQD JOD KWD LYD OMR TND"),
    (4, "CLF UYW"),
];

/// How many decimals a currency has, by its code in capitals; `None` when there is no such currency.
pub fn decimals(code: &str) -> Option<u8> {
    let among = |codes: &str| codes.split_ascii_whitespace().any(|one| one == code);
    if among(TWO) {
        return Some(2);
    }
    let other = OTHERS.iter().find(|(_, codes)| among(codes));
    other.map(|(decimals, _)| *decimals)
}

/// A currency's code as systems write it, in either case; `None` when there is no such currency.
pub fn code(text: &str) -> Option<String> {
    let code = text.trim().to_ascii_uppercase();
    decimals(&code).map(|_| code)
}

/// An amount in words: `GBP 212.00`, `JPY 5,800`. Without a currency it is the bare number, which says
/// so: how many decimals it has is not known then.
pub fn text(minor: i64, currency: Option<&str>) -> String {
    match currency.and_then(|code| Some((code, decimals(code)?))) {
        Some((code, decimals)) => format!("{code} {}", decimal(minor, decimals)),
        None => format!("{minor} (currency not known)"),
    }
}

/// The number of an amount, with the decimals of its currency and its thousands apart.
fn decimal(minor: i64, decimals: u8) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let unit = 10_u64.pow(u32::from(decimals));
    let (whole, rest) = (minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
    let digits = whole.to_string();
    let mut grouped = String::with_capacity(digits.len() * 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if decimals == 0 {
        return format!("{sign}{grouped}");
    }
    format!(
        "{sign}{grouped}.{rest:0width$}",
        width = usize::from(decimals)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_has_the_decimals_of_its_currency() {
        for (minor, code, expected) in [
            (21_200, Some("GBP"), "GBP 212.00"),
            (5_800, Some("JPY"), "JPY 5,800"),
            (5_800, Some("KWD"), "KWD 5.800"),
            (5, Some("EUR"), "EUR 0.05"),
            (-123_456_789, Some("USD"), "USD -1,234,567.89"),
            (1, Some("CLF"), "CLF 0.0001"),
            (0, Some("KRW"), "KRW 0"),
            (i64::MIN, Some("JPY"), "JPY -9,223,372,036,854,775,808"),
            (5_800, None, "5800 (currency not known)"),
            (5_800, Some("QQQ"), "5800 (currency not known)"),
        ] {
            assert_eq!(text(minor, code), expected);
        }
    }

    #[test]
    fn codes_are_read_in_either_case_and_nothing_else_is_one() {
        assert_eq!(code("jpy").as_deref(), Some("JPY"));
        assert_eq!(code(" EUR ").as_deref(), Some("EUR"));
        for no in [
            "",
            "€",
            "EU",
            "EURO",
            "XXX",
            "QQQ",
            "E UR",
            ".currency",
            "XAU",
        ] {
            assert_eq!(code(no), None, "{no}");
        }
    }

    #[test]
    fn no_code_stands_in_two_lists() {
        let lists = OTHERS.iter().map(|(_, codes)| *codes).chain([TWO]);
        let mut all: Vec<&str> = lists.flat_map(str::split_ascii_whitespace).collect();
        let before = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), before);
        assert!(all.iter().all(|code| code.len() == 3));
    }
}
