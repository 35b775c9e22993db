//! Which file the profiles are in.

use std::path::PathBuf;

use super::error::ProfileError;
use super::variables::Variables;

/// The file named by `AEMP_RC`, else by `PERL_ANYEVENT_MP_RC`, else `aemp/config.json` in
/// `$XDG_CONFIG_HOME`, else the same in `$HOME/.config` (or `%APPDATA%`).
pub fn locate(environment: &Variables) -> Result<PathBuf, ProfileError> {
    let named = || environment.path("AEMP_RC").or_else(|| environment.path("PERL_ANYEVENT_MP_RC"));
    let folder = || {
        // The standard says that a relative path is to be ignored.
        let xdg = environment.path("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
        xdg.or_else(|| environment.path("HOME").map(|home| home.join(".config")))
            .or_else(|| environment.path("APPDATA"))
    };
    named()
        .or_else(|| folder().map(|folder| folder.join("aemp").join("config.json")))
        .ok_or(ProfileError::NoPath)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_is_set_counts() {
        let all = [
            ("AEMP_RC", "/a"),
            ("PERL_ANYEVENT_MP_RC", "/b"),
            ("XDG_CONFIG_HOME", "/c"),
            ("HOME", "/d"),
        ];
        let expected = ["/a", "/b", "/c/aemp/config.json", "/d/.config/aemp/config.json"];
        for (skipped, expected) in expected.iter().enumerate() {
            let environment = Variables::new(all.into_iter().skip(skipped));
            assert_eq!(locate(&environment).expect("found"), PathBuf::from(expected));
        }
        assert!(matches!(locate(&Variables::default()), Err(ProfileError::NoPath)));
        let relative = Variables::new([("XDG_CONFIG_HOME", "c"), ("HOME", "/d")]);
        assert_eq!(locate(&relative).expect("found"), PathBuf::from(expected[3]));
    }
}
