//! The proxy on systems where sockets can be shared with containers: accepts connections, and answers each request by
//! its kind.

mod address;
mod answer;
mod asked;
mod build;
mod build_context;
mod container;
mod dockerfile;
mod document;
mod endpoints;
mod fields;
mod forward;
mod images;
mod inspect;
mod label;
mod lists;
mod login;
mod mounts;
mod objects;
mod places;
mod pull;
mod push;
mod refusal;
mod refused;
mod relay;
mod routes;
mod state;
mod walk;
mod whose;

pub(crate) use self::routes::start;
