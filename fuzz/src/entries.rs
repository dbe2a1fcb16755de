//! What is given to the core by others, from bytes. The fuzz targets and `tests/filters` of the core run these.

use leeway_core::classify::BeforeImage;
use leeway_core::classify::classified::classify;
use leeway_core::classify::compiled::CompiledPack;
use leeway_core::classify::filter::Filter;
use leeway_core::classify::pack::Pack;
use leeway_core::openapi::Withheld;
use leeway_core::openapi::document::Document;
use serde_json::Value;

/// Bytes as a text, and as JSON what follows the first zero byte.
fn halves(data: &[u8]) -> (String, Value) {
    let mut halves = data.splitn(2, |byte| *byte == 0);
    let first = String::from_utf8_lossy(halves.next().unwrap_or_default()).into_owned();
    let second = serde_json::from_slice(halves.next().unwrap_or_default());
    (first, second.unwrap_or_default())
}

/// A filter, and what it is run over.
pub fn filter(data: &[u8]) {
    let (source, input) = halves(data);
    if let Ok(filter) = Filter::compile(&source) {
        _ = filter.run(&input, &input, &Value::Null);
        _ = filter.run_over(&input, &input);
    }
}

/// An OpenAPI document.
pub fn document(data: &[u8]) {
    _ = Document::parse(&String::from_utf8_lossy(data), &Withheld::default());
}

/// A pack, and the arguments of a call of each of its tools.
pub fn pack(data: &[u8]) {
    let (text, arguments) = halves(data);
    let Ok(pack) = Pack::parse(&text) else { return };
    let Ok(pack) = CompiledPack::compile(pack) else {
        return;
    };
    let before = BeforeImage::Read {
        fields: arguments.as_object().cloned().unwrap_or_default(),
        version: None,
        id: None,
    };
    for tool in pack.tools.values() {
        _ = classify(tool, "system", &arguments, &before);
    }
}
