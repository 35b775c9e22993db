//! The part of a run that is counted.

/// What callgrind is told to look for: the name of [`guard_section`].
pub(crate) const NAME: &str = "*guard_section*";

/// Does the work; only what happens in here is counted.
#[inline(never)]
pub(crate) fn guard_section(work: &mut dyn FnMut()) {
    work();
    // Keeps the call from becoming a jump, of which callgrind would see no return.
    std::hint::black_box(());
}
