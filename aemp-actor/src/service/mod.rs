//! What nodes do for each other beside carrying messages.

mod data;

pub(crate) use data::{
    CONNECT as DATA_CONNECT, DATA_CONN, Data, EXPECT as DATA_EXPECT, ExpectError, Unexpected,
    admits as data_admits, arrived as data_arrived, dial as data_dial, expect as data_expect,
};
pub use data::{DataConn, DataConnError, DataReader, DataWriter};
