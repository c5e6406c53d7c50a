"""`purser demo`: no account, no network, no questions."""

import re
import subprocess
from decimal import Decimal

from programs import BINARY, Program, clean_environment


def test_the_demo_ends_with_books_that_agree(tmp_path):
    """Traffic, the weekly report, and one line that compares the ledger with the bill."""
    done = subprocess.run(
        [BINARY, "demo", "--once"],
        cwd=tmp_path,
        env=clean_environment(tmp_path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    for name in ("alice-backend", "bob-frontend", "carol-ml"):
        assert name in done.stdout
    lines = done.stdout.splitlines()
    (compared,) = [line for line in lines if re.search(r"ledger.*bill|bill.*ledger", line.lower())]
    assert "agree" in compared
    amounts = [Decimal(number) for number in re.findall(r"\d+\.\d+", compared)]
    assert len(amounts) >= 2 and len(set(amounts)) == 1 and amounts[0] > 0


def test_the_demo_keeps_serving_and_its_curl_line_works(tmp_path):
    """The line at the end can be pasted as it is; Ctrl-C or SIGTERM ends everything."""
    demo = Program("demo", ["demo"], tmp_path)
    try:
        demo.wait_for_line(r"\bcurl\b", seconds=60)
        demo.wait_for_line(r"Ctrl-C", seconds=10)
        text = "\n".join(demo.lines)
        command = text[text.index("curl ") :]
        # The command may be broken over lines that end in a backslash.
        command = re.match(r"(?:.*\\\n)*.*", command).group()
        answer = subprocess.run(
            ["bash", "-c", command], capture_output=True, text=True, timeout=30
        )
        assert '"choices"' in answer.stdout, answer.stdout + answer.stderr
    finally:
        demo.stop()
