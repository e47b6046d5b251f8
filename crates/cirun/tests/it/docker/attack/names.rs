//! Names: no name of AWS and of a registry leaves the networks of a run.
