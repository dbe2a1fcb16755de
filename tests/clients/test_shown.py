"""A reviewer sees the call: everything that is sent stands on every card, and nothing is approved unread."""

import html
import json
import subprocess

import pytest
from harness import BINARY, wait_until
from mail_server import MailDev, WebhookReceiver
from test_notifications import Browser, arrived, business, field, notify, propose

END = "and the discount is ninety per cent."
LONG = "We thank you for your patience. " * 100 + END


@pytest.fixture
def post():
    running = MailDev()
    yield running
    running.stop()


@pytest.fixture
def room():
    running = WebhookReceiver()
    yield running
    running.stop()


@pytest.fixture
def office(post, room):
    chat = '[chat.room]\nurl = "env:ROOM"\n[person."owner@example.com"]\nchannels = ["email", "room"]\n'
    running = business(notify(post.smtp, chat=chat), env={"ROOM": room.url})
    yield running
    running.stop()


def cards(office, post, room, held):
    """Every place where somebody reads what they decide on."""
    [mail] = arrived(post, "owner@example.com")
    browser = Browser(office, "owner@example.com")
    posts = wait_until(lambda: room.posts, "the room is told")
    said = json.dumps([body for _, _, body in posts], ensure_ascii=False)
    pages = {path: html.unescape(browser.go(path)[2]) for path in (f"/inbox/{held['id']}", f"/inbox/{held['id']}/confirm")}
    return {"mail": mail["text"], "html": html.unescape(mail["html"]), "chat": said, "cli": plain(office, held), **pages}


def plain(office, held):
    done = subprocess.run([BINARY, "actions", "show", held["id"], "--data", office.data], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_no_change_shows_is_also_sent_on_every_card(office, post, room):
    pack = office.config / "packs" / "slow.toml"
    lines = pack.read_text().splitlines(keepends=True)
    pack.write_text("".join(line for line in lines if not line.startswith(("changes", "options"))))
    assert office.apply()["status"] == "in-force"
    held = propose(office, "kestrel", arguments={"line": "kestrel", "hold_s": 0.25})
    sent = office.owner.action(held["id"])["also_sent"]
    assert [(one["path"], one["value"]) for one in sent] == [("/line", "kestrel"), ("/hold_s", 0.25)]
    for name, card in cards(office, post, room, held).items():
        # The pack speaks of neither: that is said, and nothing is approved from a message.
        for value in ("kestrel", "0.25", "hold_s", "nobody says what this does"):
            assert value in card, f"{value} on {name}"
        assert "/q/" not in card, name


def test_letters_of_another_script_are_marked_on_every_card(office, post, room):
    held = propose(office, "to billing@ex\u0430mple.com")
    for name, card in cards(office, post, room, held).items():
        assert "⚠ letters of another script" in card and "\\u{430}mple" in card.replace("\\\\", "\\"), name


def test_a_long_text_shows_its_end_and_is_approved_only_when_it_was_opened(office, post):
    held = propose(office, LONG)
    browser = Browser(office, "owner@example.com")
    address = f"/inbox/{held['id']}"
    for at in (address, f"{address}/confirm"):
        page = browser.go(at)[2]
        before = page[: page.index("data-must-open")]
        assert END in before and f"{len(LONG)} characters" in before, at
    # Nor is it approved from the message, which cannot show it whole.
    assert "/q/" not in arrived(post, "owner@example.com")[0]["text"]
    page = browser.go(f"{address}/confirm")[2]
    form = {"csrf": field(page, "csrf"), "content_hash": field(page, "content_hash"), "decision": "approve"}
    status, _, refused = browser.go(f"{address}/decide", form)
    assert status == 422 and "a long text was not opened" in refused
    assert office.owner.action(held["id"])["status"] == "held"
    read = {name: "yes" for name in [part.split('"')[0] for part in page.split('name="')[1:]] if name.startswith("read.")}
    assert read
    status, _, _ = browser.go(f"{address}/decide", {**form, **{"read.0123456789ab": "yes"}})
    assert status == 422, "another text's name is none of it"
    status, where, _ = browser.go(f"{address}/decide", {**form, **read})
    assert status == 200 and where.startswith("/inbox")
    assert office.owner.action(held["id"])["status"] != "held"


def test_a_rejection_without_a_reason_is_refused_and_keeps_what_was_typed(office):
    held = propose(office, "kestrel")
    browser = Browser(office, "owner@example.com")
    page = browser.go(f"/inbox/{held['id']}")[2]
    assert " checked" not in page[page.index('id="reject"') : page.index('id="ask"')]
    form = {"csrf": field(page, "csrf"), "content_hash": field(page, "content_hash"), "decision": "reject", "note": "Ask <her> first."}
    for why in ("", "  "):
        status, _, again = browser.go(f"/inbox/{held['id']}/decide", {**form, "why": why})
        assert status == 422 and "choose a reason" in again
        assert "Ask &lt;her&gt; first." in again
    assert office.owner.action(held["id"])["status"] == "held"
    browser.go(f"/inbox/{held['id']}/decide", {**form, "why": "Wrong record"})
    assert office.owner.action(held["id"])["status"] == "rejected"
