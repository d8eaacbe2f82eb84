//! One connection: encryption, its place among the others, and message after message until either side ends it.

use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use futures::{SinkExt, StreamExt};
use pgwire::api::cancel::CancelHandler;
use pgwire::api::{ClientInfo, NoopHandler, PgWireConnectionState};
use pgwire::error::{ErrorInfo, PgWireError};
use pgwire::messages::cancel::CancelRequest;
use pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};
use pgwire::tokio::TlsAcceptor;
use pgwire::tokio::server::{negotiate_tls, process_error, process_message};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::rustls::{ServerConfig, crypto};

use crate::failure::Refusal;
use crate::login::Login;
use crate::server::{Hall, Tls};
use crate::wire::Wire;

/// From the first byte to the end of the login.
const LOGIN: Duration = Duration::from_secs(60);
/// Beyond its statement's time, for which a client may leave what it asked for unread.
const UNREAD: Duration = Duration::from_secs(60);

/// Loads certificates and key; anything that does not load or fit is an error.
pub fn acceptor(tls: &Tls) -> Result<TlsAcceptor, String> {
    let at = |path: &std::path::Path| path.display().to_string();
    let open = |path: &std::path::Path| {
        File::open(path).map(BufReader::new).map_err(|error| format!("{}: {error}", at(path)))
    };
    let certificates = rustls_pemfile::certs(&mut open(&tls.certificate)?).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|error| format!("{}: {error}", at(&tls.certificate)))?;
    if certificates.is_empty() {
        return Err(format!("{}: there is no certificate in it", at(&tls.certificate)));
    }
    let key = rustls_pemfile::private_key(&mut open(&tls.key)?);
    let key = key.map_err(|error| format!("{}: {error}", at(&tls.key)))?;
    let key = key.ok_or_else(|| format!("{}: there is no private key in it", at(&tls.key)))?;
    let builder = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let mut config = builder
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(|error| format!("{} and {}: {error}", at(&tls.certificate), at(&tls.key)))?;
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// A place among the connections; given up when it is dropped.
struct Place(Arc<Hall>);

impl Place {
    fn take(hall: &Arc<Hall>) -> Option<Self> {
        let before = hall.connections.fetch_add(1, Ordering::Relaxed);
        let place = Self(hall.clone());
        (before < hall.connections_max).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Cancels(Arc<Hall>);

#[async_trait]
impl CancelHandler for Cancels {
    async fn on_cancel_request(&self, request: CancelRequest) {
        self.0.visitors.cancel(request.pid, &request.secret_key);
    }
}

/// Serves one connection to its end.
pub async fn serve(
    socket: TcpStream,
    tls: Option<TlsAcceptor>,
    hall: Arc<Hall>,
    mut ended: watch::Receiver<bool>,
) {
    let place = Place::take(&hall);
    let deadline = tokio::time::Instant::now() + LOGIN;
    let witness = witness(&socket);
    let Ok(Ok(Some(mut socket))) = tokio::time::timeout_at(deadline, negotiate_tls(socket, tls)).await else {
        return;
    };
    let (login, wire, cancels) =
        (Arc::new(Login::new(hall.clone())), Arc::new(Wire::default()), Arc::new(Cancels(hall.clone())));
    loop {
        let is_new = matches!(
            socket.state(),
            PgWireConnectionState::AwaitingStartup | PgWireConnectionState::AuthenticationInProgress
        );
        let patience = match (is_new, hall.idle) {
            (true, _) => deadline,
            (false, Some(idle)) => tokio::time::Instant::now() + idle,
            (false, None) => tokio::time::Instant::now() + Duration::from_secs(60 * 60 * 24 * 365),
        };
        let message = tokio::select! {
            message = socket.next() => message,
            () = tokio::time::sleep_until(patience) => {
                let refusal = if is_new { None } else { Some(Refusal::new("57P05", "terminating connection due to idle-session timeout")) };
                return say(&mut socket, refusal).await;
            }
            () = end(&mut ended) => {
                return say(&mut socket, Some(Refusal::new("57P01", "terminating connection due to administrator command"))).await;
            }
        };
        let message = match message {
            Some(Ok(PgWireFrontendMessage::Terminate(_))) | None => return,
            Some(Ok(message)) => message,
            Some(Err(error)) => return say(&mut socket, Some(Refusal::new("08P01", error))).await,
        };
        // A cancel is heard even where there is no room for more: it makes some.
        if place.is_none() && !matches!(message, PgWireFrontendMessage::CancelRequest(_)) {
            let full = Refusal::new("53300", "sorry, too many clients already");
            return say(&mut socket, Some(full)).await;
        }
        let wait_for_sync = message.is_extended_query();
        let (simple, extended) = (wire.clone(), wire.clone());
        let answered = process_message(
            message,
            &mut socket,
            login.clone(),
            simple,
            extended,
            Arc::new(NoopHandler),
            cancels.clone(),
        );
        let longest = hall.longest() + UNREAD;
        let answered = tokio::select! {
            answered = tokio::time::timeout(longest, answered) => answered,
            () = end(&mut ended) => return,
            // Whoever has gone waits for nothing: what runs for it is dropped, and so stopped.
            () = gone(witness.as_ref()) => return,
        };
        match answered {
            Ok(Ok(())) => {}
            Ok(Err(error)) if is_new || is_gone(&error) => return say_error(&mut socket, error).await,
            Ok(Err(error)) => {
                if process_error(&mut socket, error, wait_for_sync).await.is_err() {
                    return;
                }
            }
            // Its statement has long ended; whoever does not read is not waited for.
            Err(_) => return,
        }
    }
}

/// The same connection once more, to see its end while a statement runs.
fn witness(socket: &TcpStream) -> Option<TcpStream> {
    #[cfg(unix)]
    {
        let again = std::os::fd::AsFd::as_fd(socket).try_clone_to_owned().ok()?;
        let again = std::net::TcpStream::from(again);
        again.set_nonblocking(true).ok()?;
        TcpStream::from_std(again).ok()
    }
    #[cfg(not(unix))]
    None
}

/// Waits until the other side has closed the connection.
async fn gone(witness: Option<&TcpStream>) {
    let Some(witness) = witness else { return std::future::pending().await };
    let mut byte = [0];
    while witness.peek(&mut byte).await.is_ok_and(|count| count > 0) {
        // It has said more, which is read in its turn.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Waits for the server's end.
async fn end(ended: &mut watch::Receiver<bool>) {
    let _ = ended.wait_for(|ended| *ended).await;
}

fn is_gone(error: &PgWireError) -> bool {
    matches!(error, PgWireError::IoError(_))
}

/// Last words.
async fn say<S>(socket: &mut S, refusal: Option<Refusal>)
where
    S: futures::Sink<PgWireBackendMessage> + Unpin,
{
    if let Some(refusal) = refusal {
        say_error(socket, refusal.fatal().into()).await;
    }
}

async fn say_error<S>(socket: &mut S, error: PgWireError)
where
    S: futures::Sink<PgWireBackendMessage> + Unpin,
{
    let mut info = ErrorInfo::from(error);
    info.severity = "FATAL".to_owned();
    let said = async {
        let _ = socket.send(PgWireBackendMessage::ErrorResponse(info.into())).await;
        let _ = socket.close().await;
    };
    let _ = tokio::time::timeout(Duration::from_secs(1), said).await;
}
