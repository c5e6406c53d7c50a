"""What is changed by a command or the API holds in a running gateway: for the next call, and, when
somebody's access ends, for the answer that is under way."""

import contextlib
import json
import socket
import threading

import pytest
import requests

from harness import CHEAP, DEAR, Team, assert_booked, assert_envelope
from programs import eventually
from scripted import behind, completion
from wire import Connection

COST = 0.00012
CONTACT = "ann@team.example"

FIRST = {
    "id": "gen-open",
    "object": "chat.completion.chunk",
    "choices": [{"index": 0, "delta": {"role": "assistant", "content": "thinking"}}],
}
LAST = FIRST | {
    "choices": [{"index": 0, "delta": {"content": "done"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 5, "cost": COST},
}


@pytest.fixture(scope="module")
def team(tmp_path_factory):
    made = Team(tmp_path_factory.mktemp("changes"), gateway_options=["--contact", CONTACT])
    yield made
    made.stop()


class Stalled:
    """An upstream that begins an answer and ends it when the test says so."""

    def __init__(self):
        self.has_begun = threading.Event()
        self.may_end = threading.Event()

    def __call__(self, body, number):
        if body.get("stream"):
            yield (
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n"
                b"X-Generation-Id: gen-open\r\n\r\n"
                b"data: %s\n\n" % json.dumps(FIRST).encode()
            )
        self.has_begun.set()
        self.may_end.wait(60)
        if body.get("stream"):
            yield b"data: %s\n\ndata: [DONE]\n\n" % json.dumps(LAST).encode()
        else:
            yield completion(id="gen-open", usage=LAST["usage"])


@contextlib.contextmanager
def stalled(team):
    upstream = Stalled()
    with behind(team, upstream):
        try:
            yield upstream
        finally:
            upstream.may_end.set()
    team.gateway.stop()
    team.serve()


def delete(team, person):
    requests.delete(
        f"{team.gateway.base}/keys/{person.hash}", headers=team.management, timeout=30
    ).raise_for_status()


ENDINGS = {
    "revoked": (lambda team, one: team.commands.run("key", "revoke", one.hash), b"key_revoked"),
    "disabled": (lambda team, one: team.commands.run("key", "disable", one.hash), b"key_disabled"),
    "removed": (lambda team, one: team.commands.run("member", "remove", one.name), b"key_revoked"),
    "deleted": (delete, b"key_revoked"),
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("streaming", [True, False], ids=["streaming", "plain"])
def test_an_open_answer_ends_when_its_key_does(team, ending, streaming):
    """The upstream is still at work, so it is not its end that the client sees; what the call cost
    is booked all the same, from the end that only the gateway sees."""
    end, reason = ENDINGS[ending]
    with stalled(team) as upstream:
        person = team.person()

        def line():
            (found,) = [e for e in team.commands.ledger() if e["member"] == person.name]
            return found

        with Connection(team.gateway) as connection:
            connection.send_chat(person.key, stream=streaming)
            if streaming:
                connection.read_until(b"thinking")
            upstream.has_begun.wait(30)
            end(team, person)
            answer = connection.read_until(b"request_id")
            assert reason in answer
            assert b"done" not in answer
        assert line()["state"] == "held"
        upstream.may_end.set()
        eventually(lambda: line()["state"] == "settled", what="the entry")
        assert_booked(line(), COST)


def test_a_call_is_not_sent_when_its_key_goes_while_the_gateway_connects(team):
    """The answer does not wait for the connection, and nothing was asked of anybody."""
    with behind(team, Stalled()) as upstream, contextlib.ExitStack() as stack:
        person = team.person()
        upstream.shutdown()
        # Whoever connects now waits behind these, which nobody accepts.
        upstream.socket.listen(0)
        for _ in range(20):
            first = stack.enter_context(socket.socket())
            first.setblocking(False)
            first.connect_ex(upstream.server_address)

        def line():
            return next(e for e in team.commands.ledger() if e["member"] == person.name)

        connection = stack.enter_context(Connection(team.gateway))
        connection.send_chat(person.key, stream=True)
        eventually(lambda: person.name in {e["member"] for e in team.commands.ledger()})
        assert line()["state"] == "held"
        team.commands.run("key", "revoke", person.hash)
        assert b"key_revoked" in connection.read_until(b"request_id")
        upstream.server_close()
        eventually(lambda: line()["state"] == "released")
        assert upstream.bodies == []
    team.gateway.stop()
    team.serve()


def test_others_go_on_when_a_key_is_revoked(team):
    """Ending one person's answer is nobody else's affair, nor is a new secret for one's own key."""
    with stalled(team) as upstream:
        stays, rotates, goes = team.person(), team.person(), team.person()
        with contextlib.ExitStack() as stack:
            connections = {}
            for person in (stays, rotates, goes):
                connections[person.name] = stack.enter_context(Connection(team.gateway))
                connections[person.name].send_chat(person.key, stream=True)
                connections[person.name].read_until(b"thinking")
            team.commands.run("key", "rotate", rotates.hash)
            team.commands.run("key", "revoke", goes.hash)
            assert b"key_revoked" in connections[goes.name].read_until(b"request_id")
            upstream.may_end.set()
            for person in (stays, rotates):
                answer = connections[person.name].read_until(b"[DONE]")
                assert b"done" in answer and b"error" not in answer


def test_a_tier_edited_holds_for_the_next_call(team):
    """No restart, no polling: the very next call, allowed and refused in turn."""
    name = team.tier("edited", [CHEAP])
    person = team.person(tier=name)
    for _ in range(5):
        answer = team.chat(person.key, model=DEAR)
        assert assert_envelope(answer, 403)["metadata"]["allowed"] == [CHEAP]
        team.tier(name, [CHEAP, DEAR])
        assert team.chat(person.key, model=DEAR).status_code == 200
        team.tier(name, [CHEAP])


def test_a_refusal_says_whom_to_ask(team):
    """The setting `--contact` stands in the sentence and in the metadata."""
    person = team.person(tier=team.tier("narrow", [CHEAP]))
    error = assert_envelope(team.chat(person.key, model=DEAR), 403)
    assert error["metadata"]["contact"] == CONTACT
    assert CONTACT in error["message"]
    assert error["metadata"]["rule"] == "tier narrow: models"
