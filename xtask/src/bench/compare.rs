//! Programs that do the same work, measured in turn, so that all of them have the same load of the machine.

use std::time::Duration;

use anyhow::{Context as _, Result};

use super::{seconds, table::Table};

/// A program that does the work of a comparison.
pub(super) struct Contender<'a> {
    name: String,
    role: Role,
    run: Box<dyn Fn() -> Result<Duration> + 'a>,
}

#[derive(Clone, Copy, PartialEq)]
enum Role {
    /// What is measured: each of the others gets a column with this one's ratio to it.
    Subject,
    /// What the subjects are compared with; and the ratio that they must not exceed.
    Reference(Option<f64>),
}

impl<'a> Contender<'a> {
    pub(super) fn subject(name: impl Into<String>, run: impl Fn() -> Result<Duration> + 'a) -> Self {
        Self { name: name.into(), role: Role::Subject, run: Box::new(run) }
    }

    pub(super) fn reference(
        name: impl Into<String>,
        at_most: impl Into<Option<f64>>,
        run: impl Fn() -> Result<Duration> + 'a,
    ) -> Self {
        Self { name: name.into(), role: Role::Reference(at_most.into()), run: Box::new(run) }
    }
}

/// Runs each contender once to warm up, then `rounds` times in turn.
///
/// # Errors
/// A contender fails.
pub(super) fn compare(title: &str, contenders: &[Contender<'_>], rounds: u32) -> Result<Table> {
    eprintln!("measuring: {title}");
    let run = |contender: &Contender<'_>| (contender.run)().with_context(|| format!("{title}: {}", contender.name));
    contenders.iter().try_for_each(|contender| run(contender).map(drop))?;
    let mut times = vec![Vec::new(); contenders.len()];
    for _ in 0..rounds.max(1) {
        for (times, contender) in times.iter_mut().zip(contenders) {
            times.push(run(contender)?.as_secs_f64());
        }
    }
    let roles: Vec<(&str, Role)> = contenders.iter().map(|one| (one.name.as_str(), one.role)).collect();
    Ok(table(title, &roles, &times))
}

fn table(title: &str, contenders: &[(&str, Role)], times: &[Vec<f64>]) -> Table {
    let subjects: Vec<usize> = (0..contenders.len()).filter(|&at| contenders[at].1 == Role::Subject).collect();
    let ratio_names: Vec<String> = subjects.iter().map(|&at| format!("{} takes", contenders[at].0)).collect();
    let mut header = vec!["", "median", "fastest", "slowest"];
    header.extend(ratio_names.iter().map(String::as_str));
    header.push("at most");
    let mut table = Table::new(title, &header);
    for ((name, role), own) in contenders.iter().zip(times) {
        let (fastest, slowest) =
            (own.iter().copied().fold(f64::MAX, f64::min), own.iter().copied().fold(0.0, f64::max));
        let mut cells = vec![(*name).to_owned(), seconds(median(own)), seconds(fastest), seconds(slowest)];
        let Role::Reference(at_most) = *role else {
            cells.resize(header.len(), String::new());
            table.rows.push(cells);
            continue;
        };
        for &subject in &subjects {
            let ratios: Vec<f64> = times[subject].iter().zip(own).map(|(subject, own)| subject / own).collect();
            let ratio = median(&ratios);
            cells.push(format!("{ratio:.2} ×"));
            if at_most.is_some_and(|at_most| ratio > at_most) {
                let (subject, limit) = (contenders[subject].0, at_most.unwrap_or_default());
                table.over.push(format!("{title}: {subject} takes {ratio:.2} × {name}, at most {limit:.2}"));
            }
        }
        cells.push(at_most.map(|at_most| format!("{at_most:.2} ×")).unwrap_or_default());
        table.rows.push(cells);
    }
    table
}

/// The middle value, or the upper one of the two middle values; NaN of none.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_ratio_is_the_median_of_the_rounds_and_has_a_limit() {
        let contenders =
            [("cirun", Role::Subject), ("docker", Role::Reference(Some(0.3))), ("raw", Role::Reference(None))];
        let times = [vec![1.0, 2.0, 1.0], vec![4.0, 2.0, 2.0], vec![1.0, 1.0, 1.0]];
        let table = table("Ten steps", &contenders, &times);
        assert_eq!(table.header, ["", "median", "fastest", "slowest", "cirun takes", "at most"]);
        assert_eq!(table.rows[1], ["docker", "2.00 s", "2.00 s", "4.00 s", "0.50 ×", "0.30 ×"]);
        assert_eq!(table.rows[2], ["raw", "1.00 s", "1.00 s", "1.00 s", "1.00 ×", ""]);
        assert_eq!(table.over, ["Ten steps: cirun takes 0.50 × docker, at most 0.30"]);
    }
}
