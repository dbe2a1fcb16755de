//! The workflow templates that come with the program, and the sandbox business they run against.

use std::path::Path;

/// The six templates: name, text.
pub const WORKFLOWS: [(&str, &str); 6] = [
    (
        "crm-clean-up",
        include_str!("../../../templates/workflows/crm-clean-up.toml"),
    ),
    (
        "customer-success",
        include_str!("../../../templates/workflows/customer-success.toml"),
    ),
    (
        "document-processing",
        include_str!("../../../templates/workflows/document-processing.toml"),
    ),
    (
        "proposal-automation",
        include_str!("../../../templates/workflows/proposal-automation.toml"),
    ),
    (
        "sales-follow-up",
        include_str!("../../../templates/workflows/sales-follow-up.toml"),
    ),
    (
        "support-triage",
        include_str!("../../../templates/workflows/support-triage.toml"),
    ),
];

/// What the sandbox business's tools do.
pub const SANDBOX_PACK: &str = include_str!("../../../packs/sandbox.toml");

/// The system file of the sandbox business. `exe` is this program, which also is the sandbox; `state`
/// is the sandbox's state file.
pub fn sandbox_system(exe: &Path, state: &Path) -> String {
    let quoted = |path: &Path| toml::Value::from(path.to_string_lossy().into_owned()).to_string();
    format!(
        "name = \"sandbox\"\n\
         title = \"Brightwater Supply (sandbox)\"\n\
         pack = \"sandbox\"\n\
         command = {}\n\
         args = [\"sandbox\", \"--state\", {}]\n",
        quoted(exe),
        quoted(state)
    )
}
