"""A team on the real programs, managed and asked the way a person at a terminal would.

Nothing here knows how Purser works inside: only its documented commands, options and paths.
"""

import contextlib
import datetime
import sqlite3
import subprocess
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

import requests

from programs import (
    BINARY,
    BOOKS_SECONDS,
    READY_SECONDS,
    Gateway,
    Sandbox,
    clean_environment,
    eventually,
    exact,
)

CHEAP = "openai/gpt-4o-mini"
OTHER = "openai/gpt-4o"
DEAR = "anthropic/claude-sonnet-4.5"


class Commands:
    """The command line on one database, from another process than `serve`."""

    def __init__(self, directory, database):
        self.directory = directory
        self.database = database

    def run(self, *arguments, expect=0):
        done = subprocess.run(
            [BINARY, *map(str, arguments)],
            cwd=self.directory,
            env=clean_environment(self.directory, PURSER_DATABASE=str(self.database)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert expect in (None, done.returncode), (
            f"purser {' '.join(map(str, arguments))}: exit code {done.returncode}\n"
            f"{done.stdout}{done.stderr}"
        )
        return done

    def json(self, *arguments):
        return exact(self.run(*arguments, "--format", "json").stdout)

    def ledger(self):
        return self.json("ledger", "export")

    def report(self, by, period="day"):
        """The report's rows, by the name of what they are grouped by."""
        report = self.json("report", "--by", by, "--period", period)
        rows = {row[by]: row for row in report}
        assert len(rows) == len(report), f"two rows of one {by}"
        return rows


@dataclass
class Person:
    """A member of the team with a key of their own."""

    name: str
    key: str
    hash: str

    @property
    def headers(self):
        return {"Authorization": f"Bearer {self.key}"}


class Team:
    """A sandbox, a gateway in front of it, and the commands that manage it."""

    def __init__(
        self, directory, gateway_options=(), sandbox_options=(), gateway_environment=None
    ):
        self.directory = directory
        self.gateway_options = gateway_options
        self.gateway_environment = gateway_environment or {}
        self.members = 0
        self.sandbox = Sandbox(directory / "sandbox", *sandbox_options)
        self.database = directory / "data" / "team.db"
        self.database.parent.mkdir(parents=True)
        self.commands = Commands(directory, self.database)
        self.management_key = self.commands.json("init")["management_key"]
        self.commands.run("tier", "set", "everything", "--models", "*", "--otherwise", "deny")
        self.serve()

    def serve(self):
        self.gateway = Gateway(
            self.directory,
            self.database,
            self.sandbox.url,
            self.sandbox.key,
            *self.gateway_options,
            **self.gateway_environment,
        )

    def stop(self):
        try:
            self.gateway.stop()
            # Whatever a test did, the sums agree with the calls.
            self.commands.run("ledger", "verify")
        finally:
            self.sandbox.stop()

    @property
    def management(self):
        return {"Authorization": f"Bearer {self.management_key}"}

    def tier(self, name, models, otherwise="deny", *options):
        self.commands.run(
            "tier", "set", name, "--models", ",".join(models), "--otherwise", otherwise, *options
        )
        return name

    def member(self, name=None, tier="everything", team=None, **budgets):
        """Adds a member; budgets are daily, weekly, monthly and total, in dollars."""
        self.members += 1
        name = name or f"person-{self.members}"
        options = []
        for window, usd in budgets.items():
            options += [f"--{window}", dollars(usd)]
        if team:
            options += ["--team", team]
        self.commands.run("member", "add", name, "--tier", tier, *options)
        return name

    def person(self, name=None, tier="everything", team=None, **budgets):
        """Adds a member and mints a key for them, as a team lead does by hand."""
        name = self.member(name, tier, team, **budgets)
        return self.key(name)

    def key(self, member, *options):
        made = self.commands.json("key", "create", "--member", member, *options)
        return Person(member, made["key"], made["data"]["hash"])

    def chat(self, key, **changes):
        """One chat completion, asked with plain HTTP."""
        headers = changes.pop("headers", {})
        body = {
            "model": CHEAP,
            "messages": [{"role": "user", "content": "Say ok."}],
            "max_tokens": 16,
        } | changes
        return requests.post(
            f"{self.gateway.base}/chat/completions",
            json=body,
            headers={"Authorization": f"Bearer {key}"} | headers,
            timeout=60,
        )

    def booked(self):
        return sum((Decimal(entry["cost"]) for entry in self.commands.ledger()), Decimal(0))

    def entry(self, generation_id):
        """The one ledger entry of a generation."""
        found = [e for e in self.commands.ledger() if e["generation_id"] == generation_id]
        assert len(found) == 1, f"{len(found)} entries for {generation_id}"
        return found[0]

    def agreed_books(self, seconds=BOOKS_SECONDS):
        """Waits until the ledger's total is the sandbox's bill, to the last digit; returns it."""
        seen = None

        def agree():
            nonlocal seen
            seen = self.booked(), self.sandbox.bill()
            return seen[0] == seen[1]

        try:
            eventually(agree, seconds)
        except AssertionError:
            raise AssertionError(f"ledger {seen[0]:f}, bill {seen[1]:f}") from None
        return seen[0]

    def assert_healthy(self):
        for page in ("healthz", "readyz"):
            answer = requests.get(f"{self.gateway.console}/{page}", timeout=10)
            assert answer.status_code == 200, f"/{page}: {answer.status_code} {answer.text}"
        assert self.gateway.process.poll() is None


def assert_sane_books(team):
    """The ledger is sound line by line, and everything that adds it up says the same."""
    lines = team.commands.ledger()
    assert len({line["id"] for line in lines}) == len(lines)
    generations = [line["generation_id"] for line in lines if line["generation_id"]]
    assert len(set(generations)) == len(generations), "a generation is booked twice"
    for line in lines:
        assert_sane_line(line)
    served = [line for line in lines if line["state"] in ("settled", "kept")]
    today = datetime.date.today()
    near = [today + datetime.timedelta(days=days) for days in (-2, 2)]
    report = team.commands.report("member", "..".join(map(str, near)))
    for member in team.commands.json("usage")["members"]:
        name, windows = member["name"], {w["period"]: w for w in member["windows"]}
        spent = sum_of(served, "cost", name)
        assert Decimal(windows["total"]["spent"]) == spent, name
        assert Decimal(windows["total"]["held"]) == sum_of(lines, "held", name), name
        row = report.get(name, {"cost": "0", "requests": 0})
        assert Decimal(row["cost"]) == spent, name
        assert row["requests"] == sum(line["member"] == name for line in served), name
    return lines


def sum_of(lines, field, member=None):
    mine = [line for line in lines if member in (None, line["member"])]
    return sum((Decimal(line[field]) for line in mine), Decimal(0))


def assert_sane_line(line):
    """One line of the ledger agrees with itself."""
    state, cost, held = line["state"], Decimal(line["cost"]), Decimal(line["held"])
    assert cost >= 0 and (held > 0) == (state == "held"), line
    assert (line["settled_at"] is None) == (state == "held"), line
    assert state == "held" or line["settled_at"] >= line["started_at"], line
    if state in ("held", "released"):
        assert cost == 0 and line["cost_source"] is None, line
    elif state == "kept":
        assert cost > 0 and line["cost_source"] == "kept", line
    else:
        assert state == "settled" and line["cost_source"] in ("upstream", "generation"), line
        assert cost == picodollars(line["cost_literal"]) and line["generation_id"], line


@contextlib.contextmanager
def locked(database):
    """Somebody holds the database's write lock, longer than the ledger waits for it."""
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        connection.rollback()
        connection.close()


def serve_in_vain(team, database, listen="127.0.0.1:0"):
    """A `serve` that is expected to give up, beside the one that runs."""
    return subprocess.run(
        [BINARY, "serve", "--database", database, "--listen", listen, "--console", "127.0.0.1:0"],
        cwd=team.directory,
        env=clean_environment(
            team.directory,
            OPENROUTER_BASE_URL=team.sandbox.url,
            OPENROUTER_API_KEY=team.sandbox.key,
        ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=READY_SECONDS,
    )


def metric(team, name):
    """One number of the gateway's metrics."""
    text = requests.get(f"{team.gateway.console}/metrics", timeout=10).text
    return int(next(line for line in text.splitlines() if line.startswith(name + " ")).split()[1])


def picodollars(cost):
    """A cost as the books hold it: the upstream's digits, rounded at the twelfth place.

    OpenRouter prints costs with the noise of binary floating point (`4.1400000000000003e-05`); the
    literal is kept beside the amount.
    """
    return Decimal(str(cost)).quantize(Decimal("1e-12"), ROUND_HALF_EVEN)


def assert_booked(entry, cost):
    """The entry has the cost that the person saw, digit for digit."""
    assert Decimal(entry["cost_literal"]) == Decimal(str(cost))
    assert Decimal(entry["cost"]) == picodollars(cost) > 0
    assert (entry["state"], entry["cost_source"], entry["held"]) == ("settled", "upstream", "0")
    assert entry["settled_at"] >= entry["started_at"]


def dollars(amount):
    """An amount as a person types it: no exponent."""
    return f"{Decimal(str(amount)):f}"


def assert_envelope(answer, status):
    """OpenRouter's error envelope, which every client library parses."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text[:400]}"
    assert answer.headers["Content-Type"].split(";")[0] == "application/json", answer.headers
    error = answer.json()["error"]
    assert type(error["code"]) is int and error["code"] == status
    assert type(error["message"]) is str and error["message"]
    assert answer.headers.get("X-Purser-Request-Id")
    return error
