"""`purser ledger verify`: the books are what the calls add up to, or it says where they are not."""

import contextlib
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor

CALLS = 40


def test_verify_agrees_while_people_are_working(fresh_team):
    """Run it at any hour: the gateway goes on answering, and the books agree at every look."""
    team = fresh_team()
    people = [team.person(f"person-{number}") for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(team.chat, people[n % 4].key) for n in range(CALLS)]
        looks = 0
        while not all(answer.done() for answer in answers):
            said = team.commands.run("ledger", "verify")
            assert said.stdout.endswith("balances: all agree\n") and not said.stderr
            looks += 1
        assert looks > 0
        assert [answer.result().status_code for answer in answers] == [200] * CALLS
    report = team.commands.json("ledger", "verify")
    assert report == {
        "agrees": True, "attempts": CALLS, "entries": CALLS, "balances": 8, "above_bound": 0,
        "findings_count": 0, "findings": [],
    }
    assert team.commands.run("ledger", "verify").stdout == (
        f"{CALLS} attempts, {CALLS} entries, 8 balances: all agree\n"
    )


def test_verify_names_what_a_hand_has_changed(fresh_team):
    """Somebody opens the file and takes a cent off: the command says whose, where and how much."""
    team = fresh_team()
    person = team.person("alice")
    assert team.chat(person.key).status_code == 200
    with contextlib.closing(sqlite3.connect(team.database)) as file, file:
        (cost,) = file.execute("SELECT spent_picousd FROM spend_month").fetchone()
        file.execute("UPDATE spend_month SET spent_picousd = spent_picousd - 1")
    said = team.commands.run("ledger", "verify", expect=1)
    assert "month of" in said.stdout and "alice" in said.stdout
    assert said.stderr.startswith("purser: the books disagree with the calls in 1 place\nhint: ")
    failed = team.commands.run("ledger", "verify", "--format", "json", expect=1)
    (finding,) = json.loads(failed.stdout)["findings"]
    assert finding["check"] == "spend" and finding["place"].endswith("cost")
    assert finding["expected"] == f"0.{cost:012}".rstrip("0")
    assert finding["found"] == f"0.{cost - 1:012}".rstrip("0")
    assert team.commands.run("ledger", "verify", "--format", "csv", expect=1).stdout.startswith(
        "check,place,expected,found\n"
    )
    with contextlib.closing(sqlite3.connect(team.database)) as file, file:
        file.execute("UPDATE spend_month SET spent_picousd = spent_picousd + 1")
