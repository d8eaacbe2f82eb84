//! The start of a connection: which database, over what, and who.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use futures::{Sink, SinkExt};
use pgwire::api::auth::{
    DefaultServerParameterProvider, StartupHandler, finish_authentication, protocol_negotiation,
    save_startup_parameters_to_metadata,
};
use pgwire::api::{
    ClientInfo, METADATA_DATABASE, METADATA_USER, PgWireConnectionState, PidSecretKeyGenerator,
};
use pgwire::error::{PgWireError, PgWireResult};
use pgwire::messages::startup::{Authentication, PasswordMessageFamily, SecretKey, Startup};
use pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};
use tokio::sync::Mutex;

use crate::failure::Refusal;
use crate::room::DATABASE;
use crate::scram::{Exchange, MECHANISM, Verifier};
use crate::server::Hall;
use crate::settings::SERVER_VERSION;
use crate::visit::Visit;

/// The login of one connection.
pub struct Login {
    hall: Arc<Hall>,
    exchange: Mutex<Option<Exchange>>,
}

impl Login {
    pub fn new(hall: Arc<Hall>) -> Self {
        Self { hall, exchange: Mutex::new(None) }
    }

    fn check(&self, startup: &Startup, peer: std::net::SocketAddr, is_secure: bool) -> Result<(), Refusal> {
        if !is_secure && !peer.ip().is_loopback() {
            return Err(Refusal::new("28000", "only encrypted connections are taken from elsewhere")
                .with_hint("connect with sslmode=require or better"));
        }
        let database = startup.parameters.get(METADATA_DATABASE).or(startup.parameters.get(METADATA_USER));
        match database {
            Some(name) if name == DATABASE => {}
            other => {
                let name = other.map_or("", String::as_str);
                return Err(Refusal::new("3D000", format!("database \"{name}\" does not exist"))
                    .with_hint(format!("the database is {DATABASE}")));
            }
        }
        let replication = startup.parameters.get("replication").map(String::as_str).unwrap_or("off");
        match ["off", "false", "no", "0"].contains(&replication) {
            true => Ok(()),
            false => Err(Refusal::unsupported("there is no replication here")),
        }
    }

    /// The verifier of a name; of one that is not there, one that nothing fits.
    fn verifier(&self, name: &str) -> Verifier {
        let users = (self.hall.users)().unwrap_or_default();
        users
            .get(name)
            .map_or_else(|| Verifier::of_nobody(&self.hall.secret, name), |user| user.verifier.clone())
    }

    async fn prove(&self, name: &str, peer: std::net::IpAddr, last: &[u8]) -> Result<String, Refusal> {
        let exchange = self.exchange.lock().await.take();
        match exchange.and_then(|exchange| exchange.finish(last)) {
            Some(proof) => {
                self.hall.throttle.succeeded(peer, name);
                Ok(proof)
            }
            None => {
                self.hall.throttle.failed(peer, name);
                Err(Refusal::new("28P01", format!("password authentication failed for user \"{name}\"")))
            }
        }
    }

    /// What is told to a client that has proved itself, and what is kept of it.
    async fn welcome(&self, name: &str, startup: Vec<(String, String)>) -> Result<Visit, Refusal> {
        let users = (self.hall.users)().unwrap_or_default();
        let gone = || Refusal::new("28000", format!("role \"{name}\" does not exist"));
        let role = users.get(name).map(|user| user.role.clone()).ok_or_else(gone)?;
        let room = self.hall.room(&role).await?.of_user(name)?;
        Ok(Visit::new(self.hall.clone(), name, role, room, startup))
    }
}

fn parameters() -> DefaultServerParameterProvider {
    let mut parameters = DefaultServerParameterProvider::default();
    parameters.server_version = format!("{SERVER_VERSION} (ttt)");
    parameters.is_superuser = false;
    parameters.default_transaction_read_only = true;
    parameters.in_hot_standby = true;
    parameters.time_zone = "UTC".to_owned();
    parameters
}

#[async_trait]
impl StartupHandler for Login {
    async fn on_startup<C>(&self, client: &mut C, message: PgWireFrontendMessage) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        match message {
            PgWireFrontendMessage::Startup(startup) => {
                self.check(&startup, client.socket_addr(), client.is_secure()).map_err(Refusal::fatal)?;
                protocol_negotiation(client, &startup).await?;
                save_startup_parameters_to_metadata(client, &startup);
                client.set_state(PgWireConnectionState::AuthenticationInProgress);
                let offered = Authentication::SASL(vec![MECHANISM.to_owned()]);
                client.send(PgWireBackendMessage::Authentication(offered)).await?;
            }
            PgWireFrontendMessage::PasswordMessageFamily(message) => self.exchange(client, message).await?,
            _ => {}
        }
        Ok(())
    }
}

impl Login {
    async fn exchange<C>(&self, client: &mut C, message: PasswordMessageFamily) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let name = client.metadata().get(METADATA_USER).cloned().unwrap_or_default();
        let peer = client.socket_addr().ip();
        if self.exchange.lock().await.is_none() {
            tokio::time::sleep(self.hall.throttle.wait(peer, &name)).await;
            let first = message.into_sasl_initial_response()?;
            let data = first.data.unwrap_or_default();
            let started = Some(first.auth_method).filter(|method| method == MECHANISM);
            let started = started.and_then(|_| Exchange::start(&data, self.verifier(&name)));
            let malformed = || Refusal::new("08P01", "malformed SCRAM message").fatal();
            let (answer, exchange) = started.ok_or_else(malformed)?;
            *self.exchange.lock().await = Some(exchange);
            let answer = Authentication::SASLContinue(answer.into());
            return Ok(client.send(PgWireBackendMessage::Authentication(answer)).await?);
        }
        let last = message.into_sasl_response()?;
        let proof = self.prove(&name, peer, &last.data).await.map_err(Refusal::fatal)?;
        let startup = client.metadata().iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let visit = self.welcome(&name, startup).await.map_err(Refusal::fatal)?;
        client.send(PgWireBackendMessage::Authentication(Authentication::SASLFinal(proof.into()))).await?;
        let (pid, secret): (i32, SecretKey) = self.hall.keys.generate(client);
        client.set_pid_and_secret_key(pid, secret.clone());
        client.session_extensions().insert(visit);
        if let Some(visit) = client.session_extensions().get::<Visit>() {
            self.hall.visitors.enter(pid, secret, &visit);
        }
        finish_authentication(client, &parameters()).await
    }
}
