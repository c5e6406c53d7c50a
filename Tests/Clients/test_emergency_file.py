"""What the ledger cannot take is in a file beside it, and the gateway does not go on for ever
without a ledger."""

import json
import pathlib
import shutil

import pytest

from harness import assert_envelope, metric, sum_of
from load import Crowd
from programs import STOP_SECONDS, eventually
from trouble import (
    HEALING_SECONDS,
    KINDS,
    PLAIN,
    STREAMING,
    break_the_disk,
    slow_upstream,
)

EMERGENCY_BYTES = 1 << 20
# What fails, and on which files: a full disk still takes bytes that the file has room for, and a
# broken spot under the log is none under its neighbour.
FAULTS = [
    ("full-growth", "team.db"),
    ("write-error", "team.db-wal"),
    ("sync-error", "team.db-wal"),
    ("read-only", "team.db-wal"),
]


def emergency_file(one):
    return pathlib.Path(f"{one.team.database}.emergency")


def emergency_lines(one):
    """The file's lines: JSON, one entry each, then nothing but zeros."""
    data = emergency_file(one).read_bytes()
    assert len(data) == EMERGENCY_BYTES, "the room for it is taken beforehand"
    return [json.loads(line) for line in data.rstrip(b"\0").splitlines()]


def fail_under_load(one, kind):
    """All that runs ends while nothing can be written to the ledger."""
    with Crowd() as crowd:
        break_the_disk(one, crowd, kind)
    eventually(
        lambda: metric(one.team, "purser_unwritten_entries") >= PLAIN + STREAMING,
        what="every outcome waits for the ledger",
    )
    assert len(emergency_lines(one)) >= PLAIN + STREAMING


def assert_all_settled(one):
    """Every call that went upstream is booked at its cost; nothing is kept for want of knowing.

    A call that was refused because of an error of a sync may be there with its hold: its attempt
    had been written, and nobody could say whether it would last.
    """
    lines = one.assert_nothing_is_lost()
    served = [line for line in lines if line["generation_id"]]
    assert len(served) == one.team.sandbox.state()["requests"] == PLAIN + STREAMING
    assert {line["state"] for line in served} == {"settled"}
    assert {line["cost_source"] for line in served} == {"upstream"}
    assert sum_of(served, "cost") == one.team.sandbox.bill()
    return lines


@pytest.mark.parametrize("kind, prefix", FAULTS, ids=[kind for kind, _ in FAULTS])
def test_what_could_not_be_written_survives_a_kill(trouble, kind, prefix):
    """The disk fails, answers end, and the process is killed: the next start knows their costs."""
    one = trouble(prefix=prefix, sandbox_options=slow_upstream())
    fail_under_load(one, kind)
    one.restart_on_a_sound_disk()
    assert_all_settled(one)
    eventually(lambda: emergency_lines(one) == [], what="what was taken over is gone")


def test_the_emergency_file_may_be_read_twice(trouble, tmp_path):
    """Killed again before it was emptied: what is in the ledger already is not booked again."""
    one = trouble(prefix="team.db-wal", sandbox_options=slow_upstream())
    fail_under_load(one, "write-error")
    kept = tmp_path / "kept"
    shutil.copy(emergency_file(one), kept)
    one.restart_on_a_sound_disk()
    before = assert_all_settled(one)
    one.team.gateway.kill()
    shutil.copy(kept, emergency_file(one))
    one.team.serve()
    assert assert_all_settled(one) == before


def test_an_emergency_file_cut_in_the_middle_of_a_line_gives_the_lines_before(trouble):
    """The power failed while it was written: a torn last line stops nobody from starting."""
    one = trouble(prefix="team.db-wal", sandbox_options=slow_upstream())
    fail_under_load(one, "write-error")
    one.team.gateway.kill()
    data = emergency_file(one).read_bytes()
    text = data.rstrip(b"\0")
    torn = text[:-20]
    emergency_file(one).write_bytes(torn + b"\0" * (EMERGENCY_BYTES - len(torn)))
    one.restart_on_a_sound_disk()
    lines = one.assert_nothing_is_lost()
    settled = [line for line in lines if line["cost_source"] == "upstream"]
    assert len(settled) >= PLAIN + STREAMING - 1
    assert one.team.chat(one.person.key).status_code == 200


def test_a_ledger_that_works_again_leaves_the_emergency_file_empty(trouble):
    """Healed without a restart: the entries are in the ledger, so a later start has none to add."""
    one = trouble(prefix="team.db-wal", sandbox_options=slow_upstream())
    fail_under_load(one, "write-error")
    one.disk.heal()
    eventually(lambda: metric(one.team, "purser_unwritten_entries") == 0, HEALING_SECONDS)
    eventually(lambda: emergency_lines(one) == [], HEALING_SECONDS)
    before = assert_all_settled(one)
    one.restart_on_a_sound_disk()
    assert assert_all_settled(one) == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_gateway_whose_ledger_does_not_heal_ends_by_itself(trouble, kind):
    """A supervisor restarts it, perhaps elsewhere; and the log says why it ended."""
    one = trouble(
        gateway_options=["--ledger-seconds", "2"], sandbox_options=slow_upstream(100)
    )
    with Crowd() as crowd:
        calls = one.start_calls(crowd)
        eventually(lambda: one.team.sandbox.state()["requests"] == len(calls), what="calls")
        one.disk.fail(kind)
        assert_envelope(one.team.chat(one.person.key), 503)
        one.collect(calls)
        code = one.team.gateway.process.wait(2 + STOP_SECONDS)
    assert code == 1
    assert any(
        line.startswith("purser: ") and "ledger" in line
        for line in one.team.gateway.errors().splitlines()
    ), one.team.gateway.errors()
    one.restart_on_a_sound_disk()
    one.assert_nothing_is_lost()
    assert one.team.chat(one.person.key).status_code == 200


def test_a_ledger_that_heals_in_time_again_and_again_ends_nothing(trouble):
    """The patience begins anew with each failure: seconds of trouble in all are not too many."""
    seconds = 3
    one = trouble(gateway_options=["--ledger-seconds", str(seconds)])
    # Each failure lasts until the next probe, half a second: together more than the patience.
    for _ in range(4 * seconds):
        one.disk.fail("full")
        assert_envelope(one.team.chat(one.person.key), 503)
        one.disk.heal()
        eventually(lambda: one.team.chat(one.person.key).status_code == 200, HEALING_SECONDS)
    assert one.team.gateway.process.poll() is None
    one.team.agreed_books()
