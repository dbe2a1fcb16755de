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


def sign_in(leeway, email, password, **more):
    """Sends the form; returns the status, the headers and the page."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(leeway.url).netloc, timeout=30)
    body = urllib.parse.urlencode({"email": email, "password": password, **more})
    connection.request("POST", "/sign-in", body, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    page = answer.read().decode()
    connection.close()
    return answer.status, answer.headers, page


def test_of_many_guesses_at_once_five_are_tried(empty):
    empty.person("owner@example.com", "owner")
    guess = lambda n: sign_in(empty, "owner@example.com", f"wrong password {n}")
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(guess, range(40)))
    assert sorted(status for status, _, _ in answers) == [401] * 5 + [429] * 35
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
