//! `pointsman user` and `pointsman key`.

use std::{
    io::{self, Read},
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::json;

use super::output::{Door, Output, otherwise};
use crate::{
    config::Config,
    control::{Answer, KeyOrder, Order, UserOrder},
};

#[derive(Debug, Subcommand)]
pub(super) enum UserAct {
    /// Creates a user; the password is read from stdin.
    Create(NewUser),
}

#[derive(Debug, Args)]
pub(super) struct NewUser {
    /// The address to sign in with.
    #[arg(long)]
    email: String,
    /// The full name; the address where it is not given.
    #[arg(long)]
    name: Option<String>,
    /// admin, member or viewer.
    #[arg(long)]
    role: String,
}

#[derive(Debug, Subcommand)]
pub(super) enum KeyAct {
    /// Creates an API key and prints it, this once.
    Create(NewKey),
}

#[derive(Debug, Args)]
pub(super) struct NewKey {
    /// What the key is for.
    #[arg(long)]
    name: String,
    /// admin, member or viewer.
    #[arg(long)]
    role: String,
}

pub(super) async fn user(config: &Config, act: UserAct, output: Output) -> anyhow::Result<ExitCode> {
    let UserAct::Create(user) = act;
    match Door::new(config).ask(Order::CreateUser(user.order()?)).await? {
        Answer::User { id } => output.show(&id, &json!({ "id": id })),
        other => otherwise(other),
    }
}

pub(super) async fn key(config: &Config, act: KeyAct, output: Output) -> anyhow::Result<ExitCode> {
    let KeyAct::Create(NewKey { name, role }) = act;
    match Door::new(config).ask(Order::CreateKey(KeyOrder { name, role })).await? {
        Answer::Key { id, secret } => output.show(&secret, &json!({ "id": id, "secret": secret })),
        other => otherwise(other),
    }
}

impl NewUser {
    fn order(self) -> anyhow::Result<UserOrder> {
        let mut password = String::new();
        io::stdin()
            .read_to_string(&mut password)
            .context("the password can't be read")?;
        Ok(UserOrder {
            email: self.email,
            name: self.name,
            role: self.role,
            password: password.trim_end_matches(['\r', '\n']).to_owned(),
        })
    }
}
