//! The engine's socket: what a step asks of it through the proxy.
