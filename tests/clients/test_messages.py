"""A message is shown as those who get it read it, and money in its currency: pages, REST, command line, notices."""

import base64
import json
import pathlib
import subprocess
import sys
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from harness import BINARY, PASSWORD, Api, Leeway, system
from test_doors import page
from test_sign_in import sign_in

SERVER = pathlib.Path(__file__).with_name("mailbox_server.py")
WORKFLOW = """
name = "desk"
title = "Desk"
owner = "owner@example.com"
[grants]
mail__get_draft = "read"
mail__send_draft = "external"
mail__send_message = "external"
till__refund = "external"
till__remember = "update"
"""
LIMIT = """
[[guardrail]]
id = "large"
text = "A large refund."
then = "block"
when = { effects = ["pay"], amount_above_cents = 6000, currency = "EUR" }
"""
TILL = """
name = "till"
title = "Till"
[tool.refund]
effect = "pay"
record = { type = "invoice", id = ".id" }
amount_cents = ".amount"
changes = "{refunded: .amount, currency: .currency}"
undo = { kind = "none", why = "money that was sent is gone" }
[tool.remember]
effect = "create"
changes = "{text: .text}"
text = "[.text]"
undo = { kind = "none", why = "it stays" }
"""
b64 = lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def draft(body, message="m1"):
    """A stored draft as Gmail shows it: HTML, a hidden recipient, and a file whose content is elsewhere."""
    headers = {"To": "ok@customer.example", "Subject": "=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Bcc": "other@elsewhere.example"}
    return {"id": "d1", "message": {"id": message, "snippet": "Hi", "payload": {
        "mimeType": "multipart/mixed", "body": {"size": 0},
        "headers": [{"name": name, "value": value} for name, value in headers.items()],
        "parts": [{"mimeType": "text/html", "body": {"data": b64(body)}},
                  {"mimeType": "text/csv", "filename": "customers.csv", "body": {"attachmentId": "A", "size": 900}}]}}}


class Desk:
    """The business with its mailbox and till."""

    def __init__(self, rules=""):
        workflow = WORKFLOW + rules
        self.leeway = Leeway({"desk": workflow}, {}, ["gmail-rest"])
        self.place = self.leeway.folder / "mailbox"
        self.place.mkdir()
        (self.leeway.config / "packs" / "till.toml").write_text(TILL)
        server = f"command = {json.dumps(sys.executable)}\nargs = [{json.dumps(str(SERVER))}]\n"
        env = {"TEST_MAILBOX": str(self.place)}
        systems = {"mail": system("mail", "gmail-rest", server, env), "till": system("till", "till", server, env)}
        self.keep(draft("<p>We refund you 10,000 kestrels.</p>"))
        self.leeway.configure({"desk": workflow}, systems, ["gmail-rest"])
        self.leeway.start().ready("mail", "till")
        self.agent = Api(self.leeway.url, self.leeway.agent("Clerk", "desk"))
        self.person = self.leeway.person("owner@example.com", "owner")

    def keep(self, draft):
        (self.place / "draft.json").write_text(json.dumps(draft))

    def sent(self):
        file = self.place / "sent"
        return file.read_text().splitlines() if file.exists() else []

    def propose(self, tool, arguments):
        return self.agent.post("/v1/actions", {"tool": tool, "arguments": arguments, "confidence": 0.99})

    def pages(self, id):
        cookie = sign_in(self.leeway, "owner@example.com", PASSWORD)[1]["Set-Cookie"].split(";")[0]
        return [page(self.leeway, path, cookie=cookie)[2] for path in (f"/inbox/{id}", f"/inbox/{id}/confirm")]

    def shows(self, id, *words):
        """Whether all of it stands on the review's pages and on the command line."""
        command = [BINARY, "actions", "show", id, "--data", self.leeway.data]
        shown = [*self.pages(id), subprocess.run(command, capture_output=True, text=True, check=True).stdout]
        for text in shown:
            for word in words:
                assert word in text, (word, text[-6000:])


@pytest.fixture
def desk():
    running = Desk()
    yield running
    running.leeway.stop()


def test_a_draft_that_is_sent_by_its_id_is_read_whole_and_drifts_when_it_is_another(desk):
    held = desk.propose("mail__send_draft", {"id": "d1"})
    assert held["status"] == "held", held
    whole = desk.person.action(held["id"])
    read = whole["message_read"]
    assert (read["to"], read["bcc"], read["subject"]) == (["ok@customer.example"], ["other@elsewhere.example"], "Grüße")
    assert read["parts"][0]["text"] == "We refund you 10,000 kestrels."
    assert read["attachments"] == [{"name": "customers.csv", "type": "text/csv", "size": 900}]
    assert any("customers.csv" in why for why in whole["unknowns"]), "what is in the file was not read"
    desk.shows(whole["id"], "kestrels", "other@elsewhere.example", "customers.csv", "Grüße")
    desk.keep(draft("<p>We refund you 90,000 kestrels.</p>"))
    approved = desk.person.decide(whole["id"], "approve", content_hash=whole["content_hash"])
    again = desk.person.action(whole["id"], wait_s=20) if approved["status"] != "held" else approved
    assert again["status"] == "held" and desk.sent() == [], again
    assert "90,000" in again["message_read"]["parts"][0]["text"]


def test_a_draft_that_cannot_be_read_is_never_an_empty_text(desk):
    desk.keep({"id": "d1", "message": {"id": "m1", "snippet": "Hi"}})
    whole = desk.person.action(desk.propose("mail__send_draft", {"id": "d1"})["id"])
    assert whole["status"] == "held" and whole["unknowns"], whole
    desk.shows(whole["id"], "Cannot be shown")


def test_a_message_in_base64_is_read_in_plain_words(desk):
    message = MIMEMultipart("mixed")
    message["To"], message["Bcc"], message["Subject"] = "kim@customer.example", "z@elsewhere.example", Header("Überraschung heron", "utf-8")
    both = MIMEMultipart("alternative")
    both.attach(MIMEText("We cancel the kestrel contract, ünd so weiter.", "plain", "utf-8"))
    both.attach(MIMEText("<p>We keep it. <a href='https://evil.example/x'>https://bank.example</a><i style='display:none'>ferret</i></p>", "html", "iso-8859-1"))
    message.attach(both)
    file = MIMEApplication(b"%PDF\xff\xfe", "pdf")
    file.add_header("Content-Disposition", "attachment", filename=("utf-8", "", "Künden.pdf"))
    message.attach(file)
    for raw in (base64.urlsafe_b64encode(message.as_bytes()).decode(), base64.b64encode(message.as_bytes()).decode().rstrip("=")):
        whole = desk.person.action(desk.propose("mail__send_message", {"raw": raw})["id"])
        read = whole["message_read"]
        assert read["subject"] == "Überraschung heron" and read["bcc"] == ["z@elsewhere.example"], read
        assert len(read["notes"]) == 1, "the two texts differ"
        assert read["parts"][1]["hidden"] == ["ferret"] and read["parts"][1]["links"][0]["differs"] is True
        desk.shows(whole["id"], "kestrel contract", "heron", "z@elsewhere.example", "ferret", "https://evil.example/x", "Künden.pdf")


def test_a_text_in_base64_elsewhere_is_shown_decoded_and_looked_through(desk):
    text = base64.b64encode("My lawyer will call your ferret tomorrow.".encode()).decode()
    whole = desk.person.action(desk.propose("till__remember", {"text": text})["id"])
    assert whole["status"] == "held", "a text that speaks of a lawyer is sensitive, in base64 too"
    assert whole["decoded"][0]["path"] == "text"
    desk.shows(whole["id"], "lawyer will call your ferret")


def test_money_is_shown_in_its_currency(desk):
    for currency, text in (("JPY", "JPY 5,800"), ("kwd", "KWD 5.800"), ("", "5800 (currency not known)"), ("EUR", "EUR 58.00")):
        whole = desk.person.action(desk.propose("till__refund", {"id": f"inv-{text}", "amount": 5800, "currency": currency})["id"])
        assert (whole["amount_cents"], whole["amount_text"]) == (5800, text)
        assert text in whole["title"]
        desk.shows(whole["id"], text)
        if text != "EUR 58.00":
            assert all("58.00" not in shown for shown in desk.pages(whole["id"]))
    odd = desk.person.action(desk.propose("till__refund", {"id": "inv-9", "amount": 5800, "currency": "QQQ"})["id"])
    assert odd["unknowns"] and odd["currency"] is None, odd


def test_a_limit_holds_what_it_cannot_compare():
    desk = Desk(LIMIT)
    try:
        refund = lambda amount, currency: desk.propose("till__refund", {"id": f"inv-{amount}{currency}", "amount": amount, "currency": currency})["status"]
        assert refund(5900, "EUR") == "held"
        assert refund(6100, "EUR") == "blocked"
        assert refund(100, "JPY") == "blocked", "another currency than the limit's"
        assert refund(100, "") == "blocked", "a currency that is not known"
    finally:
        desk.leeway.stop()
