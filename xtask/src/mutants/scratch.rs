//! The copy of the workspace that is changed.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::Folders;

const SWITCH: &str = include_str!("switch.txt");
const CORE: &str = "crates/leeway-core/src";

/// Copies what git knows and what is new; the rewritten files are left as they are.
pub fn copy(folders: &Folders, rewritten: &dyn Fn(&str) -> bool) -> Result<()> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(&folders.root)
        .output()?;
    ensure!(listed.status.success(), "`git ls-files` failed");
    for name in String::from_utf8(listed.stdout)?.split_terminator('\0') {
        let from = folders.root.join(name);
        if rewritten(name) || !from.is_file() {
            continue;
        }
        let mut bytes = std::fs::read(&from).with_context(|| name.to_owned())?;
        if name == format!("{CORE}/lib.rs") {
            let text = String::from_utf8(bytes)?;
            bytes = format!(
                "#![allow(warnings, arithmetic_overflow, unconditional_panic, clippy::all)]\n{text}\nmod mutant_switch;\n"
            )
            .into_bytes();
        }
        write(&folders.copy.join(name), &bytes)?;
    }
    let switch = folders.copy.join(CORE).join("mutant_switch.rs");
    write(&switch, SWITCH.as_bytes())
}

/// Writes a file where it is not so already: cargo builds anew what was written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if std::fs::read(path).is_ok_and(|before| before == bytes) {
        return Ok(());
    }
    std::fs::create_dir_all(path.parent().context("a file has a folder")?)?;
    std::fs::write(path, bytes).with_context(|| path.display().to_string())
}
