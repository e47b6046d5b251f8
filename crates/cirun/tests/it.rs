//! cirun from its users' view: the binary, with files, variables and signals around it.
//!
//! Only `docker::` needs an engine and the test images (`cargo xtask images`), and fails without them.

#[cfg(test)]
mod it {
    #[cfg(unix)]
    mod asking;
    mod attack;
    mod bad_input;
    mod check;
    mod clients;
    mod docker;
    mod documentation;
    mod earlier_stages;
    mod exit_codes;
    mod explain;
    mod history;
    mod host;
    mod hostile;
    mod inputs;
    #[cfg(unix)]
    mod library;
    mod list;
    mod manual;
    mod plan;
    mod preflight;
    mod secrets;
    mod settings;
    mod support;
    mod upstream;
}
