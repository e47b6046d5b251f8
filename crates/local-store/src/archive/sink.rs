//! The stream from an archive to a file.

use std::io::{self, BufWriter, Write};

use flate2::write::GzEncoder;

use super::capped::Capped;

/// The stream from an archive to a file.
pub(super) enum Sink<'f> {
    Tar(BufWriter<Capped<'f>>),
    Gzip(GzEncoder<BufWriter<Capped<'f>>>),
    Zstd(zstd::Encoder<'static, BufWriter<Capped<'f>>>),
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tar(out) => out.write(bytes),
            Self::Gzip(out) => out.write(bytes),
            Self::Zstd(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Tar(out) => out.flush(),
            Self::Gzip(out) => out.flush(),
            Self::Zstd(out) => out.flush(),
        }
    }
}

impl Sink<'_> {
    /// Ends the compression, and writes what is left.
    pub(super) fn finish(self) -> io::Result<()> {
        match self {
            Self::Tar(mut out) => out.flush(),
            Self::Gzip(out) => out.finish()?.flush(),
            Self::Zstd(out) => out.finish()?.flush(),
        }
    }
}
