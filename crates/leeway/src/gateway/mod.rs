//! One action's way through Leeway: [`pipeline`] receives, [`prepare`] looks, classifies and judges,
//! [`run`] starts and [`call`] carries out, [`decide`] is what people and agents do with a held one. [`mcp`] and
//! `crate::rest` are the two doors; [`view`] is what both show.

pub mod append;
pub mod arguments;
pub mod call;
pub mod classifying;
pub mod decide;
pub mod deciders;
mod drift;
pub mod eyes;
pub mod governance;
pub mod hidden;
pub mod look;
mod made;
pub mod mcp;
pub mod models;
pub mod naming;
pub mod outcome;
pub mod outcomes;
pub mod pausing;
pub mod pipeline;
pub mod prepare;
pub mod question;
pub mod reconcile;
pub mod record_lock;
pub mod remembered;
pub mod repeat;
pub mod run;
pub mod secrets;
pub mod settling;
pub mod toolbox;
pub mod undo;
pub mod view;
pub mod wait;
pub mod words;
