//! Panics of user code: caught here and nowhere else, and made a [`Die`].
//!
//! The payload of a panic is a value of the user's, whose destructor may panic as well. So it is
//! taken apart in one place, which drops it under a `catch_unwind` of its own.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::die::Die;
use crate::visible::one_line;

/// Runs user code.
///
/// # Errors
/// When it panics.
pub(crate) fn caught<T>(code: impl FnOnce() -> T) -> Result<T, Die> {
    catch_unwind(AssertUnwindSafe(code)).map_err(|payload| {
        let text = format!("panicked: {}", text_of(&*payload));
        forget(payload);
        Die::new(text)
    })
}

/// Polls user code once.
pub(crate) fn poll<T>(
    code: Pin<&mut impl Future<Output = Result<T, Die>>>,
    cx: &mut Context<'_>,
) -> Poll<Result<T, Die>> {
    caught(|| code.poll(cx)).unwrap_or_else(|die| Poll::Ready(Err(die)))
}

/// Runs an async function of the user's.
///
/// # Errors
/// What it gives, or that it panics.
pub(crate) async fn caught_async<T, Fut>(function: impl FnOnce() -> Fut) -> Result<T, Die>
where
    Fut: Future<Output = Result<T, Die>>,
{
    let mut code = std::pin::pin!(caught(function)?);
    poll_fn(|cx| poll(code.as_mut(), cx)).await
}

/// Runs user code whose failure ends nothing else: a panic is logged, as that of `what`.
pub(crate) fn logged(what: &str, code: impl FnOnce()) {
    if let Err(die) = caught(code) {
        let text = format!("{what} {die}");
        tracing::error!(target: "aemp", "{}", one_line(&text));
    }
}

fn text_of(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a text")
}

/// Drops the payload. One that panics leaves another payload, which is leaked: nothing says that
/// this would ever end.
fn forget(payload: Box<dyn Any + Send>) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(payload);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic_any(Bomb);
        }
    }

    #[test]
    fn any_payload_becomes_a_text() {
        let text = |code: fn()| caught(code).unwrap_err().into_text();
        assert_eq!(text(|| panic!("static")), "panicked: static");
        assert_eq!(text(|| panic!("made of {}", 1)), "panicked: made of 1");
        assert_eq!(text(|| panic_any(7)), "panicked: a panic without a text");
    }

    #[test]
    fn a_payload_whose_destructor_panics_with_its_like_is_survived() {
        let text = caught(|| panic_any(Bomb)).unwrap_err().into_text();
        assert_eq!(text, "panicked: a panic without a text");
    }
}
