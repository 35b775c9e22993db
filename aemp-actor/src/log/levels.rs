//! The Perl implementation's levels and ours.

use tracing::Level;
use tracing::level_filters::LevelFilter;

/// The Perl implementation's number of a level.
#[must_use]
pub fn level_number(level: Level) -> u8 {
    match level {
        Level::ERROR => 4,
        Level::WARN => 5,
        Level::INFO => 7,
        Level::DEBUG => 8,
        Level::TRACE => 9,
    }
}

/// The level of a number of the Perl implementation.
#[must_use]
pub fn level_of(number: u8) -> Level {
    match number {
        0..=4 => Level::ERROR,
        5 => Level::WARN,
        6 | 7 => Level::INFO,
        8 => Level::DEBUG,
        _ => Level::TRACE,
    }
}

/// What a program shows that is told to show everything up to this number (`AEMP_VERBOSE`).
#[must_use]
pub fn verbosity(number: u8) -> LevelFilter {
    match number {
        0..=3 => LevelFilter::OFF,
        4 => LevelFilter::ERROR,
        5 | 6 => LevelFilter::WARN,
        7 => LevelFilter::INFO,
        8 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    }
}

/// The Perl implementation's names of its levels, from 1.
const NAMES: [&str; 9] =
    ["fatal", "alert", "critical", "error", "warn", "note", "info", "debug", "trace"];

/// The name of the level of a number, as [`level_named`] understands it: `warn` for 5.
#[must_use]
pub fn level_name(number: u8) -> &'static str {
    NAMES[usize::from(number).clamp(1, NAMES.len()) - 1]
}

/// The number of a level that is given as a number or a name.
///
/// # Errors
/// A text that says what there is.
pub fn level_named(text: &str) -> Result<u8, String> {
    let text = text.trim().to_lowercase();
    let number = text.parse().ok().filter(|number| *number <= 9);
    let named = || NAMES.iter().zip(1..).find(|(name, _)| **name == text);
    number.or_else(|| named().map(|(_, number)| number)).ok_or_else(|| {
        "a level is a number from 0 to 9, or error, warn, info, debug or trace".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_there_and_back() {
        for level in [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE] {
            assert_eq!(level_of(level_number(level)), level);
            assert_eq!(verbosity(level_number(level)), LevelFilter::from_level(level));
        }
    }

    #[test]
    fn levels_have_names() {
        for (text, number) in [("0", 0), ("9", 9), ("debug", 8), ("Warn", 5), ("error", 4)] {
            assert_eq!(level_named(text), Ok(number));
        }
        assert_eq!(level_named(&level_of(8).to_string()), Ok(8));
        for number in 1..=9 {
            assert_eq!(level_named(level_name(number)), Ok(number));
        }
        assert_eq!((level_name(0), level_name(200)), ("fatal", "trace"));
        assert!(level_named("10").is_err() && level_named("loud").is_err());
    }

    #[test]
    fn the_verbosity_shows_what_is_up_to_it() {
        for number in 0..=9 {
            let shown = verbosity(number);
            for level in [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE] {
                assert_eq!(shown >= level, level_number(level) <= number, "{number} {level}");
            }
        }
    }
}
