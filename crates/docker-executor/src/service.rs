//! Background steps: started, then followed until they or the stage end.

mod cause;
mod ready;
mod start;
mod started;

pub(crate) use self::{
    ready::await_ready,
    start::start,
    started::{StartedService, tcp_ports},
};
