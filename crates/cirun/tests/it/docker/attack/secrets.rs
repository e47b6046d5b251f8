//! Secrets: none is shown, recorded or passed on.
