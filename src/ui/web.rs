//! The page: HTTP on this computer, for a browser.
//! Knows: the host, HTTP. Never: how a session works, arguments.
//!
//! Everything below `/api` needs the token that is in the printed URL's fragment, which a browser
//! sends to nobody; the files of the page hold nothing that is private.

mod answer;
mod body;
mod drills;
mod files;
mod guard;
mod jobs;
mod live;
mod login;
mod openai;
mod patience;
mod review;
mod sessions;
mod trainer;
mod views;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use tokio::net::TcpListener;

pub use login::{Passphrase, Token};
pub use openai::Api;

use crate::app::host::Host;
use answer::Fault;
use guard::Hosts;
use login::Door;
use patience::Patient;

/// What the page is served with.
pub struct Web {
    host: Arc<Host>,
    door: Door,
    hosts: Hosts,
    about: About,
    api: Option<Arc<Api>>,
}

/// What the page says about this installation.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// What a trainee should know about the model.
    pub notice: Option<String>,
    /// The user's prompts folder.
    pub folder: Option<String>,
}

/// Who may come in.
pub enum Entry {
    /// Whoever has the token of the URL.
    Url(Token),
    /// Whoever knows the passphrase.
    Passphrase(Passphrase),
}

impl Web {
    /// The page over `host`, at `address`.
    pub fn new(host: Arc<Host>, entry: Entry, address: SocketAddr, about: About) -> Self {
        Self { host, door: Door::new(entry), hosts: Hosts::at(address), about, api: None }
    }

    /// The same, with `api` for programs below `/v1`.
    pub fn with_api(mut self, api: Api) -> Self {
        self.api = Some(Arc::new(api));
        self
    }

    /// Lets the bearer of `ticket` in, once: for an address that others on this computer may see.
    pub fn admit_once(&self, ticket: &Token) {
        self.door.admit_once(ticket);
    }

    /// Answers requests until `stop` is done.
    ///
    /// # Errors
    /// Where the listener fails.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let router = self.router();
        tokio::select! {
            served = axum::serve(Patient(listener), router).into_future() => served,
            () = stop => Ok(()),
        }
    }

    fn router(self) -> Router {
        let web = Arc::new(self);
        let api = sessions::routes()
            .merge(drills::routes())
            .merge(review::routes())
            .merge(trainer::routes())
            .merge(jobs::routes())
            .route("/about", get(sessions::about))
            .route("/clients", get(sessions::clients))
            .route("/login", post(login::login))
            .fallback(|| async { Fault::missing() })
            .layer(middleware::from_fn_with_state(Arc::clone(&web), guard::api));
        let programs = web.api.clone().map(|api| openai::routes(api, &web));
        Router::new()
            .nest("/api", api)
            .merge(programs.map_or_else(Router::new, |routes| Router::new().nest("/v1", routes)))
            .fallback(files::serve)
            .method_not_allowed_fallback(|| async { Fault::method() })
            .layer(DefaultBodyLimit::disable())
            .layer(middleware::from_fn_with_state(Arc::clone(&web), guard::all))
            .with_state(web)
    }
}
