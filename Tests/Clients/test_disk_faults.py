"""A disk that is full, read-only or broken, while calls are running: nothing is let through that
cannot be written down, and nothing that anybody received is missing from the books."""

import pytest

from harness import Commands, assert_envelope
from load import Crowd
from programs import FaultyDisk, clean_environment, eventually
from trouble import (
    HEALING_SECONDS,
    KINDS,
    PLAIN,
    STREAMING,
    break_the_disk,
    explained,
    purser,
    readiness,
    serve_once,
    slow_upstream,
)

STEPS = 30


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
        one.collect(one.start_calls(crowd, plain=2, streaming=2))
    assert all(reply.is_whole for reply in one.replies[-4:])
    assert one.team.chat(one.person.key).status_code == 200


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


@pytest.mark.parametrize("kind", KINDS)
def test_a_gateway_that_admits_nobody_is_not_ready(trouble, kind):
    """A load balancer sent everybody to a gateway that turned everybody away."""
    one = trouble()
    assert readiness(one.team) == 200
    one.disk.fail(kind)
    assert_envelope(one.team.chat(one.person.key), 503)
    assert readiness(one.team) == 503
    one.disk.heal()
    eventually(lambda: readiness(one.team) == 200, HEALING_SECONDS)
    assert one.team.chat(one.person.key).status_code == 200
