"""`purser policy replay` on a ledger that real calls wrote: every number is added up here again."""

import csv
import datetime
import io
from decimal import ROUND_UP, Decimal

import pytest

from harness import CHEAP, DEAR, OTHER
from programs import exact

PICO = Decimal("1e-12")


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    """A team with a past: alice calls dear and cheap models, bob cheap ones; some with no title."""
    from harness import Team

    team = Team(tmp_path_factory.mktemp("past"))
    alice, bob = team.person("alice", team="blue"), team.person("bob")
    for model, tokens, headers in [
        (DEAR, 40, {"X-Title": "notebook"}),
        (DEAR, 16, {}),
        (OTHER, 64, {"X-Title": "notebook"}),
        (CHEAP, 16, {}),
    ]:
        answer = team.chat(alice.key, model=model, max_tokens=tokens, headers=headers)
        assert answer.status_code == 200, answer.text
    for _ in range(3):
        assert team.chat(bob.key, headers={"X-Title": "script"}).status_code == 200
    assert team.chat(bob.key, model="nobody/knows-it").status_code == 400
    team.agreed_books()
    yield team
    team.stop()


def calls(team, member=None):
    lines = team.commands.ledger()
    return [line for line in lines if member in (None, line["member"])]


def cost(lines):
    return sum((Decimal(line["cost"]) for line in lines), Decimal(0))


def prices(team, model):
    import requests

    rows = requests.get(f"{team.gateway.base}/models", timeout=30).json()["data"]
    pricing = next(row for row in rows if row["id"] == model)["pricing"]
    return Decimal(pricing["prompt"]), Decimal(pricing["completion"])


def at_prices_of(team, model, line):
    prompt, completion = prices(team, model)
    return (line["prompt_tokens"] * prompt).quantize(PICO, ROUND_UP) + (
        line["completion_tokens"] * completion
    ).quantize(PICO, ROUND_UP)


def replay(team, tier, *arguments):
    return team.commands.json("policy", "replay", "--tier", tier, *arguments)


def by(rows, name):
    return {row[name]: row for row in rows}


def test_what_would_have_been_blocked_is_what_was_paid_for_it(past):
    past.tier("cheap", [CHEAP])
    said = replay(past, "cheap")
    outside = [line for line in calls(past) if line["model"] != CHEAP]
    total = said["total"]
    assert (total["calls"], total["blocked"]) == (len(calls(past)), len(outside)) == (7, 3)
    assert (total["downgraded"], total["changed"], total["unlisted"]) == (0, 0, 0)
    assert Decimal(total["cost"]) == cost(calls(past))
    assert Decimal(total["saved"]) == cost(outside) > 0
    assert said["by_rule"] == [
        {"rule": "models"} | total | {"calls": 3, "cost": total["saved"]}
    ]
    members = by(said["by_member"], "member")
    assert (members["alice"]["blocked"], members["bob"]["blocked"]) == (3, 0)
    assert Decimal(members["bob"]["cost"]) == cost(calls(past, "bob"))
    assert [example["id"] for example in said["examples"]] == [line["id"] for line in outside]


def test_a_downgrade_is_priced_at_the_other_model(past):
    past.tier("instead", [CHEAP], "downgrade")
    said = replay(past, "instead")
    outside = [line for line in calls(past) if line["model"] != CHEAP]
    saved = sum(
        max(Decimal(0), Decimal(line["cost"]) - at_prices_of(past, CHEAP, line))
        for line in outside
    )
    assert (said["total"]["downgraded"], said["total"]["blocked"]) == (3, 0)
    assert Decimal(said["total"]["saved"]) == saved > 0


def test_long_answers_are_cut_and_nameless_calls_blocked(past):
    past.tier("short", ["*"], "deny", "--max-tokens", "20")
    long = [line for line in calls(past) if line["completion_tokens"] > 20]
    assert long, "the sandbox answers at length"
    saved = sum(
        (prices(past, line["model"])[1] * (line["completion_tokens"] - 20)).quantize(
            PICO, ROUND_UP
        )
        for line in long
    )
    said = replay(past, "short")
    assert said["total"]["changed"] == len(long)
    assert Decimal(said["total"]["saved"]) == saved
    past.tier("named", ["*"], "deny", "--require-attribution")
    nameless = [line for line in calls(past) if not line["app"]]
    said = replay(past, "named")
    assert said["total"]["blocked"] == len(nameless) == 2
    assert by(said["by_rule"], "rule")["attribution"]["blocked"] == 2


def test_rates_of_the_past(past):
    """Bob's three calls came within a minute; the second and the third were too many."""
    past.tier("slow", ["*"], "deny", "--requests-per-minute", "1")
    said = replay(past, "slow", "--member", "bob")
    late = calls(past, "bob")[1:]
    assert (said["total"]["calls"], said["total"]["blocked"]) == (3, 2)
    assert Decimal(said["total"]["saved"]) == cost(late)
    assert list(by(said["by_rule"], "rule")) == ["requests-per-minute"]


def test_the_calls_of_a_team_a_member_or_a_tier(past):
    past.tier("cheap", [CHEAP])
    assert replay(past, "cheap", "--team", "blue")["total"]["calls"] == 4
    assert replay(past, "cheap", "--member", "bob")["total"]["calls"] == 3
    assert replay(past, "cheap", "--members-of", "everything")["total"]["calls"] == 7
    assert replay(past, "cheap", "--members-of", "cheap")["total"]["calls"] == 0


def test_the_days_are_those_of_the_calls(past):
    past.tier("cheap", [CHEAP])
    day = calls(past)[0]["started_at"][:10]
    before = (datetime.date.fromisoformat(day) - datetime.timedelta(days=1)).isoformat()
    after = (datetime.date.fromisoformat(day) + datetime.timedelta(days=1)).isoformat()
    assert replay(past, "cheap", "--since", before, "--until", before)["total"]["calls"] == 0
    assert replay(past, "cheap", "--since", day, "--until", after)["total"]["calls"] == 7
    assert replay(past, "cheap", "--since", "30d")["total"]["calls"] == 7


def test_spreadsheets_and_people_read_the_same_numbers(past):
    past.tier("cheap", [CHEAP])
    said = replay(past, "cheap")
    text = past.commands.run("policy", "replay", "--tier", "cheap", "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["group"], row["name"]) for row in rows] == [
        ("total", "cheap"),
        ("rule", "models"),
        ("member", "alice"),
        ("member", "bob"),
    ]
    sums = [said["total"], *said["by_rule"], *said["by_member"]]
    for row, expected in zip(rows, sums, strict=True):
        for name in said["total"]:
            assert row[name] == str(expected[name])
    page = past.commands.run("policy", "replay", "--tier", "cheap").stdout
    assert f"7 calls that cost ${said['total']['cost']}" in page
    assert f"saved ${said['total']['saved']}." in page
    assert "Models and prices of 20" in page


def test_what_the_ledger_cannot_tell_is_said(past):
    past.tier("much", ["*"], "deny", "--max-effort", "low", "--zdr", "--extras", "none")
    gaps = by(replay(past, "much")["gaps"], "rule")
    assert set(gaps) == {"extras", "providers", "effort"}
    past.tier("shadow", [CHEAP], "deny", "--shadow", "models")
    said = replay(past, "shadow")
    assert said["total"]["blocked"] == 0
    assert by(said["gaps"], "rule")["models"]["words"].startswith("in shadow")
    enforced = replay(past, "shadow", "--enforce")
    assert enforced["total"]["blocked"] > 0
    past.tier("shadow", [CHEAP], "deny")
    assert enforced["total"] == replay(past, "shadow")["total"]


def test_a_tier_as_it_stands_in_a_file(past, tmp_path):
    """Looked at before it is applied; the directory has another one of that name."""
    past.tier("planned", ["*"])
    file = tmp_path / "team.yaml"
    file.write_text(f"tiers:\n  planned:\n    models: [{CHEAP}]\n  same:\n    models: ['*']\n")
    assert replay(past, "planned")["total"]["blocked"] == 0
    said = replay(past, "planned", "--file", file)
    assert (said["total"]["blocked"], said["file"]) == (3, str(file))
    assert replay(past, "same", "--file", file)["total"]["blocked"] == 0
    past.commands.run("apply", file)
    assert replay(past, "planned", "--file", file)["total"] == said["total"]
    done = past.commands.run("policy", "replay", "--tier", "cheap", "--file", file, expect=1)
    assert "no tier named" in done.stderr
    file.write_text("tiers:\n  planned:\n    modles: [a]\n")
    done = past.commands.run("policy", "replay", "--tier", "planned", "--file", file, expect=1)
    assert f"{file}:3: " in done.stderr


def test_nothing_changes_by_it(past):
    before = past.commands.ledger(), exact(past.commands.run("tier", "list", "--format", "json").stdout)
    replay(past, "everything")
    after = past.commands.ledger(), exact(past.commands.run("tier", "list", "--format", "json").stdout)
    assert before == after


@pytest.mark.parametrize(
    "arguments, words, code",
    [
        (["--tier", "nothing"], "there is no tier", 1),
        (["--tier", "everything", "--member", "nobody"], "there is no member", 1),
        (["--tier", "everything", "--team", "nobody"], "there is no team", 1),
        (["--tier", "everything", "--members-of", "nobody"], "there is no tier", 1),
        (["--tier", "everything", "--since", "soon"], "is no day", 2),
        (["--tier", "everything", "--since", "-1d"], "", 2),
        (["--tier", "everything", "--since", "2026-02-01", "--until", "2026-01-01"], "after", 2),
    ],
)
def test_a_replay_that_cannot_be_done_says_why(past, arguments, words, code):
    done = past.commands.run("policy", "replay", *arguments, expect=code)
    assert words in done.stderr and done.stdout == ""
