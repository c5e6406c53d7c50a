"""An upstream that fails, breaks off, or says its cost in another place: the books are right."""

from decimal import Decimal

import pytest

from harness import CHEAP, Team, assert_booked, assert_envelope
from programs import eventually, exact


@pytest.fixture(scope="module")
def troubled(tmp_path_factory):
    """A team of its own, because faults hit whoever calls next."""
    team = Team(
        tmp_path_factory.mktemp("troubled"), sandbox_options=["--generation-lag-ms", "100"]
    )
    yield team
    team.agreed_books()
    team.stop()


@pytest.fixture
def person(troubled):
    yield troubled.person(daily=10)
    troubled.sandbox.clear_faults()
    troubled.sandbox.set(usage_shape="repeat_finish", comments=True, float_noise=True)


def last_event(text):
    """The event before `[DONE]`."""
    data = [line[6:] for line in text.splitlines() if line.startswith("data: ")]
    assert data[-1] == "[DONE]", text[-300:]
    return exact(data[-2])


@pytest.mark.parametrize("comments", [True, False])
@pytest.mark.parametrize(
    "shape", ["repeat_finish", "empty_choices", "null_finish", "on_finish"]
)
def test_the_cost_of_a_stream_is_found_wherever_it_is_said(troubled, person, shape, comments):
    """OpenRouter has sent usage in four ways; each is booked from the stream itself."""
    troubled.sandbox.set(usage_shape=shape, comments=comments)
    event = last_event(troubled.chat(person.key, stream=True).text)
    assert_booked(troubled.entry(event["id"]), event["usage"]["cost"])


@pytest.mark.parametrize("noise", [True, False])
def test_costs_are_booked_with_and_without_floating_point_noise(troubled, person, noise):
    """`4.1400000000000003e-05` and `0.0000414` are both read digit for digit."""
    troubled.sandbox.set(float_noise=noise)
    reply = exact(troubled.chat(person.key).text)
    assert_booked(troubled.entry(reply["id"]), reply["usage"]["cost"])


@pytest.mark.parametrize("streaming", [False, True], ids=["plain", "streaming"])
@pytest.mark.parametrize("status", [400, 402, 403, 404, 408, 429, 500, 502, 503])
def test_an_upstream_error_is_an_envelope_and_costs_nothing(troubled, person, status, streaming):
    """The person sees that the upstream failed; nothing stays held."""
    troubled.sandbox.fault("status", status=status)
    answer = troubled.chat(person.key, stream=streaming)
    assert_envelope(answer, answer.status_code)
    # Not 402: that would tell this person that their own budget had ended.
    expected = {402: (402, 502, 503), 408: (408, 504)}.get(status, (status,))
    assert answer.status_code in expected
    assert Decimal(troubled.commands.report(by="member")[person.name]["cost"]) == 0
    troubled.agreed_books()


def test_a_provider_s_429_keeps_its_retry_after(troubled, person):
    """Clients wait as long as the provider asked."""
    troubled.sandbox.fault("status", status=429, retry_after=3)
    answer = troubled.chat(person.key)
    assert_envelope(answer, 429)
    assert answer.headers["Retry-After"] == "3"
    assert "user_" not in answer.text


def test_a_rejected_upstream_key_is_not_the_person_s_fault(troubled, person):
    """When OpenRouter refuses the gateway's own key, nobody is told that theirs is wrong."""
    troubled.sandbox.fault("status", status=401)
    answer = troubled.chat(person.key)
    assert answer.status_code in (502, 503)
    assert_envelope(answer, answer.status_code)


@pytest.mark.parametrize(
    ("kind", "streaming"),
    [
        ("error_in_200", False),
        ("no_usage", False),
        ("no_usage", True),
        ("zero_usage", False),
        ("zero_usage", True),
        ("usage_twice", True),
        ("error_first", True),
        ("error_mid", True),
        ("cut", False),
        ("cut", True),
        ("finish_error", False),
        ("finish_error", True),
    ],
)
def test_whatever_goes_wrong_upstream_the_books_get_the_bill(troubled, person, kind, streaming):
    """Missing, doubled or wrong usage, errors in a 200, a broken connection: in the end the ledger
    has what was billed, and the next call works."""
    troubled.sandbox.fault(kind)
    try:
        text = troubled.chat(person.key, stream=streaming).text
    except OSError:
        text = ""
    if kind == "cut":
        assert "[DONE]" not in text, "a cut stream must not look like a whole one"
    troubled.agreed_books()
    assert troubled.chat(person.key, stream=streaming).status_code == 200
    troubled.agreed_books()
    troubled.assert_healthy()


@pytest.mark.parametrize("streaming", [False, True], ids=["plain", "streaming"])
def test_a_cost_that_was_looked_up_says_so_in_the_export(troubled, person, streaming):
    """Accounting can tell what OpenRouter's record of the generation said from what the answer
    said."""
    troubled.sandbox.fault("no_usage", times=1)
    assert troubled.chat(person.key, stream=streaming).status_code == 200
    bill = troubled.agreed_books()

    def looked_up():
        (entry,) = [e for e in troubled.commands.ledger() if e["member"] == person.name]
        return entry if entry["state"] == "settled" else None

    entry = eventually(looked_up, what="the looked-up cost")
    assert (entry["cost_source"], entry["held"]) == ("generation", "0")
    assert Decimal(entry["cost"]) > 0 and Decimal(entry["cost_literal"]) > 0
    assert entry["generation_id"].startswith("gen-")
    assert troubled.agreed_books() == bill


@pytest.mark.parametrize("status", [400, 500])
def test_a_call_that_cost_nothing_is_released_in_the_export(troubled, person, status):
    """A failed call stays in the books as a line of its own, with no cost and no source of one."""
    troubled.sandbox.fault("status", status=status, times=1)
    assert_envelope(troubled.chat(person.key), status)
    entry = eventually(
        lambda: next(
            (
                e
                for e in troubled.commands.ledger()
                if e["member"] == person.name and e["state"] != "held"
            ),
            None,
        ),
        what="the released entry",
    )
    assert (entry["state"], entry["cost"], entry["held"]) == ("released", "0", "0")
    assert entry["cost_source"] is None and entry["cost_literal"] is None
    assert entry["upstream_status"] == status and entry["settled_at"] >= entry["started_at"]


def test_an_upstream_that_is_gone_costs_nothing(fresh_team):
    """The network is down for a while: nothing is held, nothing is billed."""
    team = fresh_team()
    person = team.person(daily=10)
    assert team.chat(person.key).status_code == 200
    before = team.agreed_books()
    bill = team.sandbox.bill()
    team.sandbox.stop()
    answer = team.chat(person.key, model=CHEAP)
    assert_envelope(answer, answer.status_code)
    assert answer.status_code in (502, 503)
    assert team.booked() == before == bill
    (row,) = team.commands.json("usage", "--member", person.name)["members"]
    assert not any(window["held"] for window in row["windows"])
