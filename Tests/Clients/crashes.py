"""`kill -9` again and again while people are working, and an exact account of what it cost.

Shared by the test and by Benchmarks/reliability/kills.
"""

import argparse
import asyncio
import pathlib
import random
import sys
import tempfile
import threading
from collections import Counter
from decimal import Decimal

from harness import (
    Team,
    assert_booked,
    assert_envelope,
    assert_sane_books,
    picodollars,
    sum_of,
)
from load import Crowd, ask
from programs import FaultyDisk, Gateway, eventually

# A commit is some ten writes and a sync.
SLOW_MILLISECONDS = 1
# How long a gateway lives before it is killed, in seconds: from hardly begun to well under way.
LIFE_SECONDS = (0.02, 0.6)
# Look-ups come after 1, 5 and 30 seconds; this outlasts them on a busy machine.
LOOK_UP_SECONDS = 60
PEOPLE = 4
ANSWERS = 8
# One start in three is killed too, at some instant on its way to being ready.
STILLBIRTHS = 1 / 3
START_SECONDS = (0.0, 0.15)
# Each person's callers: every second one streams.
CALLERS = 4
# The last person has little, so that the books also show what a full budget does in a crash.
RICH, POOR = Decimal(100), Decimal("0.0005")


class Stillborn(Gateway):
    """A gateway that nobody waits for, because it is killed while it starts."""

    def become_ready(self):
        pass


class Crashes:
    """A team whose gateway is killed at random instants, and everything its members received."""

    def __init__(self, directory, seed):
        self.random = random.Random(seed)
        # A commit takes a while, as on most disks, so that kills strike before one and inside it.
        self.disk = FaultyDisk(directory / "disk", directory / "data" / "team.db")
        self.team = Team(
            directory,
            gateway_environment=self.disk.environment,
            sandbox_options=[
                *("--latency-ms", "15", "--chunk-ms", "3", "--generation-lag-ms", "50")
            ],
        )
        limits = [RICH] * (PEOPLE - 1) + [POOR]
        self.people = [self.team.person(total=limit) for limit in limits]
        self.limits = {person.name: limit for person, limit in zip(self.people, limits)}
        self.whole = []
        self.broken = []
        self.others = Counter()
        self.open_at_kills = 0
        self.kills = 0
        self.stillbirths = 0

    def run(self, kills, report=lambda text: None):
        """Kills, checks and starts again; then lets the books come to rest and checks the end."""
        for _ in range(kills):
            self.live_and_die()
            self.check_after_kill()
            if self.random.random() < STILLBIRTHS:
                self.die_while_starting()
            self.team.serve()
            report(f"{self.kills} kills, {len(self.whole)} whole replies")
        self.come_to_rest()

    def live_and_die(self):
        self.disk.slow_down(SLOW_MILLISECONDS)
        life = self.random.uniform(*LIFE_SECONDS)
        with Crowd() as crowd:
            is_over = asyncio.Event()
            calls = [
                crowd.start(self.work(person, number % 2 == 1, is_over))
                for person in self.people
                for number in range(CALLERS)
            ]
            # Every second gateway, at least, has answered somebody, however slow the machine is.
            wanted = len(self.whole) + ANSWERS * (self.kills % 2)
            eventually(lambda: len(self.whole) >= wanted, LOOK_UP_SECONDS, what="answers")
            # The pause is the experiment: it decides where the kill strikes, and nothing else.
            threading.Event().wait(life)
            self.team.gateway.kill()
            crowd.loop.call_soon_threadsafe(is_over.set)
            for call in calls:
                call.result()
        self.disk.heal()
        self.kills += 1

    def die_while_starting(self):
        """Killed while it writes how the calls ended that the kill before left open."""
        team = self.team
        stillborn = Stillborn(team.directory, team.database, team.sandbox.url, team.sandbox.key)
        threading.Event().wait(self.random.uniform(*START_SECONDS))
        stillborn.kill()
        self.stillbirths += 1

    async def work(self, person, is_streamed, is_over):
        """One caller: asks again as soon as there is an answer, until the gateway is gone."""
        while not is_over.is_set():
            reply = await ask(self.team.gateway.address, person, is_streamed)
            self.note(reply)
            if reply.status is None:
                return
            if reply.status == 402:
                # Somebody whose money is gone looks again now and then.
                await asyncio.sleep(0.05)

    def note(self, reply):
        """Sorts a reply; none may look whole and not be it."""
        assert reply.is_whole or reply.is_visibly_broken, reply.data
        if reply.is_whole:
            self.whole.append(reply)
        elif reply.status in (None, 200):
            self.broken.append(reply)
        else:
            self.others[reply.reason or f"{reply.status} cut off"] += 1

    def check_after_kill(self):
        """What the file says before anybody has opened it to serve from it again."""
        lines = assert_sane_books(self.team)
        self.open_at_kills += sum(line["state"] == "held" for line in lines)
        forwarded = self.team.sandbox.state()["requests"]
        assert forwarded <= len(lines), f"{forwarded} calls upstream, {len(lines)} attempts on disk"
        self.check(lines)

    def check(self, lines):
        booked = {line["generation_id"]: line for line in lines}
        for reply in self.whole:
            assert reply.generation in booked, f"received whole, not booked: {reply.text}"
            assert_booked(booked[reply.generation], reply.cost)
        for name, limit in self.limits.items():
            spent = sum_of(lines, "cost", name) + sum_of(lines, "held", name)
            assert spent <= limit, f"{name} may spend {limit} and has {spent:f}"

    def come_to_rest(self):
        """Waits until everything that can be looked up has been."""
        sandbox, self.lines = self.team.sandbox, []
        self.use_up_a_budget()
        eventually(lambda: sandbox.state()["running"] == 0, what="the upstream's rest")

        def is_resolved():
            self.lines = self.team.commands.ledger()
            return not any(
                line["state"] == "held" or (line["state"] == "kept" and line["generation_id"])
                for line in self.lines
            )

        eventually(is_resolved, LOOK_UP_SECONDS, what="every known generation is looked up")
        assert_sane_books(self.team)
        self.check(self.lines)
        self.check_broken_streams()
        self.account()

    def check_broken_streams(self):
        """A client that saw any of a stream saw its generation, so the gateway had written it."""
        booked = {line["generation_id"]: line for line in self.lines}
        self.streams_cut = [reply.generation for reply in self.broken if reply.generation]
        for generation in self.streams_cut:
            assert generation in booked, f"{generation} was seen by a client, and is not booked"
            assert booked[generation]["state"] == "settled", booked[generation]

    def use_up_a_budget(self):
        """Whoever has little asks until it is gone: no crash has given any of it back."""
        for _ in range(int(POOR / min(picodollars(reply.cost) for reply in self.whole)) + 1):
            answer = self.team.chat(self.people[-1].key)
            if answer.status_code != 200:
                break
        assert_envelope(answer, 402)

    def account(self):
        """Every dollar between the ledger and the bill has an attempt that explains it."""
        kept = [line for line in self.lines if line["state"] == "kept"]
        self.unresolved, self.unresolved_sum = len(kept), sum_of(kept, "cost")
        self.ledger, self.bill = sum_of(self.lines, "cost"), self.team.sandbox.bill()
        self.looked_up = sum(line["cost_source"] == "generation" for line in self.lines)
        known = self.ledger - self.unresolved_sum
        assert known <= self.bill <= self.ledger, self.table()
        if not kept:
            assert self.ledger == self.bill, self.table()
        # What a call costs that ran to its end, all of them being alike.
        whole = {picodollars(reply.cost) for reply in self.whole}
        assert self.bill - known <= len(kept) * max(whole), self.table()

    def table(self):
        lines = self.lines
        rows = [
            ("kills under load", self.kills),
            ("kills while starting", self.stillbirths),
            ("calls in the ledger", len(lines)),
            ("replies received whole", len(self.whole)),
            ("replies visibly broken", len(self.broken)),
            *((f"refused: {reason}", count) for reason, count in sorted(self.others.items())),
            ("streams cut by a kill", len(self.streams_cut)),
            ("attempts open at a kill", self.open_at_kills),
            ("  resolved by look-up", self.looked_up),
            ("  unresolved, kept at their bound", self.unresolved),
            ("ledger, USD", f"{self.ledger:f}"),
            ("  of it kept at the bound", f"{self.unresolved_sum:f}"),
            ("bill, USD", f"{self.bill:f}"),
            ("ledger - bill", f"{self.ledger - self.bill:f}"),
            ("  without what is kept", f"{self.ledger - self.unresolved_sum - self.bill:f}"),
        ]
        width = max(len(name) for name, _ in rows)
        return "\n".join(f"{name:<{width}}  {value:>20}" for name, value in rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="where the kills strike")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="purser-kills-") as directory:
        crashes = Crashes(pathlib.Path(directory) / "team", options.seed)
        try:
            crashes.run(options.kills, lambda text: print(text, file=sys.stderr))
            print(crashes.table())
        finally:
            crashes.team.stop()


if __name__ == "__main__":
    main()
