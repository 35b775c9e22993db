//! What was probably meant.

/// The candidate that is most like `word`, if one is much like it.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let likeness =
        |candidate: &str| strsim::jaro_winkler(&word.to_lowercase(), &candidate.to_lowercase());
    candidates
        .into_iter()
        .map(|candidate| (likeness(candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_recognised() {
        let keys = ["nodeid", "seeds", "binds", "monitor_timeout"];
        assert_eq!(nearest("seed", keys), Some("seeds"));
        assert_eq!(nearest("NodeId", keys), Some("nodeid"));
        assert_eq!(nearest("monitortimeout", keys), Some("monitor_timeout"));
        assert_eq!(nearest("colour", keys), None);
    }
}
