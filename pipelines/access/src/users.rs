//! Who may log in: a name, a role, and a verifier from which no password can be made.

use std::collections::BTreeMap;
use std::fmt;

use crate::role::Role;
use crate::scram::Verifier;

const NAME_BYTES_MAX: usize = 63;

/// One who may log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub role: Role,
    pub verifier: Verifier,
}

/// Those who may, by name. As text: a line each, of name, role and verifier.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Users(BTreeMap<String, User>);

impl Users {
    /// Reads a file's text; messages name the line at fault.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut users = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |message: String| format!("line {}: {message}", number + 1);
            let parts = line.split_whitespace().collect::<Vec<_>>();
            let [name, role, verifier] = parts.as_slice() else {
                return Err(wrong("not a name, a role and a verifier".to_owned()));
            };
            check_name(name).map_err(wrong)?;
            let user =
                User { role: role.parse().map_err(wrong)?, verifier: verifier.parse().map_err(wrong)? };
            if users.insert((*name).to_owned(), user).is_some() {
                return Err(wrong(format!("{name} stands there twice")));
            }
        }
        Ok(Self(users))
    }

    pub fn get(&self, name: &str) -> Option<&User> {
        self.0.get(name)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &User)> {
        self.0.iter().map(|(name, user)| (name.as_str(), user))
    }

    /// Adds one who is not there yet.
    pub fn add(&mut self, name: &str, role: Role, password: &str) -> Result<(), String> {
        check_name(name)?;
        if self.0.contains_key(name) {
            return Err(format!("there is a user {name} already"));
        }
        self.0.insert(name.to_owned(), User { role, verifier: Verifier::of(password)? });
        Ok(())
    }

    /// Gives one who is there another password.
    pub fn change(&mut self, name: &str, password: &str) -> Result<(), String> {
        let user = self.0.get_mut(name).ok_or_else(|| format!("no user is named {name}"))?;
        user.verifier = Verifier::of(password)?;
        Ok(())
    }

    pub fn remove(&mut self, name: &str) -> Result<(), String> {
        self.0.remove(name).map(drop).ok_or_else(|| format!("no user is named {name}"))
    }
}

impl fmt::Display for Users {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "# Who may log in to `ttt serve`: name, role, verifier. Written by `ttt user`.")?;
        self.0.iter().try_for_each(|(name, user)| writeln!(out, "{name} {} {}", user.role, user.verifier))
    }
}

fn check_name(name: &str) -> Result<(), String> {
    let holds = |byte: u8| byte.is_ascii_alphanumeric() || b"_.@-".contains(&byte);
    match !name.is_empty() && name.len() <= NAME_BYTES_MAX && name.bytes().all(holds) {
        true => Ok(()),
        false => Err(format!("{name:?} is no name of a user: letters, digits and _ . @ - make one")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_reads_back_and_holds_no_password() {
        let mut users = Users::default();
        users.add("anna", Role::Analyst, "correct horse").unwrap();
        users.add("ben", "creator:did:key:z6MkB".parse().unwrap(), "battery staple").unwrap();
        let text = users.to_string();
        assert_eq!(Users::parse(&text).as_ref(), Ok(&users));
        assert!(!text.contains("horse") && !text.contains("staple"));
        assert!(users.add("anna", Role::Finance, "correct horse").is_err());
        let before = users.get("anna").unwrap().verifier.clone();
        users.change("anna", "correct horse").unwrap();
        assert_ne!(users.get("anna").unwrap().verifier, before, "each password has a salt of its own");
        users.remove("anna").unwrap();
        assert!(users.get("anna").is_none() && users.remove("anna").is_err());
    }

    #[test]
    fn what_is_no_line_is_named() {
        for text in
            ["anna analyst", "anna root x", "a b c d", "x/y analyst x", "anna analyst SCRAM-SHA-256$1:a$b:c"]
        {
            assert!(Users::parse(text).is_err_and(|error| error.starts_with("line 1: ")), "{text}");
        }
    }
}
