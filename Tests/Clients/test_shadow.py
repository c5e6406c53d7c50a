"""A rule in shadow refuses nothing and is told of: to the caller, the ledger, the report, the log."""

import csv
import io

from harness import CHEAP, DEAR, metric


def test_a_shadow_is_told_of_everywhere_and_stops_nothing(fresh_team):
    team = fresh_team()
    tier = team.tier(
        "watched", [CHEAP], "deny", "--max-tokens", "100", "--shadow", "models,max-tokens"
    )
    alice, bob = team.person("alice", tier=tier), team.person("bob")
    refused = team.chat(alice.key, model=DEAR)
    assert refused.status_code == 200 and refused.headers["X-Purser-Shadow"] == "models"
    both = team.chat(alice.key, model=DEAR, max_tokens=200)
    assert both.headers["X-Purser-Shadow"] == "models, max-tokens"
    for person in (alice, bob):
        assert "X-Purser-Shadow" not in team.chat(person.key).headers

    shadowed = {line["id"]: line["shadowed"] for line in team.commands.ledger()}
    assert list(shadowed.values()) == ["models", "models,max-tokens", None, None]
    rows = team.commands.report(by="member")
    assert (rows["alice"]["shadowed"], rows["alice"]["requests"]) == (2, 3)
    assert rows["bob"]["shadowed"] == 0
    period = ("--by", "member", "--period", "day")
    text = team.commands.run("report", *period, "--format", "csv").stdout
    spread = {row["member"]: row["shadowed"] for row in csv.DictReader(io.StringIO(text))}
    assert spread == {"alice": "2", "bob": "0"}
    page = team.commands.run("report", *period).stdout
    assert "shadowed" in page

    log = [line for line in team.gateway.errors().splitlines() if "rule in shadow" in line]
    assert len(log) == 2, log
    assert any("rule=models" in line and "member=alice" in line for line in log)
    assert any("rule=max-tokens" in line for line in log)
    assert metric(team, "purser_shadow_refusals_total") == 3


def test_the_ledger_names_the_alias_that_a_model_was_asked_by(fresh_team):
    team = fresh_team()
    tier = team.tier("aliased", ["*"], "deny", "--alias", f"fast={CHEAP}")
    alice = team.person("alice", tier=tier)
    assert team.chat(alice.key, model="fast").headers["X-Purser-Alias"] == "fast"
    assert team.chat(alice.key, model=CHEAP).status_code == 200
    lines = [(line["alias"], line["requested_model"]) for line in team.commands.ledger()]
    assert lines == [("fast", CHEAP), (None, CHEAP)]
    assert "shadowed" not in team.commands.run("report", "--by", "member").stdout
