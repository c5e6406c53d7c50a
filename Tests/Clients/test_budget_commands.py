"""Budgets as a lead sets them, raises them for a while and looks at them, while `serve` runs."""

import contextlib
import csv
import io
import sqlite3
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import requests

from harness import assert_envelope, dollars, picodollars
from programs import exact

TINY = "0.0000001"
WINDOWS = ("daily", "weekly", "monthly", "total")
WINDOW_FIELDS = {
    "scope", "name", "period", "spent", "held", "limit", "left", "resets_at", "standing_limit",
    "raised_until", "soft_limit", "warned",
}
WARNING = "X-Purser-Budget-Warning"


def today(zone="UTC"):
    return datetime.now(ZoneInfo(zone)).date()


def later(days):
    return str(today() + timedelta(days))


def set_budget(team, *options, expect=0):
    return team.commands.run("budget", "set", *options, expect=expect)


def me(team, person):
    answer = requests.get(f"{team.gateway.base}/me", headers=person.headers, timeout=30)
    assert answer.status_code == 200, answer.text
    return exact(answer.text)["data"]


def window(windows, period, scope="member"):
    """The one window of a scope and period, as `/me` and `budget show` list them."""
    (found,) = [w for w in windows if (w["scope"], w["period"]) == (scope, period)]
    assert set(found) == WINDOW_FIELDS
    return found


def warned_total(team):
    text = requests.get(f"{team.gateway.console}/metrics", timeout=30).text
    (line,) = [line for line in text.splitlines() if line.startswith("purser_warned_total")]
    return int(line.split()[-1])


def cost_of(answer):
    assert answer.status_code == 200, answer.text
    return picodollars(exact(answer.text)["usage"]["cost"])


@pytest.mark.parametrize("period", WINDOWS)
def test_a_raise_lets_the_very_next_call_through(team, period):
    """Somebody has a deadline: more for a while, told to them, and back with one command."""
    person = team.person(**{period: TINY})
    assert_envelope(team.chat(person.key), 402)
    last_day = later(3)
    own = ("--member", person.name, f"--{period}")
    set_budget(team, *own, "2", "--until", last_day)

    told = window(me(team, person)["windows"], period)
    assert (told["limit"], told["standing_limit"]) == (2, Decimal(TINY))
    assert told["raised_until"] == last_day
    answer = team.chat(person.key)
    assert answer.status_code == 200
    left = Decimal(answer.headers["X-Purser-Budget-Remaining"])
    assert left == 2 - cost_of(answer)

    set_budget(team, *own, "none", "--until", last_day)
    metadata = assert_envelope(team.chat(person.key), 402)["metadata"]
    assert metadata["limit"] == float(TINY) and metadata["window"] == period
    told = window(me(team, person)["windows"], period)
    assert (told["limit"], told["raised_until"]) == (Decimal(TINY), None)


def test_a_raise_ends_by_itself_after_its_last_day(fresh_team):
    """The day is the organisation's: where it is already tomorrow, the raise is over."""
    team = fresh_team()
    # The two ends of the calendar never have the same date; in the west it is not near midnight.
    west, east = "Pacific/Pago_Pago", "Pacific/Kiritimati"
    if datetime.now(ZoneInfo(west)).hour == 23:
        west = "Etc/GMT+12"
    team.commands.run("init", "--new-key", "--time-zone", west)
    person = team.person(daily=TINY)
    last_day = str(today(west))
    set_budget(team, "--member", person.name, "--daily", "2", "--until", last_day)
    told = window(me(team, person)["windows"], "daily")
    assert (told["limit"], told["raised_until"]) == (2, last_day)

    team.commands.run("init", "--new-key", "--time-zone", east)
    told = window(me(team, person)["windows"], "daily")
    assert (told["limit"], told["raised_until"]) == (Decimal(TINY), None)
    assert_envelope(team.chat(person.key), 402)
    refused = set_budget(
        team, "--member", person.name, "--daily", "2", "--until", last_day, expect=2
    )
    assert last_day in refused.stderr and east in refused.stderr


def test_commands_and_the_gateway_agree_on_the_day_after_a_clock_was_ahead(fresh_team):
    """The machine's clock was days ahead for a while: both go on counting where it was."""
    team = fresh_team()
    person = team.person(daily=1)
    spent = cost_of(team.chat(person.key))
    team.gateway.stop()
    move_days(team.database, 5)
    team.serve()
    told = window(me(team, person)["windows"], "daily")
    own = ("--member", person.name)
    shown = window(team.commands.json("budget", "show", *own)["windows"], "daily")
    assert picodollars(told["spent"]) == picodollars(shown["spent"]) == spent
    (used,) = team.commands.json("usage")["members"]
    assert [picodollars(w["spent"]) for w in used["windows"]] == [spent] * 4
    # A raise that has ended before it begins is a mistake.
    set_budget(team, *own, "--daily", "2", "--until", later(4), expect=2)
    set_budget(team, *own, "--daily", "2", "--until", later(5))


def move_days(database, days):
    """Lets every call of an idle team's have been that many days later."""
    with contextlib.closing(sqlite3.connect(database)) as file, file:
        (guard,) = file.execute(
            "SELECT sql FROM sqlite_schema WHERE name = 'attempt_is_not_edited'"
        ).fetchone()
        file.execute("DROP TRIGGER attempt_is_not_edited")
        for table in ("attempt", "usage_day"):
            file.execute(f"UPDATE {table} SET day = day + ?", (days,))
        file.execute(
            "UPDATE spend_month SET month_first_day = unixepoch("
            "(SELECT max(day) FROM attempt) * 86400, 'unixepoch', 'start of month') / 86400"
        )
        file.execute(guard)


def test_a_new_budget_below_a_raise_waits_for_its_end(team):
    """The raise stays; a budget as high as the raise takes its place."""
    person = team.person(daily=1)
    own, last_day = ("--member", person.name, "--daily"), later(1)
    set_budget(team, *own, "5", "--until", last_day)
    set_budget(team, *own, "2")
    told = window(me(team, person)["windows"], "daily")
    assert (told["limit"], told["standing_limit"], told["raised_until"]) == (5, 2, last_day)
    set_budget(team, *own, "5")
    told = window(me(team, person)["windows"], "daily")
    assert (told["limit"], told["standing_limit"], told["raised_until"]) == (5, 5, None)


def test_a_soft_limit_warns_and_refuses_nothing(fresh_team):
    """Calls go on, each answer says so, and the lead's graph shows it."""
    team = fresh_team()
    person, other = team.person(team="platform"), team.person(team="elsewhere")
    answer = team.chat(person.key)
    assert answer.status_code == 200 and WARNING not in answer.headers
    assert warned_total(team) == 0
    spent = cost_of(answer)

    set_budget(team, "--member", person.name, "--weekly", dollars(spent), "--soft")
    set_budget(team, "--team", "platform", "--total", TINY, "--soft")
    set_budget(team, "--org", "--daily", "100", "--soft")
    answer = team.chat(person.key)
    warnings = answer.headers[WARNING]
    assert f"member {person.name} weekly: " in warnings
    assert f"soft limit {spent.normalize():f}" in warnings
    assert "team platform total" in warnings and "organisation" not in warnings
    assert WARNING not in team.chat(other.key).headers
    streamed = team.chat(person.key, stream=True)
    assert streamed.status_code == 200 and WARNING in streamed.headers
    assert warned_total(team) == 2

    told = me(team, person)
    own = window(told["windows"], "weekly")
    assert (own["soft_limit"], own["warned"], own["limit"]) == (spent, True, None)
    theirs = window(told["budgets"], "total", "team")
    assert (theirs["soft_limit"], theirs["warned"]) == (Decimal(TINY), True)
    everybody = window(told["budgets"], "daily", "organisation")
    assert (everybody["soft_limit"], everybody["warned"]) == (100, False)

    set_budget(team, "--member", person.name, "--weekly", "none", "--soft")
    set_budget(team, "--team", "platform", "--total", "none", "--soft")
    answer = team.chat(person.key)
    assert answer.status_code == 200 and WARNING not in answer.headers
    assert warned_total(team) == 2
    team.agreed_books()
    # The log has each limit once, however many calls were warned.
    log = [line for line in team.gateway.errors().splitlines() if "soft limit reached" in line]
    assert len(log) == 2


def test_nothing_is_changed_if_one_change_is_impossible(team):
    """Half a command is worse than none."""
    person = team.person(daily=1, monthly=9)
    own = ("--member", person.name)
    before = team.commands.json("budget", "show", *own)
    for wrong in (["--total", "20"], ["--monthly", "9"], ["--monthly", "8.5"]):
        done = set_budget(team, *own, "--daily", "20", *wrong, "--until", later(1), expect=1)
        assert not done.stdout and done.stderr.startswith("purser: ")
        assert wrong[0].strip("-") in done.stderr
    assert team.commands.json("budget", "show", *own) == before
    done = set_budget(team, "--team", "not-there", "--daily", "5", "--until", later(1), expect=1)
    assert "not-there" in done.stderr
    team.commands.run("budget", "show", "--team", "not-there", expect=1)


@pytest.mark.parametrize(
    "options, code",
    [
        (["--daily", "5", "--until", "tomorrow"], 2),
        (["--daily", "5", "--until", "2027-02-29"], 2),
        (["--daily", "5", "--until", "2020-01-01"], 2),
        (["--daily", "5", "--until", "2999-01-01", "--soft"], 2),
        (["--until", "2999-01-01"], 2),
        (["--soft"], 2),
        (["--daily", "5", "--org"], 2),
        (["--weekly", "5", "--until", "2999-01-01"], 1),
        (["--weekly", "none", "--until", "2999-01-01"], 1),
        (["--daily", "1", "--until", "2999-01-01"], 1),
    ],
    ids=lambda value: value if type(value) is int else " ".join(value),
)
def test_a_mistake_is_explained_and_changes_nothing(team, options, code):
    """2 for what makes no sense, 1 for what cannot be done; the reason on standard error."""
    person = team.person(daily=1)
    done = set_budget(team, "--member", person.name, *options, expect=code)
    assert done.stderr.startswith("purser: ") and not done.stdout
    assert window(me(team, person)["windows"], "daily")["limit"] == 1


def test_a_key_has_budgets_of_its_own_in_every_window(team):
    """One job's key is held short by day and by month, without touching its holder."""
    name = team.member(daily=10)
    job, laptop = team.key(name, "--limit", "5"), team.key(name)
    shown = team.commands.json(
        "budget", "set", "--key", job.hash[:12], "--daily", TINY, "--monthly", "3"
    )["budgets"]
    assert {w["period"]: w["limit"] for w in shown} == {
        "daily": Decimal(TINY), "monthly": 3, "total": 5,
    }
    metadata = assert_envelope(team.chat(job.key), 402)["metadata"]
    assert metadata["scope"].startswith("key") and metadata["window"] == "daily"
    assert team.chat(laptop.key).status_code == 200
    set_budget(team, "--key", job.hash, "--daily", "1", "--until", later(1))
    assert team.chat(job.key).status_code == 200
    done = set_budget(team, "--key", "ffffffffffff", "--daily", "1", expect=1)
    assert "key list" in done.stderr


def test_show_answers_why_somebody_is_refused(team):
    """One command shows every window of theirs and whatever else binds them, with numbers."""
    person = team.person(team="starved", daily=10)
    cost = cost_of(team.chat(person.key))
    set_budget(team, "--team", "starved", "--monthly", dollars(cost))
    metadata = assert_envelope(team.chat(person.key), 402)["metadata"]

    shown = team.commands.json("budget", "show", "--member", person.name)
    assert (shown["scope"], shown["name"]) == ("member", person.name)
    assert [w["period"] for w in shown["windows"]] == list(WINDOWS)
    assert all(w["spent"] == cost and w["held"] == 0 for w in shown["windows"])
    daily = window(shown["windows"], "daily")
    assert (daily["limit"], daily["left"]) == (10, 10 - cost)
    full = window(shown["budgets"], "monthly", "team")
    assert (full["name"], full["limit"], full["left"]) == ("starved", cost, 0)
    assert metadata["scope"] == "team starved" and metadata["window"] == "monthly"
    assert metadata["resets_at"] == full["resets_at"]
    for field in ("limit", "spent", "held"):
        assert picodollars(metadata[field]) == full[field]

    table = team.commands.run("budget", "show", "--member", person.name).stdout
    (row,) = [line for line in table.splitlines() if "starved" in line]
    assert "[##########]  100%" in row
    rows = csv.DictReader(io.StringIO(
        team.commands.run("budget", "show", "--member", person.name, "--format", "csv").stdout
    ))
    every = shown["windows"] + shown["budgets"]
    for from_csv, from_json in zip(rows, every, strict=True):
        assert from_csv == {
            name: "" if value is None else str(value).lower() if value in (True, False)
            and type(value) is bool else f"{value:f}" if type(value) is Decimal else str(value)
            for name, value in from_json.items()
        }


def test_me_and_show_agree(team):
    """The member and the lead look at the same numbers."""
    person = team.person(team="agreeing", daily=3, total=9)
    set_budget(team, "--team", "agreeing", "--weekly", "7")
    set_budget(team, "--team", "agreeing", "--weekly", "8", "--until", later(2))
    set_budget(team, "--member", person.name, "--daily", "1", "--soft")
    team.chat(person.key)
    team.agreed_books()
    shown = team.commands.json("budget", "show", "--member", person.name)
    told = me(team, person)
    assert told["windows"] == shown["windows"] and told["budgets"] == shown["budgets"]


def test_the_list_has_raises_and_soft_limits(fresh_team):
    """Everything that is set, the organisation's first, in every format."""
    team, last_day = fresh_team(), later(5)
    person = team.person(name="alice", team="platform", daily=2)
    set_budget(team, "--org", "--monthly", "400", "--soft")
    set_budget(team, "--member", "alice", "--daily", "6", "--until", last_day)
    set_budget(team, "--team", "platform", "--total", "50")
    set_budget(team, "--key", person.hash, "--weekly", "1")
    budgets = team.commands.json("budget", "list")["budgets"]
    assert all(set(w) == WINDOW_FIELDS for w in budgets)
    assert [
        (w["scope"], w["name"], w["period"], w["limit"], w["raised_until"], w["soft_limit"])
        for w in budgets
    ] == [
        ("organisation", None, "monthly", None, None, 400),
        ("team", "platform", "total", 50, None, None),
        ("member", "alice", "daily", 6, last_day, None),
        ("key", "alice", "weekly", 1, None, None),
    ]
    table = team.commands.run("budget", "list").stdout
    assert "raised until" in table and last_day in table and "soft limit" in table
    text = team.commands.run("budget", "list", "--format", "csv").stdout
    assert set(text.splitlines()[0].split(",")) == WINDOW_FIELDS
    assert len(text.splitlines()) == 1 + len(budgets)


def test_a_tier_keeps_its_clamp_and_its_ceilings(team):
    """Set once or one by one, shown by `list` and `show`; setting the tier anew replaces them."""
    team.commands.run(
        "tier", "set", "lab", "--models", "*", "--clamp", "--ceiling", "image=0.01,web-search=$2",
        "--ceiling", "server-tool=0",
    )
    expected = {"image": Decimal("0.01"), "web-search": 2, "server-tool": 0}
    shown = team.commands.json("tier", "show", "lab")
    assert shown["clamp"] is True and shown["ceilings"] == expected
    (listed,) = [t for t in team.commands.json("tier", "list")["tiers"] if t["name"] == "lab"]
    assert listed == shown
    (row,) = csv.DictReader(
        io.StringIO(team.commands.run("tier", "show", "lab", "--format", "csv").stdout)
    )
    assert (row["clamp"], row["ceilings"]) == ("true", "image=0.01,web-search=2,server-tool=0")
    assert "image=0.01" in team.commands.run("tier", "list").stdout

    unknown = team.commands.run(
        "tier", "set", "lab", "--models", "*", "--ceiling", "hologram=1", expect=2
    )
    assert "hologram" in unknown.stderr and "media-output" in unknown.stderr
    assert team.commands.json("tier", "show", "lab") == shown
    team.commands.run("tier", "set", "lab", "--models", "*")
    shown = team.commands.json("tier", "show", "lab")
    assert (shown["clamp"], shown["ceilings"]) == (False, {})
