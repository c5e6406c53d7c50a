"""Rows of the table of degraded modes (docs/reliability.md) that no other file shows."""

import contextlib
import threading
from decimal import Decimal

import pytest
import requests
from harness import metric
from programs import eventually
from scripted import behind, completion, stream

# Far above what sixteen tokens of the model can cost.
DEAR_BILL = "0.25"


def test_a_cost_above_its_hold_is_booked_in_full_and_raises_an_alarm(fresh_team):
    """That is a defect in the bound: the money is gone, so the books say so, and somebody is told
    the numbers."""
    team = fresh_team()
    person = team.person(daily=0.2)
    answer = completion(usage={"prompt_tokens": 3, "completion_tokens": 5, "cost": 0.25})
    with behind(team, lambda body, number: answer):
        assert team.chat(person.key).status_code == 200
        assert metric(team, "purser_cost_above_hold_total") == 1
        log = team.gateway.errors()
        (entry,) = team.commands.ledger()
        next_answer = team.chat(person.key)
    assert (entry["state"], Decimal(entry["cost"])) == ("settled", Decimal(DEAR_BILL))
    (alarm,) = [line for line in log.splitlines() if "event=alarm" in line]
    assert "cost above hold" in alarm and f"cost={DEAR_BILL}" in alarm and "hold=0." in alarm
    assert next_answer.status_code == 402, "the money counts against the budget"


@pytest.mark.parametrize("streaming", [False, True])
def test_a_cost_that_comes_late_corrects_what_was_kept_also_after_a_restart(fresh_team, streaming):
    """The upstream's record lags behind; the gateway is stopped before it is there."""
    team = fresh_team(sandbox_options=["--generation-lag-ms", "4000"])
    person = team.person(daily=1)
    team.sandbox.fault("no_usage")
    team.chat(person.key, stream=streaming)
    (entry,) = team.commands.ledger()
    assert (entry["state"], entry["cost_source"]) == ("kept", "kept")
    team.gateway.stop()
    team.serve()
    cost = team.agreed_books()
    (entry,) = team.commands.ledger()
    assert (entry["state"], entry["cost_source"]) == ("settled", "generation")
    assert Decimal(entry["cost"]) == cost > 0


def test_a_call_that_breaks_off_after_it_was_handed_over_stays_booked_at_its_bound(fresh_team):
    """No head, so no name to ask for: it may have been billed, and counts as spent."""
    team = fresh_team()
    person = team.person(daily=1)
    with behind(team, lambda body, number: b""):
        answer = team.chat(person.key)
        (entry,) = team.commands.ledger()
    assert answer.status_code == 502
    assert entry["state"] == "kept" and Decimal(entry["cost"]) > 0
    assert entry["generation_id"] is None


def test_an_error_inside_a_stream_ends_it_visibly_and_books_what_was_reported(fresh_team):
    """Half an answer, then an error with the cost so far: the client sees the error, the books the
    cost."""
    team = fresh_team()
    person = team.person(daily=1)
    answer = stream(
        {"id": "gen-1", "choices": [{"index": 0, "delta": {"content": "half"}}]},
        {
            "id": "gen-1",
            "error": {"code": 502, "message": "provider gone"},
            "choices": [],
            "usage": {"prompt_tokens": 3, "completion_tokens": 1, "cost": 0.000004},
        },
    )
    with behind(team, lambda body, number: answer):
        text = team.chat(person.key, stream=True).text
        (entry,) = team.commands.ledger()
    assert "provider gone" in text
    assert (entry["state"], Decimal(entry["cost"])) == ("settled", Decimal("0.000004"))


class Caller(threading.Thread):
    """One call in the background; `answer` is None if it broke."""

    def __init__(self, team, key):
        super().__init__()
        self.team, self.key, self.answer = team, key, None
        self.start()

    def run(self):
        with contextlib.suppress(requests.RequestException):
            self.answer = self.team.chat(self.key)


@pytest.fixture
def slow_and_short(fresh_team):
    """Answers take three seconds; alice has a call in flight and one that waits for its money."""
    team = fresh_team(
        sandbox_options=["--latency-ms", "3000"], gateway_options=["--wait-seconds", "60"]
    )
    team.commands.run("budget", "set", "--org", "--monthly", "4000")
    alice = team.person("alice", daily="0.00004")
    first = Caller(team, alice.key)
    eventually(lambda: metric(team, "purser_forwarded_total") == 1)
    second = Caller(team, alice.key)
    eventually(lambda: metric(team, "purser_waited_total") == 1)
    yield team, first, second
    for caller in (first, second):
        caller.join()


def test_who_waits_for_their_own_money_is_in_nobody_else_s_way(slow_and_short):
    """Everybody else stood behind the one whose budget was nearly used, and was refused."""
    team, first, _ = slow_and_short
    bob = team.person("bob")
    other = Caller(team, bob.key)
    eventually(lambda: metric(team, "purser_forwarded_total") == 2)
    assert first.answer is None, "it passed while alice's call was still in flight"
    other.join()
    assert other.answer.status_code == 200


def test_a_raise_lets_a_call_through_that_waits_already(slow_and_short):
    """The lead raises the budget because somebody is stuck: they are not stuck any more."""
    team, first, second = slow_and_short
    team.commands.run("budget", "set", "--member", "alice", "--daily", "100")
    eventually(lambda: metric(team, "purser_forwarded_total") == 2)
    assert first.answer is None, "it passed while the first call was still in flight"
    second.join()
    assert second.answer.status_code == 200


def test_a_disk_that_hangs_counts_as_one_that_fails(trouble):
    """No error, no answer either: the gateway says that it is not ready, and ends."""
    one = trouble(gateway_options=["--ledger-seconds", "4"])
    one.disk.fail("slow", first=100_000)
    caller = Caller(one.team, one.person.key)

    def readiness():
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{one.team.gateway.console}/readyz", timeout=5).status_code

    eventually(lambda: readiness() == 503, 30)
    eventually(lambda: one.team.gateway.process.poll() is not None, 60, what="the end")
    caller.join()
    assert one.team.gateway.process.poll() == 1
    assert "does not answer" in one.team.gateway.errors()
    one.disk.heal()
    one.team.serve()
    one.assert_nothing_is_lost()
