"""Nobody passes their budget, however many calls arrive at once."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import requests

from harness import CHEAP, Team, assert_envelope, picodollars
from programs import eventually, exact

WINDOWS = ("daily", "weekly", "monthly", "total")
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


@pytest.mark.parametrize("window", WINDOWS)
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


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Organisation, team, member and key, each with a budget in every window, and money enough."""
    team = Team(tmp_path_factory.mktemp("tree"))
    person = team.person(name="alice", team="platform")
    owners = {
        "the organisation": ["--org"],
        "team platform": ["--team", "platform"],
        "member alice": ["--member", "alice"],
        "key alice": ["--key", person.hash],
    }
    yield team, person, owners
    team.agreed_books()
    team.stop()


def set_everywhere(team, owners, limit):
    """Sets every budget of the tree to what `limit` says of its owner and window."""
    for owner, options in owners.items():
        amounts = [(f"--{window}", f"{limit(owner, window):f}") for window in WINDOWS]
        team.commands.run("budget", "set", *options, *itertools.chain(*amounts))


@pytest.mark.parametrize(
    "owner", ["the organisation", "team platform", "member alice", "key alice"]
)
@pytest.mark.parametrize("window", WINDOWS)
def test_of_sixteen_budgets_the_tightest_refuses_and_is_named(tree, owner, window):
    """Whichever it is, with exactly what is spent in it; a cent more and the call runs."""
    team, person, owners = tree
    set_everywhere(team, owners, lambda *_: Decimal(100))
    cost_of(team.chat(person.key))
    team.agreed_books()
    (usage,) = team.commands.json("usage", "--member", "alice")["members"]
    (spent,) = [Decimal(w["spent"]) for w in usage["windows"] if w["period"] == window]
    tight = (*owners[owner], f"--{window}")
    limit = spent + Decimal("0.0000001")
    team.commands.run("budget", "set", *tight, f"{limit:f}")
    before = team.sandbox.state()["requests"]
    answer = team.chat(person.key)
    metadata = exact(answer.text)["error"]["metadata"]
    assert_envelope(answer, 402)
    assert set(metadata) == REFUSAL_FIELDS
    assert (metadata["scope"], metadata["window"]) == (owner, window)
    assert metadata["budget"] == f"{owner} {window}"
    assert (metadata["limit"], metadata["spent"], metadata["held"]) == (limit, spent, 0)
    assert metadata["estimate"] > limit - spent
    assert (metadata["resets_at"] is None) == (window == "total")
    assert team.sandbox.state()["requests"] == before
    team.commands.run("budget", "set", *tight, f"{limit + Decimal('0.01'):f}")
    assert team.chat(person.key).status_code == 200


def test_when_several_budgets_are_exceeded_the_tightest_is_named(tree):
    """More of another would not help, so nobody is sent to ask for it."""
    team, person, owners = tree
    cost_of(team.chat(person.key))
    team.agreed_books()
    (usage,) = team.commands.json("usage", "--member", "alice")["members"]
    spent = Decimal(usage["windows"][0]["spent"])
    for owner in owners:
        for window in WINDOWS:
            set_everywhere(
                team, owners,
                lambda *budget: spent + Decimal(
                    "0.0000001" if budget == (owner, window) else "0.0000002"
                ),
            )
            metadata = assert_envelope(team.chat(person.key), 402)["metadata"]
            assert (metadata["scope"], metadata["window"]) == (owner, window)


def test_a_member_s_own_budget_binds_on_a_shared_key_too(team):
    """A shared key is no way around: who calls brings their own budget and their own team's."""
    lead = team.member(team="hosts", daily=10)
    shared = team.key(lead, "--shared")
    poor, rich = team.person(daily="0.0000001"), team.person(team="guests", daily=10)

    def call(name):
        return team.chat(shared.key, headers={"X-Title": f"notebook:{name}"})

    metadata = assert_envelope(call(poor.name), 402)["metadata"]
    assert (metadata["scope"], metadata["window"]) == (f"member {poor.name}", "daily")
    cost_of(call(rich.name))
    team.commands.run("budget", "set", "--team", "guests", "--daily", "0.0000001")
    metadata = assert_envelope(call(rich.name), 402)["metadata"]
    assert (metadata["scope"], metadata["window"]) == ("team guests", "daily")
    # Somebody without a team counts in that of the key's holder.
    team.commands.run("budget", "set", "--team", "hosts", "--weekly", "0.0000001")
    newcomer = assert_envelope(call("passing-by"), 402)["metadata"]
    assert (newcomer["scope"], newcomer["window"]) == ("team hosts", "weekly")
    team.commands.run("budget", "set", "--team", "guests", "--daily", "none")
    cost_of(call(rich.name))
    team.commands.run("budget", "set", "--key", shared.hash, "--monthly", "0.0000001")
    metadata = assert_envelope(call(rich.name), 402)["metadata"]
    assert metadata["scope"].startswith("key") and metadata["window"] == "monthly"


def resets(zone):
    """When each window ends on the calendar of a zone, as the zone's own clock has it."""
    midnight = datetime.now(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    ends = {
        "daily": midnight + timedelta(days=1),
        "weekly": midnight + timedelta(days=7 - midnight.weekday()),
        "monthly": (midnight.replace(day=1) + timedelta(days=32)).replace(day=1),
    }
    return {
        window: end.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")
        for window, end in ends.items()
    } | {"total": None}


@pytest.mark.parametrize(
    "zone",
    [
        "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati",
        "Pacific/Pago_Pago",
    ],
)
def test_windows_end_where_the_organisation_is(fresh_team, zone):
    """Midnight is the team's, also where it is not a whole hour from Greenwich."""
    team = fresh_team()
    team.commands.run("init", "--new-key", "--time-zone", zone)
    person = team.person(daily=1, weekly=1, monthly=1, total=1)
    ends = resets(zone)
    answer = requests.get(f"{team.gateway.base}/me", headers=person.headers, timeout=30)
    shown = team.commands.json("budget", "show", "--member", person.name)["windows"]
    told = answer.json()["data"]["windows"]
    if ends == resets(zone):  # else a midnight has just passed
        for windows in (told, shown):
            assert {w["period"]: w["resets_at"] for w in windows} == ends
    # A call's refusal says the same, and once there are books the zone is fixed.
    team.commands.run("budget", "set", "--member", person.name, "--daily", "0.0000001")
    ends = resets(zone)
    metadata = assert_envelope(team.chat(person.key), 402)["metadata"]
    assert metadata["resets_at"] in (ends["daily"], resets(zone)["daily"])
    team.commands.run("budget", "set", "--member", person.name, "--daily", "1")
    cost_of(team.chat(person.key))
    fixed = team.commands.run("init", "--new-key", "--time-zone", "UTC", expect=1)
    assert "time zone" in fixed.stderr
