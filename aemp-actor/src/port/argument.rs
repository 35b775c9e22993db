//! What the methods of handles take for an `Option` or a `Vec` of text, IDs or handles.

/// What a handle's method takes for an argument of the type `T`, where that is an `Option` or a `Vec` of what
/// converts: for an `Option<String>` an `Option<&str>`, for a `Vec<RoomRef>` a `Vec<&RoomRef>`, an array or a slice.
///
/// (A trait of its own: [`Into`] does not reach into them.)
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be given for the argument `{T}`",
    label = "nothing that converts to `{T}`",
    note = "an `Option` is made of an `Option`, a `Vec` of a `Vec`, an array or a slice, of what converts to its parts"
)]
pub trait IntoArgument<T> {
    /// The argument.
    fn into_argument(self) -> T;
}

impl<T, U: Into<T>> IntoArgument<Option<T>> for Option<U> {
    fn into_argument(self) -> Option<T> {
        self.map(Into::into)
    }
}

impl<T, U: Clone + Into<T>> IntoArgument<Option<T>> for &Option<U> {
    fn into_argument(self) -> Option<T> {
        self.clone().into_argument()
    }
}

/// Of the parts themselves it is the same allocation.
impl<T, U: Into<T>> IntoArgument<Vec<T>> for Vec<U> {
    fn into_argument(self) -> Vec<T> {
        self.into_iter().map(Into::into).collect()
    }
}

impl<T, U: Into<T>, const N: usize> IntoArgument<Vec<T>> for [U; N] {
    fn into_argument(self) -> Vec<T> {
        self.into_iter().map(Into::into).collect()
    }
}

impl<T, U: Clone + Into<T>> IntoArgument<Vec<T>> for &[U] {
    fn into_argument(self) -> Vec<T> {
        self.iter().cloned().map(Into::into).collect()
    }
}

impl<T, U: Clone + Into<T>, const N: usize> IntoArgument<Vec<T>> for &[U; N] {
    fn into_argument(self) -> Vec<T> {
        self.as_slice().into_argument()
    }
}

impl<T, U: Clone + Into<T>> IntoArgument<Vec<T>> for &Vec<U> {
    fn into_argument(self) -> Vec<T> {
        self.as_slice().into_argument()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_the_right_parts_is_not_copied() {
        let texts = vec!["a".to_owned(), "b".to_owned()];
        let place = texts.as_ptr();
        let argument: Vec<String> = texts.into_argument();
        assert_eq!(argument.as_ptr(), place);
    }
}
