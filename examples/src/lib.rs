//! Programs that show one topic of aemp each; see the `*.rs` files beside this folder.
