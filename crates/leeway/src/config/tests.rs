//! Folders with mistakes, and everything that is told of them.

use super::{inspect, load, render};
use std::path::Path;

const PACK: &str = "name = \"crm\"\ntitle = \"CRM\"\n[tool.get]\neffect = \"read\"\n";
const SYSTEM: &str = "name = \"crm\"\ntitle = \"CRM\"\npack = \"crm\"\ncommand = \"crm\"\n";
const WORKFLOW: &str = "name = \"w\"\ntitle = \"W\"\n[grants]\ncrm__get = \"read\"\n";

/// A sound folder with some files replaced or added.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let sound = [
        ("leeway.toml", ""),
        ("packs/crm.toml", PACK),
        ("systems/crm.toml", SYSTEM),
        ("workflows/w.toml", WORKFLOW),
    ];
    for (path, text) in sound.iter().chain(files) {
        write(folder.path(), path, text);
    }
    folder
}

fn write(folder: &Path, path: &str, text: &str) {
    let file = folder.join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

fn told(files: &[(&str, &str)]) -> Vec<String> {
    inspect(folder(files).path())
        .iter()
        .map(|problem| format!("{}:{} {}", problem.file, problem.line, problem.code))
        .collect()
}

#[test]
fn a_sound_folder_has_no_problem() {
    let folder = folder(&[]);
    assert_eq!(inspect(folder.path()), []);
    assert_eq!(load(folder.path()).unwrap().workflows.len(), 1);
}

#[test]
fn a_missing_key_does_not_hide_what_comes_after_it() {
    let workflow = "name = \"w\"
title = \"W\"
[[guardrail]]
id = \"one\"
then = \"hold\"
when = { level_at_least = 3 }
[[guardrail]]
id = \"two\"
text = \"Two.\"
then = \"allow\"
when = { tols = [], rate = { more_than = 3, per_s = 60, of = \"tema\" } }
[[guardrail]]
id = 3
text = \"Three.\"
then = \"hold\"
when = {}
";
    assert_eq!(
        told(&[("workflows/w.toml", workflow)]),
        [
            "workflows/w.toml:3 missing-key",
            "workflows/w.toml:10 unknown-value",
            "workflows/w.toml:11 unknown-key",
            "workflows/w.toml:11 unknown-value",
            "workflows/w.toml:13 wrong-type",
        ]
    );
}

#[test]
fn every_tool_of_a_pack_is_looked_at() {
    let pack = "name = \"crm\"
title = \"CRM\"
[tool.a]
efect = \"read\"
[tool.get]
effect = \"read\"
record = { type = \"contact\" }
[tool.z]
effect = \"raed\"
";
    assert_eq!(
        told(&[("packs/crm.toml", pack)]),
        [
            "packs/crm.toml:3 missing-key",
            "packs/crm.toml:4 unknown-key",
            "packs/crm.toml:7 missing-key",
            "packs/crm.toml:9 unknown-value",
        ]
    );
}

#[test]
fn an_unknown_key_does_not_stop_the_checks_of_meaning() {
    let system = "name = \"crm\"
title = \"CRM\"
pack = \"crn\"
timeout = 5
timeout_s = 0
[env]
TOKEN = \"plain\"
";
    assert_eq!(
        told(&[("systems/crm.toml", system)]),
        [
            "systems/crm.toml:1 transport-unclear",
            "systems/crm.toml:3 pack-unknown",
            "systems/crm.toml:4 unknown-key",
            "systems/crm.toml:5 timeout-invalid",
            "systems/crm.toml:7 secret-in-config",
        ]
    );
}

#[test]
fn a_file_that_cannot_be_read_brings_no_false_complaints_elsewhere() {
    for broken in ["packs/crm.toml", "systems/crm.toml", "workflows/w.toml"] {
        assert_eq!(
            told(&[(broken, "name = \"crm\ntitle = \"CRM\"\n")])
                .iter()
                .map(|line| line.split_once(' ').unwrap().1)
                .collect::<std::collections::BTreeSet<_>>(),
            ["toml-syntax"].into(),
            "{broken}"
        );
    }
}

#[test]
fn nothing_to_do_is_a_warning_and_a_missing_settings_file_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let codes =
        |folder: &Path| -> Vec<String> { inspect(folder).into_iter().map(|p| p.code).collect() };
    assert_eq!(codes(folder.path()), ["no-workflow", "file-missing"]);
    write(folder.path(), "leeway.toml", "");
    assert_eq!(codes(folder.path()), ["no-workflow"]);
    assert!(load(folder.path()).is_ok());
    write(
        folder.path(),
        "leeway.toml",
        "session_hours = 0\nbody_limit_bytes = 0\n",
    );
    assert_eq!(
        codes(folder.path()),
        ["no-workflow", "limit-invalid", "limit-invalid"]
    );
}

#[test]
fn a_credential_is_in_no_report_not_even_as_a_neighbouring_line() {
    let system = format!(
        "{SYSTEM}timeout = 3\n[headers]\nAuthorization = \"Bearer hunter2\"\nX = \"env:LEEWAY_NEVER_SET\"\n"
    );
    let folder = folder(&[("systems/crm.toml", &system)]);
    let problems = inspect(folder.path());
    assert!(
        problems
            .iter()
            .any(|problem| problem.code == "secret-in-config")
    );
    let report = render(folder.path(), &problems);
    assert!(report.contains("Authorization ="), "{report}");
    assert!(!report.contains("hunter2"), "{report}");
}

const DOCUMENT: &str =
    "{\"openapi\": \"3.1.0\", \"servers\": [{\"url\": \"https://crm.example.com\"}],
\"paths\": {\"/x\": {\"get\": {\"operationId\": \"get\"}}}}";
const BY_DOCUMENT: &str =
    "name = \"crm\"\ntitle = \"CRM\"\npack = \"crm\"\nopenapi = \"openapi/crm.json\"\n";

/// What is told of a system by document with some lines more.
fn told_by_document(more: &str, files: &[(&str, &str)]) -> Vec<String> {
    let system = format!("{BY_DOCUMENT}{more}");
    let mut all = vec![
        ("openapi/crm.json", DOCUMENT),
        ("systems/crm.toml", system.as_str()),
    ];
    all.extend(files);
    told(&all)
}

#[test]
fn a_document_is_read_pinned_and_then_needs_no_folder() {
    assert_eq!(told_by_document("", &[]), Vec::<String>::new());
    let folder = folder(&[
        ("openapi/crm.json", DOCUMENT),
        ("systems/crm.toml", BY_DOCUMENT),
    ]);
    let configuration = load(folder.path()).unwrap();
    let system = &configuration.systems[0];
    assert_eq!(system.openapi_text.as_deref(), Some(DOCUMENT));
    assert_eq!(super::check(&configuration), []);
    let pinned = system.openapi_sha256.clone().unwrap();
    assert_eq!(
        told_by_document(&format!("openapi_sha256 = \"{pinned}\"\n"), &[]),
        Vec::<String>::new()
    );
    assert_eq!(
        told_by_document("openapi_sha256 = \"00\"\n", &[]),
        ["systems/crm.toml:5 openapi-hash-differs"]
    );
    let mut exported = system.clone();
    let (path, text) = super::document::separate(&mut exported).unwrap();
    assert_eq!(
        (path.as_str(), text.as_str()),
        ("openapi/crm.json", DOCUMENT)
    );
    assert_eq!(
        (exported.openapi_text, exported.openapi_sha256),
        (None, None)
    );
}

#[test]
fn an_argument_that_the_pack_does_not_speak_of_is_named() {
    let document = "{\"openapi\": \"3.1.0\", \"servers\": [{\"url\": \"https://crm.example.com\"}], \"paths\": {
\"/x\": {\"get\": {\"operationId\": \"get\"}},
\"/x/{id}\": {\"patch\": {\"operationId\": \"set\", \"parameters\": [{\"name\": \"id\", \"in\": \"path\", \"required\": true, \"schema\": {\"type\": \"string\"}}],
\"requestBody\": {\"content\": {\"application/json\": {\"schema\": {\"type\": \"object\", \"properties\": {\"name\": {\"type\": \"string\"}, \"notify\": {\"type\": \"boolean\"}}}}}}}}}}";
    let pack = |changes: &str| {
        format!(
            "name = \"crm\"\ntitle = \"CRM\"\n[tool.get]\neffect = \"read\"\n[tool.set]\neffect = \"update\"\nrecord = {{ type = \"x\", id = \".id\" }}\nchanges = '{changes}'\nundo = {{ kind = \"none\", why = \"test\" }}\n"
        )
    };
    for (changes, expected) in [
        ("del(.id)", vec![]),
        (
            "{name: .name}",
            vec!["systems/crm.toml:4 argument-unaccounted"],
        ),
        (
            "del(.id) | with_entries(select(.value != null))",
            vec!["systems/crm.toml:4 null-dropped"],
        ),
    ] {
        let files = [
            ("openapi/crm.json", document),
            ("packs/crm.toml", &pack(changes)),
            ("systems/crm.toml", BY_DOCUMENT),
        ];
        assert_eq!(told(&files), expected, "{changes}");
    }
}

#[test]
fn every_kind_of_wrong_document_is_told() {
    for (file, text, code) in [
        ("openapi/crm.json", "{", "openapi-unreadable"),
        (
            "openapi/crm.json",
            "{\"swagger\": \"2.0\"}",
            "openapi-version",
        ),
        (
            "openapi/crm.json",
            "{\"openapi\": \"3.0.0\"}",
            "openapi-invalid",
        ),
        (
            "openapi/crm.json",
            "{\"openapi\": \"3.0.0\", \"paths\": {}}",
            "openapi-no-operation",
        ),
    ] {
        let line = format!("systems/crm.toml:4 {code}");
        assert_eq!(told_by_document("", &[(file, text)]), [line]);
    }
    let without_server = "{\"openapi\": \"3.0.0\", \"paths\": {\"/x\": {\"get\": {\"operationId\": \"got\"}, \"post\": {\"requestBody\": {\"required\": true}}}}}";
    assert_eq!(
        told_by_document("", &[("openapi/crm.json", without_server)]),
        [
            "systems/crm.toml:4 operation-skipped",
            "systems/crm.toml:4 base-url-missing",
            "systems/crm.toml:4 operation-unknown",
        ]
    );
    for path in ["../crm.json", "/etc/passwd", "openapi/../../x", ""] {
        let system = BY_DOCUMENT.replace("openapi/crm.json", path);
        assert_eq!(
            told(&[("systems/crm.toml", &system)]),
            ["systems/crm.toml:4 openapi-outside"],
            "{path}"
        );
    }
    assert_eq!(
        told(&[("systems/crm.toml", BY_DOCUMENT)]),
        ["systems/crm.toml:4 openapi-missing"]
    );
}

#[test]
fn two_systems_share_a_document_only_when_it_is_one() {
    let other = BY_DOCUMENT.replace("\"crm\"\ntitle", "\"other\"\ntitle");
    assert_eq!(
        told_by_document("", &[("systems/other.toml", &other)]),
        Vec::<String>::new()
    );
    let another = format!("{DOCUMENT}\n");
    let inline = format!("{other}openapi_text = '''{another}'''\n");
    assert_eq!(
        told_by_document("", &[("systems/other.toml", &inline)]),
        ["systems/other.toml:4 openapi-differs"]
    );
}

#[test]
fn keys_of_a_system_belong_to_the_way_it_is_reached() {
    let wrong = "base_url = \"ftp://x\"\nidempotency_header = \"not a header\"\nfrom = \"x\"\n[query]\napi_key = \"plain\"\n[login]\nuser = \"u\"\npassword = \"plain\"\n";
    assert_eq!(
        told_by_document(wrong, &[]),
        [
            "systems/crm.toml:5 base-url-invalid",
            "systems/crm.toml:6 header-invalid",
            "systems/crm.toml:7 key-unused",
            "systems/crm.toml:9 secret-in-config",
            "systems/crm.toml:12 secret-in-config",
        ]
    );
    let clear = "base_url = \"http://crm.example.com\"\n[headers]\nAuthorization = \"env:PATH\"\n";
    assert_eq!(
        told_by_document(clear, &[]),
        ["systems/crm.toml:5 credentials-in-clear"]
    );
    let command = format!(
        "{SYSTEM}base_url = \"https://x\"\nallow_private = true\n[login]\nuser = \"u\"\npassword = \"env:PATH\"\n"
    );
    assert_eq!(
        told(&[("systems/crm.toml", &command)]),
        [
            "systems/crm.toml:5 key-unused",
            "systems/crm.toml:6 key-unused",
            "systems/crm.toml:7 key-unused",
        ]
    );
}

#[test]
fn a_mail_server_has_an_address_and_a_sender() {
    let mail = |more: &str| {
        let system = format!("name = \"crm\"\ntitle = \"CRM\"\npack = \"crm\"\n{more}");
        told(&[("systems/crm.toml", &system)])
    };
    assert_eq!(
        mail("smtp = \"smtps://mail.example.com\"\nfrom = \"Desk <desk@example.com>\"\n"),
        Vec::<String>::new()
    );
    assert_eq!(
        mail("smtp = \"mail.example.com\"\n"),
        [
            "systems/crm.toml:4 smtp-invalid",
            "systems/crm.toml:4 from-missing"
        ]
    );
    assert_eq!(
        mail("smtp = \"smtp://u:p@mail.example.com\"\nfrom = \"nobody\"\n"),
        [
            "systems/crm.toml:4 smtp-invalid",
            "systems/crm.toml:5 from-invalid"
        ]
    );
}

#[test]
fn a_condition_in_a_header_needs_a_system_with_headers_and_a_version() {
    let pack = "name = \"crm\"\ntitle = \"CRM\"\n[tool.get]\neffect = \"read\"\n[tool.set]\neffect = \"delete\"\ncondition = { header = \"If-Match\" }\nundo = { kind = \"none\", why = \"x\" }\n";
    assert_eq!(
        told(&[("packs/crm.toml", pack)]),
        [
            "packs/crm.toml:7 condition-without-version",
            "systems/crm.toml:3 condition-unsupported",
        ]
    );
}

#[test]
fn what_is_no_plain_file_and_what_is_too_large_is_told_and_not_read() {
    let folder = folder(&[("packs/large.toml", &"#".repeat(1024 * 1024 + 1))]);
    let fifo = folder.path().join("systems/pipe.toml");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.unwrap().success());
    std::fs::create_dir(folder.path().join("workflows/folder.toml")).unwrap();
    let told: Vec<String> = inspect(folder.path())
        .iter()
        .map(|problem| format!("{} {}", problem.file, problem.code))
        .collect();
    assert_eq!(
        told,
        [
            "packs/large.toml file-too-large",
            "systems/pipe.toml file-not-regular",
            "workflows/folder.toml file-not-regular",
        ]
    );
}

#[test]
fn a_relay_names_a_system_and_something_of_it() {
    let workflow = |more: &str| format!("{WORKFLOW}{more}");
    assert_eq!(
        told(&[(
            "workflows/w.toml",
            &workflow("[relay]\ncrm = [\"resources\", \"questions\"]\n")
        )]),
        Vec::<String>::new()
    );
    assert_eq!(
        told(&[(
            "workflows/w.toml",
            &workflow("[relay]\ncmr = [\"prompts\"]\ncrm = []\n")
        )]),
        [
            "workflows/w.toml:6 system-unknown",
            "workflows/w.toml:7 relay-empty"
        ]
    );
    assert_eq!(
        told(&[(
            "workflows/w.toml",
            &workflow("[relay]\ncrm = [\"resource\"]\n")
        )]),
        ["workflows/w.toml:6 unknown-value"]
    );
}

#[test]
fn plain_names_are_for_one_system() {
    let docs = SYSTEM.replace("\"crm\"\ntitle", "\"docs\"\ntitle");
    let plain = WORKFLOW.replace("[grants]", "names = \"plain\"\n[grants]");
    assert_eq!(told(&[("workflows/w.toml", &plain)]), Vec::<String>::new());
    let two = format!("{plain}[relay]\ndocs = [\"resources\"]\n");
    assert_eq!(
        told(&[("systems/docs.toml", &docs), ("workflows/w.toml", &two)]),
        ["workflows/w.toml:3 names-ambiguous"]
    );
}

#[test]
fn guardrails_may_name_what_is_read_besides_tools() {
    let rule = "[[guardrail]]\nid = \"r\"\ntext = \"R.\"\nthen = \"block\"\nwhen = { tools = [\"crm__resources/read\"] }\n";
    let workflow = format!("{WORKFLOW}{rule}");
    assert_eq!(
        told(&[("workflows/w.toml", &workflow)]),
        Vec::<String>::new()
    );
}
