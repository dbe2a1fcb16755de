//! jaq as it is, to compare with.

use jaq_core::data::JustLut;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, unwrap_valr};
use jaq_json::Val;
use serde_json::Value;

/// What jaq gives: the one value as JSON text, or the words of its error. `None` where it does not compile.
pub fn run(source: &str, input: &Value) -> Option<Result<String, String>> {
    let defs = jaq_core::defs()
        .chain(jaq_std::defs())
        .chain(jaq_json::defs());
    let funs = jaq_core::funs()
        .chain(jaq_std::funs())
        .chain(jaq_json::funs());
    let arena = Arena::default();
    let file = File {
        code: source,
        path: (),
    };
    let modules = Loader::new(defs).load(&arena, file).ok()?;
    let program = Compiler::default().with_funs(funs).compile(modules).ok()?;
    let input = jaq_json::read::parse_single(input.to_string().as_bytes()).ok()?;
    let context = Ctx::<JustLut<Val>>::new(&program.lut, Vars::new([]));
    let outputs: Vec<_> = program
        .id
        .run((context, input))
        .map(unwrap_valr)
        .take(2)
        .collect();
    Some(match <[_; 1]>::try_from(outputs) {
        Ok([Ok(value)]) => Ok(value.to_string()),
        Ok([Err(error)]) => Err(error.to_string()),
        Err(outputs) if outputs.is_empty() => Err("it gave no value".to_owned()),
        Err(_) => Err("it gave more than one value".to_owned()),
    })
}
