//! What the example programs share: the page they print on, and their logs. The programs
//! themselves are the `*.rs` files beside this folder.

mod logs;
mod page;

pub use logs::logs;
pub use page::Page;
