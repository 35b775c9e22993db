//! The macros of `aemp-actor`: `derive(Port)`, `#[rcv]`, `#[protocol]` and `#[init]`.
//!
//! Use them through `aemp-actor`, which re-exports them; what they write names that crate's items.
//!
//! Each macro lives in a folder of its own and has three stages: `parse` reads the attributes and
//! takes them off, `model` decides what everything means and finds what is wrong, `expand` only
//! writes. All mistakes of one item are reported at once, each at the tokens that make it, and the
//! item still gets a stub of what was asked for, so that nothing else fails because of it.
//!
//! Beside them: `diagnostic` collects the errors, `runtime` names the crate the output refers to,
//! `signature` reads the parameters and results that handlers and init functions share.

use proc_macro::TokenStream;

mod diagnostic;
mod init;
mod lints;
mod port;
mod protocol;
mod rcv;
mod runtime;
mod signature;

/// Makes a struct or an enum a port and declares its handle.
///
/// For `Room` the handle is `RoomRef`, as visible as `Room` itself. It is plain data: it can be
/// cloned, compared, hashed, printed and serialised (as the port ID), and made from a port ID. Its
/// methods, one for each message, come from [`macro@rcv`].
///
/// Options, in `#[port(..)]`:
///
/// - `handle = Name` names the handle;
/// - `protocols(Name, ..)` lists the [protocols](macro@protocol) that the port answers. The handle of the port has a
///   method for each, which gives that of the protocol: `screen()` for `Screen`; `Screen as display` gives it another
///   name, and `Screen as _` leaves it out;
/// - `crate = path` says where `aemp_actor` is, if not at `::aemp_actor`.
#[proc_macro_derive(Port, attributes(port))]
pub fn derive_port(item: TokenStream) -> TokenStream {
    port::derive(item.into()).into()
}

/// Makes the methods of an impl block the messages of a port.
///
/// A port has one such block, and one for each [protocol](macro@protocol) that it lists. (What is not a
/// message may stand in others.) It stays as it is. Each method with a `self` answers the tag of its name, and the
/// handle of the port gets a method of the same name that sends the message. A handler takes
/// `&mut self` or `&self`, then `ctx: &mut Ctx<Self>` if it wants the context, then the arguments of
/// the message, which it owns; a last argument of type `Rest` takes whatever else was sent. A handler that
/// takes `reply: Reply<T>` behind all that is answered through it, by whoever holds it, and returns nothing.
///
/// | a handler returns | and that means |
/// |---|---|
/// | nothing | nothing is answered |
/// | `Result<(), Die>` | nothing is answered, an error kills the port |
/// | `Result<T, Die>` | a request, answered with `T`; an error kills the port |
/// | anything else | a request, answered with it |
///
/// Results and the context are known by their spelling: `Result<T, Die>` with both types, and `Ctx`; an
/// alias is not seen through. The handle's methods are as visible as the handlers; untyped, anybody can
/// send a port anything. They take `impl Into<T>` for text, IDs, `Bytes`, `Value`s and handles, which are
/// known by their names: `String`, `PortId`, `…Ref`. For an `Option` or a `Vec` of these, but for `Value`s, they take
/// an `Option`, or a `Vec`, an array or a slice, of what converts: `Some("x")`, `vec![&room]`. A bare `None` or `vec![]`
/// does not say what converts: `None::<&str>`.
///
/// Type parameters of a port need bounds on the block: `Send + 'static`, and, where they are in
/// messages, `serde::Serialize + serde::de::DeserializeOwned`. What the port holds has to be `Send`:
/// `Arc`, not `Rc`.
///
/// Options on the impl block, in `#[rcv(..)]`:
///
/// - `handle = Name` is needed where `#[port(handle = Name)]` is used;
/// - `crate = path` says where `aemp_actor` is, if not at `::aemp_actor`;
/// - `strict` lets the port die (`die`) of a message with a tag that no method answers, or with other
///   arguments. Without it such a message is refused: logged and counted, whoever waits for an answer to it
///   is told at once, and the port lives.
///
/// Options on a method, in `#[rcv(..)]` as well:
///
/// - `tag = "text"` answers another tag than the method's name;
/// - `local` takes arguments that cannot be serialised, from this node only;
/// - `request` makes a request of a message whose handler returns nothing: it is answered with `()` when that is
///   done;
/// - `default` gets, as a `Message`, what no other method answers;
/// - `stop` runs when the port ends, however it does: with the context, `reason: Reason`, and, if it wants
///   what was not handled, `undelivered: Undelivered<Self>` (see `StopHook`);
/// - `bad_message` gets, as a `BadMessage`, what could not be understood, in place of refusing it;
/// - `skip` leaves the method alone: it is no message.
#[proc_macro_attribute]
pub fn rcv(options: TokenStream, item: TokenStream) -> TokenStream {
    rcv::expand(options.into(), item.into()).into()
}

/// Makes the methods of a trait messages that ports of many types answer, and declares their handle.
///
/// For `Screen` the handle is `ScreenRef`. It is what the handle of a port is, of any port that answers
/// the protocol. A port does so when its derive lists the protocol, and `#[rcv] impl` implements it:
///
/// ```ignore
/// #[protocol]
/// pub trait Screen {
///     fn show(&self, text: String);
///     fn width(&self) -> u32;
/// }
///
/// #[derive(Port)]
/// #[port(protocols(Screen))]
/// struct Terminal { lines: Vec<String> }
///
/// #[rcv]
/// impl Terminal {}
///
/// #[rcv]
/// impl Screen for Terminal {
///     fn show(&mut self, text: String) { self.lines.push(text); }
///     fn width(&self) -> u32 { 80 }
/// }
/// ```
///
/// The trait says what is sent: `&self`, the arguments, and the answer. How a port handles that is its
/// own affair: its methods take `&mut self` or `&self`, the context or not, may be `async`, return
/// `Result<_, Die>`, or take a `Reply`, as those of its own block.
///
/// Options: `handle = Name` and `crate = path`, as for [`derive@Port`]; on a method, in `#[rcv(..)]`,
/// `tag = "text"`, `local` and `request`, as for [`macro@rcv`]; what is a `request` is one in the port's block, too.
#[proc_macro_attribute]
pub fn protocol(options: TokenStream, item: TokenStream) -> TokenStream {
    protocol::expand(options.into(), item.into()).into()
}

/// Makes a function that starts a port spawnable, by the name given, from any node.
///
/// The name has a `::` in it, as in `#[init("Chat::session")]`. The function takes `ctx: &mut Init`
/// first if it wants the context, then the arguments, which it owns; a last argument of type `Rest`
/// takes whatever else was sent. It may be async. It returns the port, or `Result<Port, Die>`, or
/// nothing (or `Result<(), Die>`) when it gave the port its handlers with `ctx.rcv`.
///
/// In place of the function stands one of its name without parameters, which gives an `InitFn`. The
/// method `on` of both spawns with types: `session.on(&node, "beta", (arguments,))` gives the handle.
/// Typed callers give all arguments but the last when that is `Rest`.
///
/// The option `crate = path`, after the name, says where `aemp_actor` is, if not at
/// `::aemp_actor`.
#[proc_macro_attribute]
pub fn init(options: TokenStream, item: TokenStream) -> TokenStream {
    init::expand(options.into(), item.into()).into()
}
