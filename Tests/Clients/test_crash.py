"""`kill -9` while people are working: what anybody received is in the books."""

import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import requests

from harness import CHEAP, assert_booked, picodollars
from programs import eventually, exact

PLAIN, STREAMING = 8, 8
WHOLE_REPLIES = 120


class Hammer:
    """People who ask one thing after another until the gateway is gone, and keep what they got."""

    def __init__(self, team, key):
        self.team = team
        self.key = key
        self.received = {}
        self.lock = threading.Lock()
        self.strange = []

    def ask(self, streaming):
        with requests.Session() as session:
            while self.ask_once(session, streaming):
                pass

    def ask_once(self, session, streaming):
        """One call; false when the gateway is gone."""
        text = ""
        try:
            answer = session.post(
                f"{self.team.gateway.base}/chat/completions",
                headers={"Authorization": f"Bearer {self.key}"},
                json={
                    "model": CHEAP,
                    "messages": [{"role": "user", "content": "Say ok."}],
                    "max_tokens": 16,
                    "stream": streaming,
                },
                stream=True,
                timeout=30,
            )
            for piece in answer.iter_content(None):
                text += piece.decode()
        except requests.RequestException:
            if streaming:
                self.keep(text, streaming)
            return False
        if answer.status_code != 200:
            self.strange.append((answer.status_code, text[:200]))
            return False
        self.keep(text, streaming)
        return True

    def keep(self, text, streaming):
        """Notes a reply that came whole, with the cost as it was written.

        A stream is whole once its `[DONE]` is there, even if the connection was cut right after.
        """
        if streaming:
            if "data: [DONE]\n" not in text:
                return
            data = [line[6:] for line in text.splitlines() if line.startswith("data: ")]
            replies = [exact(line) for line in data[:-1]]
            reply = next(reply for reply in replies if reply.get("usage"))
        else:
            reply = exact(text)
        with self.lock:
            self.received[reply["id"]] = Decimal(reply["usage"]["cost"])


def killed_under_load(team, person):
    hammer = Hammer(team, person.key)
    with ThreadPoolExecutor(PLAIN + STREAMING) as pool:
        for number in range(PLAIN + STREAMING):
            pool.submit(hammer.ask, streaming=number >= PLAIN)
        try:
            eventually(lambda: len(hammer.received) >= WHOLE_REPLIES or hammer.strange, 60)
        finally:
            team.gateway.kill()
    assert not hammer.strange
    return hammer.received


def test_every_reply_received_whole_survives_kill_9(fresh_team):
    """Killed twice under load and started again: each reply is booked with its exact cost."""
    team = fresh_team(sandbox_options=["--latency-ms", "10", "--chunk-ms", "2"])
    person = team.person(daily=100)
    received = {}
    for _ in range(2):
        received |= killed_under_load(team, person)
        team.serve()

    booked = {entry["generation_id"]: entry for entry in team.commands.ledger()}
    for generation, cost in received.items():
        entry = booked.get(generation)
        assert entry, f"{generation} was received whole and is not in the ledger"
        assert_booked(entry, cost)

    # Calls in flight when it was killed: looked up where possible, else kept at what was held.
    # Either way nothing that the upstream billed is missing.
    eventually(lambda: team.booked() >= team.sandbox.bill(), what="all that was billed is booked")
    eventually(
        lambda: all(entry["state"] != "held" for entry in team.commands.ledger()),
        what="no attempt stays open after the crash",
    )
    for entry in team.commands.ledger():
        if entry["state"] == "kept":
            assert entry["cost_source"] == "kept" and Decimal(entry["cost"]) > 0
    assert team.chat(person.key).status_code == 200


def test_a_budget_is_still_full_after_kill_9(fresh_team):
    """Spend is not forgotten by a crash: a used-up budget stays used up."""
    team = fresh_team()
    name = team.member(daily=1)
    key = team.key(name).key
    cost = picodollars(exact(team.chat(key).text)["usage"]["cost"])
    team.commands.run("budget", "set", "--member", name, "--daily", f"{cost:f}")
    team.gateway.kill()
    team.serve()
    assert team.chat(key).status_code == 402
    assert team.agreed_books() == cost
