"""Thousands of calls that arrive together and are all alike, against one budget that pays for two
in five of them: not a cent too much, and hardly one left over.

Shared by the test and by Benchmarks/reliability/parallel.
"""

import argparse
import asyncio
import contextlib
import pathlib
import re
import resource
import sys
import tempfile
import time
from collections import Counter
from decimal import ROUND_DOWN, Decimal

from harness import Team, assert_booked, assert_sane_books, picodollars, sum_of
from load import PATIENCE_SECONDS, Reply
from programs import BOOKS_SECONDS, exact
from wire import chat_body, chat_head

SHARE_PAID = Decimal("0.4")
SHARE_USED = Decimal("0.95")
# Nobody shall be turned away for having waited; the waiting ends because the money does.
WAIT_SECONDS = 600
# Files that are not connections: the database, logs, the programs' own.
OTHER_FILES = 200


def raise_file_limit():
    """As many open files as the system lets anybody have; programs started later have as many."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


class Stampede:
    """A team with one budget, and the calls that come for it."""

    def __init__(self, directory, count):
        self.count = count
        self.files_max = raise_file_limit()
        assert count + OTHER_FILES <= self.files_max, f"{count} calls, {self.files_max} files"
        self.team = Team(
            directory,
            gateway_options=["--wait-seconds", str(WAIT_SECONDS)],
            sandbox_options=["--latency-ms", "20"],
        )
        self.cost = self.cost_of_one()
        self.limit = (self.cost * count * SHARE_PAID).quantize(Decimal("1e-9"), ROUND_DOWN)
        self.person = self.team.person(total=self.limit)

    def cost_of_one(self):
        """What each of the calls will cost, as somebody else's call shows."""
        answer = self.team.chat(self.team.person().key, max_tokens=24)
        assert answer.status_code == 200, answer.text
        return picodollars(exact(answer.text)["usage"]["cost"])

    def run(self):
        self.replies, self.seconds = asyncio.run(self.arrive())
        self.peak_bytes = peak_memory(self.team.gateway.process.pid)
        self.team.agreed_books(BOOKS_SECONDS)
        self.lines = [
            line for line in assert_sane_books(self.team) if line["member"] == self.person.name
        ]
        self.whole = [reply for reply in self.replies if reply.is_whole]
        self.refused = Counter(
            reply.reason or "broken" for reply in self.replies if not reply.is_whole
        )
        self.spent = sum_of(self.lines, "cost")
        self.billed = self.team.sandbox.bill() - self.cost

    async def arrive(self):
        """All connections first; then every call on its own, as fast as they can be written."""
        body = chat_body()
        request = chat_head(self.person.key, len(body), "Connection: close") + body
        async with contextlib.AsyncExitStack() as stack:
            connections = []
            for _ in range(self.count):
                reader, writer = await asyncio.open_connection(*self.team.gateway.address)
                stack.callback(writer.close)
                connections.append((reader, writer))
            begun = time.monotonic()
            replies = await asyncio.gather(
                *(self.call(reader, writer, request) for reader, writer in connections)
            )
            return replies, time.monotonic() - begun

    async def call(self, reader, writer, request):
        data = b""
        try:
            writer.write(request)
            while piece := await asyncio.wait_for(reader.read(65536), PATIENCE_SECONDS):
                data += piece
        except OSError:
            # Reset: what has come so far is the answer.
            pass
        return Reply(self.person.name, False, data)

    def check(self):
        """The budget is used, never exceeded, and who was refused was refused for want of it."""
        assert self.spent <= self.limit and self.billed <= self.limit, self.table()
        assert self.spent == self.billed, self.table()
        assert self.spent >= SHARE_USED * self.limit, self.table()
        assert set(self.refused) == {"budget_exceeded"}, self.table()
        assert len(self.replies) == self.count
        assert len(self.whole) == len(self.lines), "a call is in the ledger without its answer"
        booked = {line["generation_id"]: line for line in self.lines}
        for reply in self.whole:
            assert_booked(booked[reply.generation], reply.cost)
            assert picodollars(reply.cost) == self.cost, "the calls were not alike"

    def table(self):
        rows = [
            ("calls at once", self.count),
            ("open files allowed", self.files_max),
            ("answered whole", len(self.whole)),
            *((f"refused: {reason}", count) for reason, count in sorted(self.refused.items())),
            ("limit, USD", f"{self.limit:f}"),
            ("spent, USD", f"{self.spent:f}"),
            ("billed, USD", f"{self.billed:f}"),
            ("overshoot, USD", f"{max(self.spent - self.limit, self.billed - self.limit, 0):f}"),
            ("spent / limit", f"{self.spent / self.limit:.4%}"),
            ("seconds", f"{self.seconds:.1f}"),
            ("gateway's peak memory, MiB", f"{self.peak_bytes / 2**20:.0f}"),
        ]
        width = max(len(name) for name, _ in rows)
        return "\n".join(f"{name:<{width}}  {value:>16}" for name, value in rows)


def peak_memory(process):
    """The most resident memory a process ever had, in bytes, from the kernel's own account."""
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--calls", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="purser-parallel-") as directory:
        stampede = Stampede(pathlib.Path(directory) / "team", options.calls)
        try:
            stampede.run()
            print(stampede.table())
            stampede.check()
        finally:
            stampede.team.stop()


if __name__ == "__main__":
    sys.exit(main())
