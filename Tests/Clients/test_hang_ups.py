"""Clients that leave before, during and after the answer. The bill arrives all the same, so the
books must have it."""

import pytest

from harness import Team
from programs import eventually
from wire import Connection

LEAVERS = 8


@pytest.fixture(scope="module")
def slow_team(tmp_path_factory):
    """A team whose upstream takes its time, so that there is a moment to leave in."""
    team = Team(
        tmp_path_factory.mktemp("slow"),
        sandbox_options=["--latency-ms", "200", "--chunk-ms", "20"],
    )
    yield team
    team.stop()


def served(team):
    return team.sandbox.state()["requests"]


def leave(team, how, **changes):
    """Several people leave the same way; afterwards the books agree and nobody is charged twice."""
    person = team.person(daily=10)
    for _ in range(LEAVERS):
        with Connection(team.gateway) as connection:
            connection.send_chat(person.key, **changes)
            how(connection)
    assert team.chat(person.key).status_code == 200
    # Whoever left holds no money: the budget shows only what was spent.
    eventually(lambda: not any(window["held"] for window in windows(team, person)), what="no hold")
    team.agreed_books()
    team.assert_healthy()
    entries = [e for e in team.commands.ledger() if e["member"] == person.name]
    assert len({entry["id"] for entry in entries}) == len(entries)


def windows(team, person):
    usage = team.commands.json("usage", "--member", person.name)
    (row,) = [member for member in usage["members"] if member["name"] == person.name]
    return row["windows"]


@pytest.mark.parametrize("streaming", [False, True], ids=["plain", "streaming"])
def test_a_client_that_leaves_before_the_answer(slow_team, streaming):
    """Ctrl-C right after Enter: what OpenRouter bills for it is in the books."""
    leave(slow_team, lambda connection: None, stream=streaming)


@pytest.mark.parametrize("streaming", [False, True], ids=["plain", "streaming"])
def test_a_client_that_leaves_once_the_upstream_is_at_work(slow_team, streaming):
    """Ctrl-C while waiting, when the model has begun."""
    before = served(slow_team)
    calls = iter(range(1, LEAVERS + 1))

    def once_it_runs(connection):
        call = next(calls)
        eventually(lambda: served(slow_team) >= before + call, what="the upstream's request")
        connection.abort()

    leave(slow_team, once_it_runs, stream=streaming)


def test_a_client_that_leaves_in_the_middle_of_a_stream(slow_team):
    """Ctrl-C while the words are coming."""

    def after_some_words(connection):
        assert b"data: " in connection.read_until(b'"content"')
        connection.abort()

    leave(slow_team, after_some_words, stream=True)


@pytest.mark.parametrize("streaming", [False, True], ids=["plain", "streaming"])
def test_a_client_that_leaves_rudely_after_the_answer(slow_team, streaming):
    """The connection is reset instead of closed, once everything was read."""

    def after_everything(connection):
        assert (b"data: [DONE]" in connection.read_answer()) == streaming
        connection.abort()

    leave(slow_team, after_everything, stream=streaming)


def test_two_requests_on_one_connection_are_answered_in_order(slow_team):
    """Requests sent ahead on one connection are both answered, and both are booked."""
    person = slow_team.person()
    before = len(slow_team.commands.ledger())
    with Connection(slow_team.gateway) as connection:
        connection.send_chat(person.key)
        connection.send_chat(person.key, "Connection: close")
        answers = connection.read_to_end()
    assert answers.count(b"HTTP/1.1 200") == 2
    slow_team.agreed_books()
    assert len(slow_team.commands.ledger()) == before + 2
