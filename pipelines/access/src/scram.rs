//! SCRAM-SHA-256 (RFC 5802 and 7677), the server's side, from verifiers: what is kept cannot be used to log in.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use pgwire::api::auth::sasl::scram::{gen_salted_password, random_nonce};
use sha2::{Digest, Sha256};

pub const MECHANISM: &str = "SCRAM-SHA-256";
const ITERATIONS: usize = 4_096;
const SALT_BYTES: usize = 16;
const PASSWORD_BYTES_MIN: usize = 8;

type Key = [u8; 32];

/// What is kept of a password, in PostgreSQL's own form.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier {
    iterations: usize,
    salt: Vec<u8>,
    stored_key: Key,
    server_key: Key,
}

impl Verifier {
    /// That of a new password, with a salt of its own.
    pub fn of(password: &str) -> Result<Self, String> {
        if password.len() < PASSWORD_BYTES_MIN {
            return Err(format!("a password has at least {PASSWORD_BYTES_MIN} bytes"));
        }
        let salt = STANDARD.decode(random_nonce()).map_err(|error| error.to_string())?;
        Ok(Self::salted(password, &salt[..SALT_BYTES], ITERATIONS))
    }

    fn salted(password: &str, salt: &[u8], iterations: usize) -> Self {
        let salted = gen_salted_password(password, salt, iterations);
        let stored_key = Sha256::digest(sign(&salted, b"Client Key")).into();
        Self { iterations, salt: salt.to_vec(), stored_key, server_key: sign(&salted, b"Server Key") }
    }

    /// One that no password fits, the same each time for a name: who is not there is answered like who is.
    pub fn of_nobody(secret: &[u8], name: &str) -> Self {
        let salt = sign(secret, format!("salt {name}").as_bytes())[..SALT_BYTES].to_vec();
        let key = |what: &str| sign(secret, format!("{what} {name}").as_bytes());
        Self { iterations: ITERATIONS, salt, stored_key: key("stored"), server_key: key("server") }
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bytes: &[u8]| STANDARD.encode(bytes);
        let (salt, stored, server) = (text(&self.salt), text(&self.stored_key), text(&self.server_key));
        write!(out, "{MECHANISM}${}:{salt}${stored}:{server}", self.iterations)
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Verifier")
    }
}

impl FromStr for Verifier {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let rest = text.strip_prefix(MECHANISM)?.strip_prefix('$')?;
            let (salting, keys) = rest.split_once('$')?;
            let ((iterations, salt), (stored, server)) = (salting.split_once(':')?, keys.split_once(':')?);
            let bytes = |text: &str| STANDARD.decode(text).ok();
            Some(Self {
                iterations: iterations.parse().ok().filter(|count| *count >= ITERATIONS)?,
                salt: bytes(salt)?,
                stored_key: bytes(stored)?.try_into().ok()?,
                server_key: bytes(server)?.try_into().ok()?,
            })
        };
        read().ok_or_else(|| "this is no verifier of SCRAM-SHA-256".to_owned())
    }
}

/// An exchange that waits for the client's proof.
pub struct Exchange {
    verifier: Verifier,
    /// The client's head, as its channel binding must repeat it.
    head: String,
    nonce: String,
    /// What both sides sign, but for the client's last words.
    said: String,
}

impl Exchange {
    /// Answers a client's first message. Who it is, the startup has said.
    pub fn start(first: &[u8], verifier: Verifier) -> Option<(String, Self)> {
        let first = std::str::from_utf8(first).ok()?;
        // `n` and `y`: no channel binding, which is not offered. An authorization id is not taken.
        let head = ["n,,", "y,,"].into_iter().find(|head| first.starts_with(head))?;
        let bare = &first[head.len()..];
        let mut parts = bare.split(',');
        parts.next()?.strip_prefix("n=")?;
        let theirs = parts.next()?.strip_prefix("r=").filter(|nonce| !nonce.is_empty())?;
        let nonce = format!("{theirs}{}", random_nonce());
        let answer = format!("r={nonce},s={},i={}", STANDARD.encode(&verifier.salt), verifier.iterations);
        let said = format!("{bare},{answer}");
        Some((answer, Self { verifier, head: head.to_owned(), nonce, said }))
    }

    /// Holds the client's proof against the verifier, and proves the server to the client.
    pub fn finish(&self, last: &[u8]) -> Option<String> {
        let last = std::str::from_utf8(last).ok()?;
        let (without_proof, proof) = last.rsplit_once(",p=")?;
        let mut parts = without_proof.split(',');
        let binding = STANDARD.decode(parts.next()?.strip_prefix("c=")?).ok()?;
        let nonce = parts.next()?.strip_prefix("r=")?;
        if binding != self.head.as_bytes() || nonce != self.nonce {
            return None;
        }
        let said = format!("{},{without_proof}", self.said);
        let proof: Key = STANDARD.decode(proof).ok()?.try_into().ok()?;
        let signature = sign(&self.verifier.stored_key, said.as_bytes());
        let client_key: Vec<u8> =
            proof.iter().zip(signature).map(|(proof, signature)| proof ^ signature).collect();
        let holds = is_same(&Sha256::digest(client_key).into(), &self.verifier.stored_key);
        holds.then(|| format!("v={}", STANDARD.encode(sign(&self.verifier.server_key, said.as_bytes()))))
    }
}

fn sign(key: &[u8], message: &[u8]) -> Key {
    // A key of any length is taken, so that there is none that is refused.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// Takes the same time whatever differs.
fn is_same(left: &Key, right: &Key) -> bool {
    left.iter().zip(right).fold(0, |differs, (left, right)| differs | (left ^ right)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The client's side, by the RFC.
    fn prove(password: &str, answer: &str, bare: &str) -> String {
        let part = |key: &str| answer.split(',').find_map(|part| part.strip_prefix(key)).unwrap();
        let salt = STANDARD.decode(part("s=")).unwrap();
        let salted = gen_salted_password(password, &salt, part("i=").parse().unwrap());
        let without_proof = format!("c=biws,r={}", part("r="));
        let said = format!("{bare},{answer},{without_proof}");
        let client_key = sign(&salted, b"Client Key");
        let stored: Key = Sha256::digest(client_key).into();
        let proof: Vec<u8> =
            client_key.iter().zip(sign(&stored, said.as_bytes())).map(|(key, sign)| key ^ sign).collect();
        format!("{without_proof},p={}", STANDARD.encode(proof))
    }

    fn log_in(password: &str, verifier: &Verifier) -> bool {
        let bare = "n=,r=abcdef";
        let (answer, exchange) = Exchange::start(format!("n,,{bare}").as_bytes(), verifier.clone()).unwrap();
        exchange.finish(prove(password, &answer, bare).as_bytes()).is_some()
    }

    #[test]
    fn only_the_password_proves_itself() {
        let verifier = Verifier::of("correct horse").unwrap();
        assert!(log_in("correct horse", &verifier));
        assert!(!log_in("correct hors", &verifier));
        assert!(!log_in("correct horse", &Verifier::of_nobody(b"secret", "anna")));
        let read: Verifier = verifier.to_string().parse().unwrap();
        assert!(log_in("correct horse", &read));
        assert!(Verifier::of("short").is_err());
    }

    /// The exchange of RFC 7677, section 3.
    #[test]
    fn the_example_of_the_rfc() {
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let verifier = Verifier::salted("pencil", &salt, 4_096);
        let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let exchange = Exchange {
            verifier,
            head: "n,,".to_owned(),
            nonce: nonce.to_owned(),
            said: format!("n=user,r=rOprNGfwEbeRWgbNEkqO,r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"),
        };
        let last = format!("c=biws,r={nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        assert_eq!(
            exchange.finish(last.as_bytes()).as_deref(),
            Some("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
        );
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let verifier = Verifier::of("correct horse").unwrap();
        for first in ["", "n,,n=", "p=tls-unique,,n=,r=a", "n,a=root,n=,r=a", "n,,n=,r=", "x,,n=,r=a"] {
            assert!(Exchange::start(first.as_bytes(), verifier.clone()).is_none(), "{first}");
        }
        let (_, exchange) = Exchange::start(b"n,,n=,r=a", verifier).unwrap();
        for last in ["", "c=biws,r=a,p=AA==", "c=eSws,r=a,p=", "p="] {
            assert!(exchange.finish(last.as_bytes()).is_none(), "{last}");
        }
    }
}
