"""Signing in under attack: guesses at once, and links that lead elsewhere."""

import concurrent.futures
import http.client
import urllib.parse

import pytest
from harness import Leeway


@pytest.fixture
def empty():
    leeway = Leeway({}, {}, []).start()
    yield leeway
    leeway.stop()


def sign_in(leeway, email, password, head=None, **more):
    """Sends the form; returns the status, the headers and the page."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(leeway.url).netloc, timeout=30)
    body = urllib.parse.urlencode({"email": email, "password": password, **more})
    connection.request("POST", "/sign-in", body, {"Content-Type": "application/x-www-form-urlencoded", **(head or {})})
    answer = connection.getresponse()
    page = answer.read().decode()
    connection.close()
    return answer.status, answer.headers, page


def test_of_many_guesses_at_once_five_are_tried(empty):
    empty.person("owner@example.com", "owner")
    guess = lambda n: sign_in(empty, "owner@example.com", f"wrong password {n}")
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(guess, range(40)))
    # Some may have been turned away because many came at once: those were not tried, and others may be.
    while len(tried := [status for status, _, _ in answers if status == 401]) < 5:
        answers.append(guess(len(answers)))
        assert answers[-1][0] == 401, answers[-1]
    assert len(tried) == 5 and {status for status, _, _ in answers} == {401, 429}
    answers = [guess(n) for n in range(100, 105)]
    assert [status for status, _, _ in answers] == [429] * 5
    waits = {int(headers["Retry-After"]) for status, headers, _ in answers if status == 429}
    assert all(1 <= seconds <= 301 for seconds in waits), waits
    # The right password does not open the door before its time either.
    assert sign_in(empty, "owner@example.com", "a long enough password")[0] == 429


def test_long_names_and_passwords_are_not_worked_on(empty):
    empty.person("owner@example.com", "owner")
    for n in range(8):
        assert sign_in(empty, "owner@example.com", "x" * 100_000)[0] == 401
        assert sign_in(empty, f"{n}{'x' * 300}@example.com", "a long enough password")[0] == 401
    assert sign_in(empty, "owner@example.com", "a long enough password")[0] == 303


def test_after_signing_in_a_link_leads_to_our_own_pages_only(empty):
    empty.person("owner@example.com", "owner")
    for wanted, led in [
        ("/timeline", "/timeline"), ("//evil.example", "/inbox"), ("/\t/evil.example", "/inbox"), ("/x\r\n", "/inbox"),
    ]:
        status, headers, _ = sign_in(empty, "owner@example.com", "a long enough password", next=wanted)
        assert (status, headers["Location"]) == (303, led), wanted


def test_nobody_is_locked_out_by_a_stranger_behind_the_same_proxy(empty):
    empty.person("owner@example.com", "owner")
    right = "a long enough password"
    stranger, elsewhere = {"X-Forwarded-For": "203.0.113.9"}, {"X-Forwarded-For": "198.51.100.4"}
    for n in range(110):
        assert sign_in(empty, f"x{n}@example.net", "bad", stranger)[0] == 401, n
    for _ in range(5):
        assert sign_in(empty, "owner@example.com", "bad", stranger)[0] == 401
    assert sign_in(empty, "owner@example.com", right, stranger)[0] == 429, "who guesses on is refused"
    status, headers, _ = sign_in(empty, "owner@example.com", right, elsewhere)
    assert status == 303, "from elsewhere it opens"
    # And so it does at the stranger's own address, for a browser that was there before.
    known = [cookie.split(";")[0] for cookie in headers.get_all("Set-Cookie") if "known" in cookie]
    assert sign_in(empty, "owner@example.com", right, {**stranger, "Cookie": known[0]})[0] == 303
    assert sign_in(empty, "owner@example.com", right, {**stranger, "Cookie": "leeway-known=0"})[0] == 429
