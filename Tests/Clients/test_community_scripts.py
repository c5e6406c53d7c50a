"""Scripts that teams already have, run with nothing but the base URL and the key changed."""

import pathlib
import subprocess
import sys
from decimal import Decimal

import pytest

from harness import picodollars
from programs import clean_environment

SCRIPTS = pathlib.Path(__file__).parent / "scripts"


def run(team, *command, key=None, **variables):
    done = subprocess.run(
        list(map(str, command)),
        env=clean_environment(
            team.directory, BASE=team.gateway.base, KEY=key or team.management_key, **variables
        ),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def keys(team, *arguments, **variables):
    return run(team, sys.executable, SCRIPTS / "team_keys.py", *arguments, **variables)


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_key_script_creates_lists_and_deletes(team, slash):
    """`data["key"]`, `data["key_hash"]`, `is_free_tier`, and DELETE by `key_hash`, as years ago."""
    name = f"erin-platform{len(slash)}"
    secret, key_hash = keys(team, "create", name, 25, SLASH=slash)
    assert secret.startswith("sk-purser-")
    assert team.chat(secret).status_code == 200

    rows = {row.split()[0]: row.split() for row in keys(team, "list")}
    _, listed_hash, usage, limit, free = rows[name]
    assert listed_hash == key_hash
    assert Decimal(usage) > 0 and Decimal(limit) == 25 and free == "False"

    assert keys(team, "delete", key_hash) == ["deleted True"]
    assert team.chat(secret).status_code == 401
    assert name not in {row.split()[0] for row in keys(team, "list")}


def test_the_dashboard_of_curl_jq_and_column_shows_the_team_and_its_total(fresh_team):
    """Names, usage, limits in columns, and a total that is the sum of the lines above it."""
    team = fresh_team()
    for name, limit in (("alice-backend", "25"), ("bob-frontend", "12.5")):
        secret, _ = keys(team, "create", name, limit)
        assert team.chat(secret).status_code == 200
    team.key(team.member("carol-ml"), "--name", "carol-ml")

    *rows, total = run(team, "bash", SCRIPTS / "dashboard.sh")
    seen = {row.split()[0]: row.split()[1:] for row in rows}
    assert set(seen) == {"alice-backend", "bob-frontend", "carol-ml"}
    assert seen["carol-ml"] == ["$0", "/", "$unlimited"]
    assert seen["alice-backend"][2] == "$25" and seen["bob-frontend"][2] == "$12.5"
    spent = sum(Decimal(usage.removeprefix("$")) for usage, _, _ in seen.values())
    # jq adds in binary floating point; its noise ends well below a picodollar.
    total = picodollars(total.removeprefix("total: "))
    assert picodollars(spent) == total == team.agreed_books() > 0


def test_a_program_with_one_key_for_everybody_is_told_apart_by_its_title(team):
    """`default_headers` with X-Title "my-app:alice" is all the program does to name the person."""
    people = [team.member(), team.member()]
    key = team.key(team.member(), "--shared").key
    for name in people:
        assert run(
            team, sys.executable, SCRIPTS / "shared_key.py", name, "What is a ledger?", key=key
        )
    rows = team.commands.report(by="member")
    assert [rows[name]["requests"] for name in people] == [1, 1]
