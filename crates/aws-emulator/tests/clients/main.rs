//! Real clients with the emulator: they resolve the AWS names, trust its certificate authority, and need no other
//! settings.
//!
//! Each test has its own address in 127.0.0.0/8, so that port 443 is free; the names are in `/etc/hosts` of the
//! client's own mount namespace. The clients come from packages and are installed if they are missing.

mod aws_cli;
mod boto3;
mod curl;
mod docker;
mod durability;
mod forwarding;
#[path = "../../../../testdata/free_port.rs"]
mod free_port;
mod image;
mod other;
mod registries;
mod skopeo;
mod tools;
mod world;

use free_port::free_port;
