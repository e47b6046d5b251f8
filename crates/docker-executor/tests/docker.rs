//! The executor against a real engine; without one these tests fail.
//!
//! Every test has its own run id, and removes its objects even if it panics.

#[cfg(test)]
#[path = "../../../testdata/free_port.rs"]
mod free_port;

#[cfg(test)]
mod docker {
    mod bench;
    mod broken;
    mod cleanup;
    mod ends;
    mod files;
    mod gate;
    mod images;
    mod login;
    mod machine;
    mod network;
    mod output;
    mod readiness;
}
