//! Adds up the layers of a pull. Pure.

use std::collections::BTreeMap;

use bollard::models::CreateImageInfo;

/// The bytes of a pull so far.
#[derive(Debug, Default)]
pub(super) struct PullProgress {
    layers: BTreeMap<String, (u64, u64)>,
    reported: u64,
}

impl PullProgress {
    /// Adds a message of the engine; returns `(current, total)` after each further hundredth.
    pub(super) fn take(&mut self, message: &CreateImageInfo) -> Option<(u64, u64)> {
        let id = message.id.clone()?;
        match message.status.as_deref()? {
            "Downloading" => {
                let detail = message.progress_detail.as_ref()?;
                let bytes = |count: Option<i64>| count.and_then(|count| u64::try_from(count).ok());
                let (current, total) = (bytes(detail.current)?, bytes(detail.total)?);
                self.layers.insert(id, (current, total));
            }
            "Download complete" | "Pull complete" => {
                let layer = self.layers.get_mut(&id)?;
                layer.0 = layer.1;
            }
            _ => return None,
        }
        let (current, total) = self.layers.values().fold((0, 0), |sum, layer| (sum.0 + layer.0, sum.1 + layer.1));
        let hundredth = (total / 100).max(1);
        if current < self.reported + hundredth {
            return None;
        }
        self.reported = current;
        Some((current, total))
    }
}

#[cfg(test)]
mod tests {
    use bollard::models::ProgressDetail;

    use super::*;

    fn message(id: &str, status: &str, progress: Option<(i64, i64)>) -> CreateImageInfo {
        CreateImageInfo {
            id: Some(id.to_owned()),
            status: Some(status.to_owned()),
            progress_detail: progress
                .map(|(current, total)| ProgressDetail { current: Some(current), total: Some(total) }),
            ..Default::default()
        }
    }

    #[test]
    fn layers_add_up_and_small_steps_are_left_out() {
        let mut progress = PullProgress::default();
        let mut take = |id, status, detail| progress.take(&message(id, status, detail));
        assert_eq!(take("a", "Pulling fs layer", None), None);
        assert_eq!(take("a", "Downloading", Some((100, 1000))), Some((100, 1000)));
        assert_eq!(take("a", "Downloading", Some((105, 1000))), None);
        assert_eq!(take("b", "Downloading", Some((500, 500))), Some((605, 1500)));
        assert_eq!(take("a", "Download complete", None), Some((1500, 1500)));
        assert_eq!(take("a", "Extracting", Some((10, 1000))), None);
    }
}
