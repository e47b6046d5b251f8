//! `datetime.{currentDate,currentTime}`, and the `plus…` methods of their results.
//!
//! A date is its text, `2023-11-14`, and a time `2023-11-14T22:13:20.123Z`: the service's objects only support addition
//! and output. Times are in UTC.

use jiff::{
    Span, Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};

use crate::{Value, fault::Fault};

/// Calls the function, if there is one.
pub(super) fn call(method: &str, arguments: &[Value], now_ms: i64) -> Result<Option<Value>, Fault> {
    let now = || {
        let now = Timestamp::from_millisecond(now_ms).map_err(|_| Fault::refused("the clock is out of range"))?;
        Ok(TimeZone::UTC.to_datetime(now))
    };
    match (method, arguments) {
        ("currentDate", []) => Ok(Some(Value::String(now()?.date().to_string()))),
        ("currentTime", []) => Ok(Some(Value::String(written(now()?)))),
        _ => Ok(None),
    }
}

/// Creates a span of this number of units.
type Unit = fn(i64) -> Result<Span, jiff::Error>;

/// A unit to add to a date or a time, and whether it is only for times.
const UNITS: [(&str, bool, Unit); 8] = [
    ("plusYears", false, |n| Span::new().try_years(n)),
    ("plusMonths", false, |n| Span::new().try_months(n)),
    ("plusWeeks", false, |n| Span::new().try_weeks(n)),
    ("plusDays", false, |n| Span::new().try_days(n)),
    ("plusHours", true, |n| Span::new().try_hours(n)),
    ("plusMinutes", true, |n| Span::new().try_minutes(n)),
    ("plusSeconds", true, |n| Span::new().try_seconds(n)),
    ("plusNanos", true, |n| Span::new().try_nanoseconds(n)),
];

/// Adds to a date or a time from [`call`]; `None` if `text` is neither or there is no such method.
pub(crate) fn later(text: &str, method: &str, arguments: &[Value]) -> Result<Option<Value>, Fault> {
    let (Some((_, only_times, unit)), [Value::Int(count)]) =
        (UNITS.iter().find(|(name, ..)| *name == method), arguments)
    else {
        return Ok(None);
    };
    let out_of_range = |_| Fault::value("the date is out of range");
    let span = unit(*count).map_err(out_of_range)?;
    if let Some(time) = text.strip_suffix('Z').and_then(|text| text.parse::<DateTime>().ok()) {
        return time.checked_add(span).map(|time| Some(Value::String(written(time)))).map_err(out_of_range);
    }
    match text.parse::<Date>() {
        Ok(date) if !only_times && text.len() == 10 => {
            date.checked_add(span).map(|date| Some(Value::String(date.to_string()))).map_err(out_of_range)
        }
        Ok(_) | Err(_) => Ok(None),
    }
}

fn written(time: DateTime) -> String {
    format!("{time}Z")
}
