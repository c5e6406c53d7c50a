"""What a lead changes at the terminal holds for the next request, while `serve` runs."""

import csv
import io
from decimal import Decimal

import requests

from harness import CHEAP, DEAR, assert_envelope, picodollars
from programs import exact


def test_a_new_key_works_at_once(team):
    """Mint a key, hand it over, and the first call answers."""
    assert team.chat(team.person().key).status_code == 200


def test_the_secret_is_shown_once_and_is_on_a_line_of_its_own(team):
    """Copy and paste takes the key and nothing else; no listing ever shows it again."""
    name = team.member()
    lines = team.commands.run("key", "create", "--member", name).stdout.splitlines()
    (secret,) = [line.removeprefix("key: ") for line in lines if line.startswith("key: ")]
    assert team.chat(secret).status_code == 200
    for listing in ("table", "json", "csv"):
        assert secret not in team.commands.run("key", "list", "--format", listing).stdout
    assert secret not in requests.get(
        f"{team.gateway.base}/keys", headers=team.management, timeout=30
    ).text


def test_a_disabled_key_stops_at_once_and_starts_again_when_enabled(team):
    """Pause a key while its owner looks for the leak."""
    person = team.person()
    assert team.chat(person.key).status_code == 200
    team.commands.run("key", "disable", person.hash)
    assert_envelope(team.chat(person.key), 401)
    team.commands.run("key", "enable", person.hash)
    assert team.chat(person.key).status_code == 200


def test_a_revoked_key_is_gone_for_good(team):
    """A key that leaked is useless from the next request on."""
    person = team.person()
    team.commands.run("key", "revoke", person.hash)
    assert_envelope(team.chat(person.key), 401)
    assert team.commands.run("key", "enable", person.hash, expect=1).stderr


def test_a_rotated_key_hands_over_to_its_successor(team):
    """The new secret works, the old one does not, and the spend stays the person's."""
    person = team.person(daily=10)
    first = picodollars(exact(team.chat(person.key).text)["usage"]["cost"])
    rotated = team.commands.json("key", "rotate", person.hash)
    assert rotated["key"] != person.key
    second = picodollars(exact(team.chat(rotated["key"]).text)["usage"]["cost"])
    assert_envelope(team.chat(person.key), 401)
    assert Decimal(team.commands.report(by="member")[person.name]["cost"]) == first + second


def test_a_removed_member_s_keys_stop(team):
    """Somebody leaves the team; the books keep what they spent."""
    person = team.person()
    assert team.chat(person.key).status_code == 200
    team.commands.run("member", "remove", person.name)
    assert_envelope(team.chat(person.key), 401)
    assert team.commands.report(by="member")[person.name]["requests"] == 1


def test_a_budget_set_at_the_terminal_counts_from_the_next_request(team):
    """Lowered, it stops; raised, it goes on."""
    person = team.person(daily=10)
    assert team.chat(person.key).status_code == 200
    team.commands.run("budget", "set", "--member", person.name, "--daily", "0.0000001")
    assert_envelope(team.chat(person.key), 402)
    team.commands.run("budget", "set", "--member", person.name, "--daily", "10")
    assert team.chat(person.key).status_code == 200


def test_a_tier_changed_at_the_terminal_counts_from_the_next_request(team):
    """A model is taken away and given back, for everybody on the tier."""
    tier = team.tier("changing", [CHEAP, DEAR])
    person = team.person(tier=tier)
    assert team.chat(person.key, model=DEAR).status_code == 200
    team.tier(tier, [CHEAP])
    assert_envelope(team.chat(person.key, model=DEAR), 403)
    team.tier(tier, [CHEAP, DEAR])
    assert team.chat(person.key, model=DEAR).status_code == 200


def test_keys_made_by_http_and_by_command_are_the_same_kind(team):
    """Scripts and terminal see each other's keys, with the same fields."""
    by_command = team.commands.json("key", "create", "--member", team.member())
    by_http = requests.post(
        f"{team.gateway.base}/keys", headers=team.management, json={"name": "by-http"}, timeout=30
    )
    assert by_http.status_code == 201
    by_http = exact(by_http.text)
    assert set(by_command) == set(by_http) and set(by_command["data"]) == set(by_http["data"])
    for made in (by_command, by_http):
        data = made["data"]
        assert made["key"] == data["key"] and data["hash"] == data["key_hash"]
    listed = {row["hash"] for row in exact(
        requests.get(f"{team.gateway.base}/keys", headers=team.management, timeout=30).text
    )["data"]}
    assert {by_command["data"]["hash"], by_http["data"]["hash"]} <= listed


def test_a_key_made_by_http_may_bring_its_member_tier_and_budgets(team):
    """One call sets a person up: member, team, tier and budgets beside OpenRouter's own fields."""
    tier = team.tier("by-http-tier", [CHEAP])
    made = requests.post(
        f"{team.gateway.base}/keys",
        headers=team.management,
        json={"name": "frank laptop", "member": "frank", "tier": tier, "team": "research",
              "budgets": {"daily": 1.5, "monthly": 20}},
        timeout=30,
    )
    assert made.status_code == 201, made.text
    key = made.json()["key"]
    assert team.chat(key).status_code == 200
    assert_envelope(team.chat(key, model=DEAR), 403)
    (frank,) = team.commands.json("usage", "--member", "frank")["members"]
    limits = {window["period"]: window["limit"] for window in frank["windows"]}
    assert Decimal(limits["daily"]) == Decimal("1.5") and Decimal(limits["monthly"]) == 20
    assert team.commands.report(by="team")["research"]["requests"] == 1


def test_the_report_is_the_same_in_every_format(team):
    """A spreadsheet, a program and a person read the same numbers."""
    team.chat(team.person().key)
    for by in ("member", "team", "model", "day", "week"):
        as_json = team.commands.json("report", "--by", by, "--period", "week")
        text = team.commands.run("report", "--by", by, "--period", "week", "--format", "csv").stdout
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [row["name"] for row in rows] == [row["name"] for row in as_json["rows"]]
        for ours, theirs in zip(rows, as_json["rows"], strict=True):
            assert Decimal(ours["cost"]) == Decimal(theirs["cost"])
        total = sum(Decimal(row["cost"]) for row in as_json["rows"])
        assert Decimal(as_json["total"]["cost"]) == total == team.agreed_books()
        assert as_json["rows"][0]["name"] in team.commands.run(
            "report", "--by", by, "--period", "week"
        ).stdout


def test_the_ledger_leaves_in_two_formats_with_the_same_entries(team):
    """Accounting gets the exact digits, whichever format it asks for."""
    team.chat(team.person().key)
    as_json = team.commands.ledger()
    text = team.commands.run("ledger", "export", "--format", "csv").stdout
    as_csv = list(csv.DictReader(io.StringIO(text)))
    assert [entry["id"] for entry in as_csv] == [str(entry["id"]) for entry in as_json]
    assert list(as_csv[0]) == list(as_json[0])
    assert sum(Decimal(entry["cost"] or 0) for entry in as_csv) == team.booked()
    assert "e" not in as_csv[-1]["cost"].lower()


def test_the_dashboard_ends_with_its_total(team):
    """The keys, what each has used of its limit, and the sum as the last line."""
    team.chat(team.person(daily=3).key)
    shown = team.commands.json("dashboard")
    assert sum(Decimal(key["usage"]) for key in shown["keys"]) == Decimal(shown["total"])
    last = team.commands.run("dashboard").stdout.rstrip().splitlines()[-1]
    assert "total" in last.lower() and f"{Decimal(shown['total']):f}".rstrip("0")[:8] in last


def test_mistakes_at_the_terminal_are_explained(team):
    """Exit code 2 for a command that makes no sense, 1 for one that cannot be done; on stderr."""
    unknown_member = team.commands.run("key", "create", "--member", "nobody-here", expect=1)
    assert "nobody-here" in unknown_member.stderr and not unknown_member.stdout
    assert team.commands.run("member", "add", expect=2).stderr
    assert team.commands.run("no-such-command", expect=2).stderr
    bad_money = team.commands.run(
        "budget", "set", "--member", team.member(), "--daily", "ten", expect=2
    )
    assert "ten" in bad_money.stderr


def test_every_command_explains_itself_with_an_example(team):
    """`--help` is enough to use a command for the first time."""
    for command in (
        "init", "serve", "sandbox", "demo", "tier set", "member add", "key create", "key rotate",
        "budget set", "report", "usage", "dashboard", "ledger export",
    ):
        text = team.commands.run(*command.split(), "--help").stdout
        assert f"purser {command}" in text and "xample" in text, command


def test_the_names_of_json_fields_are_stable(team):
    """Scripts rely on these names."""
    team.chat(team.person(daily=1).key)
    assert set(team.commands.ledger()[0]) >= {
        "id", "member", "team", "model", "requested_model", "cost", "source", "kind",
        "prompt_tokens", "completion_tokens", "generation_id", "app", "request_id", "key_hash",
    }
    report = team.commands.json("report", "--by", "member", "--period", "day")
    assert {"by", "period", "from", "to", "time_zone", "rows", "total"} <= set(report)
    assert {"name", "requests", "prompt_tokens", "completion_tokens", "cost"} <= set(
        report["rows"][0]
    )
