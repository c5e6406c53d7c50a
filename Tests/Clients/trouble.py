"""A team on a disk that fails on demand, and what it takes to say that nothing was lost."""

import subprocess

import requests

from harness import Team, assert_booked, assert_envelope, assert_sane_books, sum_of
from programs import BINARY, READY_SECONDS, FaultyDisk, clean_environment, eventually

KINDS = ["full", "write-error", "sync-error", "read-only"]
PLAIN, STREAMING = 4, 4
HEALING_SECONDS = 30


class Trouble:
    """A team on a disk that can be made to fail, and what its members received."""

    def __init__(self, directory, prefix="team.db", **options):
        database = directory / "team" / "data" / "team.db"
        self.disk = FaultyDisk(directory / "disk", database.parent / prefix)
        self.team = Team(
            directory / "team", gateway_environment=self.disk.environment, **options
        )
        self.person = self.team.person(daily=100)
        self.replies = []

    def start_calls(self, crowd, plain=PLAIN, streaming=STREAMING):
        return [
            crowd.ask(self.team, self.person, is_streamed=number >= plain)
            for number in range(plain + streaming)
        ]

    def collect(self, calls):
        """Waits for the calls to end; every one must be whole, or look broken to its client."""
        replies = [call.result() for call in calls]
        for reply in replies:
            assert reply.is_whole or reply.is_visibly_broken, reply.data
        self.replies += replies

    def command(self, *arguments):
        """A command on the faulty disk."""
        return purser(
            [*arguments, "--database", self.team.database],
            clean_environment(self.team.directory, **self.disk.environment),
        )

    def restart_on_a_sound_disk(self):
        """`kill -9` while the disk still fails, then a start on one that works."""
        self.team.gateway.kill()
        self.disk.heal()
        eventually(lambda: self.team.sandbox.state()["running"] == 0, what="the upstream's rest")
        self.team.serve()

    def assert_nothing_is_lost(self):
        """Whatever a client has whole is in the books, and so is whatever was billed."""
        lines = assert_sane_books(self.team)
        booked = {line["generation_id"]: line for line in lines}
        for reply in filter(lambda reply: reply.is_whole, self.replies):
            assert reply.generation in booked, f"received whole, not booked: {reply.text}"
            assert_booked(booked[reply.generation], reply.cost)
        assert not [line for line in lines if line["state"] == "held"], "open with no call running"
        assert sum_of(lines, "cost") >= self.team.sandbox.bill()
        return lines


def slow_upstream(milliseconds=400):
    """Time to make the disk fail while answers are on their way."""
    return ["--latency-ms", str(milliseconds), "--chunk-ms", "40", "--generation-lag-ms", "50"]


def readiness(team):
    return requests.get(f"{team.gateway.console}/readyz", timeout=10).status_code


def break_the_disk(trouble, crowd, kind):
    """Lets calls begin, makes the disk fail, and sees the gateway refuse what comes next."""
    team, before = trouble.team, trouble.team.sandbox.state()["requests"]
    calls = trouble.start_calls(crowd)
    wanted = before + len(calls)
    eventually(lambda: team.sandbox.state()["requests"] == wanted, what="all calls are upstream")
    trouble.disk.fail(kind)
    refused = team.chat(trouble.person.key)
    trouble.collect(calls)
    error = assert_envelope(refused, 503)
    assert error["metadata"]["reason"] == "ledger_unavailable"
    assert trouble.disk.failures > 0
    assert team.sandbox.state()["requests"] == wanted, "the refused call went upstream"
    eventually(lambda: readiness(team) == 503, what="not ready while nothing can be written")
    assert requests.get(f"{team.gateway.console}/healthz", timeout=10).status_code == 200


def explained(done):
    """A program that gave up with a sentence, not with a signal or a dump."""
    assert done.returncode == 1, f"exit code {done.returncode}: {done.stdout}{done.stderr}"
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("purser: ")] or [""]
    assert len(line) > 30, done.stderr
    assert "Fatal" not in done.stderr and "purser: ready" not in done.stdout
    return line


def purser(arguments, environment, directory=None):
    return subprocess.run(
        [BINARY, *map(str, arguments)],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=READY_SECONDS,
    )


def serve_once(team, database, environment=None, directory=None):
    """A `serve` that is expected to give up."""
    return purser(
        ["serve", "--database", database, "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0"],
        clean_environment(
            team.directory,
            OPENROUTER_BASE_URL=team.sandbox.url,
            OPENROUTER_API_KEY=team.sandbox.key,
            **(environment or {}),
        ),
        directory or team.directory,
    )
