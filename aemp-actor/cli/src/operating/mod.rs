//! The commands that look into nodes and operate them.

mod args;
mod bench;
mod command;
mod counted;
mod info;
mod log;
mod ports;
mod restart;
mod tap;

pub(crate) use args::{commands, top_options};
pub(crate) use command::{carry_out, knows};
pub(crate) use info::json;

/// A number of bytes for people.
pub(crate) fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["", "K", "M", "G", "T"];
    let mut scaled = number as f64;
    let mut unit = 0;
    while scaled >= 1024.0 && unit + 1 < UNITS.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    if unit == 0 || scaled >= 100.0 {
        format!("{scaled:.0}{}", UNITS[unit])
    } else {
        format!("{scaled:.1}{}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn bytes_for_people() {
        assert_eq!(bytes(0), "0");
        assert_eq!(bytes(1023), "1023");
        assert_eq!(bytes(1024), "1.0K");
        assert_eq!(bytes(200 << 20), "200M");
        assert_eq!(bytes(u64::MAX), "16777216T");
    }
}
