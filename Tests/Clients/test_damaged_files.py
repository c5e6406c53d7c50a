"""Files that are not as they were left: cut, copied while calls run, named twice, no database."""

import os
import shutil
import sqlite3

import pytest

from harness import Commands, Team, assert_booked, assert_sane_books
from load import Crowd
from programs import Gateway, clean_environment, eventually
from trouble import explained, purser, serve_once


class Killed:
    """A team whose gateway was killed under load, and what its members had received by then."""

    def __init__(self, directory, rounds):
        self.team = Team(directory / "team", sandbox_options=["--generation-lag-ms", "50"])
        people = [self.team.person(daily=100) for _ in range(3)]
        self.replies = []
        with Crowd() as crowd:
            for _ in range(rounds):
                calls = [
                    crowd.ask(self.team, person, is_streamed=number % 2 == 1)
                    for person in people
                    for number in range(4)
                ]
                self.replies += [call.result() for call in calls]
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
# SQLite moves the log into the main file when it has so many pages.
CHECKPOINT_PAGES = 1000


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
    """`cp` of the three files in one go, as people make backups, without asking anybody.

    Only while SQLite does not move its log into the main file in between: that may tear a copy,
    as with any database. Here the log stays too short for that.
    """
    team = fresh_team(sandbox_options=["--latency-ms", "20", "--chunk-ms", "2"])
    people = [team.person(daily=100) for _ in range(4)]
    counts, calls = [], []
    with Crowd() as crowd:
        for number in range(4):
            calls += [
                crowd.ask(team, person, is_streamed=is_streamed)
                for person in people
                for is_streamed in (False, True)
            ]
            wanted = len(people) * 2 * number + 2
            eventually(lambda: sum(call.done() for call in calls) >= wanted, what="some answers")
            database = tmp_path / f"copy-{number}" / "team.db"
            database.parent.mkdir()
            for suffix in ["", "-wal", "-shm"]:
                shutil.copy(f"{team.database}{suffix}", f"{database}{suffix}")
            counts.append(len(assert_opens(team, database)))
        assert all(call.result().is_whole for call in calls)
    assert os.path.getsize(f"{team.database}-wal") < CHECKPOINT_PAGES * PAGE
    team.agreed_books()
    assert counts == sorted(counts) and 0 < counts[0] < counts[-1], counts


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


def test_a_link_to_a_database_yet_to_be_made_lets_one_gateway_in(team, tmp_path):
    """The link led nowhere when the first one started, so each had a lock of its own."""
    (tmp_path / "link.db").symlink_to("team.db")
    first = Restored(team, tmp_path / "link.db")
    try:
        sentence = explained(serve_once(team, tmp_path / "team.db"))
        assert "postgres" in sentence.lower()
    finally:
        first.gateway.stop()


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


def somebody_elses(file):
    change(file, "CREATE TABLE photo (id INTEGER PRIMARY KEY)")


def folder(file):
    file.mkdir()


def make_database(file):
    Commands(file.parent, file).run("init")


def change(file, sql):
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute(sql)
    connection.close()


WRONG = [no_database, torn_head, cut_short, newer_schema, somebody_elses, folder]


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
