//! A shard: the port that has a node's share of the keys.
//!
//! Requests may be sent to any shard: one that is not to have the key forwards them. Each hop leads to a
//! shard that is higher in the key's ranking, so that no request goes round in circles while the shards
//! do not agree on who there is; a shard that leaves is the exception, and sends what is final.

use std::collections::BTreeMap;
use std::mem;

use aemp_actor::GrpToken;
use aemp_actor::prelude::*;

use crate::rendezvous::ranking;

/// The group of all shards.
const GROUP: &str = "shards";

/// How many keys are handed over at a time.
const BATCH: usize = 100;

/// A share of the keys.
#[derive(Port)]
pub(crate) struct Shard {
    entries: BTreeMap<String, String>,
    /// Who there is, this one included unless it leaves.
    shards: Vec<PortId>,
    membership: GrpToken,
    leaving: Option<Leaving>,
    /// How many batches are on their way to other shards.
    moving: usize,
    /// Who wants to know when there are so many shards and nothing moves.
    waiting: Vec<(usize, Reply<usize>)>,
}

/// A shard is to end.
struct Leaving {
    keys: usize,
    reply: Reply<usize>,
}

#[init("Kv::shard")]
pub(crate) fn new_shard(init: &mut Init) -> Result<Shard, Die> {
    let changed = init.ctx::<Shard>().psub(Shard::changed);
    let node = init.node();
    let membership = node.grp_reg(GROUP, init.id())?;
    node.grp_mon(GROUP, move |change| changed(change.ports.to_vec()));
    let (entries, shards) = (BTreeMap::new(), node.grp_get(GROUP));
    Ok(Shard { entries, shards, membership, leaving: None, moving: 0, waiting: Vec::new() })
}

#[rcv]
impl Shard {
    /// Sets the value of a key; the answer is the one before, if it was here.
    pub(crate) fn put(
        &mut self,
        ctx: &mut Ctx<Self>,
        key: String,
        value: String,
        reply: Reply<Option<String>>,
    ) {
        let Some(owner) = self.owner(ctx, &key) else {
            return reply.answer(self.keep(key, value));
        };
        self.entries.remove(&key);
        match self.leaving {
            None => reply.forward(owner.put(key, value)),
            Some(_) => reply.forward(owner.keep(key, value)),
        }
    }

    /// The value of a key. It may not have come yet: then the shard that would have it without this one is
    /// asked, and that which will have it if this one leaves.
    pub(crate) fn get(&mut self, ctx: &mut Ctx<Self>, key: String, reply: Reply<Option<String>>) {
        let owner = self.owner(ctx, &key).filter(|_| self.leaving.is_none());
        if let Some(owner) = owner {
            return reply.forward(owner.get(key));
        }
        let me = ctx.id();
        let other = ranking(&key, &self.shards).into_iter().find(|shard| **shard != me);
        let (Some(other), None) = (other, self.entries.get(&key)) else {
            return reply.answer(self.peek(key));
        };
        let asked = ShardRef::at(&ctx.node(), other.clone()).peek(&key);
        ctx.spawn_then(asked, move |shard, _ctx, found| {
            // It may have come meanwhile.
            reply.answer(shard.peek(key).or(found.unwrap_or_default()));
        });
    }

    /// Waits until this shard knows so many, and has none but its own keys; the answer is how many.
    pub(crate) fn settled(&mut self, ctx: &mut Ctx<Self>, shards: usize, reply: Reply<usize>) {
        self.waiting.push((shards, reply));
        self.look_whether_settled(ctx);
    }

    /// Gives all keys to the other shards; the answer, how many, comes when they have them and know that
    /// this one leaves.
    pub(crate) fn leave(&mut self, ctx: &mut Ctx<Self>, reply: Reply<usize>) {
        if self.shards.iter().all(|shard| *shard == ctx.id()) {
            return reply.fail(("no_other_shard", "there is no shard that could take the keys"));
        }
        self.leaving = Some(Leaving { keys: self.entries.len(), reply });
        let shards = mem::take(&mut self.shards);
        self.changed(ctx, shards);
    }

    /// Sets the value here, whoever is to have the key.
    fn keep(&mut self, key: String, value: String) -> Option<String> {
        self.entries.insert(key, value)
    }

    /// The value here, whoever is to have the key.
    fn peek(&self, key: String) -> Option<String> {
        self.entries.get(&key).cloned()
    }

    /// Keys that another shard had; what was put here since is newer. The answer is whether they are taken.
    fn take(&mut self, entries: Vec<(String, String)>) -> bool {
        let takes = self.leaving.is_none();
        for (key, value) in entries.into_iter().filter(|_| takes) {
            self.entries.entry(key).or_insert(value);
        }
        takes
    }

    /// The shard that has the key; nothing if that is this one.
    #[rcv(skip)]
    fn owner(&self, ctx: &Ctx<Self>, key: &str) -> Option<ShardRef> {
        let owner = *ranking(key, &self.shards).first()?;
        (*owner != ctx.id()).then(|| ShardRef::at(&ctx.node(), owner.clone()))
    }

    /// There are other shards than before: what is theirs is handed over.
    #[rcv(skip)]
    fn changed(&mut self, ctx: &mut Ctx<Self>, mut shards: Vec<PortId>) {
        if self.leaving.is_some() {
            shards.retain(|shard| *shard != ctx.id());
        }
        self.shards = shards;
        let mut theirs: BTreeMap<PortId, Vec<(String, String)>> = BTreeMap::new();
        for (key, value) in &self.entries {
            if let Some(owner) = self.owner(ctx, key) {
                theirs.entry(owner.id()).or_default().push((key.clone(), value.clone()));
            }
        }
        for (shard, entries) in theirs {
            let shard = ShardRef::at(&ctx.node(), shard);
            entries.chunks(BATCH).for_each(|batch| self.hand_over(ctx, &shard, batch));
        }
        self.look_whether_settled(ctx);
    }

    /// The keys stay until the other shard has them; if it is lost, the group changes, and they are handed
    /// to another one.
    #[rcv(skip)]
    fn hand_over(&mut self, ctx: &mut Ctx<Self>, to: &ShardRef, batch: &[(String, String)]) {
        let keys: Vec<String> = batch.iter().map(|(key, _)| key.clone()).collect();
        self.moving += 1;
        ctx.spawn_then(to.take(batch.to_vec()), move |shard, ctx, taken| {
            shard.moving -= 1;
            for key in keys.iter().filter(|_| taken == Ok(true)) {
                if shard.owner(ctx, key).is_some() {
                    shard.entries.remove(key);
                }
            }
            shard.look_whether_settled(ctx);
        });
    }

    #[rcv(skip)]
    fn look_whether_settled(&mut self, ctx: &mut Ctx<Self>) {
        if self.moving > 0 {
            return;
        }
        for (_, reply) in self.waiting.extract_if(.., |(shards, _)| *shards == self.shards.len()) {
            reply.answer(self.entries.len());
        }
        if let Some(Leaving { keys, reply }) = self.leaving.take_if(|_| self.entries.is_empty()) {
            self.membership.cancel();
            let (node, shards) = (ctx.node(), self.shards.clone());
            ctx.spawn(async move {
                for shard in &shards {
                    // One that is lost sends no more requests either.
                    let _ = ShardRef::at(&node, shard.clone()).settled(shards.len()).await;
                }
                reply.answer(keys);
            });
        }
    }
}
