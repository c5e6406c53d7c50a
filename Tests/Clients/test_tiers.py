"""Tiers as data: what is typed is what is shown, in every format, and nonsense changes nothing."""

import json
import sqlite3
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
    team.commands.run("tier", "set", "whole")
    assert shown(team, "whole") == DEFAULTS


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
