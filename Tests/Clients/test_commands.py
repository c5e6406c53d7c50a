"""What a lead changes at the terminal holds for the next request, while `serve` runs."""

import csv
import io
import re
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
import requests

from harness import CHEAP, DEAR, Commands, assert_envelope, picodollars
from programs import eventually, exact

AXES = ("member", "team", "model", "day", "week", "key")

# What a report's row has beside what it is grouped by.
REPORT_FIELDS = {
    "cost", "requests", "prompt_tokens", "completion_tokens", "refused", "downgraded",
    "shadowed", "daily_limit", "share", "change",
}

EXPORT_COLUMNS = [
    "id", "member", "team", "key", "model", "requested_model", "endpoint", "stream", "started_at",
    "settled_at", "state", "cost", "cost_source", "held", "prompt_tokens", "completion_tokens",
    "cached_tokens", "reasoning_tokens", "generation_id", "upstream_status", "app",
]


def assert_decimal_text(value):
    """An exact amount as text: no number that was rounded on the way, no exponent."""
    assert type(value) is str and re.fullmatch(r"\d+(\.\d+)?", value), repr(value)
    return value


def as_text(value):
    """How a value of the JSON format stands in the CSV format."""
    if value is None:
        return ""
    if type(value) is bool:
        return "true" if value else "false"
    return value if type(value) is str else str(value)


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
    total = team.agreed_books()
    for by in AXES:
        command = ("report", "--by", by, "--period", "week")
        as_json = team.commands.json(*command)
        text = team.commands.run(*command, "--format", "csv").stdout
        rows = list(csv.DictReader(io.StringIO(text)))
        assert list(rows[0]) == list(as_json[0])
        for from_csv, from_json in zip(rows, as_json, strict=True):
            assert from_csv == {name: as_text(value) for name, value in from_json.items()}
        assert sum(Decimal(row["cost"]) for row in as_json) == total
        assert (as_json[0][by] or "(no team)") in team.commands.run(*command).stdout


@pytest.mark.parametrize("by", AXES)
def test_a_report_for_programs_is_a_list_with_the_promised_fields(team, by):
    """Scripts read rows without knowing anything but what they grouped by."""
    person = team.person(daily="2.5", team="reporters")
    answer = exact(team.chat(person.key).text)
    team.agreed_books()
    report = team.commands.json("report", "--by", by, "--period", "week")
    assert type(report) is list
    for row in report:
        # Keys may share a name, so they come with their hash; calls of no team have no name.
        assert set(row) == {by} | REPORT_FIELDS | ({"hash"} if by == "key" else set())
        assert type(row[by]) is str or (by == "team" and row[by] is None)
        assert_decimal_text(row["cost"])
        for name in ("requests", "prompt_tokens", "completion_tokens", "refused", "downgraded"):
            assert type(row[name]) is int and row[name] >= 0, name
        assert row["daily_limit"] is None or Decimal(assert_decimal_text(row["daily_limit"])) >= 0
        assert type(row["share"]) in (int, Decimal) and 0 <= row["share"] <= 1
        assert row["change"] is None or type(row["change"]) in (int, Decimal)
    assert abs(sum(row["share"] for row in report) - 1) <= Decimal("0.0005") * len(report)
    if by in ("member", "team"):
        name = {"member": person.name, "team": "reporters"}[by]
        (own,) = [row for row in report if row[by] == name]
        assert own["prompt_tokens"] >= answer["usage"]["prompt_tokens"] > 0
        assert own["completion_tokens"] >= answer["usage"]["completion_tokens"] > 0
        assert Decimal(own["cost"]) >= picodollars(answer["usage"]["cost"])
        assert own["daily_limit"] == {"member": "2.5", "team": None}[by]


def test_a_report_of_nothing_is_an_empty_list(team):
    """The day before the team began: programs get a list all the same, spreadsheets the names."""
    command = ("report", "--by", "model", "--period", "2020-01-01..2020-01-02")
    assert team.commands.json(*command) == []
    (names,) = team.commands.run(*command, "--format", "csv").stdout.splitlines()
    assert set(names.split(",")) == {"model"} | REPORT_FIELDS


def test_the_ledger_leaves_in_two_formats_with_the_same_entries(team):
    """Accounting gets the exact digits, whichever format it asks for."""
    team.chat(team.person().key)
    as_json = team.commands.ledger()
    text = team.commands.run("ledger", "export", "--format", "csv").stdout
    as_csv = list(csv.DictReader(io.StringIO(text)))
    assert list(as_csv[0]) == list(as_json[0])
    for from_csv, from_json in zip(as_csv, as_json, strict=True):
        assert from_csv == {name: as_text(value) for name, value in from_json.items()}
    assert sum(Decimal(entry["cost"]) for entry in as_csv) == team.booked()


def test_the_export_has_the_promised_columns_first(team):
    """Scripts rely on these names and kinds; what is added later stands behind them."""
    person = team.person(team="platform")
    answer = team.chat(person.key, stream=True, headers={"X-Title": "notebook"})
    identifier = exact(answer.text.split("data: ")[1].splitlines()[0])["id"]
    entry = team.entry(identifier)
    team.agreed_books()
    text = team.commands.run("ledger", "export", "--format", "json").stdout
    entries = exact(text)
    assert type(entries) is list
    assert len({entry["id"] for entry in entries}) == len(entries)
    for one in entries:
        assert list(one)[: len(EXPORT_COLUMNS)] == EXPORT_COLUMNS
        assert {"request_id", "cost_literal"} <= set(list(one)[len(EXPORT_COLUMNS) :])
        assert type(one["id"]) is int and type(one["stream"]) is bool
        assert one["state"] in ("held", "settled", "released", "kept")
        assert one["cost_source"] in (
            (None,) if one["state"] in ("held", "released")
            else ("kept",) if one["state"] == "kept"
            else ("upstream", "generation", "estimate")
        )
        assert_decimal_text(one["cost"])
        assert_decimal_text(one["held"])
        for name in ("prompt_tokens", "completion_tokens", "cached_tokens", "reasoning_tokens"):
            assert type(one[name]) is int and one[name] >= 0, name
    lines = [line.removesuffix(",") for line in text.splitlines()]
    assert (lines[0], lines[-1]) == ("[", "]")
    assert [exact(line) for line in lines[1:-1]] == entries

    names = team.commands.run("ledger", "export", "--format", "csv").stdout.splitlines()[0]
    assert names.split(",")[: len(EXPORT_COLUMNS)] == EXPORT_COLUMNS

    assert (entry["member"], entry["team"], entry["key"]) == (person.name, "platform", person.hash)
    assert (entry["model"], entry["requested_model"]) == (CHEAP, CHEAP)
    assert (entry["endpoint"], entry["stream"]) == ("/chat/completions", True)
    assert entry["upstream_status"] == 200 and entry["app"] == "notebook"
    assert entry["request_id"] == answer.headers["X-Purser-Request-Id"]
    for name in ("started_at", "settled_at"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", entry[name]), name


@pytest.mark.parametrize("streaming", [False, True], ids=["plain", "streaming"])
def test_a_call_in_flight_is_listed_as_held(fresh_team, streaming):
    """The lead sees what is running and how much money waits for it; then the line is settled."""
    team = fresh_team(sandbox_options=["--latency-ms", "3000"])
    person = team.person(daily=10)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(team.chat, person.key, stream=streaming)
        (held,) = eventually(team.commands.ledger, what="the open attempt")
        (as_csv,) = csv.DictReader(
            io.StringIO(team.commands.run("ledger", "export", "--format", "csv").stdout)
        )
        (usage,) = team.commands.json("usage", "--member", person.name)["members"]
        assert not call.done(), "the call ended before anybody could look"
        answer = call.result(60)
    assert list(held)[: len(EXPORT_COLUMNS)] == EXPORT_COLUMNS
    assert (held["state"], held["cost"], held["cost_source"]) == ("held", "0", None)
    assert Decimal(assert_decimal_text(held["held"])) > 0
    assert (held["member"], held["key"], held["model"]) == (person.name, person.hash, CHEAP)
    assert held["stream"] is streaming and held["started_at"]
    for name in ("settled_at", "generation_id", "upstream_status", "cost_literal"):
        assert held[name] is None, name
    assert as_csv == {name: as_text(value) for name, value in held.items()}
    (daily,) = [window for window in usage["windows"] if window["period"] == "daily"]
    assert Decimal(str(daily["held"])) == Decimal(held["held"])

    assert answer.status_code == 200
    bill = team.agreed_books()
    (settled,) = team.commands.ledger()
    assert settled["id"] == held["id"] and settled["started_at"] == held["started_at"]
    assert (settled["state"], settled["held"]) == ("settled", "0")
    assert Decimal(settled["cost"]) == bill <= Decimal(held["held"])
    assert settled["request_id"] == held["request_id"] == answer.headers["X-Purser-Request-Id"]


def test_an_empty_ledger_is_an_empty_list(tmp_path):
    """Before the first call there is nothing to tell, in either format."""
    commands = Commands(tmp_path, tmp_path / "new.db")
    commands.run("init")
    assert commands.ledger() == []
    (names,) = commands.run("ledger", "export", "--format", "csv").stdout.splitlines()
    assert names.split(",")[: len(EXPORT_COLUMNS)] == EXPORT_COLUMNS
    assert commands.json("report", "--by", "member", "--period", "day") == []


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
