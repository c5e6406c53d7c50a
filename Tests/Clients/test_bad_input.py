"""Bad input gets a clear answer, costs nothing, and leaves the server as it was."""

import json
from decimal import Decimal

import pytest
import requests

from harness import CHEAP, assert_envelope
from wire import Connection, chat_body, chat_head, parse_answer

BODY_BYTES_MAX = 32 * 1024 * 1024

# A crash may come after the answer; the next round or the clean stop at the end would notice.
ROUNDS = 3


@pytest.fixture
def unharmed(team):
    """After the test: nothing was billed, the books agree, and good calls still work."""
    before = team.agreed_books()
    yield
    assert team.agreed_books() == before
    team.assert_healthy()
    assert team.chat(team.person().key).status_code == 200


@pytest.fixture(scope="module")
def person(team):
    return team.person(daily=10)


def post(team, key, body, path="chat/completions", **headers):
    return requests.post(
        f"{team.gateway.base}/{path}",
        data=body,
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"} | headers,
        timeout=30,
    )


def messages(content='"hi"'):
    return '"messages":[{"role":"user","content":%s}]' % content


BODIES = {
    "nothing": b"",
    "half an object": b'{"model":',
    "not JSON": b"model=gpt-4o-mini",
    "not an object": b'["openai/gpt-4o-mini"]',
    "two objects": b"{}{}",
    "a comma too many": ('{"model":"%s",%s,}' % (CHEAP, messages())).encode(),
    "not a number": ('{"model":"%s",%s,"temperature":NaN}' % (CHEAP, messages())).encode(),
    "broken UTF-8": chat_body(messages=[{"role": "user", "content": "?"}]).replace(b"?", b"\xff"),
    "a bare control character": ('{"model":"%s",%s}' % (CHEAP, messages('"a\x01b"'))).encode(),
    "nested without end": b'{"model":"' + CHEAP.encode() + b'","messages":' + b"[" * 100_000,
    "no model": ("{%s}" % messages()).encode(),
    "a model that is a number": ('{"model":5,%s}' % messages()).encode(),
    "a model that is null": ('{"model":null,%s}' % messages()).encode(),
    "messages that are text": chat_body(messages="hi"),
    "max_tokens in words": chat_body(max_tokens="many"),
    "max_tokens below zero": chat_body(max_tokens=-1),
    "max_tokens in halves": chat_body(max_tokens=1.5),
    "max_tokens beyond counting": chat_body(max_tokens=10**40),
    "stream that is a word": chat_body(stream="yes"),
    "n that is text": chat_body(n="2"),
    "an unknown model": chat_body(model="openai/gpt-nil"),
    "the same key twice": ('{"model":"%s",%s,"model":"openai/gpt-4o"}' % (CHEAP, messages()))
    .encode(),
    "the same key twice, one escaped": (
        '{"model":"%s",%s,"mod\\u0065l":"openai/gpt-4o"}' % (CHEAP, messages())
    ).encode(),
    "a limit twice": ('{"model":"%s",%s,"max_tokens":1,"max_tokens":9}' % (CHEAP, messages()))
    .encode(),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_broken_request_is_a_400_with_a_reason(team, person, unharmed, name):
    """The person reads what is wrong with the request, and nothing was spent."""
    assert_envelope(post(team, person.key, BODIES[name]), 400)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Basic YTpi",
        "Bearer sk-purser-" + "a" * 64,
    ],
)
def test_a_missing_or_wrong_key_is_a_401(team, unharmed, authorization):
    """No key, half a key, another scheme, somebody else's key: all the same answer."""
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = requests.post(
        f"{team.gateway.base}/chat/completions", data=chat_body(), headers=headers, timeout=30
    )
    assert_envelope(answer, 401)


def test_the_upstream_key_opens_nothing(team, unharmed):
    """The team's own OpenRouter key is not a way around the budgets."""
    assert_envelope(team.chat(team.sandbox.key), 401)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "chat/completions", 405),
        ("DELETE", "models", 405),
        ("POST", "no/such/path", 404),
        ("GET", "", 404),
        ("GET", "keys/" + "0" * 64, 404),
        ("DELETE", "keys/not-a-hash", 404),
    ],
)
def test_a_wrong_path_or_method_says_so(team, unharmed, method, path, status):
    """A mistyped address never looks like a server fault."""
    answer = requests.request(
        method, f"{team.gateway.base}/{path}", headers=team.management, timeout=30
    )
    assert_envelope(answer, status)


@pytest.mark.parametrize(
    "body",
    [{}, {"name": ""}, {"name": 5}, {"name": "x", "limit": "five"}, {"name": "x", "limit": -1},
     {"name": "x", "limit_reset": "hourly"}, {"name": "x", "expires_at": "soon"}],
    ids=json.dumps,
)
def test_a_key_cannot_be_created_from_nonsense(team, unharmed, body):
    """The lead's typing error never becomes a key without a limit."""
    before = len(requests.get(f"{team.gateway.base}/keys", headers=team.management).json()["data"])
    assert_envelope(post(team, team.management_key, json.dumps(body), "keys"), 400)
    after = len(requests.get(f"{team.gateway.base}/keys", headers=team.management).json()["data"])
    assert after == before


def test_a_body_over_the_limit_is_a_413(fresh_team):
    """Too large is said early, whether the length was announced or not."""
    team = fresh_team(gateway_options=["--max-body-bytes", "65536"])
    key = team.person().key
    large = chat_body(messages=[{"role": "user", "content": "x" * 70_000}])
    assert_envelope(post(team, key, large), 413)
    assert_envelope(post(team, key, iter([large[:40_000], large[40_000:]])), 413)
    assert team.chat(key).status_code == 200
    fits = chat_body(messages=[{"role": "user", "content": "x" * 60_000}])
    assert post(team, key, fits).status_code == 200
    assert len(team.commands.ledger()) == 2
    team.agreed_books()


def test_the_limit_of_a_body_is_32_mebibytes(team, person, unharmed):
    """Without any option: the largest is still looked at, one byte more is not."""
    start, end = b'{"model":5,"messages":"', b'"}'
    largest = start + b"x" * (BODY_BYTES_MAX - len(start) - len(end)) + end
    assert_envelope(post(team, person.key, largest), 400)
    assert_envelope(post(team, person.key, largest + b" "), 413)


@pytest.mark.parametrize("sent", [0, 100])
def test_a_client_that_asks_first_is_refused_before_it_sends(fresh_team, sent):
    """`Expect: 100-continue`, as curl does for large bodies; some send before they have read."""
    team = fresh_team()
    for _ in range(ROUNDS):
        with Connection(team.gateway) as connection:
            head = chat_head("nobody", BODY_BYTES_MAX + 1, "Expect: 100-continue")
            connection.send(head + b"x" * sent)
            status, _, answer = parse_answer(connection.read_answer())
        assert status == 413 and json.loads(answer)["error"]["code"] == 413
        team.assert_healthy()
        assert_envelope(team.chat("nobody"), 401)


def is_left(connection, rest):
    connection.send(rest)


def is_reset(connection, rest):
    connection.send(rest)
    connection.abort()


def is_ended(connection, rest):
    """What comes back is a whole answer or none: never the body of one without its head."""
    connection.send(rest)
    connection.finish_sending()
    data = connection.read_to_end()
    if data:
        status, headers, body = parse_answer(data)
        assert 400 <= status < 500
        assert headers["content-type"].startswith("application/json")
        assert json.loads(body)["error"]["code"] == status


@pytest.mark.parametrize("how", [is_left, is_reset, is_ended], ids=lambda how: how.__name__)
@pytest.mark.parametrize(
    "rest",
    [b"GARBAGE\r\n\r\n", b"POST /api/v1/chat", chat_head("nobody", 100) + b"{"],
    ids=["garbage", "half a head", "half a body"],
)
def test_a_connection_that_goes_bad_after_a_good_answer_harms_nobody(fresh_team, rest, how):
    """A program with a connection pool is killed in the middle of its next request."""
    team = fresh_team()
    for _ in range(ROUNDS):
        with Connection(team.gateway) as connection:
            connection.send(b"GET /api/v1/models HTTP/1.1\r\nHost: gateway.example\r\n\r\n")
            assert connection.read_answer().startswith(b"HTTP/1.1 200")
            how(connection, rest)
        team.assert_healthy()
        assert_envelope(team.chat("nobody"), 401)


@pytest.mark.parametrize("sent", [0, 1, 40])
def test_a_request_that_stops_in_the_middle_is_forgotten(team, person, unharmed, sent):
    """A laptop that loses its network in mid-request leaves nothing behind."""
    body = chat_body()
    with Connection(team.gateway) as connection:
        connection.send(chat_head(person.key, len(body)) + body[:sent])


def test_a_request_that_ends_too_early_is_not_run(team, person, unharmed):
    """Fewer bytes than announced are never taken for a whole request."""
    body = chat_body()
    with Connection(team.gateway) as connection:
        connection.send(chat_head(person.key, len(body) + 10) + body)
        connection.finish_sending()
        data = connection.read_to_end()
    if data:
        status, headers, answer = parse_answer(data)
        assert status in (400, 408)
        assert json.loads(answer)["error"]["code"] == status


@pytest.mark.parametrize(
    "data",
    [
        b"GARBAGE\r\n\r\n",
        b"POST /api/v1/chat/completions HTTP/9.9\r\nHost: x\r\n\r\n",
        b"POST /api/v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: nine\r\n\r\n",
        b"POST /api/v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
        b"Content-Length: 3\r\n\r\n{}",
        b"POST /api/v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ids=["no HTTP", "no such version", "length in words", "two lengths", "length and chunks"],
)
def test_broken_http_is_answered_or_dropped_but_never_run(team, unharmed, data):
    """A scanner or a broken proxy gets a 400 at most."""
    with Connection(team.gateway) as connection:
        connection.send(data)
        connection.finish_sending()
        answer = connection.read_to_end()
    if answer:
        status, headers, body = parse_answer(answer)
        assert 400 <= status < 500
        assert json.loads(body)["error"]["code"] == status
        assert headers["content-type"].startswith("application/json")


def test_a_body_in_chunks_is_as_good_as_one_with_a_length(team, person):
    """Some clients never know their length beforehand."""
    body = chat_body()
    answer = post(team, person.key, iter([body[:10], body[10:]]))
    assert answer.status_code == 200
    assert Decimal(team.entry(answer.json()["id"])["cost"]) > 0
