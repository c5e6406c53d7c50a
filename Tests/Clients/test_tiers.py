"""Tiers as data: what is typed is what is shown, in every format, and nonsense changes nothing."""

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from harness import CHEAP, DEAR, Commands

# Options of `tier set`, and what `tier show` says of them.
OPTIONS = {
    "models": (["--models", f"{CHEAP},anthropic/*"], [CHEAP, "anthropic/*"]),
    "deny_models": (["--deny-models", "openai/o1*,x/y"], ["openai/o1*", "x/y"]),
    "otherwise": (["--otherwise", "downgrade", "--models", CHEAP], "downgrade"),
    "downgrade_to": (["--otherwise", "downgrade", "--downgrade-to", CHEAP], CHEAP),
    "aliases": (
        ["--alias", f"fast={CHEAP}", "--alias", f"good={DEAR}"], {"fast": CHEAP, "good": DEAR},
    ),
    "max_tokens": (["--max-tokens", "9223372036854775807"], 9223372036854775807),
    "max_effort": (["--max-effort", "xhigh"], "xhigh"),
    "max_prompt_price": (["--max-prompt-price", "0.000000000001"], "0.000000000001"),
    "max_completion_price": (["--max-completion-price", "$75"], "75"),
    "max_request_usd": (["--max-request-usd", "0.50"], "0.5"),
    "clamp": (["--clamp"], True),
    "ceilings": (["--ceiling", "image=0.01", "--ceiling", "file=2"], {"image": "0.01", "file": "2"}),
    "extras": (["--extras", "web-search,image"], ["image", "web-search"]),
    "providers": (["--providers", "openai,deepinfra/turbo"], ["openai", "deepinfra/turbo"]),
    "deny_providers": (["--deny-providers", "azure"], ["azure"]),
    "zdr": (["--zdr"], True),
    "hours": (["--hours", "mon-fri 08:00-18:00, sat 10:00-14:00"],
              "mon-fri 08:00-18:00, sat 10:00-14:00"),
    "hours_zone": (["--hours", "22:00-06:00", "--hours-zone", "Europe/Berlin"], "Europe/Berlin"),
    "require_attribution": (["--require-attribution"], True),
    "pass_fields": (["--pass-fields", "b,a"], ["a", "b"]),
    "requests_per_minute": (["--requests-per-minute", "60"], {"member": 60}),
    "tokens_per_minute": (["--tokens-per-minute", "key=1,tier=2"], {"key": 1, "tier": 2}),
    "parallel": (["--parallel", "member=3"], {"member": 3}),
    "shadow": (["--shadow", "price,models"], ["models", "price"]),
}

# What a tier says of which nothing was said.
DEFAULTS = {
    "models": [], "deny_models": [], "otherwise": "deny", "downgrade_to": None, "aliases": {},
    "max_tokens": None, "max_effort": None, "max_prompt_price": None, "max_completion_price": None,
    "max_request_usd": None, "clamp": False, "ceilings": {}, "extras": None, "providers": [],
    "deny_providers": [], "zdr": False, "hours": None, "hours_zone": None,
    "require_attribution": False, "pass_fields": [], "requests_per_minute": {},
    "tokens_per_minute": {}, "parallel": {}, "shadow": [],
}


@pytest.fixture
def team(tmp_path):
    """Commands on a database of the test's own; nothing serves from it."""
    commands = Commands(tmp_path, tmp_path / "team.db")
    commands.run("init")
    return SimpleNamespace(commands=commands)


def shown(team, name):
    """The tier as programs read it, amounts digit by digit."""
    answer = json.loads(
        team.commands.run("tier", "show", name, "--format", "json").stdout, parse_float=str
    )
    for setting in ("max_prompt_price", "max_completion_price", "max_request_usd"):
        if answer[setting] is not None:
            answer[setting] = str(answer[setting])
    answer["ceilings"] = {kind: str(usd) for kind, usd in answer["ceilings"].items()}
    assert answer.pop("name") == name
    return answer


def directory(team):
    """Everything that a command could have changed."""
    return [
        team.commands.run(noun, "list", "--format", "json").stdout
        for noun in ("tier", "member", "key", "budget")
    ] + [revision(team)]


def revision(team):
    with sqlite3.connect(f"file:{team.commands.database}?mode=ro", uri=True) as database:
        ((number,),) = database.execute("SELECT revision FROM organisation")
    return number


def test_every_setting_has_a_test(team):
    team.commands.run("tier", "set", "bare")
    assert shown(team, "bare") == DEFAULTS
    assert OPTIONS.keys() == DEFAULTS.keys()


@pytest.mark.parametrize("setting", OPTIONS)
def test_an_option_comes_back_as_it_was_typed(team, setting):
    """And nothing else changes with it but what it needs beside it."""
    options, value = OPTIONS[setting]
    made = team.commands.run("tier", "set", "typed", *options, "--format", "json").stdout
    tier = shown(team, "typed")
    assert tier[setting] == value
    typed = {word.removeprefix("--").replace("-", "_") for word in options if word[:2] == "--"}
    also = typed | {setting} | ({"hours_zone"} if "hours" in typed else set())
    assert {name: tier[name] for name in tier.keys() - also} == {
        name: DEFAULTS[name] for name in DEFAULTS.keys() - also
    }
    assert made == team.commands.run("tier", "show", "typed", "--format", "json").stdout


def test_setting_a_tier_replaces_all_of_it(team):
    """What is not named again is gone: a tier is what the last command said."""
    every = [word for setting in OPTIONS if setting not in ("otherwise", "hours_zone", "models")
             for word in OPTIONS[setting][0]]
    team.commands.run("tier", "set", "whole", *every)
    full = shown(team, "whole")
    assert all(full[name] != DEFAULTS[name] for name in DEFAULTS if name != "models")
    team.commands.run("tier", "set", "whole", "--models", "*")
    assert shown(team, "whole") == DEFAULTS | {"models": ["*"]}


def test_a_tier_is_not_opened_to_every_model_by_the_way(team):
    """Who changes one number and names no model would replace the list by none, which is all."""
    team.commands.run("tier", "set", "narrow", "--models", CHEAP)
    before = shown(team, "narrow")
    done = team.commands.run("tier", "set", "narrow", "--max-tokens", "10", expect=2)
    assert "--models" in done.stderr
    assert shown(team, "narrow") == before


def test_no_tier_is_opened_to_every_model_by_changing_something_else(team):
    """The whole tier is replaced, so its models must be said again."""
    run = team.commands.run
    run("tier", "set", "listed", "--models", f"{CHEAP},anthropic/*")
    before = shown(team, "listed")
    told = run("tier", "set", "listed", "--max-tokens", "10", expect=2).stderr
    assert f"--models '{CHEAP},anthropic/*'" in told
    assert shown(team, "listed") == before
    run("tier", "set", "listed", "--models", "*", "--max-tokens", "10")
    assert shown(team, "listed")["models"] == ["*"]


@pytest.mark.parametrize(
    "options",
    [
        "--models a/**", "--models a/b,a/b", "--deny-models ,", "--otherwise perhaps",
        "--otherwise downgrade", "--downgrade-to a/b", "--otherwise downgrade --downgrade-to a/*",
        "--models a/b --otherwise downgrade --downgrade-to c/d", "--alias fast", "--alias Fast=a/b",
        "--alias fast=a/b --alias fast=c/d", "--max-tokens 0", "--max-tokens many",
        "--max-effort extreme", "--max-prompt-price -1", "--max-prompt-price 1000001",
        "--max-completion-price NaN", "--max-request-usd 1e3", "--ceiling hologram=1",
        "--ceiling image=1 --ceiling image=2", "--extras hologram", "--extras none,image",
        "--providers OpenAI", "--deny-providers a,,b", "--hours never", "--hours 08:00-08:00",
        "--hours 08:00-18:00 --hours-zone Europe/Atlantis", "--hours-zone UTC",
        "--pass-fields a,a", "--requests-per-minute 0", "--requests-per-minute team=1",
        "--tokens-per-minute key=1,key=2", "--parallel 1.5", "--shadow weather",
        "--shadow all,models", "--zdr yes",
    ],
)  # fmt: skip
def test_nonsense_is_a_usage_error_that_says_what_is_meant(team, options):
    """Exit code 2, one line that names the option, and nothing has changed."""
    before = directory(team)
    done = team.commands.run("tier", "set", "nonsense", *options.split(), expect=2)
    assert not done.stdout and done.stderr.startswith("purser: ")
    assert directory(team) == before


def test_a_model_that_nobody_listed_is_a_warning(team):
    """A typo must not pass in silence, and a model of tomorrow must not be impossible."""
    command = ["tier", "set", "a", "--models", f"{CHEAP},anthropic/*,opnai/gpt-4o,mistral/*"]
    assert team.commands.run(*command).stderr == ""
    listed = {"data": [{"id": CHEAP, "canonical_slug": CHEAP}, {"id": "anthropic/claude"}]}
    with sqlite3.connect(team.commands.database) as database:
        database.execute("INSERT INTO model_list VALUES (1, 0, ?)", [json.dumps(listed)])
    warnings = team.commands.run(*command).stderr.splitlines()
    assert len(warnings) == 2 and "opnai/gpt-4o" in warnings[0] and "mistral/*" in warnings[1]
    assert shown(team, "a")["models"] == [CHEAP, "anthropic/*", "opnai/gpt-4o", "mistral/*"]


def member(team, name):
    return team.commands.json("member", "show", name)


def test_a_member_is_given_a_tier_and_a_team_and_loses_them_again(team):
    run = team.commands.run
    run("tier", "set", "small")
    run("member", "add", "alice", "--daily", "5")
    for options, tier, crew in [
        (["--tier", "small"], "small", None), (["--team", "platform"], "small", "platform"),
        (["--no-tier"], None, "platform"), (["--tier", "small", "--no-team"], "small", None),
    ]:  # fmt: skip
        changed = json.loads(run("member", "set", "alice", *options, "--format", "json").stdout)
        assert (changed["tier"], changed["team"]) == (tier, crew)
        assert member(team, "alice")["tier"] == tier and member(team, "alice")["team"] == crew
        assert str(changed["budgets"]["daily"]) == "5"
    before = directory(team)
    run("member", "set", "alice", expect=2)
    run("member", "set", "alice", "--tier", "small", "--no-tier", expect=2)
    run("member", "set", "alice", "--tier", "nothing", expect=1)
    run("member", "set", "nobody", "--tier", "small", expect=1)
    assert directory(team) == before


def test_a_team_has_a_tier_for_its_members(team):
    run = team.commands.run
    run("tier", "set", "small")
    made = team.commands.json("team", "set", "platform", "--tier", "small")
    assert made == {"name": "platform", "tier": "small", "members": []}
    run("member", "add", "bob", "--team", "platform")
    run("member", "add", "alice", "--team", "platform")
    assert team.commands.json("team", "show", "platform") == made | {"members": ["alice", "bob"]}
    assert team.commands.json("team", "list")["teams"] == [made | {"members": ["alice", "bob"]}]
    assert team.commands.json("team", "set", "platform", "--no-tier")["tier"] is None
    for words, code in [
        (["set", "platform"], 2), (["set", "platform", "--tier", "nothing"], 1),
        (["set", "two words", "--no-tier"], 2), (["show", "nothing"], 1),
    ]:  # fmt: skip
        assert run("team", *words, expect=code).stderr


def test_a_tier_goes_when_nobody_has_it(team):
    """And who has it is named, so that they can be given another one."""
    run = team.commands.run
    run("tier", "set", "small", "--ceiling", "image=1", "--shadow", "all", "--parallel", "3")
    run("team", "set", "platform", "--tier", "small")
    run("member", "add", "alice", "--tier", "small")
    told = run("tier", "remove", "small", expect=1).stderr
    assert "member alice" in told and "team platform" in told
    run("team", "set", "platform", "--no-tier")
    run("member", "set", "alice", "--no-tier")
    run("tier", "remove", "small")
    run("tier", "show", "small", expect=1)
    run("tier", "remove", "small", expect=1)


FILE = """
tiers:
  fast:
    models: [openai/gpt-4o-mini, 'anthropic/*']
    aliases: {quick: openai/gpt-4o-mini}
    max_prompt_price: 0.15
    hours: mon-fri 08:00-18:00
    requests_per_minute: {member: 60, tier: 600}
teams:
  platform: {tier: fast}
members:
  alice: {team: platform}
  bob: {tier: fast}
"""


def rows(done):
    return [
        (row["kind"], row["name"], row["action"], set(row["fields"]))
        for row in json.loads(done.stdout)["changes"]
    ]


def test_a_file_is_planned_made_so_and_then_changes_nothing(team, tmp_path):
    """The plan says what apply does; applied again it raises no revision."""
    file = tmp_path / "team.yaml"
    file.write_text(FILE)
    command = lambda word: team.commands.run(word, "team.yaml", "--format", "json")
    team.commands.run("member", "add", "bob", "--team", "other", "--daily", "3")
    before = directory(team)
    planned = command("plan")
    assert directory(team) == before
    settings = {"models", "aliases", "max_prompt_price", "hours", "hours_zone"}
    assert rows(planned) == [
        ("tier", "fast", "added", settings | {"requests_per_minute"}),
        ("team", "platform", "added", {"tier"}), ("member", "alice", "added", {"team"}),
        ("member", "bob", "changed", {"tier"}),
    ]  # fmt: skip
    assert command("apply").stdout == planned.stdout
    assert revision(team) == before[-1] + 1
    assert member(team, "bob")["team"] == "other" and member(team, "bob")["tier"] == "fast"
    assert shown(team, "fast")["requests_per_minute"] == {"member": 60, "tier": 600}

    after = directory(team)
    for word in ("plan", "apply"):
        assert {action for _, _, action, _ in rows(command(word))} == {"unchanged"}
    assert directory(team) == after

    file.write_text(FILE.replace("0.15", "0.2").replace("{team: platform}", "{tier: fast}"))
    assert [row for row in rows(command("apply")) if row[2] != "unchanged"] == [
        ("tier", "fast", "changed", {"max_prompt_price"}),
        ("member", "alice", "changed", {"tier"}),
    ]
    assert shown(team, "fast")["max_prompt_price"] == "0.2"


@pytest.mark.parametrize(
    ("broken", "line"),
    [
        (FILE.replace("max_prompt_price", "max_promt_price"), 6),
        (FILE.replace("0.15", "cheap"), 6),
        (FILE.replace("aliases: {", "aliases: ["), 5),
        (FILE + "  bob: {}\n", 14),
        (FILE.replace("{team: platform}", "{tier: none}"), 12),
        (FILE + "keys: {}\n", 14),
    ],
)
def test_a_file_with_a_mistake_changes_nothing(team, tmp_path, broken, line):
    """The mistake is named with its line, and what was right around it is not applied either."""
    (tmp_path / "team.yaml").write_text(broken)
    before = directory(team)
    for word in ("plan", "apply"):
        done = team.commands.run(word, "team.yaml", expect=1)
        assert not done.stdout
        # The parser may notice a line later that something was not closed.
        assert any(f"team.yaml:{at}: " in done.stderr for at in (line, line - 1, line + 1))
    assert directory(team) == before


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"a" * (4 * 1024 * 1024 + 1)])
def test_what_is_no_file_of_a_team_is_refused(team, tmp_path, content):
    if content is not None:
        (tmp_path / "team.yaml").write_bytes(content)
    assert "team.yaml" in team.commands.run("apply", "team.yaml", expect=1).stderr


def test_a_new_team_begins_with_four_tiers(tmp_path):
    """They are printed as a file, and applying that file changes nothing."""
    commands = Commands(tmp_path, tmp_path / "new.db")
    assert commands.json("init")["tiers"] == ["free", "basic", "pro", "enterprise"]
    names = [tier["name"] for tier in commands.json("tier", "list")["tiers"]]
    assert names == ["basic", "enterprise", "free", "pro"]
    (tmp_path / "tiers.yaml").write_text(commands.run("tier", "examples").stdout)
    done = commands.run("plan", "tiers.yaml", "--format", "json")
    assert {action for _, _, action, _ in rows(done)} == {"unchanged"}
    commands.run("member", "add", "alice", "--tier", "pro")
    # Another management key is no new team.
    commands.run("tier", "remove", "free")
    assert commands.json("init", "--new-key")["tiers"] == []
    assert len(commands.json("tier", "list")["tiers"]) == 3


def test_files_that_are_applied_at_once_all_hold(team, tmp_path):
    """Each is decided on what the others left: none undoes another, and none gives up."""

    def apply(number):
        (tmp_path / f"{number}.yaml").write_text(
            f"tiers: {{all: {{}}}}\nmembers: {{p{number}: {{tier: all}}}}"
        )
        return team.commands.run("apply", f"{number}.yaml")

    before = revision(team)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(apply, range(4)))
    members = {row["name"]: row["tier"] for row in team.commands.json("member", "list")["members"]}
    assert members == {f"p{number}": "all" for number in range(4)}
    assert revision(team) == before + 4
