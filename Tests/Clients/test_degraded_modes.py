"""Rows of the table of degraded modes (docs/reliability.md) that no other file shows."""

from decimal import Decimal

import pytest
from harness import metric
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
