//! Consent: what a repository may decide, and what runs on the host.
