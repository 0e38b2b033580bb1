//! A local role-play client for practising motivational interviewing with clients who push
//! back.
//!
//! One turn, one direction:
//!
//! ```text
//! trainee text -> judge -> client::step -> client::act
//!              -> prompt::build -> Engine::generate      (a model that writes)
//!               | lines::eligible -> Engine::choose      (the bundled pocket client)
//!              -> guard -> store -> ui
//! ```
//!
//! Reading order: `chat`, `domain`, `engine`, `files`, `fetch`, `store`, `report`, `app`, `ui`, `cli`.

pub mod chat;
pub mod domain;
pub mod engine;
pub mod fetch;
pub mod files;
pub mod report;
pub mod store;

pub mod app;
pub mod cli;
pub mod ui;
