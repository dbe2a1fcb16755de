//! The binary from outside, with its demo as a stateful world.

mod audit;
mod checked;
mod commands;
mod demo;
mod replay;
