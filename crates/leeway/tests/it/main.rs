//! The binary from outside, with its demo as a stateful world.

mod checked;
mod commands;
mod demo;
mod replay;
