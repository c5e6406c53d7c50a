"""`purser policy explain` says beforehand what the gateway does: each request is explained, then
sent, and both must agree in everything that both say."""

import concurrent.futures
import datetime
import json
import sqlite3
from decimal import Decimal

import pytest
import requests

from harness import CHEAP, DEAR, OTHER, assert_envelope, metric
from programs import eventually, exact

HELLO = [{"role": "user", "content": "Say ok."}]
IMAGE = [
    {
        "role": "user",
        "content": [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}],
    }
]


def body(**fields):
    return {"model": CHEAP, "messages": HELLO, "max_tokens": 16} | fields


def without(name, **fields):
    return {key: value for key, value in body(**fields).items() if key != name}


# What is asked, by whom; the comment says what comes of it.
REQUESTS = {
    "passes": ("anybody", body()),
    "streams": ("anybody", body(stream=True)),
    "names no limit": ("anybody", without("max_tokens")),
    "has a fall-back": ("anybody", body(models=[OTHER])),
    "names no model": ("anybody", without("model")),
    "names an unknown model": ("anybody", body(model="nobody/knows-it")),
    "brings a preset": ("anybody", body(model="@preset/x")),
    "is a dear model": ("strict", body(model=DEAR)),
    "is an allowed model": ("strict", body()),
    "is a slug": ("anybody", body(model="openai/gpt-5-mini-2025-08-07")),
    "is a suffix": ("strict", body(model=CHEAP + ":nitro")),
    "searches": ("strict", body(model=CHEAP + ":online")),
    "is a router": ("strict", body(model="openrouter/auto")),
    "falls back on a dear model": ("strict", body(models=[CHEAP, DEAR])),
    "lists only": ("strict", without("model", models=[DEAR, CHEAP])),
    "lists nothing that may run": ("strict", without("model", models=[DEAR, OTHER])),
    "is downgraded": ("lenient", body(model=DEAR)),
    "is downgraded, unlimited": ("lenient", without("max_tokens", model=DEAR)),
    "wants too many tokens": ("capped", body(max_tokens=5_000)),
    "costs too much": ("thrifty", body(model=DEAR, max_tokens=8_000)),
    "is clamped": ("clamped", body(model=DEAR, max_tokens=8_000)),
    "several answers": ("anybody", body(n=3)),
    "an image": ("anybody", body(messages=IMAGE)),
    "a file": (
        "anybody",
        body(messages=[{"role": "user", "content": [{"type": "file", "file": {}}]}]),
    ),
    "over budget": ("poor", body(model=DEAR, max_tokens=8_000)),
    "within budget": ("poor", body()),
    "chosen to fit": ("poor", without("max_tokens", model=DEAR)),
    "nothing left": ("broke", body()),
    "a number for a model": ("anybody", body(model=7)),
    "no messages": ("anybody", {"model": CHEAP}),
    "a disabled key": ("disabled", body()),
    "is an alias": ("choosy", body(model="fast")),
    "is an alias of somebody else": ("anybody", body(model="fast")),
    "is a denied model": ("choosy", body(model=DEAR)),
    "falls back on an alias": ("choosy", body(model=OTHER, models=["fast", DEAR])),
    "thinks too much": ("choosy", body(reasoning_effort="high", max_tokens=2_000)),
    "wants another provider": ("choosy", body(provider={"only": ["azure"]})),
    "is too dear a model": ("choosy", body(model="openai/gpt-5.4")),
    "buys an extra": ("choosy", body(messages=IMAGE)),
    "comes at night": ("sleeper", body()),
    "names no application": ("named", body()),
    "is more than a minute's tokens": ("slow", body(max_tokens=5_000)),
    "is as long as a minute allows": ("slow", without("max_tokens")),
    "is in shadow": ("watched", body(model=DEAR, max_tokens=3_000)),
    "has unknown fields": ("anybody", body(**{"Model": DEAR, "some_future_field": 1})),
}


@pytest.fixture(scope="module")
def people(team):
    cheap_only = team.tier("only-cheap", [CHEAP])
    people = {
        "anybody": team.person(),
        "strict": team.person(tier=cheap_only),
        "lenient": team.person(tier=team.tier("cheap-instead", [CHEAP], "downgrade")),
        "capped": team.person(tier=team.tier("capped", ["*"], "deny", "--max-tokens", "100")),
        "thrifty": team.person(
            tier=team.tier("thrifty", ["*"], "deny", "--max-request-usd", "0.01")
        ),
        "clamped": team.person(
            tier=team.tier("clamped", ["*"], "deny", "--max-request-usd", "0.01", "--clamp")
        ),
        "poor": team.person(daily="0.02", total="0.05"),
        "broke": team.person(monthly="0.0000001"),
        "disabled": team.person(),
    }
    team.commands.run("key", "disable", people["disabled"].hash)

    def bound_by(name, *options):
        return team.person(tier=team.tier(name, ["*"], "deny", *options))

    people["choosy"] = bound_by(
        "choosy",
        *("--deny-models", "anthropic/*", "--alias", f"fast={CHEAP}", "--max-effort", "low"),
        *("--providers", "openai", "--max-completion-price", "10", "--extras", "none"),
    )
    now = datetime.datetime.now(datetime.UTC)
    closed = f"{(now.hour + 3) % 24:02}:00-{(now.hour + 4) % 24:02}:00"
    people["sleeper"] = bound_by("sleeper", "--hours", closed)
    people["named"] = bound_by("named", "--require-attribution")
    people["slow"] = bound_by("slow", "--tokens-per-minute", "1000")
    people["watched"] = bound_by(
        "watched", "--deny-models", DEAR, "--max-tokens", "100", "--shadow", "models,max-tokens"
    )
    return people


def explain(team, *arguments):
    done = team.commands.run(
        "policy", "explain", *arguments, "--format", "json", expect=None
    )
    explained = exact(done.stdout)
    assert done.returncode == (3 if explained["outcome"] == "refuse" else 0), done
    return explained


def bound_of(team, request_id):
    """What was held for a call, as the ledger's attempt has it."""
    with sqlite3.connect(f"file:{team.database}?mode=ro", uri=True) as connection:
        row = connection.execute(
            "SELECT bound_picousd FROM attempt WHERE request_id = ?", [request_id]
        ).fetchone()
    return Decimal(row[0]) / 10**12


@pytest.mark.parametrize("name", REQUESTS)
def test_what_is_explained_is_what_happens(team, people, tmp_path, name):
    """Status, reason, model, bound, alias and limits: the gateway does what was said."""
    who, request = REQUESTS[name]
    person = people[who]
    file = tmp_path / "request.json"
    file.write_text(json.dumps(request))
    said = explain(team, "--member", person.name, "--file", file)
    answer = requests.post(
        f"{team.gateway.base}/chat/completions",
        data=file.read_bytes(),
        headers=person.headers | {"Content-Type": "application/json"},
        timeout=60,
    )
    if said["outcome"] == "refuse":
        error = exact(answer.text)["error"]
        assert answer.status_code == said["status"], (answer.text, said)
        assert error["metadata"]["reason"] == said["reason"]
        assert error["message"] == said["message"]
        assert said["model"] is None
        if "estimate" in error["metadata"]:
            assert Decimal(error["metadata"]["estimate"]) == Decimal(said["bound"])
    else:
        assert answer.status_code == 200, (answer.text, said)
        assert answer.headers["X-Purser-Model"] == said["model"]
        assert answer.headers.get("X-Purser-Downgraded-From") == said["downgraded_from"]
        assert answer.headers.get("X-Purser-Alias") == said["alias"]
        assert answer.headers.get("X-Purser-Effort") == said["effort"]
        shadows = answer.headers.get("X-Purser-Shadow")
        assert (shadows.split(", ") if shadows else []) == said["shadowed"]
        removed = answer.headers.get("X-Purser-Removed-Model")
        assert (removed.split(", ") if removed else []) == said["removed_models"]
        lowered = answer.headers.get("X-Purser-Max-Tokens")
        assert lowered == (str(said["max_tokens"]) if said["output_lowered"] else None)
        held = bound_of(team, answer.headers["X-Purser-Request-Id"])
        assert held == Decimal(said["bound"])


def test_each_outcome_is_among_the_requests(team, people, tmp_path):
    """The agreement above is about calls that pass, that are changed and that are refused."""
    outcomes = {}
    for who, request in REQUESTS.values():
        file = tmp_path / "request.json"
        file.write_text(json.dumps(request))
        said = explain(team, "--member", people[who].name, "--file", file)
        outcomes.setdefault(said["outcome"], set()).add(said["reason"])
    assert set(outcomes) == {"pass", "change", "refuse"}
    assert outcomes["refuse"] >= {
        *("model_not_allowed", "model_unknown", "model_missing", "request_too_dear"),
        *("budget_exceeded", "extra_not_allowed", "malformed_request", "key_disabled"),
        *("outside_hours", "attribution_missing", "model_too_dear", "extra_outside_tier"),
        *("providers_not_allowed", "request_over_rate"),
    }


def test_people_read_the_way_and_the_verdict(team, people):
    """One line a step, then when the prices are from, then what would happen."""
    name = people["lenient"].name
    said = team.commands.run("policy", "explain", "--member", name, "--model", DEAR).stdout
    lines = said.splitlines()
    steps = [line.split()[:2] for line in lines[2 : lines.index("")]]
    assert [subject for subject, _ in steps] == ["caller", "tier", "models", "bound", "budget"]
    assert dict(steps)["models"] == "changed"
    assert f"passes as {CHEAP} and costs at most $" in lines[-1]
    assert any(line.startswith("Models and prices of 20") for line in lines)
    strict = people["strict"].name
    refused = team.commands.run("policy", "explain", "--member", strict, "--model", DEAR, expect=3)
    assert "is refused (403 model_not_allowed): " in refused.stdout.splitlines()[-1]
    assert refused.stderr == ""


def test_a_model_takes_the_place_of_the_one_in_the_file(team, people, tmp_path):
    file = tmp_path / "request.json"
    file.write_text(json.dumps(body(model=CHEAP)))
    said = explain(team, "--member", people["strict"].name, "--file", file, "--model", DEAR)
    assert (said["reason"], said["requested_model"]) == ("model_not_allowed", DEAR)
    file.write_text(json.dumps(body(model=DEAR)))
    sent = explain(team, "--member", people["anybody"].name, "--file", file)
    file.write_text(json.dumps(body(model=CHEAP)))
    replaced = explain(
        team, "--member", people["anybody"].name, "--file", file, "--model", DEAR
    )
    assert replaced["bound"] == sent["bound"]


def test_the_key_decides_where_it_has_a_tier_or_a_budget_of_its_own(team):
    """Without --key it is the oldest that may be used."""
    name = team.member()
    first = team.key(name)
    second = team.key(name, "--limit", "0.0000001")
    assert explain(team, "--member", name, "--model", CHEAP)["key"] == first.hash
    said = explain(team, "--member", name, "--model", CHEAP, "--key", second.hash[:12])
    assert (said["key"], said["reason"]) == (second.hash, "budget_exceeded")
    assert [(b["scope"], b["fits"]) for b in said["budgets"]] == [("key", False)]
    team.commands.run("key", "disable", first.hash)
    assert explain(team, "--member", name, "--model", CHEAP)["key"] == second.hash


def test_what_is_asked_of_another_time_and_application(team, people):
    """Hours and attribution as they would be, not as they are."""
    name = people["named"].name
    assert explain(team, "--member", name, "--model", CHEAP)["reason"] == "attribution_missing"
    assert explain(team, "--member", name, "--model", CHEAP, "--app", "x")["outcome"] == "pass"
    tier = team.tier("weekdays", ["*"], "deny", "--hours", "mon-fri 08:00-18:00")
    name = team.member(tier=tier)
    for at, reason in [("2026-12-24T12:00:00Z", None), ("2026-12-26T12:00:00Z", "outside_hours")]:
        said = explain(team, "--member", name, "--model", CHEAP, "--at", at)
        assert said["reason"] == reason


def test_rates_are_told_and_not_judged(team, people):
    said = explain(team, "--member", people["slow"].name, "--model", CHEAP)
    rates = [step for step in said["steps"] if step["subject"] == "rate"]
    assert [rate["outcome"] for rate in rates] == ["noted"]
    assert "1000 tokens in a minute" in rates[0]["words"]


def test_a_budget_says_what_is_spent_held_and_left(team):
    person = team.person(daily="1", total="2")
    cost = Decimal(str(exact(team.chat(person.key).text)["usage"]["cost"]))
    said = explain(team, "--member", person.name, "--model", CHEAP)
    assert [(b["scope"], b["period"]) for b in said["budgets"]] == [
        ("member", "daily"),
        ("member", "total"),
    ]
    for budget, limit in zip(said["budgets"], (1, 2)):
        assert Decimal(budget["limit"]) == limit
        assert abs(Decimal(budget["spent"]) - cost) < Decimal("1e-12")
        assert Decimal(budget["held"]) == 0
        assert Decimal(budget["left"]) == limit - Decimal(budget["spent"])
        assert budget["fits"] is True


def test_what_calls_in_flight_hold_stands_in_the_way(fresh_team):
    """The database knows what the running gateway holds."""
    team = fresh_team()
    person = team.person(daily="0.01")
    asked = ("--member", person.name, "--model", DEAR)
    assert explain(team, *asked)["outcome"] == "change"
    team.sandbox.set(latency_ms=4_000)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        call = pool.submit(team.chat, person.key, model=DEAR, max_tokens=300)
        eventually(lambda: metric(team, "purser_holds") == 1)
        said = explain(team, *asked)
        held = bound_of(team, next(l["request_id"] for l in team.commands.ledger()))
        assert call.result().status_code == 200
    assert (said["outcome"], said["reason"]) == ("refuse", "in_flight_budget_exhausted")
    assert [Decimal(budget["held"]) for budget in said["budgets"]] == [held]
    assert explain(team, *asked)["outcome"] == "change"


def test_a_member_without_a_key_is_judged_as_with_a_plain_one(team):
    """A lead looks before there is a key to hand out."""
    name = team.member(tier=team.tier("only-cheap", [CHEAP]))
    assert explain(team, "--member", name, "--model", CHEAP)["outcome"] == "pass"
    assert explain(team, "--member", name, "--model", DEAR)["reason"] == "model_not_allowed"


def test_a_shared_key_is_explained_for_who_uses_it(team, people):
    """Nobody checks the name on a shared key, so the holder's tier binds whoever is named."""
    shared = team.key(people["strict"].name, "--shared")
    user = team.member(tier="everything")
    said = explain(team, "--member", user, "--key", shared.hash, "--model", DEAR)
    assert (said["member"], said["reason"]) == (user, "model_not_allowed")
    answer = team.chat(shared.key, model=DEAR, headers={"X-Title": f"app:{user}"})
    assert assert_envelope(answer, 403)["metadata"]["reason"] == "model_not_allowed"
    own = team.key(people["strict"].name, "--shared", "--tier", "everything")
    said = explain(team, "--member", user, "--key", own.hash, "--model", DEAR)
    assert said["outcome"] == "pass"


@pytest.mark.parametrize(
    "arguments, words, code",
    [
        (["--member", "nobody", "--model", CHEAP], "there is no member", 1),
        (["--member", "PERSON", "--model", CHEAP, "--key", "0123456789"], "there is no key", 1),
        (["--member", "PERSON", "--file", "/nowhere/x.json"], "cannot be read", 1),
        (["--member", "PERSON"], "--model or --file", 2),
        (["--model", CHEAP], "--member", 2),
        (["--member", "PERSON", "--model", CHEAP, "--at", "noon"], "an instant looks like", 2),
        (["--member", "PERSON", "--model", CHEAP, "--format", "csv"], "table or json", 2),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(team, people, arguments, words, code):
    arguments = [people["strict"].name if word == "PERSON" else word for word in arguments]
    done = team.commands.run("policy", "explain", *arguments, expect=code)
    assert words in done.stderr and done.stderr.startswith("purser: "), done.stderr
    assert done.stdout == ""


def test_someone_elses_key_is_not_explained(team, people):
    arguments = ["--member", people["strict"].name, "--key", people["poor"].hash]
    done = team.commands.run("policy", "explain", *arguments, "--model", CHEAP, expect=1)
    assert people["poor"].name in done.stderr


def test_without_a_gateway_the_list_comes_from_the_upstream(fresh_team, tmp_path):
    """The gateway keeps the list; before it has run there is none, and that is said."""
    team = fresh_team()
    name = team.member()
    kept = explain(team, "--member", name, "--model", CHEAP)
    assert kept["models_from"] == "kept by the gateway"
    with sqlite3.connect(team.database) as connection:
        connection.execute("DELETE FROM model_list")
    done = team.commands.run(
        "policy", "explain", "--member", name, "--model", CHEAP, "--upstream",
        "http://127.0.0.1:9/api/v1", expect=1,
    )
    assert "no models and prices to judge by" in done.stderr and "hint: " in done.stderr
    fetched = explain(team, "--member", name, "--model", CHEAP, "--upstream", team.sandbox.url)
    assert fetched["models_from"] == f"from {team.sandbox.url}"
    assert fetched["bound"] == kept["bound"]


def test_nothing_is_forwarded_or_booked(team, people):
    before = team.sandbox.state(), team.commands.ledger()
    explain(team, "--member", people["poor"].name, "--model", CHEAP)
    assert (team.sandbox.state(), team.commands.ledger()) == before
    assert team.booked() == team.sandbox.bill()
