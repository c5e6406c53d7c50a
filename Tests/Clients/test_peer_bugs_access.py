"""What other gateways got wrong with keys, models, settings and days, one test for each bug, told
as people met it.

Each docstring begins with the thread of the other project in which somebody described it.
"""

import base64
import datetime
import hashlib
import json
import os
import sqlite3
import zoneinfo
from decimal import Decimal

import pytest
import requests

from harness import CHEAP, DEAR, OTHER, assert_envelope, serve_in_vain
from programs import eventually
from scripted import behind, completion

NEXT_TO_NOTHING = 0.0000001

# 25 hours apart, so that it is never the same day in both.
ZONES = ["Pacific/Pago_Pago", "Pacific/Kiritimati"]


def manage(team, method, path, body=None):
    return requests.request(
        method,
        f"{team.gateway.base}/{path}",
        headers=team.management,
        data=None if body is None else json.dumps(body),
        timeout=30,
    )


def make_key(team, /, **fields):
    """A key made over HTTP: its secret and its identifier."""
    answer = manage(team, "POST", "keys", fields)
    assert answer.status_code == 201, answer.text
    return answer.json()["key"], answer.json()["data"]["hash"]


def listed_keys(team):
    return {row["hash"]: row for row in team.commands.json("key", "list")["data"]}


def reason(answer, status):
    return assert_envelope(answer, status)["metadata"]["reason"]


def test_a_rotated_secret_stops_at_once_and_no_grace_is_promised_that_is_not_kept(team):
    """LiteLLM 27193: a grace period was accepted and stored, and the old key was rejected from the
    first second on; whoever had planned with it had an outage."""
    person = team.person()
    for refused in (
        manage(team, "PATCH", f"keys/{person.hash}", {"grace_period": "48h"}),
        manage(team, "POST", "keys", {"name": "with-grace", "grace_period": "48h"}),
    ):
        assert "grace_period" in assert_envelope(refused, 400)["message"]
    team.commands.run("key", "rotate", person.hash, "--grace-period", "48h", expect=2)
    assert team.chat(person.key).status_code == 200, "a command that failed rotated nothing"

    rotated = team.commands.json("key", "rotate", person.hash)["key"]
    for _ in range(3):
        answer = team.chat(person.key)
        assert reason(answer, 401) in ("key_unknown", "key_revoked")
        assert "key you were given" in answer.json()["error"]["message"]
    assert team.chat(rotated).status_code == 200


@pytest.mark.parametrize("otherwise", ["deny", "downgrade"])
@pytest.mark.parametrize("streaming", [False, True], ids=["plain", "streaming"])
def test_a_failing_model_is_not_a_way_to_another_one(fresh_team, otherwise, streaming):
    """LiteLLM 38572: when the allowed model failed, the router's fall-backs went on to models that
    the key was not allowed to use."""
    team = fresh_team()
    person = team.person(tier=team.tier("one-model", [CHEAP], otherwise))
    for changes in (
        {"models": [CHEAP, DEAR, OTHER], "route": "fallback"},
        {"model": CHEAP, "models": [DEAR, OTHER]},
        {"model": DEAR, "models": [DEAR, OTHER]},
    ):
        team.sandbox.fault("status", status=503, model=CHEAP)
        answer = team.chat(person.key, stream=streaming, **changes)
        team.sandbox.clear_faults()
        assert answer.status_code in (403, 503), answer.text[:200]
    assert team.sandbox.state()["models_run"] == {}
    assert team.chat(person.key, stream=streaming).status_code == 200
    assert team.sandbox.state()["models_run"] == {CHEAP: 1}


def models_in(body):
    asked = json.loads(body)
    named = [asked.get("model"), *asked.get("models", [])]
    return {name for name in named if name is not None}


DOORS = [
    {"models": [DEAR]},
    {"models": [CHEAP, DEAR]},
    {"models": [DEAR, CHEAP]},
    {"model": None, "models": [CHEAP, DEAR]},
    {"model": None, "models": [DEAR]},
    {"models": [CHEAP, DEAR.upper()]},
    {"models": [CHEAP, " " + DEAR]},
    {"models": [CHEAP, DEAR.replace("/", "%2F")]},
    {"models": [CHEAP, DEAR + ":nitro"]},
    {"models": [CHEAP, {"id": DEAR}]},
    {"models": DEAR},
    {"models": [[DEAR]]},
    {"fallbacks": [DEAR]},
    {"route": "fallback", "models": [CHEAP] * 3 + [DEAR]},
]


def test_a_list_of_fall_backs_in_the_body_is_cut_to_what_the_key_may_use(fresh_team):
    """LiteLLM 28774: OpenRouter's own `models` list passed through untouched, so a key for one
    model reached every other by naming it second."""
    team = fresh_team()
    person = team.person(tier=team.tier("one-model", [CHEAP]))
    plain = {"model": CHEAP, "messages": [{"role": "user", "content": "hi"}], "max_tokens": 8}
    bodies = [json.dumps({k: v for k, v in (plain | door).items() if v is not None})
              for door in DOORS]
    # The same names, spelt so that a reader who is not careful does not see them.
    hidden = json.dumps(plain)[:-1]
    bodies += [
        hidden + ', "mod\\u0065ls": ["%s"]}' % DEAR,
        hidden + ', "models": ["%s"], "models": ["%s"]}' % (CHEAP, DEAR),
        hidden + ', "model": "%s"}' % DEAR,
    ]
    usage = {"prompt_tokens": 3, "completion_tokens": 5, "cost": 1e-06}
    with behind(team, lambda body, number: completion(usage=usage)) as upstream:
        answers = [
            requests.post(
                f"{team.gateway.base}/chat/completions",
                headers=person.headers,
                data=body,
                timeout=30,
            )
            for body in bodies
        ]
        forwarded = list(upstream.bodies)
    passed = [answer for answer in answers if answer.status_code == 200]
    assert len(passed) == len(forwarded) > 0
    for body in forwarded:
        asked = json.loads(body)
        assert models_in(body) == {CHEAP}, body
        assert DEAR not in body.decode() or asked.get("fallbacks") == [DEAR], body
    for answer in answers:
        if answer.status_code != 200:
            assert_envelope(answer, answer.status_code)
            assert answer.status_code in (400, 403)


@pytest.mark.parametrize("spelling", ["same", "relative", "around", "link"])
def test_a_second_gateway_on_the_same_books_does_not_start(team, spelling):
    """bifrost 3547, LiteLLM 40291: every replica counted in its own memory, so a limit of ten
    dollars was ten dollars for each of them, and nobody had said so."""
    folder = team.database.parent
    link = folder / "linked.db"
    if spelling == "link" and not link.exists():
        link.symlink_to(team.database)
    database = {
        "same": team.database,
        "relative": os.path.relpath(team.database, team.directory),
        "around": folder / ".." / folder.name / team.database.name,
        "link": link,
    }[spelling]
    second = serve_in_vain(team, database)
    assert second.returncode == 1 and "purser: ready" not in second.stdout
    assert "another gateway" in second.stderr and "postgres" in second.stderr.lower()
    team.assert_healthy()


UNKNOWN_FIELDS = [
    {"budget": 5}, {"max_budget": 5}, {"limits": 5}, {"Limit": 5}, {"limit_rest": "daily"},
    {"reset": "daily"}, {"budget_duration": "30d"}, {"expires": "2099-01-01"},
    {"expires_in": 3600}, {"duration": "30d"}, {"models": [CHEAP]}, {"allowed_models": [CHEAP]},
    {"tiers": "everything"}, {"team_id": "platform"}, {"is_shared": True}, {"enabled": False},
    {"rpm_limit": 5}, {"tpm_limit": 5}, {"metadata": {}}, {"budgets": {"day": 5}},
    {"budgets": {"yearly": 5}}, {"budgets": {"daily_usd": 5}}, {"secret": "sk-purser-mine"},
]


@pytest.mark.parametrize("fields", [*UNKNOWN_FIELDS, {"disabled": True}], ids=json.dumps)
def test_a_field_that_means_nothing_makes_no_key(team, fields):
    """bifrost 5673: the `budget` of a new key was accepted, answered with success and dropped; the
    key had no limit and nobody knew."""
    before = listed_keys(team)
    message = assert_envelope(
        manage(team, "POST", "keys", {"name": "hopeful"} | fields), 400
    )["message"]
    (name,) = fields
    inner = fields[name] if name == "budgets" else {}
    assert all(word in message for word in [name, *inner]), message
    assert listed_keys(team) == before


@pytest.mark.parametrize(
    "fields",
    [*UNKNOWN_FIELDS, {"budgets": {"daily": 5}}, {"tier": "everything"}, {"team": "platform"},
     {"member": "somebody"}, {"shared": True}, {"expires_at": "2099-01-01T00:00:00Z"}],
    ids=json.dumps,
)
def test_a_field_that_cannot_be_changed_changes_nothing(team, fields):
    """bifrost 5673, for a change: what is asked for in vain is refused, also beside a field that
    could be changed."""
    _, identifier = make_key(team, name="unchanged", limit=5)
    before = listed_keys(team)[identifier]
    answer = manage(team, "PATCH", f"keys/{identifier}", {"limit": 7} | fields)
    assert next(iter(fields)) in assert_envelope(answer, 400)["message"]
    assert listed_keys(team)[identifier] == before


@pytest.mark.parametrize("shared", [False, True], ids=["personal", "shared"])
@pytest.mark.parametrize("window", ["daily", "weekly", "monthly", "total"])
@pytest.mark.parametrize("field", ["limit", "budgets"])
def test_every_amount_in_a_new_key_stops_a_call(team, field, window, shared):
    """bifrost 5673, for the fields that are honoured: it is the call that is refused, not the
    answer that repeats the number."""
    name = f"bound-{field}-{window}-{shared}"
    if field == "limit":
        fields = {"limit": NEXT_TO_NOTHING}
        if window != "total":
            fields["limit_reset"] = window
    else:
        fields = {"budgets": {window: NEXT_TO_NOTHING}}
    key, identifier = make_key(team, name=name, shared=shared, **fields)
    title = {"X-Title": f"app:{name}-user"} if shared else {}
    shortfall = assert_envelope(team.chat(key, headers=title), 402)["metadata"]
    assert shortfall["reason"] == "budget_exceeded" and shortfall["window"] == window
    owner = "key" if field == "limit" or shared else "member"
    assert shortfall["scope"] == f"{owner} {name}"
    assert Decimal(str(shortfall["limit"])) == Decimal(str(NEXT_TO_NOTHING))
    if field == "limit":
        # A change does what it says, too: the amount, the period, and no limit at all.
        other = "weekly" if window == "daily" else "daily"
        manage(team, "PATCH", f"keys/{identifier}", {"limit_reset": other}).raise_for_status()
        moved = assert_envelope(team.chat(key, headers=title), 402)["metadata"]
        assert moved["window"] == other
        manage(team, "PATCH", f"keys/{identifier}", {"limit": 5}).raise_for_status()
        assert team.chat(key, headers=title).status_code == 200
        manage(team, "PATCH", f"keys/{identifier}", {"limit": 0}).raise_for_status()
        assert_envelope(team.chat(key, headers=title), 402)
        manage(team, "PATCH", f"keys/{identifier}", {"limit": None}).raise_for_status()
        assert team.chat(key, headers=title).status_code == 200


def key_names(team):
    """The names in the day's report by key; several keys may share one."""
    return [row["key"] for row in team.commands.json("report", "--by", "key", "--period", "day")]


def test_every_other_field_of_a_key_does_what_it_says(team):
    """bifrost 5673, for what is no amount: member, name, team, tier, shared and disabled are
    honoured by the next call."""
    tier = team.tier("narrow-peer", [CHEAP])
    key, identifier = make_key(
        team, name="dora's laptop", member="dora", team="peer-team", tier=tier
    )
    assert team.chat(key).status_code == 200
    assert reason(team.chat(key, model=DEAR), 403) == "model_not_allowed"
    (entry,) = [entry for entry in team.commands.ledger() if entry["key"] == identifier]
    assert (entry["member"], entry["team"]) == ("dora", "peer-team")
    assert "dora's laptop" in key_names(team)

    manage(team, "PATCH", f"keys/{identifier}", {"name": "dora's desk"}).raise_for_status()
    assert "dora's desk" in key_names(team)
    manage(team, "PATCH", f"keys/{identifier}", {"disabled": True}).raise_for_status()
    assert reason(team.chat(key), 401) == "key_disabled"
    manage(team, "PATCH", f"keys/{identifier}", {"disabled": False}).raise_for_status()
    assert team.chat(key).status_code == 200

    team.commands.run("budget", "set", "--team", "peer-team", "--daily", "0.0000001")
    shortfall = assert_envelope(team.chat(key), 402)["metadata"]
    assert shortfall["scope"] == "team peer-team"

    shared, _ = make_key(team, name="everybody", shared=True, tier=tier)
    assert reason(team.chat(shared), 400) == "shared_key_needs_member"
    title = {"X-Title": "app:erin-peer"}
    assert team.chat(shared, headers=title).status_code == 200
    assert reason(team.chat(shared, headers=title, model=DEAR), 403) == "model_not_allowed"
    assert team.commands.report(by="member")["erin-peer"]["requests"] == 1


@pytest.mark.parametrize(
    "command",
    [
        "member add typo --dayly 5",
        "member add typo --budget 5",
        "member add typo --daily 5 --models openai/gpt-4o",
        "key create --member MEMBER --budget 5",
        "key create --member MEMBER --limits 5",
        "key create --member MEMBER --limit-reset daily",
        "key create --member MEMBER --expire 2099-01-01",
        "key create --member MEMBER --tiers everything",
        "key rotate KEY --limit 5",
        "budget set --member MEMBER --yearly 5",
        "budget set --member MEMBER --daily 5 --reset weekly",
        "budget set --daily 5",
        "tier set typo --models * --otherwise deny --max-usd 5",
        "tier set typo --models * --otherwise perhaps",
        "serve --budget 5",
        "init --timezone UTC",
    ],
)
def test_an_option_that_means_nothing_does_nothing(team, command):
    """bifrost 5673, at the terminal: a misspelt option is a mistake that is named, not a wish that
    is dropped."""
    person = team.person()
    known = {"MEMBER": person.name, "KEY": person.hash}
    words = [known.get(word, word) for word in command.split()]

    def everything():
        return [
            team.commands.run(*listing, "--format", "json").stdout
            for listing in (
                ("member", "list"), ("key", "list"), ("tier", "list"), ("budget", "list"),
            )
        ]

    before = everything()
    assert team.commands.run(*words, expect=2).stderr
    assert everything() == before
    assert team.chat(person.key).status_code == 200


def cells(database):
    """Every value of every table."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        tables = [row[0] for row in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        )]
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    yield table, value if type(value) is bytes else str(value).encode()


def forms(secret):
    """How a secret might be written down: as it is, without its prefix, as bytes, in base64."""
    digits = secret.rsplit("-", 1)[-1]
    return [
        secret.encode(), digits.encode(), bytes.fromhex(digits),
        base64.b64encode(secret.encode()).rstrip(b"="),
    ]


def assert_nowhere(database, secrets):
    written = list(cells(database))
    for secret in secrets:
        for form in forms(secret):
            tables = {table for table, value in written if form in value}
            assert not tables, f"a key is in {tables}"
    return {value for _, value in written}


def test_what_a_lead_did_is_written_down_without_any_key(fresh_team):
    """LiteLLM 31620: the audit log kept the raw keys of everything that was made or changed, so
    that whoever could read the log could spend."""
    team = fresh_team()
    first = team.person("alice", daily=5)
    by_http, identifier = make_key(team, name="bob")
    rotated = team.commands.json("key", "rotate", first.hash)
    team.commands.run("key", "disable", rotated["data"]["hash"])
    team.commands.run("key", "enable", rotated["data"]["hash"])
    other = team.commands.json("init", "--new-key")["management_key"]
    manage(team, "PATCH", f"keys/{identifier}", {"limit": 5, "name": "bob's"}).raise_for_status()
    manage(team, "DELETE", f"keys/{identifier}").raise_for_status()
    assert_envelope(manage(team, "PATCH", f"keys/{identifier}", {"key": by_http}), 404)
    assert team.chat(rotated["key"]).status_code == 200
    secrets = [first.key, by_http, rotated["key"], other, team.management_key, team.sandbox.key]
    values = assert_nowhere(team.database, secrets)
    # What stands there instead: the scan does see the rows that are about these keys.
    for secret in (rotated["key"], by_http, other, team.management_key):
        assert hashlib.sha256(secret.encode()).digest() in values


def test_what_was_spent_is_written_down_without_any_key(fresh_team):
    """LiteLLM 30736: the log of spend kept the raw key of each call, where it had come in by an
    unusual way or had been refused."""
    team = fresh_team()
    person = team.person("alice", tier=team.tier("narrow", [CHEAP]))
    shared = team.key(team.member("holder"), "--shared")
    stranger = "sk-purser-" + "9d" * 32
    url = f"{team.gateway.base}/chat/completions"
    body = {"model": CHEAP, "messages": [{"role": "user", "content": "hi"}], "max_tokens": 8}
    for key in (person.key, shared.key, stranger, team.management_key, team.sandbox.key):
        team.chat(key, user="alice")
        team.chat(key, user="alice", stream=True)
        team.chat(key, user="alice", model=DEAR)
        team.chat(key, user=key)
        team.chat(key, user=key, model=key)
        team.chat(key, user="alice", metadata={"key": key}, session_id=key)
        for header in ("X-Title", "X-OpenRouter-Title", "X-Session-Id", "HTTP-Referer"):
            team.chat(key, user="alice", headers={header: key})
            team.chat(key, headers={header: f"app:{key}"})
            team.chat(key, headers={header: f"{key}:alice"})
        requests.post(f"{url}?key={key}", json=body, headers={"x-api-key": key}, timeout=30)
        requests.post(url, json=body, headers={"Authorization": f"Token {key}"}, timeout=30)
    # Refusals are written with the next group.
    eventually(lambda: team.commands.report(by="member")["alice"]["refused"] > 0)
    assert len(team.commands.ledger()) >= 10
    values = assert_nowhere(
        team.database, [person.key, shared.key, stranger, team.management_key, team.sandbox.key]
    )
    assert hashlib.sha256(person.key.encode()).digest() in values
    shown = [
        team.commands.run(*words).stdout
        for words in (("ledger", "export", "--format", "csv"), ("member", "list"), ("key", "list"))
    ]
    for key in (person.key, shared.key, stranger):
        assert not any(key in text for text in shown)


def in_zone(team, zone):
    """Moves the team there; the books must still be empty."""
    team.commands.run("init", "--new-key", "--time-zone", zone)


def today(zone):
    return datetime.datetime.now(zoneinfo.ZoneInfo(zone)).date().isoformat()


@pytest.mark.parametrize("zone", ZONES)
def test_a_call_of_this_evening_is_in_today_s_report(fresh_team, zone):
    """LiteLLM 41363: west of UTC the spend of the evening was missing from "today", because the
    page asked for the zone's day and the rows had been filed under another."""
    team = fresh_team()
    in_zone(team, zone)
    person = team.person(daily=5)
    days = [today(zone)]
    assert team.chat(person.key).status_code == 200
    days.append(today(zone))
    row = team.commands.report(by="member", period="day")[person.name]
    assert (row["requests"], Decimal(row["cost"])) == (1, team.agreed_books())
    ((day, row),) = team.commands.report(by="day", period="day").items()
    assert day in days and Decimal(row["cost"]) == team.booked() > 0
    (member,) = team.commands.json("usage", "--member", person.name)["members"]
    (daily,) = [window for window in member["windows"] if window["period"] == "daily"]
    midnight = datetime.datetime.fromisoformat(daily["resets_at"])
    assert midnight.astimezone(zoneinfo.ZoneInfo(zone)).time() == datetime.time()


def test_where_the_reader_sits_does_not_change_what_was_spent(team, monkeypatch):
    """LiteLLM 27780: to somebody who was not in UTC a day of one dollar and 38 calls was shown as
    nine dollars and 176 calls, because the viewer's zone was mixed into the question."""
    team.chat(team.person().key)
    team.agreed_books()
    day = today("UTC")
    questions = [
        ("report", "--by", "day", "--period", f"{day}..{day}", "--format", "csv"),
        ("report", "--by", "member", "--period", "week", "--format", "csv"),
        ("ledger", "export", "--format", "csv"),
    ]
    seen = []
    for zone in ("UTC", *ZONES):
        monkeypatch.setenv("TZ", zone)
        seen.append([team.commands.run(*question).stdout for question in questions])
    assert day in seen[0][0]
    assert seen[0] == seen[1] == seen[2]


def test_a_key_expires_at_its_instant_whatever_its_budget_resets(team):
    """LiteLLM 15142: the end of a key was computed with the calendar of its budget, so that a key
    for a month, made on the last of one, was dead the next day."""
    expiry = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=6)
    text = expiry.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    end = datetime.datetime.fromisoformat(text)
    keys = [
        make_key(team, name=f"brief-{reset}", limit=5, limit_reset=reset, expires_at=text)[0]
        for reset in ("daily", "weekly", "monthly", None)
    ]
    assert [team.chat(key).status_code for key in keys] == [200] * len(keys)

    def all_refused():
        answers = [team.chat(key) for key in keys]
        refused = [answer for answer in answers if answer.status_code != 200]
        if refused:
            assert datetime.datetime.now(datetime.UTC) >= end, "before its time"
        return refused if len(refused) == len(keys) else None

    for answer in eventually(all_refused, what="the expiry"):
        assert reason(answer, 401) == "key_expired"


def test_a_key_for_a_month_lives_for_a_month(fresh_team):
    """LiteLLM 15142, with a date: a key that expires on a day ends with the midnight at which that
    day begins where the team is, neither at a month's end nor at midnight in UTC."""
    team = fresh_team()
    in_zone(team, "Pacific/Kiritimati")
    day = datetime.date.fromisoformat(today("Pacific/Kiritimati")) + datetime.timedelta(days=31)
    options = ["--limit", "5", "--limit-reset", "monthly", "--expires", day.isoformat()]
    made = team.key(team.member(), *options)
    end = datetime.datetime.combine(day, datetime.time(), zoneinfo.ZoneInfo("Pacific/Kiritimati"))
    shown = listed_keys(team)[made.hash]["expires_at"]
    assert datetime.datetime.fromisoformat(shown) == end
    assert team.chat(made.key).status_code == 200
