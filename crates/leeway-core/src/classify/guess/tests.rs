use super::*;
use serde_json::json;

fn alone(definition: &Value) -> Guess {
    guess(definition, &Server::of([definition]))
}

#[test]
fn names_are_read_and_descriptions_only_raise() {
    for (definition, effect) in [
        (json!({"name": "get_contact"}), Effect::Read),
        (json!({"name": "listInvoices"}), Effect::Read),
        (json!({"name": "create_task"}), Effect::Create),
        (json!({"name": "delete-record"}), Effect::Delete),
        (json!({"name": "create_refund"}), Effect::Pay),
        (json!({"name": "frobnicate"}), Effect::Update),
        (
            json!({"name": "get_it", "description": "Deletes everything."}),
            Effect::Delete,
        ),
        (
            json!({"name": "zap", "description": "This tool is safe and read-only.", "annotations": {"readOnlyHint": true}}),
            Effect::Update,
        ),
        (
            json!({"name": "send_email", "annotations": {"readOnlyHint": true}}),
            Effect::Send,
        ),
    ] {
        assert_eq!(alone(&definition).effect, effect, "{definition}");
    }
}

/// A tool of this name with text arguments of these names.
fn tool(name: &str, arguments: &str) -> Value {
    let properties: serde_json::Map<String, Value> = arguments
        .split_whitespace()
        .map(|argument| (argument.to_owned(), json!({ "type": "string" })))
        .collect();
    json!({ "name": name, "inputSchema": { "type": "object", "properties": properties } })
}

#[test]
fn the_thing_decides_what_a_verb_means() {
    for (name, arguments, effect, level) in [
        ("create_task", "title", Effect::Create, 3),
        ("create_product", "name", Effect::Create, 4),
        ("create_product", "name price", Effect::Pay, 5),
        ("create_zorp", "name", Effect::Create, 4),
        ("create_event", "summary start", Effect::Create, 3),
        ("create_event", "summary start attendees", Effect::Send, 5),
        ("attach_file_to_task", "task_id file", Effect::Create, 3),
        ("attach_payment_method", "customer_id", Effect::Pay, 5),
        ("add_tag", "contact_id tag", Effect::Update, 3),
        ("remove_tag", "contact_id tag", Effect::Update, 4),
        ("add_paragraph", "document_id text", Effect::Update, 4),
        ("log_call", "contact_id notes", Effect::Create, 3),
        ("capture_lead", "name email", Effect::Create, 3),
        ("capture_screenshot", "", Effect::Read, 1),
        ("launch_campaign", "id", Effect::Send, 5),
        ("pause_campaign", "id", Effect::Execute, 4),
        ("push_notification", "text", Effect::Send, 5),
        ("upgrade_plan", "customer", Effect::Pay, 5),
        ("transfer_ownership", "record_id user_id", Effect::Admin, 4),
        ("transfer_funds", "from to amount", Effect::Pay, 5),
        ("activate_subscription", "id", Effect::Pay, 5),
        ("sign_document", "id", Effect::Send, 5),
        ("approve_invoice", "id", Effect::Pay, 5),
        ("update_draft_email", "id body", Effect::Draft, 2),
        ("send_draft", "id", Effect::Send, 5),
        ("delete_draft", "id", Effect::Delete, 4),
        ("release_payout", "id", Effect::Pay, 5),
        ("zorp_refund", "id", Effect::Pay, 5),
        ("call_tool", "name", Effect::Execute, 4),
        ("resolve_library_id", "name", Effect::Read, 1),
        ("resolve_ticket", "id", Effect::Update, 4),
        ("order_status", "id", Effect::Read, 1),
        ("save_file", "path content", Effect::Update, 4),
        ("add_note", "ticket_id body internal", Effect::Send, 5),
        ("add_attendees", "event_id emails", Effect::Send, 5),
        ("enroll_contact", "contact_id sequence_id", Effect::Send, 5),
        ("apply_macro", "ticket_id macro_id", Effect::Send, 5),
        ("add_file_permission", "file_id role", Effect::Send, 5),
        ("update_folder", "folder_id link_sharing", Effect::Send, 5),
        ("cancel_event", "event_id", Effect::Send, 5),
        ("update_invoice_status", "id status", Effect::Pay, 5),
        ("create_promo_rule", "amount", Effect::Pay, 5),
        (
            "add_issue_to_project",
            "issue_id project_id",
            Effect::Update,
            4,
        ),
        ("create_product_image", "product_id url", Effect::Create, 4),
        ("convert_issue", "issue_id", Effect::Update, 4),
        ("upload_new_version", "file_id file", Effect::Update, 4),
        ("create_file", "name overwrite", Effect::Update, 4),
        ("create_document", "doctype data", Effect::Create, 4),
        ("select_account", "account", Effect::Admin, 4),
        ("grant_folder_access", "folder_id email", Effect::Send, 5),
        ("make_public", "file_id", Effect::Send, 5),
        ("campaigns_schedule", "campaign_id time", Effect::Send, 5),
        ("enable_ad_group", "ad_group_id", Effect::Send, 5),
        ("graphql_query", "query", Effect::Execute, 4),
        ("pods_log", "name", Effect::Read, 1),
        ("draft_reply", "thread_id body", Effect::Draft, 2),
        ("list_merge_requests", "state", Effect::Read, 1),
        ("stale_applications", "days limit", Effect::Read, 1),
        ("execute_query", "sql", Effect::Execute, 4),
        ("query", "sql", Effect::Execute, 4),
        ("create_document", "doctype data", Effect::Create, 4),
        ("create_draft_pull_request", "title", Effect::Create, 4),
        ("insert_many", "collection documents", Effect::Create, 4),
        ("create_project", "name region", Effect::Admin, 4),
        ("change_estimate_state", "estimate_id", Effect::Pay, 5),
        ("create_file_permission", "file_id user", Effect::Send, 5),
        ("verify_webhook", "body signature", Effect::Read, 1),
        ("verify_phone_number", "number", Effect::Admin, 4),
        ("preview_write", "values", Effect::Read, 1),
        ("reports_sales", "period", Effect::Read, 1),
        ("draft_reply", "thread_id body", Effect::Draft, 2),
        ("add_attendees", "event_id users", Effect::Send, 5),
        ("add_to_sequence", "contact_id sequence_id", Effect::Send, 5),
        ("reschedule_appointment", "id time", Effect::Send, 5),
        ("approve_expense_report", "id", Effect::Pay, 5),
        ("create_shared_link", "path", Effect::Send, 5),
        ("upload_new_version", "id file", Effect::Update, 4),
        ("files_upload", "channels content", Effect::Send, 5),
        ("shopping_list_uncheck_items", "list_id", Effect::Update, 4),
    ] {
        let guessed = alone(&tool(name, arguments));
        let said = (guessed.effect, u8::from(guessed.level));
        assert_eq!(
            said,
            (effect, level),
            "{name}({arguments}): {}",
            guessed.why
        );
    }
}

#[test]
fn names_and_values_without_letters_are_changes_like_any_unknown() {
    for name in ["", "__", "-", "!"] {
        assert_eq!(alone(&tool(name, "id")).effect, Effect::Update, "`{name}`");
    }
    let mut definition = tool("manage", "action");
    definition["inputSchema"]["properties"]["action"]["enum"] = json!(["", "-", "delete"]);
    assert_eq!(alone(&definition).effect, Effect::Delete);
}

#[test]
fn things_named_alone_are_looked_at_when_their_arguments_only_find_them() {
    let tools = [
        tool("create_refund", "payment_id amount"),
        tool("refund", "refund_id fields"),
        tool("refunds", "status limit cursor"),
        tool("dispute", "dispute_id reason"),
    ];
    let server = Server::of(&tools);
    let effects = tools.each_ref().map(|tool| guess(tool, &server).effect);
    assert_eq!(
        effects,
        [Effect::Pay, Effect::Read, Effect::Read, Effect::Pay]
    );
    // Alone, or with another thing's id, the word is the verb.
    assert_eq!(alone(&tool("refund", "refund_id")).effect, Effect::Pay);
}

#[test]
fn words_that_several_names_begin_with_are_things() {
    let tools =
        ["label_create", "label_delete", "label_list", "label"].map(|name| tool(name, "id"));
    let server = Server::of(&tools);
    let effects = tools.each_ref().map(|tool| guess(tool, &server).effect);
    assert_eq!(
        effects,
        [Effect::Create, Effect::Delete, Effect::Read, Effect::Update]
    );
}

#[test]
fn what_a_free_choice_says_it_can_do_counts() {
    let mut definition = tool("service_catalog", "action item_id");
    assert_eq!(alone(&definition).effect, Effect::Update);
    definition["inputSchema"]["properties"]["action"]["description"] =
        json!("One of: item_get, order_now, or cart_submit.");
    assert_eq!(alone(&definition).effect, Effect::Pay);
}

#[test]
fn words_that_outsiders_read_raise_a_change_to_sending() {
    assert_eq!(
        alone(&tool("update_incident", "number comments")).effect,
        Effect::Send
    );
    let mut definition = tool("update_asset", "number note");
    assert_eq!(alone(&definition).effect, Effect::Update);
    definition["inputSchema"]["properties"]["note"]["description"] =
        json!("Visible to the requester");
    assert_eq!(alone(&definition).effect, Effect::Send);
}

#[test]
fn a_description_is_read_as_it_is_meant() {
    for (name, text, effect) in [
        (
            "list_contacts",
            "Lists contacts. Not for emails or broadcasts.",
            Effect::Read,
        ),
        (
            "get_digest",
            "Gets what is new\nand sends it.",
            Effect::Send,
        ),
        (
            "get_feed",
            "Gets the feed.\n\nArgs:\n  emails: addresses to look for",
            Effect::Read,
        ),
        ("get_file", "Archives return a list of files.", Effect::Read),
        ("get_file", "Archives the file.", Effect::Delete),
        ("move_card", "Send a card to the archive", Effect::Update),
        (
            "create_label",
            "Creates a label. It changes the state of the project.",
            Effect::Create,
        ),
    ] {
        let definition = json!({ "name": name, "description": text });
        assert_eq!(alone(&definition).effect, effect, "{name}: {text}");
    }
}

#[test]
fn a_schema_is_read_from_the_top_down_and_may_name_itself() {
    let deep: serde_json::Map<String, Value> = (0..500)
        .map(|index| (format!("setting_{index}"), json!({ "type": "string" })))
        .collect();
    let definition = json!({
        "name": "update_record",
        "inputSchema": { "properties": {
            "body": { "type": "object", "properties": {
                "about": { "type": "object", "properties": deep },
                "next": { "$ref": "#" },
                "attendees": { "type": "array", "items": { "$ref": "#" } },
            } },
        } },
    });
    assert_eq!(alone(&definition).effect, Effect::Send);
}

#[test]
fn what_drafts_or_sends_counts_as_sending() {
    let mut definition = tool("create_draft_email", "to body");
    assert_eq!(alone(&definition).effect, Effect::Draft);
    definition["inputSchema"]["properties"]["send_now"] = json!({ "type": "boolean" });
    assert_eq!(alone(&definition).effect, Effect::Send);
}

#[test]
fn destructive_hints_raise_unless_a_server_gives_them_to_its_looks() {
    let hinted = |name: &str| {
        let mut definition = tool(name, "id");
        definition["annotations"] = json!({ "destructiveHint": true });
        definition
    };
    let (create, look) = (hinted("create_task"), hinted("get_task"));
    assert_eq!(u8::from(guess(&create, &Server::of([&create])).level), 4);
    let both = Server::of([&create, &look]);
    assert_eq!(u8::from(guess(&create, &both).level), 3);
    assert_eq!(u8::from(guess(&look, &both).level), 4);
}

#[test]
fn words_all_names_begin_with_are_the_servers_own_and_still_name_the_thing() {
    let tools = [
        "invoice_list",
        "invoice_create",
        "invoice_send",
        "invoice_finalize",
    ]
    .map(|name| tool(name, "id"));
    let server = Server::of(&tools);
    let effects = tools.each_ref().map(|tool| guess(tool, &server).effect);
    assert_eq!(
        effects,
        [Effect::Read, Effect::Draft, Effect::Pay, Effect::Pay]
    );
    let tools = [
        "acme_crm_get_contact",
        "acme_crm_delete_contact",
        "acme_crm_zorp",
    ]
    .map(|name| tool(name, "id"));
    let server = Server::of(&tools);
    let effects = tools.each_ref().map(|tool| guess(tool, &server).effect);
    assert_eq!(effects, [Effect::Read, Effect::Delete, Effect::Update]);
}

#[test]
fn a_schema_is_read_only_so_deep_and_so_far() {
    let fields = |names: std::ops::Range<usize>, field: &Value| -> Value {
        let fields = names.map(|at| (format!("field_{at}"), field.clone()));
        json!({ "type": "object", "properties": fields.collect::<serde_json::Map<_, _>>() })
    };
    let depths = |schema: Value| -> Vec<usize> {
        let arguments = Arguments::of(&json!({ "inputSchema": schema }));
        arguments.0.iter().map(|argument| argument.depth).collect()
    };
    let text = json!({ "type": "string" });
    let mut nested = text.clone();
    for _ in 0..6 {
        nested = fields(0..1, &nested);
    }
    assert_eq!(depths(nested), [0, 1, 2, 3]);
    let mut listed = text.clone();
    for _ in 0..6 {
        listed = fields(0..1, &json!({ "type": "array", "items": listed }));
    }
    assert_eq!(depths(listed), [0, 1, 2, 3]);
    assert_eq!(depths(fields(0..500, &text)).len(), 400);
    assert_eq!(depths(fields(0..300, &fields(0..300, &text))).len(), 400);
}

#[test]
fn of_two_findings_the_graver_counts_and_of_two_alike_the_first() {
    let found = |effect, why: &str| Finding::new(effect, why);
    for (first, second, counts) in [
        (Effect::Update, Effect::Send, "second"),
        (Effect::Send, Effect::Update, "first"),
        (Effect::Send, Effect::Send, "first"),
    ] {
        let graver = found(first, "first").graver(found(second, "second"));
        assert_eq!(graver.why, counts, "{first:?} {second:?}");
    }
}
