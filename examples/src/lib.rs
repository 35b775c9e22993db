//! What the example programs share: the page they print on, their logs, and a look at their memory.
//! The programs themselves are the `*.rs` files beside this folder.

mod logs;
mod memory;
mod page;

pub use logs::logs;
pub use memory::peak_mib;
pub use page::Page;
