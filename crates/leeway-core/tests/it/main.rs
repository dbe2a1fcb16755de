//! The core from outside: its state machine, its invariant, its tree, the packs and templates
//! shipped, and the arrows of the architecture.

mod accounting;
mod architecture;
mod audit;
mod backtest;
mod cases;
mod classification;
mod document_packs;
mod earn;
mod eight;
mod evidence;
mod forms;
mod govern;
mod guardrails;
mod guards;
mod guess;
mod incident;
mod invariant;
mod lifecycle;
mod lookalike;
mod merkle;
mod messages;
mod notify;
mod openapi;
mod owners;
mod packs;
mod planted;
mod reach;
mod rules;
mod sent;
mod shipped;
mod sources;
mod tables;
mod templates;
mod undo;
mod visible;
