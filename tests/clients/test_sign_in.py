"""Signing in under attack: guesses at once, and links that lead elsewhere."""

import concurrent.futures
import http.client
import urllib.parse

import pytest
from harness import PASSWORD, Leeway, Refused


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


def cookie_of(leeway, email):
    status, headers, _ = sign_in(leeway, email, PASSWORD)
    assert status == 303
    return "; ".join(cookie.split(";")[0] for cookie in headers.get_all("Set-Cookie"))


def opened(leeway, path, cookie):
    """An answer whose body is still to come."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(leeway.url).netloc, timeout=30)
    connection.request("GET", path, headers={"Cookie": cookie})
    return connection.getresponse()


def test_a_token_alone_sets_no_password_and_a_new_one_ends_sessions_tokens_and_streams(empty):
    ann = empty.person("ann@example.com", "owner")
    path, new = "/v1/users/ann@example.com/password", "another long password"
    live = opened(empty, "/events", cookie_of(empty, "ann@example.com"))
    assert live.status == 200
    for body, refusal in [
        ({"password": new}, (422, "current-password-missing")),
        ({"password": new, "current": "wrong"}, (403, "current-password-wrong")),
    ]:
        with pytest.raises(Refused) as caught:
            ann.post(path, body)
        assert (caught.value.status, caught.value.code) == refusal
    assert sign_in(empty, "ann@example.com", PASSWORD)[0] == 303
    ann.post(path, {"password": new, "current": PASSWORD})
    with pytest.raises(Refused) as caught:
        ann.get("/v1/me")
    assert caught.value.status == 401
    # What was open ends by itself, and opens no more.
    live.read()
    assert sign_in(empty, "ann@example.com", PASSWORD)[0] == 401
    assert sign_in(empty, "ann@example.com", new)[0] == 303
    # With a token the command asks for both; at the machine for the new one alone.
    token = empty.cli("users", "token", "ann@example.com")["token"]
    empty.cli("users", "password", "ann@example.com", "--password-stdin", stdin=f"{new}\n{PASSWORD}\n", env={"LEEWAY_TOKEN": token})
    assert sign_in(empty, "ann@example.com", PASSWORD)[0] == 303
    empty.cli("users", "password", "ann@example.com", "--password-stdin", stdin=f"{new}\n")
    assert sign_in(empty, "ann@example.com", new)[0] == 303


def test_guesses_of_the_present_password_by_a_token_are_counted(empty):
    ann = empty.person("ann@example.com", "owner")

    def guess(n):
        with pytest.raises(Refused) as caught:
            ann.post("/v1/users/ann@example.com/password", {"password": "another long password", "current": f"wrong {n}"})
        return caught.value.code

    codes = [guess(n) for n in range(7)]
    assert codes == ["current-password-wrong"] * 5 + ["too-many-attempts"] * 2


def test_what_a_removed_person_has_open_ends(empty):
    empty.person("ann@example.com", "owner")
    empty.person("bob@example.com", "auditor")
    bobs, anns = (opened(empty, "/events", cookie_of(empty, who)) for who in ("bob@example.com", "ann@example.com"))
    empty.cli("users", "remove", "bob@example.com")
    bobs.read()
    # The other one's goes on: it tells what comes after.
    empty.configure({"desk": 'name = "desk"\ntitle = "Desk"\n'}, {}, [])
    empty.apply()
    assert anns.readline() == b"event: inbox\n"
