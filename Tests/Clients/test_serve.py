"""Starting, stopping, and what `serve` refuses to do."""

import contextlib
import os
import subprocess
import sys
import threading

import requests

from harness import CHEAP, Commands, serve_in_vain
from programs import Gateway


def test_a_second_serve_on_the_same_database_refuses_to_start(team):
    """Two gateways on one SQLite file would each believe the other's money is free."""
    second = serve_in_vain(team, team.database)
    assert second.returncode == 1
    assert "postgres" in second.stderr.lower()
    assert "purser: ready" not in second.stdout
    assert team.chat(team.person().key).status_code == 200


def test_the_management_key_may_come_from_the_environment(fresh_team):
    """A deployment that keeps its secrets elsewhere sets the key instead of reading it once."""
    team = fresh_team()
    team.gateway.stop()
    secret = "sk-purser-mgmt-" + "5" * 64
    team.gateway = Gateway(
        team.directory,
        team.database,
        team.sandbox.url,
        team.sandbox.key,
        PURSER_MANAGEMENT_KEY=secret,
    )
    answer = requests.get(
        f"{team.gateway.base}/keys", headers={"Authorization": f"Bearer {secret}"}, timeout=30
    )
    assert answer.status_code == 200


def test_an_address_in_use_is_explained(fresh_team):
    """The message names the address, and nothing is left half started."""
    team = fresh_team()
    taken = team.gateway.origin.removeprefix("http://")
    other = Commands(team.directory, team.directory / "other.db")
    other.run("init")
    done = serve_in_vain(team, other.database, listen=taken)
    assert done.returncode == 1
    assert taken in done.stderr


def test_a_stop_right_after_the_ready_line_is_as_clean_as_any(fresh_team):
    """A supervisor that changes its mind never sees a crash."""
    team = fresh_team()
    for _ in range(5):
        team.gateway.stop()
        team.serve()


@contextlib.contextmanager
def busy_machine():
    """Two processes for each processor that do nothing but keep it occupied."""
    busy = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(2 * (os.cpu_count() or 1))
    ]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def test_a_stop_right_after_the_ready_line_is_clean_on_a_busy_machine(fresh_team):
    """Once it says that it is ready, a stop is neither lost nor a sudden death, however late the
    next instruction comes."""
    team = fresh_team()
    with busy_machine():
        for _ in range(15):
            team.gateway.stop()
            team.serve()


def test_a_stop_lets_running_answers_finish(fresh_team):
    """A restart for an upgrade does not cut anybody off."""
    team = fresh_team(sandbox_options=["--chunk-ms", "30"])
    key = team.person().key
    begun, pieces = threading.Event(), []

    def listen():
        answer = requests.post(
            f"{team.gateway.base}/chat/completions",
            headers={"Authorization": f"Bearer {key}"},
            json={
                "model": CHEAP,
                "messages": [{"role": "user", "content": "Say ok."}],
                "max_tokens": 32,
                "stream": True,
            },
            stream=True,
            timeout=60,
        )
        for piece in answer.iter_content(None):
            pieces.append(piece)
            begun.set()

    listener = threading.Thread(target=listen)
    listener.start()
    assert begun.wait(30)
    team.gateway.stop()
    listener.join(30)
    assert b"".join(pieces).rstrip().endswith(b"data: [DONE]")
    team.agreed_books()


def test_the_console_answers_health_and_metrics(team):
    """What a supervisor and a scraper ask."""
    team.chat(team.person().key)
    team.assert_healthy()
    metrics = requests.get(f"{team.gateway.console}/metrics", timeout=30)
    assert metrics.status_code == 200 and "purser_" in metrics.text
