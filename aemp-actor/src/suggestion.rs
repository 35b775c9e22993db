//! What was probably meant.

/// The candidate that is most like `word`, if one is much like it.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let likeness = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        let (word, candidate) = without_common_path(&word, &candidate);
        // Of short words, one slip makes much.
        let slip = candidate.len() >= 3 && strsim::osa_distance(word, candidate) == 1;
        strsim::jaro_winkler(word, candidate).max(if slip { 0.9 } else { 0.0 })
    };
    candidates
        .into_iter()
        .map(|candidate| (likeness(candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// What comes after the modules that both are in: that these are the same is not likeness.
fn without_common_path<'a>(mut one: &'a str, mut other: &'a str) -> (&'a str, &'a str) {
    while let (Some((module, rest)), Some((same, other_rest))) =
        (one.split_once("::"), other.split_once("::"))
        && module == same
    {
        (one, other) = (rest, other_rest);
    }
    (one, other)
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
        let short = ["say", "who", "quit", "at"];
        assert_eq!(nearest("sya", short), Some("say"));
        assert_eq!(nearest("ho", short), Some("who"));
        assert_eq!(nearest("on", short), None);
        let functions = ["Demo::counter", "Demo::clock"];
        assert_eq!(nearest("Demo::kounter", functions), Some("Demo::counter"));
        assert_eq!(nearest("Dmo::counter", functions), Some("Demo::counter"));
        assert_eq!(nearest("Demo::poet", functions), None);
    }
}
