"""One story per workflow template, whole: an agent over real MCP, a third-party system nobody here wrote, the
message to whoever owns the risk, the approval in a real browser, and what the system's own API says afterwards."""

import base64
import json
import re
import subprocess

import pytest
import real_systems
from harness import ROOT, Leeway, free_port, node_server, system, wait_until
from mail_server import MailDev
from real_systems import ROUNDUP_PASSWORD, STRIPE_KEY, by_document, system_file
from test_python_agent import Agent

PASSWORD = "a long enough password"
OWNER = "owner@example.com"
TOKENS = {
    "TEST_ROUNDUP_PASSWORD": ROUNDUP_PASSWORD,
    "TEST_STRIPE_AUTH": f"Bearer {STRIPE_KEY}",
    "TEST_EMULATE_AUTH": "Bearer test_token",
}
ROWS = ["crm-field-updates", "customer-messages", "finance-fields", "support-triage", "document-extraction", "prompts-and-rules"]
EMULATED = '[headers]\nAuthorization = "env:TEST_EMULATE_AUTH"\n'


@pytest.fixture(scope="module")
def post():
    running = MailDev()
    yield running
    running.stop()


def template(name, grants):
    """A shipped template with the real system's tools in place of the sandbox's."""
    text = (ROOT / "templates" / "workflows" / f"{name}.toml").read_text()
    before, rest = text.split("[grants]\n", 1)
    _, bracket, after = rest.partition("\n[")
    granted = "".join(f'{tool} = "{grant}"\n' for tool, grant in grants.items())
    # What only the sandbox's fields are named for says nothing about another system.
    before = re.sub(r"required_sources = .*\n", "", before)
    return f"{before}[grants]\n{granted}{bracket}{after}"


class Business:
    """A template in front of one real system, with an owner who is told by mail."""

    def __init__(self, name, post, pack, grants, file):
        self.post, port = post, free_port()
        owners = "".join(f'[owner.{row}]\nbusiness = "{OWNER}"\n' for row in ROWS)
        notify = f'public_url = "http://127.0.0.1:{port}"\ndigest_window_s = 0\n[email]\nhost = "127.0.0.1"\nport = {post.smtp}\nsecurity = "none"\nfrom = "leeway@example.com"\n'
        workflow = {name: template(name, grants)}
        self.leeway = Leeway(workflow, {}, [pack], {"owners.toml": owners, "notify.toml": notify})
        own, file = file(self.leeway)
        self.leeway.configure(workflow, {own: file}, [pack])
        self.leeway.start(env=TOKENS, listen=f"127.0.0.1:{port}")
        self.owner = self.leeway.person(OWNER, "owner")
        self.leeway.ready(own)
        self.agent = Agent(self.leeway, self.leeway.agent("clerk", name), "auto", name)

    def call(self, tool, arguments):
        governance = {"confidence": 0.97, "reason": "the customer asked for it", "trigger": "a story"}
        return self.agent.call(tool, {**arguments, "_governance": governance})

    def held(self, tool, arguments):
        """Proposes, and waits for the message about it; returns the action's id and the message."""
        answer = self.call(tool, arguments)
        assert answer.structured_content["status"] == "pending_approval", answer
        action = answer.structured_content["action_id"]
        mine = lambda: [mail for mail in self.post.mails(OWNER) if f"/inbox/{action}" in mail["text"]]
        return action, wait_until(mine, "the owner is told")[0]

    def approved_in_a_browser(self, action, mail):
        link = re.search(rf"http://127\.0\.0\.1:\d+/inbox/{action}", mail["text"])[0]
        script = ROOT / "tests" / "browser" / "approve.mjs"
        done = subprocess.run(["node", script, link, OWNER, PASSWORD], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        ended = self.owner.action(action, wait_s=20)
        assert ended["status"] == "executed", ended
        kinds = [entry["kind"] for entry in ended["entries"]]
        assert kinds.count("action.started") == kinds.count("action.approved") == 1
        assert ended["audit"]["reviewer"] == OWNER
        told = self.agent.call("leeway_check_action", {"action_id": action}).structured_content
        assert told["status"] == "executed"
        return json.loads(done.stdout)

    def end(self, *systems):
        assert self.leeway.verify()["ok"]
        self.leeway.stop()
        for running in systems:
            running.stop()


def test_support_triage_on_a_help_desk(post):
    roundup = real_systems.roundup()
    more = f'\n[login]\nuser = "admin"\npassword = "env:TEST_ROUNDUP_PASSWORD"\n[headers]\nX-Requested-With = "rest"\nOrigin = "{roundup.url}"\n'
    grants = {"desk__get_issue": "read", "desk__update_issue": "update", "desk__create_message": "draft"}
    business = Business("support-triage", post, "roundup", grants, lambda leeway: (
        "desk", by_document(leeway, "desk", "roundup", f"{roundup.url}/rest", more)))
    try:
        number = roundup.api.post("/issue", {"title": "The drill arrived broken", "status": "unread"})["data"]["id"]
        assert not business.call("desk__get_issue", {"id": number}).is_error
        action, mail = business.held("desk__update_issue", {"id": number, "status": "chatting"})
        assert "status" in mail["text"] and "chatting" in mail["text"]
        page = business.approved_in_a_browser(action, mail)
        assert "Why this needs you" in page["shown"]
        issue = roundup.api.get(f"/issue/{number}?@verbose=2")["data"]["attributes"]
        assert issue["status"]["name"] == "chatting", issue
    finally:
        business.end(roundup)


def test_sales_follow_up_by_mail(post):
    customers = real_systems.maildev()
    business = Business("sales-follow-up", post, "smtp", {"mail__send_email": "draft"}, lambda _: ("mail", system_file(
        "mail", "smtp", f'smtp = "smtp://127.0.0.1:{customers.mail_port}"\nfrom = "Sales <sales@example.com>"\nallow_private = true\ntimeout_s = 10')))
    try:
        letter = {"to": ["ada@example.org"], "subject": "Your question", "text": "Thank you, we will call on Monday."}
        action, mail = business.held("mail__send_email", letter)
        assert customers.api.get("/api/email") == [], "nothing is sent before a person sends it"
        page = business.approved_in_a_browser(action, mail)
        assert letter["text"] in page["shown"] and "ada@example.org" in page["shown"]
        [arrived] = wait_until(lambda: customers.api.get("/api/email"), "the letter arrived")
        assert (arrived["subject"], arrived["text"].strip()) == (letter["subject"], letter["text"])
    finally:
        business.end(customers)


def test_crm_clean_up_of_a_contact_graph(post):
    grants = {"graph__open_nodes": "read", "graph__create_entities": "update", "graph__delete_entities": "high-impact"}
    business = Business("crm-clean-up", post, "memory", grants, lambda leeway: ("graph", system(
        "graph", "memory", node_server("memory"), {"MEMORY_FILE_PATH": str(leeway.folder / "graph.jsonl")})))
    try:
        made = business.call("graph__create_entities", {"entities": [{"name": n, "entityType": "person", "observations": ["likes tea"]} for n in ("Ada", "Ada M.")]})
        assert not made.is_error, "a low-risk create runs alone"
        action, mail = business.held("graph__delete_entities", {"entityNames": ["Ada M."]})
        business.approved_in_a_browser(action, mail)
        graph = (business.leeway.folder / "graph.jsonl").read_text()
        assert '"Ada"' in graph and "Ada M." not in graph
    finally:
        business.end()


def test_customer_success_in_a_chat(post):
    slack = real_systems.emulate("slack")
    grants = {"chat__conversations_list": "read", "chat__chat_post_message": "external"}
    business = Business("customer-success", post, "slack-web", grants, lambda leeway: (
        "chat", by_document(leeway, "chat", "slack-web", f"{slack.url}/api", EMULATED)))
    try:
        channels = business.call("chat__conversations_list", {"limit": 50}).structured_content["channels"]
        general = next(channel["id"] for channel in channels if channel["name"] == "general")
        action, mail = business.held("chat__chat_post_message", {"channel": general, "text": "Acme used half as much this month."})
        said = lambda: [m["text"] for m in slack.api.post("/api/conversations.history", {"channel": general})["messages"]]
        assert "Acme used half as much this month." not in said()
        business.approved_in_a_browser(action, mail)
        assert said().count("Acme used half as much this month.") == 1
    finally:
        business.end(slack)


def test_document_processing_in_a_document_store(post):
    grants = {"files__read_text_file": "read", "files__write_file": "update"}

    def files(leeway):
        documents = leeway.folder / "documents"
        documents.mkdir()
        (documents / "invoice-7.json").write_text('{"total_cents": 1200}')
        return "files", system("files", "filesystem", node_server("filesystem", documents))

    business = Business("document-processing", post, "filesystem", grants, files)
    try:
        invoice = business.leeway.folder / "documents" / "invoice-7.json"
        flagged = business.call("files__write_file", {"path": str(invoice.with_name("exceptions.txt")), "content": "no order number"})
        assert not flagged.is_error, "a new file runs alone"
        action, mail = business.held("files__write_file", {"path": str(invoice), "content": '{"total_cents": 1250}'})
        assert invoice.read_text() == '{"total_cents": 1200}'
        business.approved_in_a_browser(action, mail)
        assert invoice.read_text() == '{"total_cents": 1250}'
    finally:
        business.end()


def test_proposal_automation_by_mail_drafts(post):
    google = real_systems.emulate("google")
    grants = {"box__list_messages": "read", "box__get_draft": "read", "box__create_draft": "draft", "box__send_draft": "external"}
    business = Business("proposal-automation", post, "gmail-rest", grants, lambda leeway: (
        "box", by_document(leeway, "box", "gmail-rest", google.url, EMULATED)))
    try:
        letter = "To: ada@example.org\r\nSubject: Our proposal\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nWe build the shop in three steps."
        raw = base64.urlsafe_b64encode(letter.encode()).decode().rstrip("=")
        answer = business.call("box__create_draft", {"message": {"raw": raw}})
        action = answer.structured_content["action_id"]
        business.owner.approve(action)
        draft = business.owner.action(action)["result"]["structuredContent"]["id"]
        sending, mail = business.held("box__send_draft", {"id": draft})
        sent = lambda: google.api.get("/gmail/v1/users/me/messages?labelIds=SENT&q=proposal").get("messages", [])
        assert sent() == []
        page = business.approved_in_a_browser(sending, mail)
        assert "three steps" in page["shown"], "what is sent is read first"
        assert len(sent()) == 1
    finally:
        business.end(google)
