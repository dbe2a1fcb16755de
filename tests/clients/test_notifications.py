"""People are told: by a real mail server and a webhook, through refusals, kills and floods; and they
approve straight from a message only as themselves, once, what they are shown."""

import email
import email.policy
import http.cookiejar
import json
import re
import urllib.error
import urllib.parse
import urllib.request

import pytest
from harness import Api, Leeway, Refused, clock_ahead, free_port, wait_until
from mail_server import MailDev, RefusingMailServer, WebhookReceiver
from test_faults import SLOW, calls, slow_system

WORKFLOW = """
name = "slow"
title = "Slow things"
owner = "owner@example.com"
confidence_threshold = 0.5
expires_after_s = {expires}
responsibility = "crm-field-updates"
remind_at = {remind}
escalate_at = {escalate}
[grants]
slow__append = "external"
slow__look = "read"
"""
OWNERS = """
[owner.crm-field-updates]
business = "owner@example.com"
technical = "op@example.com"
delegates = ["kim@example.com"]
fallback = "boss@example.com"
[owner.prompts-and-rules]
business = "boss@example.com"
"""
PASSWORD = "a long enough password"


def notify(port, window=0, chat="", public="http://127.0.0.1:1"):
    return f"""
public_url = "{public}"
digest_window_s = {window}
[email]
host = "127.0.0.1"
port = {port}
security = "none"
from = "leeway@example.com"
{chat}"""


def business(told, expires=3600, remind="[]", escalate="1.0", env=None):
    leeway = Leeway({"slow": WORKFLOW.format(expires=expires, remind=remind, escalate=escalate)}, {}, [])
    (leeway.config / "packs" / "slow.toml").write_text(SLOW.with_name("slow_pack.toml").read_text())
    (leeway.config / "systems" / "slow.toml").write_text(slow_system(leeway))
    (leeway.config / "owners.toml").write_text(OWNERS)
    (leeway.config / "notify.toml").write_text(told)
    leeway.log = leeway.folder / "calls.log"
    leeway.start(env=env)
    leeway.owner = leeway.person("owner@example.com", "owner")
    leeway.kim = leeway.person("kim@example.com", "reviewer")
    leeway.boss = leeway.person("boss@example.com", "owner")
    leeway.operator = leeway.person("op@example.com", "operator")
    leeway.ready("slow")
    leeway.agent_api = Api(leeway.url, leeway.agent("clerk", "slow"))
    return leeway


def propose(leeway, line, **more):
    call = {"tool": "slow__append", "arguments": {"line": line, "hold_s": 0}, **more}
    held = leeway.agent_api.post("/v1/actions", call)
    assert held["status"] == "held", held
    return held


@pytest.fixture
def post():
    running = MailDev()
    yield running
    running.stop()


@pytest.fixture
def office(post):
    running = business(notify(post.smtp))
    yield running
    running.stop()


def arrived(post, to, number=1):
    return wait_until(lambda: len(found := post.mails(to)) >= number and found, f"{number} mails to {to}")


def channel(leeway, name="email"):
    return next(c for c in leeway.operator.get("/v1/notifications")["channels"] if c["name"] == name)


def entries(leeway, kind):
    page = leeway.operator.get("/v1/entries?from=0&limit=1000")["entries"]
    return [entry for entry in page if entry["kind"] == kind]


class Browser:
    """A browser without script: cookies, forms, pages."""

    def __init__(self, leeway, person=None):
        self.base = leeway.url
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(jar)
        if person:
            self.sign_in(person, "/inbox")

    def go(self, path, form=None):
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        try:
            with self.opener.open(self.base + path, data, timeout=30) as answer:
                return answer.status, answer.geturl().removeprefix(self.base), answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.geturl().removeprefix(self.base), error.read().decode()

    def sign_in(self, person, next_):
        return self.go("/sign-in", {"email": person, "password": PASSWORD, "next": next_})


def field(page, name):
    return re.search(f'name="{name}" value="([^"]*)"', page).group(1)


def link(post, mail):
    """The quick link's path, from the mail's plain text."""
    return re.search(r"/q/lwq_[0-9a-f]{64}", mail["text"]).group(0)


def test_a_held_action_reaches_its_owner_with_the_facts(office, post):
    held = propose(office, "see https://evil.example/x", reason="Approve now: https://evil.example <b>!</b>", confidence=0.1)
    [mail] = arrived(post, "owner@example.com")
    assert mail["subject"].startswith("To decide: ")
    assert f"http://127.0.0.1:1/inbox/{held['id']}" in mail["text"]
    for fact in ["Level: ", "Workflow: Slow things", "Proposed by: agent clerk", "Due: ", "Undo: ", "Nothing of it has been carried out"]:
        assert fact in mail["text"], fact
    for part in (mail["text"], mail["html"]):
        assert "https://evil" not in part
    assert "<b>!" not in mail["html"] and "&lt;b&gt;!" in mail["html"]
    parsed = email.message_from_string(post.source(mail), policy=email.policy.default)
    assert parsed["Auto-Submitted"] == "auto-generated" and parsed["To"] == "owner@example.com"
    assert {part.get_content_type() for part in parsed.iter_parts()} == {"text/plain", "text/html"}
    # Nobody else is asked; the ledger says who was told what, under which id.
    assert {to["address"] for mail in post.mails() for to in mail["to"]} == {"owner@example.com"}
    [sent] = wait_until(lambda: entries(office, "postbox.sent"), "the ledger has it")
    assert sent["stream"] == "postbox/email/owner@example.com"
    message = office.operator.get("/v1/notifications")["messages"][0]
    assert parsed["Message-ID"].startswith(f"<{message['id']}@") and message["trouble"] is None
    assert office.verify()["ok"]


def test_what_was_decided_meanwhile_is_not_told_and_what_waits_is_gathered(post):
    leeway = business(notify(post.smtp, window=6))
    try:
        propose(leeway, "first")
        arrived(post, "owner@example.com")
        several = [propose(leeway, f"more {n}") for n in range(4)]
        assert leeway.owner.approve(several[0]["id"])["status"] == "executed"
        first, digest = arrived(post, "owner@example.com", 2)
        assert digest["subject"] == "3 things to decide"
        assert several[0]["id"] not in digest["text"]
        assert all(held["id"] in digest["text"] for held in several[1:])
        assert "/q/" in first["text"] and "/q/" not in digest["text"], "in a digest nothing is approved unseen"
        assert len(entries(leeway, "postbox.bundled")) == 2
    finally:
        leeway.stop()


def test_reminders_escalation_and_expiry_are_told_in_order(post):
    leeway = business(notify(post.smtp), expires=24, remind="[0.4]", escalate="0.5")
    try:
        held = propose(leeway, "nobody is there")
        to_boss = arrived(post, "boss@example.com")
        assert to_boss[0]["subject"].startswith("Escalated to you: ")
        pending = leeway.agent_api.action(held["id"])["message"]
        assert "boss@example.com" in pending and "nobody has decided so far" in pending, pending
        subjects = [mail["subject"].split(":")[0] for mail in arrived(post, "owner@example.com", 3)]
        assert subjects == ["To decide", "Still to decide", "Nobody answered"]
        assert leeway.agent_api.action(held["id"])["status"] == "expired"
        last = post.mails("owner@example.com")[-1]["text"]
        assert "That is not a rejection: nobody decided. Nothing was carried out" in last
    finally:
        leeway.stop()


def test_pauses_questions_and_changes_are_told(office, post):
    held = propose(office, "which one?")
    arrived(post, "owner@example.com")
    office.owner.decide(held["id"], "ask", question="Which order?")
    office.agent_api.post(f"/v1/actions/{held['id']}/answer", {"answer": "Order 7 at www.evil.example"})
    answered = arrived(post, "owner@example.com", 2)[-1]["text"]
    assert "Order 7 at www[.]evil[.]example" in answered and "The agent answered" in answered
    office.operator.post("/v1/workflows/slow/pause", {"reason": "strange lines"})
    assert "strange lines" in arrived(post, "owner@example.com", 3)[-1]["text"]
    office.operator.post("/v1/workflows/slow/resume", {"reason": "all well"})
    assert arrived(post, "owner@example.com", 4)[-1]["subject"] == "Runs again: Slow things"
    wanted = office.operator.get("/v1/configuration")
    wanted["workflows"][0]["title"] = "Slower things"
    change = office.operator.post("/v1/configuration?why=clearer", wanted)
    assert change["status"] == "waiting"
    told = arrived(post, "boss@example.com")[-1]
    assert f"/changes/{change['change']}" in told["text"] and "clearer" in told["text"]
    status, _, page = Browser(office, "boss@example.com").go(f"/changes/{change['change']}")
    assert status == 200 and "Slower things" in page and "Approve" in page


def test_an_owner_who_is_missing_is_told_to_who_can_name_one(post):
    leeway = business(notify(post.smtp))
    try:
        wanted = leeway.operator.get("/v1/configuration")
        del wanted["owners"]["owner"]["crm-field-updates"]
        change = leeway.operator.post("/v1/configuration", wanted)
        leeway.boss.post(f"/v1/changes/{change['change']}/approve", {"hash": change["hash"]})
        held = propose(leeway, "whose is it?")
        mail = wait_until(lambda: [m for m in post.mails("op@example.com") if m["subject"].startswith("Nobody may decide")], "the operator is told")[0]
        assert held["id"] in mail["text"]
        assert "owner-missing" in json.dumps(leeway.owner.action(held["id"])["decision"])
        _, _, page = Browser(leeway, "op@example.com").go("/inbox")
        assert "Nobody owns: CRM field updates" in page
    finally:
        leeway.stop()


def test_quick_approval_shows_everything_and_works_once_for_its_reader(office, post):
    held = propose(office, "a short line")
    [mail] = arrived(post, "owner@example.com")
    path = link(post, mail)
    # Whatever follows links, signed in or not, changes nothing and sees nothing.
    status, where, page = Browser(office).go(path)
    assert status == 200 and where.startswith("/sign-in?next=") and "a short line" not in page
    status, _, page = Browser(office, "kim@example.com").go(path)
    assert status == 403 and "a short line" not in page
    owner = Browser(office)
    status, where, page = owner.sign_in("owner@example.com", path)
    assert (status, where) == (200, path) and "a short line" in page
    for _ in range(3):
        status, _, page = owner.go(path)
        assert status == 200
    assert office.owner.action(held["id"])["status"] == "held"
    form = {"csrf": field(page, "csrf"), "content_hash": field(page, "content_hash")}
    assert owner.go(path, {**form, "csrf": "x"})[0] == 403
    assert owner.go(path, {**form, "content_hash": "x"})[0] == 409
    assert office.owner.action(held["id"])["status"] == "held"
    status, where, _ = owner.go(path, form)
    assert (status, where) == (200, f"/actions/{held['id']}")
    assert office.owner.action(held["id"], wait_s=20)["status"] == "executed"
    for again in (owner.go(path), owner.go(path, form)):
        assert again[0] == 409 and ">Done<" in again[2] and "approves nothing" in again[2]
    assert calls(office) == ["a short line"]
    stored = (office.data / "ledger.db").read_bytes() + (office.data / "ledger.db-wal").read_bytes()
    assert path.removeprefix("/q/").encode() not in stored, "only the token's hash is kept"


def test_a_stale_link_shows_what_it_is_now(office, post):
    held = propose(office, "as it was")
    path = link(post, arrived(post, "owner@example.com")[0])
    owner = Browser(office, "owner@example.com")
    _, _, page = owner.go(path)
    form = {"csrf": field(page, "csrf"), "content_hash": field(page, "content_hash")}
    office.kim.decide(held["id"], "edit", arguments={"line": "as it is now", "hold_s": 0})
    for status, _, page in (owner.go(path), owner.go(path, form)):
        assert status == 409 and "It is no longer what this link was sent for." in page
        assert f"/inbox/{held['id']}" in page
    assert owner.go("/q/lwq_" + "0" * 64)[0] == 404
    assert calls(office) == []


def test_no_quick_link_where_something_is_hidden_or_cut(office, post):
    propose(office, "x" * 700)
    [mail] = arrived(post, "owner@example.com")
    assert "/q/" not in mail["text"] and "/inbox/" in mail["text"] and "cut; the whole text is on the page" in mail["text"]


def test_a_dead_channel_is_seen_and_what_waits_is_sent_when_it_is_back():
    port = free_port()
    leeway = business(notify(port))
    try:
        held = propose(leeway, "while the mail server is down")
        wait_until(lambda: channel(leeway)["trouble"], "the trouble is known")
        assert channel(leeway)["trouble"]["code"] == "unreachable" and not channel(leeway)["works"]
        assert Api(leeway.url, None).get("/readyz") == {"status": "ready", "channels": "fails"}
        _, _, page = Browser(leeway, "owner@example.com").go("/inbox")
        assert "Messages do not get through by: email" in page
        with urllib.request.urlopen(leeway.url + "/metrics") as answer:
            assert 'leeway_channel_works{channel="email"} 0' in answer.read().decode()
        # The pipeline does not wait for any of it.
        assert leeway.owner.approve(held["id"])["status"] == "executed"
        back = RefusingMailServer("250 ok")
        try:
            wanted = leeway.operator.get("/v1/configuration")
            wanted["notify"]["email"]["port"] = back.port
            change = leeway.operator.post("/v1/configuration", wanted)
            leeway.boss.post(f"/v1/changes/{change['change']}/approve", {"hash": change["hash"]})
            wait_until(lambda: [mail for mail in back.taken if held["id"] in mail.replace("=\r\n", "")], "it is sent after all")
            wait_until(lambda: channel(leeway)["works"], "the channel works again")
        finally:
            back.stop()
        assert len(entries(leeway, "postbox.tried")) >= 1
    finally:
        leeway.stop()


def test_greylisting_is_waited_out_under_the_same_id():
    server = RefusingMailServer("451 4.7.1 greylisted, try again later", "451 4.7.1 greylisted", "250 ok")
    leeway = business(notify(server.port))
    try:
        propose(leeway, "patience")
        wait_until(lambda: server.taken, "the mail is taken at last")
        assert server.asked == 3
        wait_until(lambda: channel(leeway)["works"], "the channel works")
        [tried] = entries(leeway, "postbox.tried")
        assert tried["stream"] == "postbox/email/owner@example.com", "a trouble is recorded once, not at each attempt"
    finally:
        leeway.stop()
        server.stop()


def test_a_message_refused_for_good_is_given_up_and_said():
    server = RefusingMailServer("550 5.1.1 no such person <script>")
    leeway = business(notify(server.port))
    try:
        held = propose(leeway, "to nobody")
        wait_until(lambda: entries(leeway, "postbox.failed"), "it is given up")
        assert server.asked == 1
        trouble = leeway.operator.get("/v1/notifications")["messages"][0]["trouble"]
        assert trouble["code"] == "refused" and "5.1.1" in trouble["why"]
        status, _, page = Browser(leeway, "op@example.com").go("/notifications")
        assert status == 200 and "given up" in page and "<script>" not in page.split("</head>")[1]
        assert leeway.owner.action(held["id"])["status"] == "held"
    finally:
        leeway.stop()
        server.stop()


def test_a_kill_loses_no_message_and_repeats_none_under_another_id(post):
    leeway = business(notify(post.smtp))
    try:
        held = []
        for round_ in range(4):
            for api in (leeway.owner, leeway.operator, leeway.agent_api):
                api.url = leeway.url
            held += [propose(leeway, f"round {round_} line {n}")["id"] for n in range(5)]
            leeway.kill()
            leeway.start().ready("slow")
        leeway.operator.url = leeway.url
        told = lambda: {one for one in held if any(one in mail["text"] for mail in post.mails("owner@example.com"))}
        wait_until(lambda: told() == set(held), "each is told")
        wait_until(lambda: len(entries(leeway, "postbox.sent")) == len(entries(leeway, "postbox.bundled")), "all is recorded")
        ids = {}
        for mail in post.mails("owner@example.com"):
            parsed = email.message_from_string(post.source(mail), policy=email.policy.default)
            ids.setdefault(parsed["Message-ID"], set()).add(mail["subject"] + re.sub("lwq_[0-9a-f]+", "", mail["text"]))
        assert len(ids) == len(entries(leeway, "postbox.bundled"))
        assert all(len(texts) == 1 for texts in ids.values()), "a repeated message says the same"
        assert leeway.verify()["ok"]
    finally:
        leeway.stop()


def test_a_chat_room_gets_blocks_and_a_person_chooses(post):
    room = WebhookReceiver()
    chat = '[chat.desk]\nurl = "env:DESK"\n[person."owner@example.com"]\nchannels = ["email", "desk"]\n'
    leeway = business(notify(post.smtp, chat=chat), env={"DESK": room.url})
    try:
        chosen = leeway.owner.send("PUT", "/v1/notifications/preferences", {"channels": ["desk"]})
        assert chosen["you"]["channels"] == ["desk"] and chosen["you"]["offered"] == ["email", "desk"]
        with pytest.raises(Refused) as refused:
            leeway.kim.send("PUT", "/v1/notifications/preferences", {"channels": ["desk"]})
        assert refused.value.code == "channel-unknown"
        held = propose(leeway, "hello <!channel> <@U1> *x*", reason="<https://evil.example|click> @here")
        path, headers, body = wait_until(lambda: room.posts, "the room is told")[0]
        assert path == "/services/T0/B0/secret" and headers["idempotency-key"].startswith("ntc_")
        text = json.dumps(body)
        assert "<!" not in text and "<@" not in text and "<https" not in text and '"mrkdwn"}' not in text
        urls = [e["url"] for b in body["blocks"] if b["type"] == "actions" for e in b["elements"]]
        assert urls[0].endswith(f"/inbox/{held['id']}") and len(urls) == 2
        assert post.mails("owner@example.com") == []
        # Where the webhook refuses us, its address is in no error.
        room.status = 404
        propose(leeway, "another")
        wait_until(lambda: channel(leeway, "desk")["trouble"], "the room's trouble is known")
        assert "services/T0" not in json.dumps(leeway.operator.get("/v1/notifications"))
        assert "services/T0" not in (leeway.folder / "log").read_text()
    finally:
        leeway.stop()
        room.stop()


def test_trying_a_channel(office, post):
    assert office.cli("notify", "test", "--to", "kim@example.com")["channels"] == ["email"]
    [mail] = arrived(post, "kim@example.com")
    assert mail["subject"] == "Test message from Leeway"
    office.owner.post("/v1/notifications/test", {})
    arrived(post, "owner@example.com")
    with pytest.raises(Refused) as refused:
        office.owner.post("/v1/notifications/test", {"to": "kim@example.com"})
    assert refused.value.status == 403
    listed = wait_until(lambda: len((found := office.cli("notify", "list"))["messages"]) == 2 and found, "both are listed")
    assert listed["channels"][0]["works"]
    assert [m["to"] for m in office.kim.get("/v1/notifications")["messages"]] == ["kim@example.com"]


def test_credentials_in_the_file_are_refused(office):
    told = (office.config / "notify.toml").read_text()
    (office.config / "notify.toml").write_text(
        told + 'user = "u"\npassword = "hunter2"\n[chat.desk]\nurl = "https://hooks.example/T0"\n')
    found = office_check(office)
    assert [p["code"] for p in found if p["severity"] == "error"] == ["secret-in-config"] * 2
    assert "hunter2" not in json.dumps(found)


def office_check(leeway):
    import subprocess

    from harness import BINARY
    done = subprocess.run([BINARY, "check", leeway.config, "--json"], capture_output=True, text=True)
    return json.loads(done.stdout)["problems"]


def test_the_week_is_reported_by_mail_once_with_its_charts(post):
    leeway = business(notify(post.smtp))
    try:
        for line in ("one", "two"):
            leeway.owner.approve(propose(leeway, line)["id"])
        leeway.stop()
        # A Monday has passed since the mail server was configured.
        leeway.start(env=clock_ahead(leeway.folder, days=8)).ready("slow")
        week = lambda: [mail for mail in post.mails() if "the last 7 days" in mail["subject"]]
        mails = wait_until(lambda: len(found := week()) >= 3 and found, "each of them has the report", 90)
        readers = sorted(to["address"] for mail in mails for to in mail["to"])
        assert readers == ["boss@example.com", "op@example.com", "owner@example.com"], readers
        assert "<svg" in mails[0]["html"] and "What needs somebody" in mails[0]["html"]
        assert "<script" not in mails[0]["html"]
        leeway.operator.url = leeway.url
        assert (len(entries(leeway, "report.due")), len(entries(leeway, "report.sent"))) == (1, 3)
    finally:
        leeway.stop()
