"""The running programs: started with their documented options on ports of their own choosing, read
by their documented ready lines, ended by their process id.
"""

import atexit
import json
import mmap
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time
from decimal import Decimal

import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("PURSER_BIN", str(ROOT / ".build/debug/purser"))

# Long enough for a debug build on a busy machine, short enough to notice a program that hangs.
READY_SECONDS = 30
STOP_SECONDS = 15
BOOKS_SECONDS = 20


def exact(text):
    """Decodes JSON without passing any number through binary floating point."""
    return json.loads(text, parse_float=Decimal)


def eventually(condition, seconds=BOOKS_SECONDS, what="the condition"):
    """Asks until the answer is true, and gives up with the last answer at the deadline."""
    pause = threading.Event()
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"{what} did not come true in {seconds} s: {answer!r}"
        pause.wait(0.05)


def clean_environment(directory, **extra):
    """A terminal's environment without this machine's Purser or OpenRouter settings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PURSER_", "OPENROUTER_", "OPENAI_", "SSL_CERT_"))
    }
    return kept | {"HOME": str(directory)} | extra


running = set()


@atexit.register
def end_what_a_failed_test_left():
    for program in list(running):
        program.kill()


class Program:
    """One running `purser`, with its standard output read as it comes."""

    def __init__(self, name, arguments, directory, environment=None):
        directory.mkdir(parents=True, exist_ok=True)
        self.error_log = directory / f"{name}.stderr"
        self.output_log = directory / f"{name}.stdout"
        self.lines = []
        self._news = threading.Condition()
        self._ended = False
        with open(self.error_log, "ab") as errors:
            self.process = subprocess.Popen(
                [BINARY, *map(str, arguments)],
                cwd=directory,
                env=environment or clean_environment(directory),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        running.add(self)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        with open(self.output_log, "a") as log:
            for line in self.process.stdout:
                log.write(line)
                log.flush()
                with self._news:
                    self.lines.append(line.rstrip("\n"))
                    self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def wait_for_line(self, pattern, seconds=READY_SECONDS):
        """The first line of standard output that matches, as a match object."""
        wanted = re.compile(pattern)

        def found():
            return next((match for match in map(wanted.search, self.lines) if match), None)

        with self._news:
            self._news.wait_for(lambda: found() or self._ended, seconds)
            match = found()
        assert match, f"no line like {pattern!r}\n{self.lines[-20:]}\n{self.errors()[-2000:]}"
        return match

    def errors(self):
        return self.error_log.read_text(errors="replace")

    def stop(self):
        """Asks it to end, as a service supervisor would, and insists on a clean exit."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"SIGTERM did not end it\n{self.errors()[-2000:]}") from None
        self._ended_with_its_output()
        assert code == 0, f"exit code {code} after SIGTERM\n{self.errors()[-2000:]}"

    def kill(self):
        """`kill -9`: no warning, no clean-up."""
        self.process.kill()
        self.process.wait()
        self._ended_with_its_output()

    def _ended_with_its_output(self):
        running.discard(self)
        self._reader.join(STOP_SECONDS)


class Sandbox(Program):
    """The stand-in for OpenRouter, and the bill it keeps."""

    def __init__(self, directory, *options):
        super().__init__(
            "sandbox", ["sandbox", "--listen", "127.0.0.1:0", "--seed", "1", *options], directory
        )
        ready = self.wait_for_line(r"sandbox ready url=(\S+) key=(\S+) management=(\S+)")
        self.url, self.key, self.management = ready.groups()
        self.control = self.url.removesuffix("/api/v1") + "/sandbox"

    def state(self):
        return exact(requests.get(f"{self.control}/state", timeout=10).text)

    def bill(self):
        return Decimal(self.state()["bill"])

    def set(self, **settings):
        requests.put(f"{self.control}/settings", json=settings, timeout=10).raise_for_status()

    def fault(self, kind, **details):
        answer = requests.post(
            f"{self.control}/faults", json={"kind": kind, **details}, timeout=10
        )
        assert answer.status_code == 201, answer.text

    def clear_faults(self):
        requests.delete(f"{self.control}/faults", timeout=10).raise_for_status()


class Gateway(Program):
    """`purser serve` in front of an upstream."""

    def __init__(self, directory, database, upstream, upstream_key, *options, **environment):
        super().__init__(
            "serve",
            ["serve", "--database", database, "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0"]
            + list(options),
            directory,
            clean_environment(
                directory,
                OPENROUTER_BASE_URL=upstream,
                OPENROUTER_API_KEY=upstream_key,
                **environment,
            ),
        )
        self.become_ready()

    def become_ready(self):
        ready = self.wait_for_line(r"purser: ready gateway=(\S+) console=(\S+)")
        self.origin, self.console = ready.group(1), ready.group(2).rstrip("/")
        self.base = f"{self.origin}/api/v1"

    @property
    def address(self):
        host, port = self.origin.removeprefix("http://").split(":")
        return host, int(port)


class FaultyDisk:
    """A disk that fails when told to, for programs started with its environment.

    Calls on files whose path starts with `prefix` fail; see faults/shim.c.
    """

    KINDS = [
        *("full", "full-growth", "write-error", "sync-error", "error", "read-only", "torn"),
        "slow",
    ]
    SOURCE = pathlib.Path(__file__).resolve().parent / "faults" / "shim.c"

    def __init__(self, directory, prefix):
        directory.mkdir(parents=True, exist_ok=True)
        library, control = directory / "shim.so", directory / "control"
        # Whoever has Swift has one of them: its linker needs it.
        compiler = next(filter(None, map(shutil.which, ["cc", "gcc", "clang"])))
        options = ["-std=gnu11", "-O2", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror"]
        subprocess.run([compiler, *options, "-o", library, self.SOURCE, "-ldl"], check=True)
        with open(control, "w+b") as file:
            file.truncate(4 * 8)
            self._memory = memoryview(mmap.mmap(file.fileno(), 4 * 8)).cast("q")
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAULTS_PREFIX": str(prefix),
            "FAULTS_CONTROL": str(control),
        }

    def fail(self, kind, first=1):
        """From the `first` call on that this kind of fault can hit, counted from now."""
        self.heal()
        self._memory[1], self._memory[2], self._memory[3] = first, 0, 0
        self._memory[0] = self.KINDS.index(kind) + 1

    def slow_down(self, milliseconds):
        """Every write and sync takes that much longer, as on a busy disk; none fails."""
        self.fail("slow", milliseconds)

    def heal(self):
        self._memory[0] = 0

    @property
    def failures(self):
        """How many calls have failed since the fault was set."""
        return self._memory[3]
