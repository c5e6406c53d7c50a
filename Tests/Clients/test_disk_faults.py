"""A disk that is full, read-only or broken, while calls are running: nothing is let through that
cannot be written down, and nothing that anybody received is missing from the books."""

import os
import shutil
import sqlite3
import subprocess

import pytest
import requests

from harness import (
    Commands,
    Team,
    assert_booked,
    assert_envelope,
    assert_sane_books,
    sum_of,
)
from load import Crowd
from programs import BINARY, READY_SECONDS, FaultyDisk, Gateway, clean_environment, eventually

KINDS = ["full", "write-error", "sync-error", "read-only"]
PLAIN, STREAMING = 4, 4
HEALING_SECONDS = 30
STEPS = 30


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


@pytest.fixture
def trouble(tmp_path):
    """A function that makes a team on a faulty disk; the teams are stopped at the end."""
    made = []

    def make(**options):
        made.append(Trouble(tmp_path / f"trouble-{len(made)}", **options))
        return made[-1]

    yield make
    for one in made:
        one.disk.heal()
        one.team.stop()


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


@pytest.mark.parametrize("kind", KINDS)
def test_service_resumes_by_itself_when_the_disk_works_again(trouble, kind):
    """Nobody restarts anything: what could not be written is written, and the books agree."""
    one = trouble(sandbox_options=slow_upstream())
    with Crowd() as crowd:
        break_the_disk(one, crowd, kind)
        assert_envelope(one.team.chat(one.person.key), 503)
        one.disk.heal()
        eventually(lambda: one.team.chat(one.person.key).status_code == 200, HEALING_SECONDS)
        eventually(lambda: readiness(one.team) == 200, HEALING_SECONDS)
        one.collect(one.start_calls(crowd))
    one.team.agreed_books()
    lines = one.assert_nothing_is_lost()
    assert {line["state"] for line in lines} == {"settled"}
    assert all(reply.is_whole for reply in one.replies[-PLAIN - STREAMING :])


@pytest.mark.parametrize("kind", KINDS)
def test_a_kill_while_the_disk_fails_loses_nothing(trouble, kind):
    """The worst morning: the disk is full, and then the process is killed as well."""
    one = trouble(sandbox_options=slow_upstream())
    with Crowd() as crowd:
        one.collect(one.start_calls(crowd))
        break_the_disk(one, crowd, kind)
        one.restart_on_a_sound_disk()
        one.assert_nothing_is_lost()
        one.collect(one.start_calls(crowd))
    lines = one.assert_nothing_is_lost()
    assert all(reply.is_whole for reply in one.replies[-PLAIN - STREAMING :])
    assert sum(line["state"] == "settled" for line in lines) >= 2 * (PLAIN + STREAMING)


@pytest.mark.parametrize("kind", ["error", "torn"])
def test_a_disk_that_fails_at_any_step_loses_nothing(trouble, kind):
    """The first write fails, or the second, … or the thirtieth; then the process is killed."""
    one = trouble(sandbox_options=slow_upstream(10))
    with Crowd() as crowd:
        for step in range(1, STEPS + 1):
            one.disk.fail(kind, first=step)
            for _ in range(2):
                one.collect(one.start_calls(crowd, plain=2, streaming=2))
            assert one.disk.failures > 0, f"step {step} was never reached"
            one.restart_on_a_sound_disk()
            one.assert_nothing_is_lost()
    assert any(reply.is_whole for reply in one.replies)
    assert one.team.chat(one.person.key).status_code == 200


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


@pytest.mark.parametrize("kind", KINDS)
def test_a_start_or_a_command_on_a_broken_disk_is_explained(trouble, kind):
    """A sentence and exit code 1; and once the disk works, nothing is missing."""
    one = trouble(sandbox_options=slow_upstream())
    with Crowd() as crowd:
        one.collect(one.start_calls(crowd))
        calls = one.start_calls(crowd)
        wanted = 2 * len(calls)
        eventually(lambda: one.team.sandbox.state()["requests"] == wanted, what="calls upstream")
        one.team.gateway.kill()
        one.collect(calls)
    before = {line["id"] for line in one.team.commands.ledger()}
    # The next start has to write how the calls ended that the kill left open.
    one.disk.fail(kind)
    explained(serve_once(one.team, one.team.database, one.disk.environment))
    assert one.disk.failures > 0
    one.disk.fail(kind)
    explained(one.command("member", "add", "somebody"))
    assert one.disk.failures > 0
    one.restart_on_a_sound_disk()
    assert {line["id"] for line in one.assert_nothing_is_lost()} == before
    # After an error of a sync nobody knows whether a change is there.
    if kind != "sync-error":
        one.team.commands.run("member", "show", "somebody", expect=1)
    assert one.team.chat(one.person.key).status_code == 200


def test_making_a_database_may_fail_at_any_step_and_be_repeated(tmp_path):
    """The disk is full at the first write of `purser init`, the second, and so on."""
    failures = 0
    for step in range(1, STEPS + 1):
        directory = tmp_path / f"{step}"
        database = directory / "team.db"
        disk = FaultyDisk(directory / "disk", database)
        disk.fail("error", first=step)
        environment = clean_environment(directory, **disk.environment)
        done = purser(["init", "--database", database], environment)
        if done.returncode != 0:
            failures += 1
            explained(done)
            assert disk.failures > 0
        commands = Commands(directory, database)
        if done.returncode != 0:
            commands.run("init")
        commands.run("member", "add", "somebody")
        assert commands.ledger() == []
    assert failures > 10


# Files that are not as they were left.


class Killed:
    """A team whose gateway was killed under load, and what its members had received by then."""

    def __init__(self, directory, rounds):
        self.team = Team(directory / "team", sandbox_options=["--generation-lag-ms", "50"])
        people = [self.team.person(daily=100) for _ in range(3)]
        with Crowd() as crowd:
            for _ in range(rounds):
                calls = [
                    crowd.ask(self.team, person, is_streamed=number % 2 == 1)
                    for person in people
                    for number in range(4)
                ]
                self.replies = [call.result() for call in calls]
            sandbox = self.team.sandbox
            sandbox.set(latency_ms=10_000)
            served = sandbox.state()["requests"]
            self.open = [crowd.ask(self.team, person) for person in people]
            eventually(lambda: sandbox.state()["requests"] == served + 3, what="open calls")
            self.team.gateway.kill()
        sandbox.set(latency_ms=0)
        assert all(reply.is_whole for reply in self.replies)

    def copy_to(self, directory, wal_bytes=None, with_index=True):
        """A team on a copy of the files, as somebody restores them from somewhere."""
        directory.mkdir(parents=True)
        for suffix in ["", "-wal"] + (["-shm"] if with_index else []):
            shutil.copy(f"{self.team.database}{suffix}", directory / f"team.db{suffix}")
        if wal_bytes is not None:
            os.truncate(directory / "team.db-wal", wal_bytes)
        return directory / "team.db"


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    one = Killed(tmp_path_factory.mktemp("killed"), rounds=4)
    yield one
    one.team.sandbox.stop()


# A header of 32 bytes, then frames of 24 bytes and a page of 4,096.
WAL_HEADER, FRAME_HEADER, PAGE = 32, 24, 4096


def wal_cuts(length):
    frame = FRAME_HEADER + PAGE
    frames = (length - WAL_HEADER) // frame
    cuts = [0, 1, WAL_HEADER // 2, WAL_HEADER, WAL_HEADER + FRAME_HEADER // 2]
    for number in (1, 2, frames // 3, frames // 2, frames - 2, frames - 1):
        start = WAL_HEADER + number * frame
        cuts += [start, start + FRAME_HEADER + PAGE // 2]
    return [cut for cut in cuts if cut < length] + [length - 1, length]


@pytest.mark.parametrize("with_index", [True, False], ids=["with-index", "without-index"])
def test_a_log_that_was_cut_opens_as_it_was_at_some_instant(killed, tmp_path, with_index):
    """A log that lost its end: earlier books, but whole ones, and a gateway that goes on."""
    length = os.path.getsize(f"{killed.team.database}-wal")
    counts = []
    for cut in wal_cuts(length):
        database = killed.copy_to(tmp_path / f"{cut}", cut, with_index)
        lines = assert_opens(killed.team, database)
        counts.append(len(lines))
    assert counts == sorted(counts) and counts[0] < counts[-1], counts
    booked = {line["generation_id"]: line for line in lines}
    for reply in killed.replies:
        assert_booked(booked[reply.generation], reply.cost)
    # The calls that were open at the kill had no generation yet.
    assert sum(line["state"] == "kept" for line in lines) == len(killed.open)


class Restored:
    """A gateway on other files than the team's, with the team's upstream."""

    def __init__(self, team, database):
        self.commands = Commands(database.parent, database)
        self.gateway = Gateway(
            database.parent, database, team.sandbox.url, team.sandbox.key
        )


def assert_opens(team, database):
    """A gateway starts on the files, and what it finds there agrees with itself."""
    restored = Restored(team, database)
    try:
        lines = assert_sane_books(restored)
    finally:
        restored.gateway.stop()
    assert "Fatal" not in restored.gateway.errors()
    assert not [line for line in lines if line["state"] == "held"]
    return lines


def test_a_copy_taken_while_calls_run_opens(fresh_team, tmp_path):
    """`cp` of the three files, as people make backups, without asking anybody."""
    team = fresh_team()
    people = [team.person(daily=100) for _ in range(4)]
    counts = []
    with Crowd() as crowd:
        calls = []
        for number in range(6):
            calls += [
                crowd.ask(team, person, is_streamed=index % 2 == 1)
                for person in people
                for index in range(5)
            ]
            eventually(lambda: sum(call.done() for call in calls) > 20 * number + 5)
            database = tmp_path / f"copy-{number}" / "team.db"
            database.parent.mkdir()
            for suffix in ["", "-wal", "-shm"]:
                shutil.copy(f"{team.database}{suffix}", f"{database}{suffix}")
            counts.append(len(assert_opens(team, database)))
        assert all(call.result().is_whole for call in calls)
    team.agreed_books()
    assert counts == sorted(counts) and counts[0] < counts[-1], counts


@pytest.mark.parametrize("spelling", ["plain", "relative", "link", "linked-folder", "dots"])
def test_a_second_gateway_is_refused_however_the_file_is_named(team, tmp_path, spelling):
    """Two gateways on one file would each believe the other's money is free."""
    link, folder = tmp_path / "link.db", tmp_path / "folder"
    link.symlink_to(team.database)
    folder.symlink_to(team.database.parent)
    name = {
        "plain": team.database,
        "relative": os.path.relpath(team.database, tmp_path),
        "link": link,
        "linked-folder": folder / "team.db",
        "dots": f"{team.database.parent}/../{team.database.parent.name}//team.db",
    }[spelling]
    before = team.commands.ledger()
    sentence = explained(serve_once(team, name, directory=tmp_path))
    assert "postgres" in sentence.lower()
    assert team.commands.ledger() == before
    assert team.chat(team.person().key).status_code == 200
    team.assert_healthy()


def no_database(file):
    file.write_bytes(b"These are last year's invoices.\n" * 200)


def torn_head(file):
    make_database(file)
    file.write_bytes(b"\0" * 100 + file.read_bytes()[100:])


def cut_short(file):
    make_database(file)
    file.write_bytes(file.read_bytes()[: 3 * PAGE + 100])


def newer_schema(file):
    make_database(file)
    change(file, "PRAGMA user_version = 999")


def folder(file):
    file.mkdir()


def make_database(file):
    Commands(file.parent, file).run("init")


def change(file, sql):
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute(sql)
    connection.close()


WRONG = [no_database, torn_head, cut_short, newer_schema, folder]


@pytest.mark.parametrize("make", WRONG)
def test_a_file_that_is_no_database_of_ours_is_left_alone(team, tmp_path, make):
    """A slip in the path costs nobody their file."""
    file = tmp_path / "team.db"
    make(file)
    before = None if file.is_dir() else file.read_bytes()
    sentences = {explained(serve_once(team, file))}
    environment = clean_environment(
        tmp_path, OPENROUTER_API_KEY=team.sandbox.key, OPENROUTER_BASE_URL=team.sandbox.url
    )
    for command in (["member", "list"], ["init"], ["ledger", "export"]):
        sentences.add(explained(purser([*command, "--database", file], environment)))
    for sentence in sentences:
        assert any(word in sentence for word in ("database", "file")), sentence
    if make is newer_schema:
        assert any("999" in sentence for sentence in sentences)
    assert (None if file.is_dir() else file.read_bytes()) == before


def test_an_empty_file_is_a_database_yet_to_be_made(team, tmp_path):
    """`touch team.db` is how some people reserve a name, and SQLite itself begins that way."""
    file = tmp_path / "team.db"
    file.touch()
    Commands(tmp_path, file).run("init")
    assert assert_opens(team, file) == []
