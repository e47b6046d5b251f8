//! Errors on purpose, for `--inject`.

use std::{
    str::FromStr,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use thiserror::Error;

use crate::Service;

/// The default delay of `slow`.
const DEFAULT_DELAY: Duration = Duration::from_secs(2);

/// A service that misbehaves: `ecr:throttle`, `registry:503*2` (the first two requests), `registry:slow=500ms`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The service.
    pub service: Service,
    /// The fault.
    pub kind: FaultKind,
    /// The number of requests, counted by one process; `None` means all.
    pub times: Option<u32>,
}

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// An error instead of the right answer.
    Fail(Failure),
    /// The right answer, late.
    Slow(Duration),
}

/// An error that a service returns on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The caller's credentials have expired.
    Expired,
    /// Too many requests.
    Throttle,
    /// Access is denied.
    Denied,
    /// A server error with this HTTP status.
    Status(u16),
}

/// A text that is not a fault.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "`{0}` is not a fault: write `<sts|ecr|registry>:<expired|throttle|denied|slow[=TIME]|500…599>[*TIMES]`, \
     such as `registry:503*2` or `ecr:slow=300ms`"
)]
pub struct InvalidFault(String);

impl FromStr for Fault {
    type Err = InvalidFault;

    fn from_str(text: &str) -> Result<Self, InvalidFault> {
        parse(text).ok_or_else(|| InvalidFault(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Fault> {
    let (service, rest) = text.split_once(':')?;
    let service = match service {
        "sts" => Service::Sts,
        "ecr" => Service::Ecr,
        "registry" => Service::Registry,
        _ => return None,
    };
    let (kind, times) = match rest.split_once('*') {
        Some((kind, times)) => (kind, Some(times.parse().ok()?)),
        None => (rest, None),
    };
    let kind = match kind {
        "expired" => FaultKind::Fail(Failure::Expired),
        "throttle" => FaultKind::Fail(Failure::Throttle),
        "denied" => FaultKind::Fail(Failure::Denied),
        "slow" => FaultKind::Slow(DEFAULT_DELAY),
        _ => match kind.strip_prefix("slow=") {
            Some(time) => FaultKind::Slow(delay(time)?),
            None => FaultKind::Fail(Failure::Status(kind.parse().ok().filter(|status| (500..600).contains(status))?)),
        },
    };
    Some(Fault { service, kind, times })
}

fn delay(text: &str) -> Option<Duration> {
    match text.strip_suffix("ms") {
        Some(number) => number.parse().ok().map(Duration::from_millis),
        None => text.strip_suffix('s')?.parse().ok().map(Duration::from_secs),
    }
}

/// The faults of a running emulator, with their remaining counts.
pub(crate) struct Faults(Vec<(Fault, AtomicU32)>);

impl Faults {
    pub(crate) fn new(faults: &[Fault]) -> Self {
        Self(faults.iter().map(|fault| (fault.clone(), AtomicU32::new(fault.times.unwrap_or(0)))).collect())
    }

    /// Returns the fault for the next request to a service, and counts it.
    pub(crate) fn next(&self, service: Service) -> Option<FaultKind> {
        self.0.iter().filter(|(fault, _)| fault.service == service).find_map(|(fault, left)| match fault.times {
            None => Some(fault.kind),
            Some(_) => left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                .is_ok()
                .then_some(fault.kind),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        let kind = |text: &str| text.parse::<Fault>().map(|fault| (fault.service, fault.kind, fault.times));
        assert_eq!(kind("sts:expired"), Ok((Service::Sts, FaultKind::Fail(Failure::Expired), None)));
        assert_eq!(kind("registry:503*2"), Ok((Service::Registry, FaultKind::Fail(Failure::Status(503)), Some(2))));
        let slow = FaultKind::Slow(Duration::from_millis(300));
        assert_eq!(kind("ecr:slow=300ms*1"), Ok((Service::Ecr, slow, Some(1))));
        for bad in ["", "sts", "s3:expired", "sts:404", "sts:slow=3", "sts:expired*", "sts:expired*-1"] {
            assert_eq!(kind(bad), Err(InvalidFault(bad.to_owned())));
        }
    }

    #[test]
    fn a_counted_fault_runs_out() {
        let faults = Faults::new(&["ecr:throttle*2".parse().unwrap(), "ecr:slow".parse().unwrap()]);
        let next: Vec<_> = (0..3).map(|_| faults.next(Service::Ecr)).collect();
        let slow = Some(FaultKind::Slow(DEFAULT_DELAY));
        let throttle = Some(FaultKind::Fail(Failure::Throttle));
        assert_eq!(next, [throttle, throttle, slow]);
        assert_eq!(faults.next(Service::Sts), None);
    }
}
