//! `ttt user`: who may log in to `ttt serve`, in a file that holds no password.

use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use access::{Role, Users};
use clap::{Args, Subcommand};

use crate::cli::Global;
use crate::config::Config;
use crate::failure::{Failure, Outcome};

/// Add, change, remove or list those who may log in to `ttt serve`
#[derive(Debug, Args)]
pub struct UserArguments {
    #[command(subcommand)]
    pub action: UserAction,
    /// Their file [default: users.ttt]
    #[arg(long, global = true, value_name = "FILE")]
    pub users: Option<std::path::PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum UserAction {
    /// Add one; the password is typed unseen, or read as one line from standard input
    Add {
        name: String,
        /// analyst, finance, operator or creator:<DID>
        #[arg(value_name = "ROLE")]
        role: String,
    },
    /// Change a password
    Passwd { name: String },
    /// Remove one; sessions that are open stay open
    Rm { name: String },
    /// List them with their roles
    List,
}

/// Does it, and writes the file anew where it has changed.
pub fn run(config: &Config, global: &Global, arguments: &UserArguments) -> Outcome<()> {
    let path = arguments.users.as_ref().unwrap_or(&config.serve.users);
    let mut users = match load(path) {
        Ok(users) => users,
        // The first one is added to a file that is not there yet.
        Err(_) if matches!(arguments.action, UserAction::Add { .. }) && !path.exists() => Users::default(),
        Err(error) => return Err(Failure::usage(error).with_hint("ttt user add NAME ROLE")),
    };
    let changed = match &arguments.action {
        UserAction::Add { name, role } => {
            let role: Role = role.parse().map_err(Failure::usage)?;
            if users.get(name).is_some() {
                return Err(Failure::usage(format!("there is a user {name} already")));
            }
            users.add(name, role, &password(name)?)
        }
        UserAction::Passwd { name } if users.get(name).is_none() => Err(format!("no user is named {name}")),
        UserAction::Passwd { name } => users.change(name, &password(name)?),
        UserAction::Rm { name } => users.remove(name),
        UserAction::List => return list(&users, global.json),
    };
    changed.map_err(Failure::usage)?;
    save(path, &users)
}

/// Reads the file; messages name it.
pub fn load(path: &Path) -> Result<Users, String> {
    let at = |error: String| format!("{}: {error}", path.display());
    let text = fs::read_to_string(path).map_err(|error| at(error.to_string()))?;
    Users::parse(&text).map_err(at)
}

fn list(users: &Users, json: bool) -> Outcome<()> {
    if json {
        let rows =
            users.iter().map(|(name, user)| serde_json::json!({"name": name, "role": user.role.to_string()}));
        println!("{}", serde_json::Value::from(rows.collect::<Vec<_>>()));
        return Ok(());
    }
    let width = users.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    users.iter().for_each(|(name, user)| println!("{name:width$}  {}", user.role));
    Ok(())
}

/// Written beside it and put in its place, readable by its owner alone.
fn save(path: &Path, users: &Users) -> Outcome<()> {
    let wrong = |error: io::Error| Failure::other(format!("{}: {error}", path.display()));
    let beside = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside).map_err(wrong)?;
    file.write_all(users.to_string().as_bytes()).and_then(|()| file.sync_all()).map_err(wrong)?;
    fs::rename(&beside, path).map_err(wrong)
}

fn password(name: &str) -> Outcome<String> {
    let wrong = |error: io::Error| Failure::usage(format!("no password was read: {error}"));
    if !io::stdin().is_terminal() {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(wrong)?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let typed = rpassword::prompt_password(format!("Password of {name}: ")).map_err(wrong)?;
    match rpassword::prompt_password("Again: ").map_err(wrong)? == typed {
        true => Ok(typed),
        false => Err(Failure::usage("the two are not the same")),
    }
}
