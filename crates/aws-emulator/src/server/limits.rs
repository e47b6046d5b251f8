//! The limits of a client: time, connections, sizes.

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

/// The limits of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The timeout of a connection's handshake, and of a request's line and headers.
    pub head: Duration,
    /// The idle timeout of a connection: before, within and between requests.
    pub idle: Duration,
    /// The maximum number of connections.
    pub connections: usize,
    /// The maximum number of connections from one address.
    pub connections_of_one: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(20),
            idle: Duration::from_secs(120),
            connections: 1024,
            // All containers of a pod have one address, and so do all that a container's own engine runs.
            connections_of_one: 512,
        }
    }
}

/// The largest head of an HTTP/2 request, in bytes.
pub(super) const MAX_HEADER_LIST: u32 = 64 * 1024;
/// The maximum number of concurrent requests in an HTTP/2 connection.
pub(super) const MAX_STREAMS: u32 = 128;

/// Counts connections.
#[derive(Debug)]
pub(super) struct Counter {
    limits: Limits,
    open: Mutex<HashMap<IpAddr, usize>>,
}

/// A counted connection; dropping it frees its place.
#[derive(Debug)]
pub(super) struct Place {
    counter: Arc<Counter>,
    peer: IpAddr,
}

impl Counter {
    pub(super) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self { limits, open: Mutex::default() })
    }

    /// Reserves a place for a connection from that address, if there is one.
    pub(super) fn place(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = open.values().sum();
        let of_this = open.entry(peer).or_insert(0);
        if all >= self.limits.connections || *of_this >= self.limits.connections_of_one {
            return None;
        }
        *of_this += 1;
        Some(Place { counter: Arc::clone(self), peer })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.counter.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_this) = open.get_mut(&self.peer) {
            *of_this -= 1;
            if *of_this == 0 {
                open.remove(&self.peer);
            }
        }
    }
}

/// A stream that fails if a pending operation makes no progress for too long.
pub(super) struct Idle<S> {
    stream: S,
    limit: Duration,
    until: Pin<Box<Sleep>>,
}

impl<S> Idle<S> {
    pub(super) fn new(stream: S, limit: Duration) -> Self {
        Self { stream, limit, until: Box::pin(sleep(limit)) }
    }

    /// Passes on the result of an operation, or a timeout if there is none.
    fn moved<T>(&mut self, context: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match result {
            Poll::Ready(ready) => {
                self.until.as_mut().reset(Instant::now() + self.limit);
                Poll::Ready(ready)
            }
            Poll::Pending => self.until.as_mut().poll(context).map(|()| Err(io::Error::from(io::ErrorKind::TimedOut))),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Idle<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.moved(context, read)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Idle<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.moved(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.moved(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        match flushed {
            // Nothing may have been pending: that is not progress.
            Poll::Ready(ready) => Poll::Ready(ready),
            Poll::Pending => self.moved(context, Poll::Pending),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(context);
        self.moved(context, shut)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[test]
    fn places_are_limited_and_come_back() {
        let limits = Limits { connections: 3, connections_of_one: 2, ..Limits::default() };
        let counter = Counter::new(limits);
        let (one, other) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let (first, second) = (counter.place(one), counter.place(one));
        assert!(first.is_some() && second.is_some());
        assert!(counter.place(one).is_none(), "two of one address");
        let third = counter.place(other);
        assert!(third.is_some() && counter.place(other).is_none(), "three in all");
        drop(first);
        assert!(counter.place(other).is_some());
        drop((second, third));
        assert!(counter.open.lock().unwrap().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_stream_ends() {
        let (here, mut there) = tokio::io::duplex(16);
        let mut idle = Idle::new(here, Duration::from_secs(10));
        there.write_all(b"a").await.unwrap();
        assert_eq!(idle.read_u8().await.unwrap(), b'a');
        let ended = idle.read_u8().await.unwrap_err();
        assert_eq!(ended.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_one_does_not() {
        let (here, mut there) = tokio::io::duplex(16);
        let mut idle = Idle::new(here, Duration::from_secs(10));
        let feeding = async {
            for _ in 0..5 {
                sleep(Duration::from_secs(9)).await;
                there.write_all(b"a").await.unwrap();
            }
        };
        let reading = async {
            let mut bytes = [0; 5];
            idle.read_exact(&mut bytes).await
        };
        let (read, ()) = tokio::join!(reading, feeding);
        assert_eq!(read.unwrap(), 5);
    }
}
