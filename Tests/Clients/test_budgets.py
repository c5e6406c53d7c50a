"""Nobody passes their budget, however many calls arrive at once."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
import requests

from harness import CHEAP, assert_envelope, picodollars
from programs import eventually, exact

CALLS = 200
FIT = 50

REFUSAL_FIELDS = {
    "budget", "scope", "window", "limit", "spent", "held", "estimate", "resets_at", "reason",
    "request_id",
}


def cost_of(answer):
    return picodollars(exact(answer.text)["usage"]["cost"])


def typical_cost(team):
    """What one of the calls below costs, measured with somebody else's money."""
    person = team.person()
    costs = [cost_of(team.chat(person.key)) for _ in range(5)]
    return picodollars(sum(costs) / len(costs))


def all_at_once(team, keys):
    """Every call on a connection of its own, sent by as many threads as there are calls."""
    with ThreadPoolExecutor(len(keys)) as pool:
        return list(pool.map(team.chat, keys))


def assert_within(budget, answers):
    """What was admitted fits, most of the budget was used, the rest was refused with a 402."""
    costs = [cost_of(answer) for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code != 200]
    for answer in refused:
        assert_envelope(answer, 402)
    assert sum(costs) <= budget
    assert sum(costs) >= budget * 9 / 10, f"{len(costs)} calls used {sum(costs)} of {budget}"
    assert refused


def test_parallel_calls_never_pass_a_member_s_budget(fresh_team):
    """200 calls at once against money for about 50: the budget is used, never passed."""
    team = fresh_team(sandbox_options=["--latency-ms", "20"])
    budget = typical_cost(team) * FIT
    person = team.person(daily=budget)
    answers = all_at_once(team, [person.key] * CALLS)
    assert_within(budget, answers)
    team.agreed_books()
    spent = Decimal(team.commands.report(by="member")[person.name]["cost"])
    assert spent == sum(cost_of(a) for a in answers if a.status_code == 200) <= budget


def test_parallel_calls_of_several_people_never_pass_their_team_s_budget(fresh_team):
    """Four people with plenty of their own share what the team has."""
    team = fresh_team(sandbox_options=["--latency-ms", "20"])
    budget = typical_cost(team) * FIT
    people = [team.person(team="platform", daily=100) for _ in range(4)]
    team.commands.run("budget", "set", "--team", "platform", "--daily", f"{budget:f}")
    answers = all_at_once(team, [person.key for person in people] * (CALLS // 4))
    assert_within(budget, answers)
    team.agreed_books()
    assert Decimal(team.commands.report(by="team")["platform"]["cost"]) <= budget


def test_the_answer_says_what_is_left(team):
    """A program can slow down before it is stopped."""
    person = team.person(daily="1", weekly="0.5")
    answer = team.chat(person.key)
    left = Decimal(answer.headers["X-Purser-Budget-Remaining"])
    assert left == Decimal("0.5") - cost_of(answer)


@pytest.mark.parametrize("window", ["daily", "weekly", "monthly", "total"])
def test_every_window_refuses_by_itself(team, window):
    """The refusal names the window, what was spent and when it begins anew."""
    person = team.person(**{window: "0.0000001"})
    answer = team.chat(person.key)
    error = assert_envelope(answer, 402)
    metadata = error["metadata"]
    assert set(metadata) == REFUSAL_FIELDS
    assert person.name in metadata["budget"] and window in metadata["budget"]
    assert metadata["scope"].startswith("member") and metadata["window"] == window
    assert Decimal(str(metadata["limit"])) == Decimal("0.0000001")
    assert Decimal(str(metadata["spent"])) == Decimal(str(metadata["held"])) == 0
    assert Decimal(str(metadata["estimate"])) > Decimal("0.0000001")
    assert (metadata["resets_at"] is None) == (window == "total")
    assert metadata["reason"] == "budget_exceeded"
    assert metadata["request_id"] == answer.headers["X-Purser-Request-Id"]


def test_the_whole_organisation_has_a_budget_too(fresh_team):
    """One number above all teams."""
    team = fresh_team()
    person = team.person(daily=10)
    team.commands.run("budget", "set", "--org", "--daily", "0.0000001")
    metadata = assert_envelope(team.chat(person.key), 402)["metadata"]
    assert set(metadata) == REFUSAL_FIELDS
    assert "organisation" in metadata["scope"] and metadata["window"] == "daily"
    team.commands.run("budget", "set", "--org", "--daily", "5")
    assert team.chat(person.key).status_code == 200


def test_a_key_s_own_limit_holds_beside_the_member_s_budget(team):
    """A key for one job is capped without touching the person's budget."""
    name = team.member(daily=10)
    capped = team.key(name, "--limit", "0.0000001")
    free = team.key(name)
    metadata = assert_envelope(team.chat(capped.key), 402)["metadata"]
    assert set(metadata) == REFUSAL_FIELDS
    assert metadata["scope"].startswith("key") and metadata["window"] == "total"
    assert team.chat(free.key).status_code == 200


def test_a_call_dearer_than_the_tier_allows_is_refused_before_it_is_made(team):
    """One enormous request is stopped by a limit of its own; the error has both numbers."""
    tier = team.tier("small-calls", [CHEAP], "deny", "--max-request-usd", "0.0000001")
    person = team.person(tier=tier, daily=10)
    before = team.sandbox.state()["requests"]
    metadata = assert_envelope(team.chat(person.key), 402)["metadata"]
    assert metadata["reason"] == "request_too_dear"
    assert Decimal(str(metadata["limit"])) == Decimal("0.0000001")
    assert Decimal(str(metadata["estimate"])) > Decimal("0.0000001")
    assert team.sandbox.state()["requests"] == before


def test_a_refused_call_never_reaches_the_upstream(team):
    """Refusing costs nothing."""
    person = team.person(daily="0.0000001")
    before = team.sandbox.state()["requests"]
    assert_envelope(team.chat(person.key), 402)
    assert team.sandbox.state()["requests"] == before
    # The refusal is counted with the next group of writes; no money waits for it.
    eventually(lambda: team.commands.report(by="member").get(person.name, {}).get("refused") == 1)


def test_a_call_waits_while_only_calls_in_flight_hold_the_money(fresh_team):
    """Two alike calls, money for the bound of one: the second waits its turn instead of failing."""
    team = fresh_team(sandbox_options=["--latency-ms", "100"])
    person = team.person(daily=typical_cost(team) * 8)
    answers = all_at_once(team, [person.key] * 4)
    assert [answer.status_code for answer in answers] == [200] * 4
    team.agreed_books()


def test_without_waiting_the_call_is_told_to_come_back(fresh_team):
    """`--wait-seconds 0`: the refusal is one that a client retries by itself."""
    team = fresh_team(
        sandbox_options=["--latency-ms", "500"], gateway_options=["--wait-seconds", "0"]
    )
    person = team.person(daily=typical_cost(team) * 4)
    answers = all_at_once(team, [person.key] * 12)
    refused = [answer for answer in answers if answer.status_code != 200]
    assert refused and len(refused) < len(answers)
    for answer in refused:
        error = assert_envelope(answer, 402)
        if error["metadata"]["reason"] == "in_flight_budget_exhausted":
            assert int(answer.headers["Retry-After"]) >= 1
    team.agreed_books()


def test_a_limit_in_the_request_is_forwarded_as_the_bound(team):
    """A request without a limit gets one, so that the upstream cannot write a longer answer."""
    person = team.person(daily=10)
    answer = requests.post(
        f"{team.gateway.base}/chat/completions",
        headers=person.headers,
        json={
            "model": "openai/gpt-4o-mini",
            "messages": [{"role": "user", "content": "Write a long story."}],
            "max_tokens": 3,
        },
        timeout=30,
    )
    assert answer.json()["usage"]["completion_tokens"] <= 3
