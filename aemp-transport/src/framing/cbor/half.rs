//! Floats of 16 bits.

/// The value of a float of 16 bits (RFC 8949, appendix D).
pub(super) fn to_f64(half: u16) -> f64 {
    let exponent = (half >> 10) & 0x1f;
    let fraction = f64::from(half & 0x3ff);
    let magnitude = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (fraction + 1024.0) * 2f64.powi(i32::from(exponent) - 25),
    };
    if half & 0x8000 == 0 { magnitude } else { -magnitude }
}

#[cfg(test)]
mod tests {
    use super::to_f64;

    #[test]
    fn the_values_of_the_standard() {
        for (half, value) in [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0x3e00, 1.5),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_477_539_063e-8),
            (0x0400, 0.000_061_035_156_25),
            (0xc400, -4.0),
            (0x7c00, f64::INFINITY),
            (0xfc00, f64::NEG_INFINITY),
        ] {
            assert_eq!(to_f64(half), value, "{half:04x}");
        }
        assert!(to_f64(0x7e00).is_nan());
        assert!(to_f64(0x8000).is_sign_negative());
    }
}
