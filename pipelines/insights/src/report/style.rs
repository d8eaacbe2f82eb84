//! The page's style, and the policy that lets a browser use it and nothing else.

use sha2::{Digest, Sha256};

/// Colours have a contrast of at least 4.5 with what is behind them, light and dark.
pub const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b1b1f;--paper:#fff;--soft:#f3f4f6;--edge:#767680;--mark:#0b5cad;--band:#0b5cad33}\
@media (prefers-color-scheme:dark){:root{--ink:#ececf1;--paper:#131316;--soft:#1f1f24;--edge:#9a9aa6;--mark:#7db8f5;--band:#7db8f544}}\
*{box-sizing:border-box}\
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:76rem;margin:0 auto;padding:1rem}\
h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0}h2{font-size:1.2rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:.2rem 0}\
.who{overflow-wrap:anywhere}\
.numbers{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.6rem;margin:1rem 0;padding:0}\
.numbers div{background:var(--soft);padding:.6rem .8rem;border-radius:.4rem}\
.numbers dt{font-size:.85rem}.numbers dd{margin:0}.numbers .value{font-size:1.3rem;font-weight:600;font-variant-numeric:tabular-nums}\
.numbers .interval{font-size:.85rem}\
.pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));gap:1rem;align-items:start}\
figure{margin:0;min-width:0;background:var(--soft);padding:.6rem;border-radius:.4rem}figcaption{font-weight:600}\
svg{display:block;width:100%;height:auto;max-width:34rem}\
svg text{font:12px system-ui,sans-serif;fill:var(--ink);unicode-bidi:plaintext}\
.grid{stroke:var(--edge);stroke-width:.5;stroke-opacity:.6}.dot{fill:var(--mark)}.bar{fill:var(--mark);fill-opacity:.75}\
.whisker{stroke:var(--ink);stroke-width:1.2;fill:none}.band{fill:var(--band)}.line{stroke:var(--mark);stroke-width:2;fill:none}\
.scroll{overflow-x:auto;max-width:100%}\
table{border-collapse:collapse;margin:.5rem 0 1rem;font-size:.95rem}caption{text-align:start;font-weight:600;padding:.3rem 0}\
th,td{padding:.2rem .6rem;border-bottom:1px solid var(--edge);text-align:start;overflow-wrap:anywhere;min-width:4rem}\
.number{text-align:end;font-variant-numeric:tabular-nums;white-space:nowrap}\
summary{cursor:pointer;padding:.3rem 0}a{color:var(--mark)}\
.absent{border-inline-start:4px solid var(--mark);padding-inline-start:.6rem}\
footer{border-top:1px solid var(--edge);margin-top:2.5rem;font-size:.9rem;overflow-wrap:anywhere}\
@media print{:root{--ink:#000;--paper:#fff;--soft:#fff;--mark:#0b5cad;--band:#0b5cad33}body{max-width:none;padding:0;font-size:10pt}\
figure,tr,.numbers div{break-inside:avoid}h2{break-after:avoid}.scroll{overflow:visible}table{font-size:8pt;width:100%}\
th,td{padding:.1rem .25rem;min-width:0}.number{white-space:normal}\
details::details-content{content-visibility:visible;block-size:auto}}";

/// The content policy: this style, no script, no request, no form, no frame.
pub fn policy() -> String {
    let hash = base64(Sha256::digest(STYLE).as_slice());
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let number =
            group.iter().chain([&0, &0]).take(3).fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
        for place in 0..4 {
            let digit = DIGITS[number >> (18 - 6 * place) & 63];
            text.push(if place <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_by_the_standard() {
        for (bytes, expected) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(bytes.as_bytes()), expected);
        }
    }
}
