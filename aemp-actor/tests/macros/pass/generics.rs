//! Parameters and bounds of a port are those of its handle and its messages.

use std::collections::BTreeMap;

use aemp_actor::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a store can hold; stricter than what the struct demands.
trait Datum: Clone + DeserializeOwned + Ord + Send + Serialize + 'static {}

impl<T: Clone + DeserializeOwned + Ord + Send + Serialize + 'static> Datum for T {}

#[derive(Port)]
struct Store<K: Ord, V = u8, const N: usize = 3>
where
    V: Clone,
{
    map: BTreeMap<K, [V; N]>,
}

#[rcv]
impl<K: Datum, V, const N: usize> Store<K, V, N>
where
    V: Datum,
{
    const PLACES: usize = N;

    fn put(&mut self, key: K, values: Vec<V>) {
        if let Ok(values) = values.try_into() {
            self.map.insert(key, values);
        }
    }

    fn look(&self, key: K) -> Option<Vec<V>> {
        self.map.get(&key).map(|values| values.to_vec())
    }

    fn places(&self) -> usize {
        Self::PLACES
    }

    fn twin(&mut self, twin: StoreRef<K, V, N>) {
        drop(twin);
    }
}

/// A port that no message uses a parameter of.
#[derive(Port)]
struct Silent<T>(T);

#[rcv]
impl<T: Send + 'static> Silent<T> {
    fn hush(&mut self) {
        let _ = &self.0;
    }
}

/// A port with messages for one parameter only.
#[derive(Port)]
struct Special<T>(T);

#[rcv]
impl Special<u8> {
    fn value(&self) -> u8 {
        self.0
    }
}

pub(crate) fn main() {
    let store: StoreRef<String> = StoreRef::from(PortId::from("alpha#1"));
    store.put("key".to_owned(), vec![1, 2, 3]);
    store.twin(store.clone());
    drop(store.look("key".to_owned()));
    drop(store.places());
    SilentRef::<std::cell::Cell<u8>>::from(PortId::from("alpha#1")).hush();
    drop(SpecialRef::from(PortId::from("alpha#1")).value());
}
