"""What other gateways got wrong with money, one test for each bug, told as people met it.

Each docstring begins with the thread of the other project in which somebody described it.
"""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
import requests

from harness import Team, assert_booked, assert_envelope, locked, metric, picodollars
from programs import eventually, exact
from scripted import behind, completion, http_answer, stream
from wire import Connection

CALLS = 12
FIT = 3


def bound_of_a_call(team, **changes):
    """The most that a call costs, as the refusal of somebody without money says it."""
    broke = team.person(daily="0.0000001")
    answer = team.chat(broke.key, **changes)
    return Decimal(str(assert_envelope(answer, 402)["metadata"]["estimate"]))


def cost_of(answer):
    assert answer.status_code == 200, answer.text[:300]
    return picodollars(exact(answer.text)["usage"]["cost"])


def usage(team, name):
    """A member's windows by their period."""
    (row,) = team.commands.json("usage", "--member", name)["members"]
    return {window["period"]: window for window in row["windows"]}


def entries(team, name):
    return [entry for entry in team.commands.ledger() if entry["member"] == name]


def run_together(team, calls):
    """All calls at once; returns the answers and how many ran upstream at the same time."""
    most = 0
    with ThreadPoolExecutor(len(calls)) as pool:
        pending = [pool.submit(call) for call in calls]
        while not all(call.done() for call in pending):
            most = max(most, team.sandbox.state()["running"])
        return [call.result() for call in pending], most


def assert_only_what_fits_ran(team, answers, most):
    assert 1 <= most <= FIT, f"{most} calls ran at once on money for {FIT}"
    refused = [answer for answer in answers if answer.status_code != 200]
    assert refused
    for answer in refused:
        assert_envelope(answer, 402)
    team.agreed_books()


@pytest.fixture
def tight_team(fresh_team):
    """Answers take a while, and nobody waits for money that others hold."""
    return fresh_team(
        sandbox_options=["--latency-ms", "1500"], gateway_options=["--wait-seconds", "0"]
    )


def test_calls_that_an_agent_fires_together_do_not_all_pass_on_money_for_a_few(tight_team):
    """LiteLLM 34732: an agent sent a burst of calls under one session budget, and all of them went
    out, because each was compared with what had been booked before any of them had ended."""
    team = tight_team
    limit = bound_of_a_call(team) * FIT
    key = team.key(team.member(), "--limit", f"{limit:f}").key
    answers, most = run_together(team, [lambda: team.chat(key)] * CALLS)
    assert_only_what_fits_ran(team, answers, most)
    assert sum(cost_of(a) for a in answers if a.status_code == 200) <= limit


@pytest.mark.parametrize("names", [1, CALLS], ids=["one name", "a name each"])
def test_the_first_calls_of_somebody_unknown_do_not_slip_in_before_they_are_known(
    tight_team, names
):
    """LiteLLM 40095: the first calls of an end user whom nobody had seen yet arrived together and
    all got through, because the limit was only there once the user was."""
    team = tight_team
    limit = bound_of_a_call(team) * FIT
    key = team.key(team.member("holder"), "--shared", "--limit", f"{limit:f}").key
    titles = [{"X-Title": f"app:newcomer-{number % names}"} for number in range(CALLS)]
    answers, most = run_together(
        team, [lambda title=title: team.chat(key, headers=title) for title in titles]
    )
    assert_only_what_fits_ran(team, answers, most)
    known = {row["name"] for row in team.commands.json("member", "list")["members"]}
    newcomers = {name for name in known if name.startswith("newcomer-")}
    assert len(newcomers) == names
    assert {entry["member"] for entry in team.commands.ledger()} <= newcomers


FAILURES = [
    ("status", {"status": 400}),
    ("status", {"status": 429}),
    ("status", {"status": 503}),
    ("error_in_200", {}),
    ("error_first", {}),
    ("error_mid", {"after_chunks": 1}),
    ("finish_error", {}),
    ("cut", {"after_chunks": 1}),
]


def test_money_held_for_calls_that_failed_comes_back(fresh_team):
    """LiteLLM 27639: keys with next to no spend were refused at random, because what had been
    reserved for calls that failed was never given back."""
    team = fresh_team(sandbox_options=["--generation-lag-ms", "50"])
    # Never enough for two, so that one hold left behind refuses the next call.
    budget = bound_of_a_call(team) * Decimal("1.9")
    for kind, details in FAILURES:
        person = team.person(daily=budget)
        team.sandbox.fault(kind, **details)
        with contextlib.suppress(requests.RequestException):
            team.chat(person.key, stream=True)
        eventually(
            lambda person=person: team.chat(person.key).status_code == 200,
            what=f"a call after {kind} {details}",
        )
        assert not any(window["held"] for window in usage(team, person.name).values())
    team.agreed_books()
    assert metric(team, "purser_holds") == 0


@pytest.fixture(scope="module")
def slow_team(tmp_path_factory):
    """A team whose upstream writes slowly, so that there is a middle to leave in."""
    team = Team(
        tmp_path_factory.mktemp("slow-peer"),
        sandbox_options=["--latency-ms", "50", "--chunk-ms", "30"],
    )
    yield team
    team.stop()


def hang_up(team, key, words=1):
    """Reads so many words of a stream and is gone; returns the generation's id."""
    with Connection(team.gateway) as connection:
        connection.send_chat(key, stream=True, max_tokens=64)
        seen = b""
        while seen.count(b'"content"') < words:
            seen += connection.read_until(b'"content"')
        connection.abort()
    assert b'"finish_reason":"' not in seen, "this is the middle"
    data = next(line for line in seen.split(b"data: ")[1:] if line.startswith(b"{"))
    return data.split(b'"id":"')[1].split(b'"')[0].decode()


def settled(team, generation):
    def found():
        ended = [e for e in team.commands.ledger() if e["generation_id"] == generation]
        return ended if ended and ended[0]["state"] != "held" else None

    (entry,) = eventually(found, what="the entry of the call that was left")
    return entry


def generation(team, identifier):
    """The upstream's own record of a generation."""
    answer = requests.get(
        f"{team.sandbox.url}/generation",
        params={"id": identifier},
        headers={"Authorization": f"Bearer {team.sandbox.key}"},
        timeout=10,
    )
    return exact(answer.text)["data"] if answer.status_code == 200 else None


def test_who_hangs_up_in_the_middle_of_a_stream_still_pays(slow_team):
    """LiteLLM 33736: people who closed the tab while words were coming paid nothing; the call was
    in no report at all."""
    person = slow_team.person(daily=10)
    entry = settled(slow_team, hang_up(slow_team, person.key))
    assert (entry["state"], entry["cost_source"]) == ("settled", "upstream")
    row = slow_team.commands.report(by="member")[person.name]
    assert row["requests"] == 1 and Decimal(row["cost"]) == Decimal(entry["cost"]) > 0


def test_not_one_of_many_hang_ups_loses_the_last_usage(slow_team):
    """new-api 4463: reading stopped with the client, so whoever left just before the end took the
    usage along: two of a hundred calls were never billed."""
    person = slow_team.person(daily=10)
    before = slow_team.sandbox.state()["generations"]
    marks = [b"HTTP/1.1 200", b'"content"', b'"finish_reason":"', b'"usage"', b"[DONE]"]
    with ThreadPoolExecutor(len(marks) * 2) as pool:
        for mark in marks * 2:
            pool.submit(leave_at, slow_team, person.key, mark)
    slow_team.agreed_books()
    ran = slow_team.sandbox.state()["generations"] - before
    assert ran == len(marks) * 2
    ended = entries(slow_team, person.name)
    assert [entry["state"] for entry in ended] == ["settled"] * ran
    assert {entry["cost_source"] for entry in ended} == {"upstream"}


def leave_at(team, key, mark):
    with Connection(team.gateway) as connection:
        connection.send_chat(key, stream=True)
        connection.read_until(mark)
        connection.abort()


def test_text_that_was_already_read_is_not_refunded(slow_team):
    """new-api 5235: whoever broke off after reading most of an answer got all of it back, and
    learned to do so every time."""
    person = slow_team.person(daily=10)
    before = usage(slow_team, person.name)["total"]["spent"]
    spent = []
    for _ in range(3):
        entry = settled(slow_team, hang_up(slow_team, person.key, words=4))
        assert entry["state"] == "settled"
        spent.append(Decimal(entry["cost"]))
    assert all(cost > 0 for cost in spent)
    assert Decimal(str(usage(slow_team, person.name)["total"]["spent"])) - before == sum(spent)


def test_a_stream_that_was_left_costs_what_the_upstream_counted_and_nothing_guessed(slow_team):
    """new-api 5288: broken-off streams were counted with a tokenizer of the gateway's own, prompt
    and all at the price of output, so that leaving cost more than staying."""
    person = slow_team.person(daily=10)
    entry = settled(slow_team, hang_up(slow_team, person.key))
    record = eventually(lambda: generation(slow_team, entry["generation_id"]), what="the record")
    assert Decimal(entry["cost"]) == picodollars(record["total_cost"])
    assert entry["prompt_tokens"] == record["native_tokens_prompt"] > 0
    assert entry["completion_tokens"] == record["native_tokens_completion"] > 0


@pytest.mark.parametrize("streaming", [False, True], ids=["plain", "streaming"])
def test_a_usage_of_zero_is_an_answer_and_not_a_gap(team, streaming):
    """LiteLLM 37992: an answer from a cache said in so many words that it cost nothing; that was
    taken for missing, and an estimate was charged."""
    person = team.person(daily=10)
    team.sandbox.fault("zero_usage")
    assert team.chat(person.key, stream=streaming).status_code == 200
    (entry,) = entries(team, person.name)
    assert (entry["state"], entry["cost"], entry["cost_source"]) == ("settled", "0", "upstream")
    assert Decimal(entry["cost_literal"]) == 0
    assert usage(team, person.name)["total"]["spent"] == 0


@pytest.mark.parametrize("streaming", [False, True], ids=["plain", "streaming"])
def test_answers_without_an_id_are_as_many_calls_as_they_are(fresh_team, streaming):
    """LiteLLM 6633: streams with usage had an empty id, rows were told apart by that id, and of a
    day's calls only the first was in the books."""
    team = fresh_team()
    person = team.person(daily=10)

    def answer(body, number):
        bill = {"prompt_tokens": 3, "completion_tokens": 5, "cost": 1e-06 * number}
        if not streaming:
            return completion(id="", usage=bill)
        words = {"id": "", "choices": [{"index": 0, "delta": {"content": "ok"}}]}
        return stream(words, {"id": "", "choices": [], "usage": bill})

    with behind(team, answer):
        for _ in range(5):
            assert team.chat(person.key, stream=streaming).status_code == 200
        booked = entries(team, person.name)
    assert [Decimal(e["cost"]) for e in booked] == [Decimal(n) / 10**6 for n in range(1, 6)]
    assert {(entry["state"], entry["generation_id"]) for entry in booked} == {("settled", None)}
    assert team.commands.report(by="member")[person.name]["requests"] == 5


def test_a_cost_that_is_said_twice_is_booked_once(team):
    """LiteLLM 15740: calls of one kind passed through two loggers, stood twice in the list and
    twice in the total."""
    person = team.person(daily=10)
    team.sandbox.fault("usage_twice")
    text = team.chat(person.key, stream=True).text
    said = [exact(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
    costs = [event["usage"]["cost"] for event in said if event.get("usage")]
    assert len(costs) == 2 and costs[0] == costs[1], "the upstream said it twice"
    (entry,) = entries(team, person.name)
    assert_booked(entry, costs[0])
    row = team.commands.report(by="member")[person.name]
    assert (row["requests"], Decimal(row["cost"])) == (1, picodollars(costs[0]))


def test_looking_at_what_a_call_was_costs_nothing(team):
    """LiteLLM 17814: each look at an answer that was stored upstream was charged like the call
    that made it."""
    person = team.person(daily=10)
    made = team.chat(person.key)
    cost, identifier = cost_of(made), made.json()["id"]
    requests_before = team.sandbox.state()["requests"]
    for path in (
        f"generation?id={identifier}", f"responses/{identifier}", f"chat/completions/{identifier}",
        "key", "me", "credits", "models",
    ):
        for _ in range(2):
            answer = requests.get(
                f"{team.gateway.base}/{path}", headers=person.headers, timeout=30
            )
            assert answer.status_code < 500, path
    assert team.sandbox.state()["requests"] == requests_before
    assert [picodollars(entry["cost"]) for entry in entries(team, person.name)] == [cost]
    assert Decimal(str(usage(team, person.name)["total"]["spent"])) == cost


def test_spend_whose_commit_failed_is_not_forgotten_by_a_crash_either(fresh_team):
    """LiteLLM 35531: the queue of spend was emptied before the commit; when the commit failed,
    nobody had the numbers any more."""
    team = fresh_team(sandbox_options=["--latency-ms", "1500"])
    person = team.person(daily=10)
    callers = [threading.Thread(target=quietly, args=(team, person.key)) for _ in range(4)]
    for caller in callers:
        caller.start()
    eventually(lambda: metric(team, "purser_forwarded_total") == 4)
    with locked(team.database):
        eventually(lambda: metric(team, "purser_ledger_failures_total") >= 4, 40)
        team.gateway.kill()
    for caller in callers:
        caller.join()
    team.serve()
    booked = entries(team, person.name)
    assert [entry["state"] for entry in booked] == ["settled"] * 4
    assert team.booked() == team.sandbox.bill() > 0
    assert Decimal(str(usage(team, person.name)["daily"]["spent"])) == team.booked()


def quietly(team, key):
    with contextlib.suppress(requests.RequestException):
        team.chat(key)


def test_nobody_has_the_whole_answer_before_its_cost_is_on_disk(fresh_team):
    """LiteLLM 33872: spend was taken from its queue before the commit was acknowledged, so an
    answer could be complete, and read, and never be booked."""
    team = fresh_team(sandbox_options=["--latency-ms", "1000", "--chunk-ms", "20"])
    person = team.person(daily=10)
    whole = threading.Event()
    pieces = []

    def listen(connection):
        with contextlib.suppress(OSError):
            while piece := connection.socket.recv(65536):
                pieces.append(piece)
                if b"[DONE]" in b"".join(pieces):
                    return whole.set()

    with Connection(team.gateway) as connection:
        connection.send_chat(person.key, stream=True)
        listener = threading.Thread(target=listen, args=(connection,))
        listener.start()
        eventually(lambda: metric(team, "purser_forwarded_total") == 1)
        with locked(team.database):
            eventually(lambda: team.sandbox.state()["generations"] == 1)
            assert not whole.wait(1.5), "the end was given away before the entry was written"
            assert b'"content"' in b"".join(pieces), "words pass while the books wait"
        assert whole.wait(30)
        listener.join()
    (entry,) = entries(team, person.name)
    assert (entry["state"], Decimal(entry["cost"])) == ("settled", team.sandbox.bill())


def test_a_stop_writes_what_is_still_under_way(fresh_team):
    """LiteLLM 38157: an orderly shutdown never wrote the rows that were queued; with workers that
    are recycled that was daily business."""
    team = fresh_team(sandbox_options=["--latency-ms", "600", "--chunk-ms", "10"])
    person = team.person(daily=10)
    with ThreadPoolExecutor(CALLS) as pool:
        answers = [pool.submit(team.chat, person.key, stream=n % 2 == 0) for n in range(CALLS)]
        eventually(lambda: metric(team, "purser_forwarded_total") == CALLS)
        team.gateway.stop()
    assert [answer.result().status_code for answer in answers] == [200] * CALLS
    booked = entries(team, person.name)
    assert [entry["state"] for entry in booked] == ["settled"] * CALLS
    assert team.booked() == team.sandbox.bill() > 0


def spend_it_all(team, member, key):
    """One call, after which the member's daily and monthly budgets are what it cost."""
    cost = cost_of(team.chat(key))
    for window in ("daily", "monthly"):
        team.commands.run("budget", "set", "--member", member, f"--{window}", f"{cost:f}")
    assert_envelope(team.chat(key), 402)
    return cost


def test_a_new_secret_does_not_begin_a_new_window(fresh_team):
    """LiteLLM 31079: when a key was regenerated its budget window began anew, so people who had
    used up their month rotated their key."""
    team = fresh_team()
    person = team.key(team.member(daily=10), "--limit", "5", "--limit-reset", "daily")
    cost = cost_of(team.chat(person.key))
    requests.patch(
        f"{team.gateway.base}/keys/{person.hash}",
        headers=team.management,
        data=f'{{"limit": {cost:f}}}',
        timeout=30,
    ).raise_for_status()
    assert_envelope(team.chat(person.key), 402)
    rotated = team.commands.json("key", "rotate", person.hash)
    for _ in range(2):
        shortfall = assert_envelope(team.chat(rotated["key"]), 402)["metadata"]
        assert shortfall["scope"].startswith("key") and shortfall["window"] == "daily"
        assert Decimal(str(shortfall["spent"])) == Decimal(str(shortfall["limit"])) == cost
        (row,) = team.commands.json("key", "list")["data"]
        assert Decimal(str(row["usage"])) == cost and row["limit_remaining"] == 0
        # The book in memory agrees with the one that is loaded at a start.
        team.gateway.stop()
        team.serve()


def test_applying_the_same_configuration_again_forgets_no_spend(fresh_team):
    """bifrost 5925: whenever the configuration file was synchronised, what had been used of the
    budgets in it was set to zero, and everybody could spend again."""
    team = fresh_team()
    name = team.member("alice", daily=10, monthly=10)
    key = team.key(name)
    cost = spend_it_all(team, name, key.key)
    headers = team.management
    body = f'{{"name":"alice","budgets":{{"daily":{cost:f},"monthly":{cost:f}}}}}'
    keys = f"{team.gateway.base}/keys"
    for apply_again in (
        lambda: team.tier("everything", ["*"]),
        lambda: team.commands.run("budget", "set", "--member", name, "--daily", f"{cost:f}"),
        lambda: team.commands.run("member", "add", name, "--daily", f"{cost:f}", expect=1),
        lambda: team.commands.run("init", expect=1),
        lambda: team.commands.run("init", "--new-key"),
        lambda: requests.post(keys, headers=headers, data=body, timeout=30).raise_for_status(),
        lambda: requests.patch(
            f"{keys}/{key.hash}", headers=headers, data='{"limit": 10}', timeout=30
        ).raise_for_status(),
    ):
        apply_again()
        for window in ("daily", "monthly"):
            assert Decimal(str(usage(team, name)[window]["spent"])) == cost
        shortfall = assert_envelope(team.chat(key.key), 402)["metadata"]
        assert Decimal(str(shortfall["spent"])) == cost
    # Leaving and coming back is no new beginning either.
    team.commands.run("member", "remove", name)
    team.commands.run("member", "add", name)
    assert_envelope(team.chat(team.key(name).key), 402)


NONSENSE = {
    "nothing at all": b"",
    "no HTTP": b"I'm a teapot\r\n\r\n",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Ty",
    "no body": b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "a length below zero": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "a broken chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "only a promise": b"HTTP/1.1 103 Early Hints\r\n\r\n",
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    "a status beyond all": b"HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n",
    "a page": http_answer(b"text/html", b"<html>502</html>"),
    "a list": http_answer(b"application/json", b"[1,2,3]"),
    "null": http_answer(b"application/json", b"null"),
    "a deep nest": http_answer(b"application/json", b'{"usage":' + b"[" * 100_000),
    "usage of another kind": completion(usage=[1, 2]),
    "a cost in words": completion(usage={"cost": "free"}),
    "a cost below zero": completion(usage={"cost": -1}),
    "a cost beyond counting": completion(usage={"cost": 10**30}),
    "tokens beyond counting": completion(usage={"prompt_tokens": 2**63 - 1, "cost": 1e-06}),
    "as many again": completion(usage={"prompt_tokens": 2**63 - 1, "cost": 1e-06}),
    "tokens below zero": completion(usage={"prompt_tokens": -5, "cost": 1e-06}),
    "a status below all": b"HTTP/1.1 7 What\r\nContent-Length: 0\r\n\r\n",
    "a name that ends early": completion(id="gen-\0x", usage=None),
    "an endless name": completion(id="gen-" + "x" * 1_000_000, usage=None),
    "an id of another kind": completion(id=[7], usage=None),
    "a binary stream": http_answer(b"text/event-stream", bytes(range(256)) * 8),
    "a stream without an end": http_answer(b"text/event-stream", b'data: {"id":"gen-x"'),
}


def test_an_answer_that_nobody_expected_leaves_no_money_held(fresh_team):
    """new-api 4429: when an answer made the handler fall over, what had been taken in advance was
    neither settled nor given back: eight holds, two settlements, and a dollar was gone."""
    team = fresh_team()
    person = team.person(daily=10)
    bodies = list(NONSENSE.values())
    with behind(team, lambda body, number: bodies[number - 1]) as upstream:
        for number, name in enumerate(NONSENSE, 1):
            with contextlib.suppress(requests.RequestException):
                team.chat(person.key, stream=number % 2 == 0)
            assert len(upstream.bodies) == number, name
            team.assert_healthy()
        eventually(lambda: metric(team, "purser_holds") == 0, what="no hold")
        booked = entries(team, person.name)
        windows = usage(team, person.name).values()
    assert len(booked) == len(NONSENSE), "one row for each call"
    assert {entry["state"] for entry in booked} <= {"kept", "released", "settled"}
    assert not any(window["held"] for window in windows)
    assert {Decimal(str(window["spent"])) for window in windows} == {team.booked()}


def test_what_a_dead_process_held_is_dealt_with_at_the_next_start(fresh_team):
    """new-api 4429, when the whole process goes: nothing stays held by calls that nobody waits
    for, and nothing of it is quietly free."""
    team = fresh_team(sandbox_options=["--latency-ms", "3000"])
    person = team.person(daily=10)
    callers = [threading.Thread(target=quietly, args=(team, person.key)) for _ in range(4)]
    for caller in callers:
        caller.start()
    eventually(lambda: team.sandbox.state()["running"] == 4)
    team.gateway.kill()
    for caller in callers:
        caller.join()
    held = {entry["id"]: entry["held"] for entry in entries(team, person.name)}
    assert len(held) == 4 and all(Decimal(amount) > 0 for amount in held.values())
    team.serve()
    assert metric(team, "purser_holds") == 0
    kept = {entry["id"]: entry["cost"] for entry in entries(team, person.name)}
    assert kept == held
    assert {entry["state"] for entry in entries(team, person.name)} == {"kept"}
    assert not any(window["held"] for window in usage(team, person.name).values())


def test_a_bill_without_its_cost_is_neither_free_nor_a_token_count(fresh_team):
    """envoy ai-gateway 2248: after an upgrade the cost no longer came along, each call counted as
    one unit, and a limit in money had stopped limiting without a sound."""
    team = fresh_team()
    bound = bound_of_a_call(team)
    person = team.person(daily=bound * 3)
    answer = completion(usage={"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8})
    with behind(team, lambda body, number: answer):
        answers = [team.chat(person.key) for _ in range(4)]
        booked = entries(team, person.name)
        spent = usage(team, person.name)["daily"]["spent"]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 402]
    assert {(entry["state"], entry["cost_source"]) for entry in booked} == {("kept", "kept")}
    # The model's prices are the sandbox's, so the bound is as well.
    assert [Decimal(entry["cost"]) for entry in booked] == [bound] * 3
    assert Decimal(str(spent)) == bound * 3


def test_credits_asked_with_an_ordinary_key_are_not_made_up(team):
    """openchamber 3411: `/credits` with an ordinary key answered 200 with zeros, and the client
    told a person whose calls worked that their account was empty."""
    person = team.person(daily=5)
    limited = team.person(total=5)
    for one, left in ((person, 0), (limited, 5)):
        cost = cost_of(team.chat(one.key))
        answer = requests.get(f"{team.gateway.base}/credits", headers=one.headers, timeout=30)
        assert answer.status_code == 200
        credits = exact(answer.text)["data"]
        assert picodollars(credits["total_usage"]) == cost > 0
        # Never less than was spent: that would read as a debt.
        assert picodollars(credits["total_credits"]) == max(cost, Decimal(left))
    everybody = exact(
        requests.get(f"{team.gateway.base}/credits", headers=team.management, timeout=30).text
    )["data"]
    assert picodollars(everybody["total_usage"]) == team.agreed_books()
    assert everybody["total_credits"] >= everybody["total_usage"]
