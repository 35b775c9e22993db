//! Ports without a struct: closures by tag, added, replaced and removed at run time.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use super::async_code::AsyncHandler;
use super::attached::{self, Handed, NewBlock};
use super::cell::Cell;
use super::context::Ctx;
use super::definition::Port;
use super::encoder::{Encoder, Unencodable};
use super::handle::Ref;
use super::init::Init;
use super::mailbox::Envelope;
use super::me::Me;
use super::outcome::{Outcome, Ran};
use crate::die::Die;
use crate::id::PortId;
use crate::message::{BadMessage, FromArgs, Message};

/// The handle on a closure port.
pub type FnPortRef = Ref<FnPort>;

type Handler = Box<dyn for<'a> FnMut(&'a mut Ctx<FnPort>, Message) -> Ran<'a> + Send>;

/// A port made of closures: see [`Node::port_fn`](crate::Node::port_fn).
#[derive(Default)]
pub struct FnPort {
    tags: HashMap<String, Handler>,
    default: Option<Handler>,
    /// What is handed to the block that receives beside the handlers.
    block: Option<Arc<Handed>>,
}

/// A change of a closure port's handlers.
pub(crate) enum Edit {
    /// No tag: the default handler; no handler: remove.
    Handler { tag: Option<String>, handler: Option<Handler> },
    /// A block, in place of the default handler.
    Block(NewBlock),
}

/// A port whose handlers cannot be changed.
#[derive(Clone, Eq, PartialEq, thiserror::Error)]
#[error("{port} is no closure port of this node: its handlers cannot be changed")]
pub struct RcvError {
    pub(crate) port: PortId,
}

impl FnPort {
    pub(crate) fn with_default<R: Outcome>(
        mut f: impl FnMut(&mut Ctx<FnPort>, Message) -> R + Send + 'static,
    ) -> Self {
        let handler: Handler = Box::new(move |ctx, msg| Ran::done(f(ctx, msg)));
        Self { default: Some(handler), ..Self::default() }
    }

    pub(crate) fn with_default_async<F>(f: F) -> Self
    where
        F: for<'a> AsyncHandler<'a, Message> + Clone + Send + 'static,
    {
        let handler: Handler = Box::new(move |ctx, msg| Ran::later((f.clone())(ctx, msg)));
        Self { default: Some(handler), ..Self::default() }
    }

    pub(crate) fn with_edits(edits: Vec<Edit>, cell: &Arc<Cell<Self>>) -> Self {
        let mut port = Self::default();
        port.apply(edits, cell);
        port
    }

    /// Applies changes; a block begins in the port of `cell`.
    pub(crate) fn apply(&mut self, edits: Vec<Edit>, cell: &Arc<Cell<Self>>) {
        for edit in edits {
            match edit {
                Edit::Handler { tag: None, handler } => self.default = handler,
                Edit::Handler { tag: Some(tag), handler: Some(handler) } => {
                    drop(self.tags.insert(tag, handler));
                }
                Edit::Handler { tag: Some(tag), handler: None } => drop(self.tags.remove(&tag)),
                Edit::Block(block) => {
                    let handed = block.start(cell);
                    self.block = Some(handed.clone());
                    let default: Handler =
                        Box::new(move |ctx, msg| attached::hand(&handed, ctx.cell(), msg));
                    self.default = Some(default);
                }
            }
        }
    }

    /// No more messages come.
    pub(super) fn close_block(&mut self) {
        if let Some(block) = &self.block {
            block.close();
        }
    }
}

impl Port for FnPort {
    type Msg = Message;
    type Ref = Ref<Self>;

    async fn handle(&mut self, ctx: &mut Ctx<Self>, msg: Message) -> Result<(), Die> {
        let done = match self.tags.get_mut(msg.tag()).or(self.default.as_mut()) {
            Some(handler) => match handler(ctx, msg) {
                Ran::Done(done) => done,
                Ran::Later(code) => code.await,
            },
            None => {
                let mut known: Vec<&str> = self.tags.keys().map(String::as_str).collect();
                known.sort_unstable();
                Err(BadMessage::unknown(msg, &known).into())
            }
        };
        let edits = ctx.take_edits();
        self.apply(edits, ctx.cell());
        done
    }

    fn decode(msg: Message) -> Result<Message, BadMessage> {
        Ok(msg)
    }

    fn encode(msg: &Message, to: Encoder<'_>) -> Result<(), Unencodable> {
        to.forward(msg)
    }
}

impl Edit {
    pub(crate) fn tag<A: FromArgs, R: Outcome>(
        tag: impl Into<String>,
        mut f: impl FnMut(&mut Ctx<FnPort>, A) -> R + Send + 'static,
    ) -> Self {
        let handler: Handler = Box::new(move |ctx, msg| match msg.args::<A>() {
            Ok(args) => Ran::done(f(ctx, args)),
            Err(wrong) => Ran::Done(Err(wrong.into())),
        });
        Self::Handler { tag: Some(tag.into()), handler: Some(handler) }
    }

    fn tag_async<A, F>(tag: impl Into<String>, f: F) -> Self
    where
        A: FromArgs,
        F: for<'a> AsyncHandler<'a, A> + Clone + Send + 'static,
    {
        let handler: Handler = Box::new(move |ctx, msg| match msg.args::<A>() {
            Ok(args) => Ran::later((f.clone())(ctx, args)),
            Err(wrong) => Ran::Done(Err(wrong.into())),
        });
        Self::Handler { tag: Some(tag.into()), handler: Some(handler) }
    }

    pub(crate) fn default<R: Outcome>(
        mut f: impl FnMut(&mut Ctx<FnPort>, Message) -> R + Send + 'static,
    ) -> Self {
        let handler: Handler = Box::new(move |ctx, msg| Ran::done(f(ctx, msg)));
        Self::Handler { tag: None, handler: Some(handler) }
    }

    pub(crate) fn off(tag: impl Into<String>) -> Self {
        Self::Handler { tag: Some(tag.into()), handler: None }
    }
}

/// What `$scope` can do to the handlers of a closure port.
macro_rules! handlers {
    ($scope:ty) => {
        impl $scope {
            /// Sets the handler of a tag, from the next message on, replacing one that was there. Calls can be chained, as
            /// those of the other methods here.
            pub fn rcv<A: FromArgs, R: Outcome>(
                &mut self,
                tag: impl Into<String>,
                f: impl FnMut(&mut Ctx<FnPort>, A) -> R + Send + 'static,
            ) -> &mut Self {
                self.add_edit(Edit::tag(tag, f));
                self
            }

            /// [`rcv`](Self::rcv) with an async closure, which the port awaits. Each message is handled by a
            /// clone of it: what handlers are to share belongs in an `Arc`.
            pub fn rcv_async<A: FromArgs, R, F>(
                &mut self,
                tag: impl Into<String>,
                f: F,
            ) -> &mut Self
            where
                F: AsyncFnOnce(&mut Ctx<FnPort>, A) -> R
                    + for<'a> AsyncHandler<'a, A>
                    + Clone
                    + Send
                    + 'static,
            {
                self.add_edit(Edit::tag_async(tag, f));
                self
            }

            /// Sets the handler of messages that no tag's handler takes.
            pub fn rcv_default<R: Outcome>(
                &mut self,
                f: impl FnMut(&mut Ctx<FnPort>, Message) -> R + Send + 'static,
            ) -> &mut Self {
                self.add_edit(Edit::default(f));
                self
            }

            /// Has an async block receive, beside the handlers, the messages for whose tag there is none.
            ///
            /// The block is a [task](crate::PortScope::spawn) of the port: it ends with it, also where it waits
            /// when the port is killed. The port ends when the block does, which gets what comes from then on in
            /// place of the handler of [`rcv_default`](Self::rcv_default). What it has not received counts
            /// against the bounds of the port.
            pub fn receive<F, Fut>(&mut self, block: F) -> &mut Self
            where
                F: FnOnce(Me) -> Fut + Send + 'static,
                Fut: Future<Output = Result<(), Die>> + Send + 'static,
            {
                self.add_edit(Edit::Block(NewBlock::new(block)));
                self
            }

            /// Removes the handler of a tag.
            pub fn rcv_off(&mut self, tag: impl Into<String>) -> &mut Self {
                self.add_edit(Edit::off(tag));
                self
            }
        }
    };
}
// Other ports have no such handlers: there is nothing to call.
handlers!(Ctx<FnPort>);
// For those that return nothing: see `InitOutput`.
handlers!(Init);

impl Ref<FnPort> {
    /// Sets the handler of a tag, in order with the messages sent to the port, and gives the handle again:
    /// `node.port_fn(..).rcv("add", ..)?.rcv("sum", ..)?`. So do the other methods here.
    ///
    /// # Errors
    /// When the port is no closure port of this node.
    pub fn rcv<A: FromArgs, R: Outcome>(
        &self,
        tag: impl Into<String>,
        f: impl FnMut(&mut Ctx<FnPort>, A) -> R + Send + 'static,
    ) -> Result<Self, RcvError> {
        self.edit(Edit::tag(tag, f))
    }

    /// [`rcv`](Self::rcv) with an async closure, which the port awaits. Each message is handled by a clone
    /// of it: what handlers are to share belongs in an `Arc`.
    ///
    /// # Errors
    /// As for [`rcv`](Self::rcv).
    pub fn rcv_async<A: FromArgs, R, F>(
        &self,
        tag: impl Into<String>,
        f: F,
    ) -> Result<Self, RcvError>
    where
        F: AsyncFnOnce(&mut Ctx<FnPort>, A) -> R
            + for<'a> AsyncHandler<'a, A>
            + Clone
            + Send
            + 'static,
    {
        self.edit(Edit::tag_async(tag, f))
    }

    /// Sets the handler of messages that no tag's handler takes.
    ///
    /// # Errors
    /// As for [`rcv`](Self::rcv).
    pub fn rcv_default<R: Outcome>(
        &self,
        f: impl FnMut(&mut Ctx<FnPort>, Message) -> R + Send + 'static,
    ) -> Result<Self, RcvError> {
        self.edit(Edit::default(f))
    }

    /// Has an async block receive, beside the handlers, the messages for whose tag there is none: see
    /// [`Ctx::receive`].
    ///
    /// # Errors
    /// As for [`rcv`](Self::rcv).
    pub fn receive<F, Fut>(&self, block: F) -> Result<Self, RcvError>
    where
        F: FnOnce(Me) -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), Die>> + Send + 'static,
    {
        self.edit(Edit::Block(NewBlock::new(block)))
    }

    /// Removes the handler of a tag.
    ///
    /// # Errors
    /// As for [`rcv`](Self::rcv).
    pub fn rcv_off(&self, tag: impl Into<String>) -> Result<Self, RcvError> {
        self.edit(Edit::off(tag))
    }

    fn edit(&self, edit: Edit) -> Result<Self, RcvError> {
        let cell = self.cell().ok_or_else(|| RcvError { port: self.id() })?;
        cell.push(Envelope::Call(Box::new(move |port, ctx| {
            port.apply(vec![edit], ctx.cell());
            Ran::Done(Ok(()))
        })));
        Ok(self.clone())
    }
}

impl std::fmt::Debug for FnPort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tags: Vec<&String> = self.tags.keys().collect();
        f.debug_struct("FnPort").field("tags", &tags).finish_non_exhaustive()
    }
}
