//! Parameters with a fixed set of values, with AWS's error messages.

use super::EcrError;

/// A parameter with these values.
pub(super) trait Choice: Copy + 'static {
    /// The values, in AWS's order.
    const VALUES: &'static [(&'static str, Self)];

    /// Parses the value of a parameter.
    fn read(parameter: &str, text: &str) -> Result<Self, EcrError> {
        Self::VALUES.iter().find(|(name, _)| *name == text).map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<&str> = Self::VALUES.iter().map(|(name, _)| *name).collect();
            EcrError::constraint(parameter, &format!("Member must satisfy enum value set: [{}]", names.join(", ")))
        })
    }

    /// Parses an optional parameter.
    fn read_optional(parameter: &str, text: Option<&str>) -> Result<Option<Self>, EcrError> {
        text.map(|text| Self::read(parameter, text)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Colour {
        Red,
        Blue,
    }

    impl Choice for Colour {
        const VALUES: &'static [(&'static str, Self)] = &[("RED", Self::Red), ("BLUE", Self::Blue)];
    }

    #[test]
    fn a_value_of_the_set() {
        assert_eq!(Colour::read("colour", "BLUE").unwrap(), Colour::Blue);
        assert_eq!(Colour::read_optional("colour", None).unwrap(), None);
        for bad in ["blue", "", "GREEN"] {
            let error = Colour::read("colour", bad).unwrap_err();
            let message = error.document()["message"].as_str().unwrap().to_owned();
            assert_eq!(
                message,
                "Invalid parameter at 'colour' failed to satisfy constraint: 'Member must satisfy enum value set: \
                 [RED, BLUE]'"
            );
        }
    }
}
