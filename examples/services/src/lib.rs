//! The programs are the `*.rs` files beside this folder; here are README and guide, as doctests.

#[cfg(doctest)]
#[path = "../../../book/doctests.rs"]
mod guide;
