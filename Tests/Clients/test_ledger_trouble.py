"""The disk, or whoever has it, gets in the way of the books."""

import contextlib
import threading

import pytest
from harness import assert_envelope, locked, metric
from programs import eventually


@pytest.fixture
def slow_team(fresh_team):
    """Answers take a while, so that there is time to get in the way of their entry."""
    return fresh_team(sandbox_options=("--latency-ms", "1500"))


def test_a_cost_that_could_not_be_written_is_written_when_the_ledger_works_again(slow_team):
    """The call was billed, the answer was cut, and the attempt stood open for ever."""
    team = slow_team
    person = team.person()
    outcome = []

    def call():
        with contextlib.suppress(Exception):
            outcome.append(team.chat(person.key).status_code)

    caller = threading.Thread(target=call)
    caller.start()
    eventually(lambda: metric(team, "purser_forwarded_total") == 1)
    with locked(team.database):
        eventually(lambda: metric(team, "purser_ledger_failures_total") >= 1, 30)
        # Nothing is let through on books that cannot be written.
        assert_envelope(team.chat(person.key), 503)
    caller.join()
    assert outcome != [200], "the client was told that all is well before its entry was on disk"
    assert team.agreed_books(30) > 0
    eventually(lambda: metric(team, "purser_unwritten_entries") == 0)
    assert [e["state"] for e in team.commands.ledger()] == ["settled"]
    eventually(lambda: team.chat(person.key).status_code == 200, 30)
