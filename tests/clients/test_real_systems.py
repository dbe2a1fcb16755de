"""Agents act on third-party systems through Leeway, by their OpenAPI documents and by SMTP; what the
systems' own APIs say afterwards is what counts."""

import base64
import http.server
import json
import threading
import urllib.error

import pytest
import real_systems
from harness import Api, Leeway, Refused, wait_until
from real_systems import ROUNDUP_PASSWORD, STRIPE_KEY, by_document, system_file

WORKFLOW = """
name = "desk"
title = "Desk"
owner = "owner@example.com"
confidence_threshold = 0.5
expires_after_s = 3600
[grants]
"""
TOKENS = {
    "TEST_ROUNDUP_PASSWORD": ROUNDUP_PASSWORD,
    "TEST_STRIPE_AUTH": f"Bearer {STRIPE_KEY}",
    "TEST_EMULATE_AUTH": "Bearer test_token",
}


class Business:
    """Leeway in front of one system, an agent and an owner."""

    def __init__(self, name, pack, grants, file):
        granted = "".join(f'{name}__{tool} = "{grant}"\n' for tool, grant in grants.items())
        self.leeway = Leeway({"desk": WORKFLOW + granted}, {}, [pack])
        self.leeway.configure({"desk": WORKFLOW + granted}, {name: file(self.leeway)}, [pack])
        self.leeway.start(env=TOKENS).ready(name)
        self.name = name
        self.agent = Api(self.leeway.url, self.leeway.agent("clerk", "desk"))
        self.owner = self.leeway.person("owner@example.com", "owner")

    def call(self, tool, arguments, **more):
        body = {"tool": f"{self.name}__{tool}", "arguments": arguments, "confidence": 0.9, **more}
        return self.agent.post("/v1/actions", body)

    def read(self, tool, arguments):
        return json.loads(self.call(tool, arguments)["result"]["content"][0]["text"])

    def approve(self, action):
        return self.owner.approve(action["id"])

    def kinds(self, action):
        return [entry["kind"] for entry in self.owner.action(action["id"])["entries"]]

    def leaves_no_trace_of(self, *secrets):
        """Neither on disk nor over the API; what Leeway tells of itself is looked through whole."""
        operator = self.leeway.person("operator@example.com", "operator")
        told = json.dumps([operator.get(path) for path in ("/v1/tools", "/v1/systems", "/v1/configuration", "/v1/entries?limit=1000")])
        files = [path for path in self.leeway.folder.rglob("*") if path.is_file()]
        assert any(path.name == "ledger.db" for path in files)
        for secret in secrets:
            assert secret not in told
            for path in files:
                assert secret.encode() not in path.read_bytes(), f"{secret} in {path}"


@pytest.fixture(scope="module")
def roundup():
    running = real_systems.roundup()
    yield running
    running.stop()


def helpdesk(roundup, url=None):
    grants = {"list_issues": "read", "get_issue": "read", "create_issue": "update", "update_issue": "update",
              "create_message": "draft", "attach_messages": "external"}
    more = f"""
[login]
user = "admin"
password = "env:TEST_ROUNDUP_PASSWORD"
[headers]
X-Requested-With = "rest"
Origin = "{roundup.url}"
"""
    return Business("roundup", "roundup", grants, lambda leeway: by_document(
        leeway, "roundup", "roundup", f"{url or roundup.url}/rest", more))


@pytest.fixture(scope="module")
def desk(roundup):
    business = helpdesk(roundup)
    yield business
    business.leeway.stop()


@pytest.fixture
def changing_desk(roundup):
    """One whose configuration a test changes."""
    business = helpdesk(roundup)
    yield business
    business.leeway.stop()


def ticket(roundup, **fields):
    return roundup.api.post("/issue", {"title": "Printer on fire", **fields})["data"]["id"]


def someone_edits(roundup, number, **fields):
    _, headers = roundup.api.send("GET", f"/issue/{number}")
    roundup.api.send("PUT", f"/issue/{number}", fields, {"If-Match": headers["ETag"]})


def test_reads_pass_and_fields_are_compared_with_the_live_record(roundup, desk):
    number = ticket(roundup, priority="bug")
    assert desk.read("get_issue", {"id": number})["data"]["attributes"]["title"] == "Printer on fire"
    fills = desk.call("update_issue", {"id": number, "assignedto": None, "title": "Printer on fire"})
    assert (fills["status"], fills["changes"]) == ("executed", [])
    overwrites = desk.call("update_issue", {"id": number, "status": "chatting"})
    assert (overwrites["status"], overwrites["level"]) == ("held", 4)
    assert [(c["field"], c["old"], c["new"]) for c in overwrites["changes"]] == [("status", "unread", "chatting")]
    done = desk.approve(overwrites)
    assert done["status"] == "executed", done
    now = roundup.api.get(f"/issue/{number}?@verbose=2")["data"]["attributes"]
    assert now["status"]["name"] == "chatting"
    after = desk.owner.action(done["id"])["audit"]
    assert after["taken"]["after"]["fields"]["status"] == "chatting"
    desk.leaves_no_trace_of(ROUNDUP_PASSWORD, real_systems.basic("admin", ROUNDUP_PASSWORD)["Authorization"])


def test_an_edit_by_somebody_else_before_the_start_is_a_drift(roundup, desk):
    number = ticket(roundup)
    held = desk.call("update_issue", {"id": number, "title": "Printer repaired"})
    someone_edits(roundup, number, title="Printer replaced")
    desk.owner.decide(held["id"], "approve")
    shown = wait_until(lambda: (a := desk.owner.action(held["id"]))["revision"] == 2 and a, "it is shown again")
    assert (shown["status"], shown["changes"][0]["old"]) == ("held", "Printer replaced")
    assert "action.started" not in desk.kinds(held)
    assert roundup.api.get(f"/issue/{number}")["data"]["attributes"]["title"] == "Printer replaced"


class Meddler(http.server.BaseHTTPRequestHandler):
    """Stands before Roundup and lets somebody else write just before the first write goes on."""

    def go(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        server = self.server
        if self.command == "PUT":
            server.writes.append(self.headers.get("If-Match"))
            if server.meddle:
                someone_edits(server.roundup, self.path.rsplit("/", 1)[1].split("?")[0], **server.meddle)
                server.meddle = None
        passed = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "content-length")}
        try:
            text, headers = server.roundup.api.send(self.command, self.path.removeprefix("/rest/data"),
                json.loads(body) if body else None, passed)
            status, text = 200, json.dumps(text).encode()
        except urllib.error.HTTPError as error:
            status, headers, text = error.code, {}, error.read()
        self.send_response(status)
        if "ETag" in headers:
            self.send_header("ETag", headers["ETag"])
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_PUT = do_PATCH = do_POST = go

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def meddled(roundup):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Meddler)
    server.roundup, server.meddle, server.writes = roundup, None, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    business = helpdesk(roundup, f"http://127.0.0.1:{server.server_port}")
    business.server = server
    yield business
    business.leeway.stop()
    server.shutdown()


def test_an_edit_between_the_last_look_and_the_write_is_refused_by_the_system_and_shown_again(roundup, meddled):
    meddled.server.writes.clear()
    number = ticket(roundup)
    held = meddled.call("update_issue", {"id": number, "title": "Printer repaired"})
    meddled.server.meddle = {"title": "Printer replaced"}
    meddled.owner.decide(held["id"], "approve")
    shown = wait_until(lambda: (a := meddled.owner.action(held["id"]))["revision"] == 2 and a, "it is shown again")
    assert shown["status"] == "held" and shown["changes"][0]["old"] == "Printer replaced"
    assert "version-conflict" in [reason["rule"] for reason in shown["decision"]["reasons"]]
    kinds = meddled.kinds(held)
    assert kinds[-3:] == ["action.started", "action.drifted", "action.judged"], kinds
    assert shown["audit"]["taken"] is None
    told = meddled.agent.action(held["id"])
    assert "Nothing has been carried out yet" in told["message"] and not told.get("ran")
    assert roundup.api.get(f"/issue/{number}")["data"]["attributes"]["title"] == "Printer replaced"
    with pytest.raises(Refused) as stale:
        meddled.owner.post(f"/v1/actions/{held['id']}/approve", {"content_hash": held["content_hash"]})
    assert stale.value.code == "stale"
    assert meddled.approve(held)["status"] == "executed"
    assert roundup.api.get(f"/issue/{number}")["data"]["attributes"]["title"] == "Printer repaired"
    assert len(meddled.server.writes) == 2 and None not in meddled.server.writes
    assert meddled.leeway.verify()["ok"]


def test_what_runs_alone_waits_for_a_person_after_a_conflict(roundup, meddled):
    number = ticket(roundup)
    meddled.server.meddle = {"status": "chatting"}
    blank = meddled.call("update_issue", {"id": number, "priority": "bug"})
    assert blank["status"] == "held", blank["decision"]
    assert "version-conflict" in [reason["rule"] for reason in blank["decision"]["reasons"]]
    assert meddled.approve(blank)["status"] == "executed"


def test_a_record_that_is_gone_or_refused_is_told_apart(roundup, desk):
    with pytest.raises(Refused) as wrong:
        desk.call("update_issue", {"id": "1/../2", "title": "x"})
    assert wrong.value.code == "arguments-invalid"
    missing = desk.call("get_issue", {"id": "9999"})
    assert missing["status"] == "failed" and "HTTP 404" in missing["result"]["content"][0]["text"]
    held = desk.call("update_issue", {"id": "9999", "title": "x"})
    assert held["before"]["status"] == "missing"
    number = ticket(roundup)
    wrong_name = desk.call("update_issue", {"id": number, "status": "no such status"})
    done = desk.approve(wrong_name)
    assert done["status"] == "failed" and done["result"]["isError"]


def test_the_configuration_holds_its_documents(roundup, changing_desk, tmp_path):
    leeway = changing_desk.leeway
    leeway.cli("export", "--config", tmp_path / "out")
    assert (tmp_path / "out/openapi/roundup.yaml").read_bytes() == (leeway.config / "openapi/roundup.yaml").read_bytes()
    operator = leeway.person("operator@example.com", "operator")
    before = operator.get("/v1/configuration")
    assert leeway.cli("apply", tmp_path / "out")["changes"] == []
    assert leeway.cli("apply", leeway.config)["changes"] == []
    assert operator.get("/v1/configuration") == before
    spoilt = json.loads(json.dumps(before))
    spoilt["systems"][0]["openapi_text"] += "\n# another"
    with pytest.raises(Refused) as differs:
        operator.post("/v1/configuration", spoilt)
    assert "openapi-hash-differs" in json.dumps(differs.value.body)
    spoilt["systems"][0]["openapi_text"] = None
    with pytest.raises(Refused) as missing:
        operator.post("/v1/configuration", spoilt)
    assert "openapi-missing" in json.dumps(missing.value.body)
    leeway.stop()
    leeway.start(env=TOKENS, config=False).ready("roundup")
    changing_desk.agent.url = leeway.url
    number = ticket(roundup)
    assert changing_desk.read("get_issue", {"id": number})["data"]["id"] == number


def test_an_approval_for_one_address_is_none_for_another(roundup, changing_desk):
    number = ticket(roundup)
    held = changing_desk.call("update_issue", {"id": number, "title": "Printer repaired"})
    file = changing_desk.leeway.config / "systems" / "roundup.toml"
    file.write_text(file.read_text().replace('/rest"', '/rest/"'))
    assert [change["how"] for change in changing_desk.leeway.cli("apply", changing_desk.leeway.config)["changes"]] == ["changed"]
    changing_desk.leeway.ready("roundup")
    with pytest.raises(Refused) as stale:
        changing_desk.owner.post(f"/v1/actions/{held['id']}/approve", {"content_hash": held["content_hash"]})
    assert stale.value.code == "stale"
    assert changing_desk.approve(held)["status"] == "executed"
    assert roundup.api.get(f"/issue/{number}")["data"]["attributes"]["title"] == "Printer repaired"


@pytest.fixture(scope="module")
def localstripe():
    running = real_systems.localstripe()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def finance(localstripe):
    tools = ["list_customers", "get_customer", "list_charges", "get_charge", "list_refunds"]
    grants = {tool: "read" for tool in tools} | {
        "create_customer": "update", "update_customer": "update", "create_refund": "external",
        "create_invoice_item": "high-impact", "delete_customer": "high-impact"}
    business = Business("stripe", "stripe-rest", grants, lambda leeway: by_document(
        leeway, "stripe", "stripe-rest", localstripe.url,
        'idempotency_header = "Idempotency-Key"\n[headers]\nAuthorization = "env:TEST_STRIPE_AUTH"\n'))
    yield business
    business.leeway.stop()


def charged(localstripe, amount):
    customer = localstripe.api.post("/customers", {"name": "Ann", "email": "ann@example.com"})["id"]
    card = {"type": "card", "card[number]": "4242424242424242", "card[exp_month]": 12, "card[exp_year]": 2030, "card[cvc]": 123}
    method = localstripe.api.post("/payment_methods", card)["id"]
    localstripe.api.post(f"/payment_methods/{method}/attach", {"customer": customer})
    paid = localstripe.api.post("/payment_intents", {
        "amount": amount, "currency": "eur", "customer": customer, "payment_method": method, "confirm": "true"})
    return customer, paid["charges"]["data"][0]["id"]


def refunds(localstripe, charge):
    return [refund["amount"] for refund in localstripe.api.get(f"/charges/{charge}")["refunds"]["data"]]


def test_a_refund_waits_and_is_made_once(localstripe, finance):
    _, charge = charged(localstripe, 5000)
    held = finance.call("create_refund", {"charge": charge, "amount": 700})
    assert (held["status"], held["level"], held["amount_cents"]) == ("held", 5, 700)
    assert held["changes"] == [{"field": "amount_refunded", "old": 0, "new": 700, "old_known": True, "critical": False}]
    assert refunds(localstripe, charge) == []
    assert finance.approve(held)["status"] == "executed"
    assert refunds(localstripe, charge) == [700]
    with pytest.raises(Refused):
        finance.owner.decide(held["id"], "approve")
    assert refunds(localstripe, charge) == [700]
    finance.leaves_no_trace_of(STRIPE_KEY)


def test_a_refund_above_the_charge_is_blocked(localstripe, finance):
    _, charge = charged(localstripe, 5000)
    above = finance.call("create_refund", {"charge": charge, "amount": 5001})
    assert above["status"] == "blocked"
    assert above["decision"]["reasons"][0]["rule"] == "pack-refund-above-charge"
    assert refunds(localstripe, charge) == []
    finance.approve(finance.call("create_refund", {"charge": charge, "amount": 3000}))
    rest = finance.call("create_refund", {"charge": charge, "amount": 2001})
    assert (rest["status"], refunds(localstripe, charge)) == ("blocked", [3000])


def test_a_refund_made_meanwhile_is_a_drift(localstripe, finance):
    _, charge = charged(localstripe, 5000)
    held = finance.call("create_refund", {"charge": charge, "amount": 3000})
    localstripe.api.post("/refunds", {"charge": charge, "amount": 4000})
    finance.owner.decide(held["id"], "approve")
    again = wait_until(lambda: (a := finance.owner.action(held["id"]))["revision"] == 2 and a, "it is judged again")
    assert again["status"] == "blocked", "what is left no longer covers it"
    assert refunds(localstripe, charge) == [4000]


def test_a_form_with_nested_fields_arrives_and_lists_are_read_page_by_page(localstripe, finance):
    made = finance.call("create_customer", {"name": "Bo & Co", "metadata": {"plan": "gold", "city": "Graz"}})
    assert made["status"] == "executed", made
    customer = made["result"]["structuredContent"]["id"]
    assert localstripe.api.get(f"/customers/{customer}")["metadata"] == {"plan": "gold", "city": "Graz"}
    filled = finance.call("update_customer", {"customer": customer, "phone": "+43 1", "metadata": {"tax": "AT"}})
    assert filled["status"] == "executed", filled
    changed = finance.call("update_customer", {"customer": customer, "metadata": {"plan": "none"}})
    assert changed["status"] == "held"
    assert [(c["field"], c["old"]) for c in changed["changes"]] == [("metadata.plan", "gold")]
    for number in range(6):
        localstripe.api.post("/customers", {"name": f"Customer {number}"})
    total = len(localstripe.api.get("/customers?limit=100")["data"])
    listed = finance.call("list_customers", {"limit": 2})["result"]
    ids = [customer["id"] for customer in listed["structuredContent"]["data"]]
    told = listed["_meta"]["io.leeway/http"]
    assert len(ids) == len(set(ids)) == min(10, total)
    assert (told["pages"], told["more"]) == (min(5, -(-total // 2)), total > 10)


@pytest.fixture(scope="module")
def slack():
    running = real_systems.emulate("slack")
    yield running
    running.stop()


def test_a_slack_message_waits_and_is_posted_once(slack):
    grants = {"conversations_list": "read", "conversations_history": "read", "chat_post_message": "external", "chat_update": "external"}
    office = Business("slack", "slack-web", grants, lambda leeway: by_document(
        leeway, "slack", "slack-web", f"{slack.url}/api", '[headers]\nAuthorization = "env:TEST_EMULATE_AUTH"\n'))
    try:
        listed = office.call("conversations_list", {"limit": 1})["result"]
        channels = {channel["name"]: channel["id"] for channel in listed["structuredContent"]["channels"]}
        assert len(channels) > 1 and listed["_meta"]["io.leeway/http"]["pages"] == len(channels)
        general = channels["general"]
        held = office.call("chat_post_message", {"channel": general, "text": "The printer is back."})
        assert (held["status"], held["level"]) == ("held", 5)
        said = lambda: [m["text"] for m in slack.api.post("/api/conversations.history", {"channel": general})["messages"]]
        assert "The printer is back." not in said()
        done = office.approve(held)
        assert done["status"] == "executed"
        assert said().count("The printer is back.") == 1
        changed = office.call("chat_update", {"channel": general, "ts": done["result"]["structuredContent"]["ts"], "text": "It is not."})
        assert changed["changes"][0]["old"] == "The printer is back."
        assert office.approve(changed)["status"] == "executed"
        assert said().count("It is not.") == 1
        nowhere = office.approve(office.call("chat_post_message", {"channel": "C404", "text": "Anybody?"}))
        assert nowhere["status"] == "failed" and "channel_not_found" in nowhere["result"]["content"][0]["text"]
        office.leaves_no_trace_of("Bearer test_token")
    finally:
        office.leeway.stop()


def test_a_gmail_draft_is_read_before_it_is_written_and_before_it_is_sent():
    google = real_systems.emulate("google")
    grants = {"list_messages": "read", "get_draft": "read", "create_draft": "draft", "send_draft": "external"}
    office = Business("gmail", "gmail-rest", grants, lambda leeway: by_document(
        leeway, "gmail", "gmail-rest", google.url, '[headers]\nAuthorization = "env:TEST_EMULATE_AUTH"\n'))
    try:
        message = "To: ann@example.com\r\nSubject: Your printer\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nWe will sue nobody, Ann? ~~"
        raw = base64.urlsafe_b64encode(message.encode()).decode().rstrip("=")
        held = office.call("create_draft", {"message": {"raw": raw}})
        assert (held["status"], held["level"]) == ("held", 2)
        read = held["message_read"]
        assert (read["to"], read["subject"]) == (["ann@example.com"], "Your printer")
        assert read["parts"][0]["text"] == "We will sue nobody, Ann? ~~", "the reviewer reads the message, not its base64"
        drafted = office.approve(held)
        assert drafted["status"] == "executed"
        draft = drafted["result"]["structuredContent"]["id"]
        sending = office.call("send_draft", {"id": draft})
        assert (sending["status"], sending["level"]) == ("held", 5)
        read = sending["message_read"]
        assert read["parts"][0]["text"].startswith("We will sue nobody")
        assert read["to"] == ["ann@example.com"] and "opaque" not in read, read
        sent = lambda: google.api.get("/gmail/v1/users/me/messages?labelIds=SENT&q=printer").get("messages", [])
        assert sent() == []
        assert office.approve(sending)["status"] == "executed"
        assert len(sent()) == 1
    finally:
        office.leeway.stop()
        google.stop()


@pytest.fixture(scope="module")
def maildev():
    running = real_systems.maildev()
    yield running
    running.stop()


def mailroom(port):
    return Business("mail", "smtp", {"send_email": "external"}, lambda leeway: system_file(
        "mail", "smtp", f'smtp = "smtp://127.0.0.1:{port}"\nfrom = "Desk <desk@example.com>"\nallow_private = true\ntimeout_s = 10'))


def test_a_mail_waits_and_is_sent_once(maildev):
    office = mailroom(maildev.mail_port)
    try:
        mail = {"to": ["Ann <ann@example.com>"], "cc": ["bob@example.com"], "bcc": ["cy@example.com"],
                "subject": "Your printer – repaired", "text": "Dear Ann,\n.\nit works again.\n"}
        held = office.call("send_email", mail)
        assert (held["status"], held["level"]) == ("held", 5)
        assert maildev.api.get("/api/email") == []
        done = office.approve(held)
        assert done["status"] == "executed", done
        [arrived] = wait_until(lambda: maildev.api.get("/api/email"), "the mail arrived")
        assert (arrived["subject"], arrived["from"][0]["address"]) == (mail["subject"], "desk@example.com")
        assert arrived["text"].replace("\r\n", "\n").strip() == mail["text"].strip()
        assert {r["address"] for r in arrived["envelope"]["to"]} == {"ann@example.com", "bob@example.com", "cy@example.com"}
        assert "cy@example.com" not in json.dumps(arrived["headers"])
        message_id = done["result"]["structuredContent"]["message_id"]
        assert message_id == arrived["headers"]["message-id"] and held["id"] in message_id
        with pytest.raises(Refused) as header:
            office.call("send_email", {**mail, "subject": "x\r\nBcc: all@example.com"})
        assert header.value.code == "arguments-invalid"
    finally:
        office.leeway.stop()
