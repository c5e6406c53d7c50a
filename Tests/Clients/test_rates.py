"""Calls and tokens in a minute, and calls at once: what is refused, what clients are told of it, and
that a place is free again when its call is over."""

import contextlib
import threading
import time

import openai
import pytest

from harness import Team, assert_envelope, metric
from programs import eventually
from scripted import behind, completion, http_answer
from wire import Connection


@pytest.fixture(scope="module")
def team(tmp_path_factory):
    made = Team(tmp_path_factory.mktemp("rates"))
    yield made
    assert metric(made, "purser_limited_calls") == 0
    made.stop()


class Tiers:
    def __init__(self, team):
        self.team, self.count = team, 0

    def __call__(self, *options):
        self.count += 1
        return self.team.tier(f"rated-{self.count}", ["*"], "deny", *options)


@pytest.fixture(scope="module")
def tier(team):
    return Tiers(team)


@contextlib.contextmanager
def served_by(team, answer):
    with behind(team, answer) as upstream:
        yield upstream
    team.gateway.stop()
    team.serve()


def seconds(text):
    assert text.endswith("s")
    return int(text[:-1])


def test_the_call_after_the_last_is_refused_and_told_when_to_come_again(team, tier):
    person = team.person(tier=tier("--requests-per-minute", "3"))
    for left in (2, 1, 0):
        answer = team.chat(person.key)
        assert answer.status_code == 200
        assert answer.headers["x-ratelimit-limit-requests"] == "3"
        assert answer.headers["x-ratelimit-remaining-requests"] == str(left)
        assert 1 <= seconds(answer.headers["x-ratelimit-reset-requests"]) <= 61
        assert "x-ratelimit-limit-tokens" not in answer.headers
    refusals = metric(team, "purser_rate_refusals_total")
    refused = team.chat(person.key)
    error = assert_envelope(refused, 429)
    wait = int(refused.headers["Retry-After"])
    # What OpenAI's library heeds.
    assert 0 < wait <= 60
    assert refused.headers["x-ratelimit-limit"] == "3"
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert refused.headers["x-ratelimit-remaining-requests"] == "0"
    reset = int(refused.headers["x-ratelimit-reset"]) / 1000 - time.time()
    assert wait - 30 < reset <= wait + 1
    metadata = error["metadata"]
    assert metadata["reason"] == "rate_limited"
    assert metadata["rule"] == "requests-per-minute"
    assert metadata["owner"] == f"member {person.name}"
    assert (metadata["limit"], metadata["used"], metadata["wanted"]) == (3, 3, 1)
    assert metadata["retry_after"] == wait
    assert metric(team, "purser_rate_refusals_total") == refusals + 1


def test_others_are_not_concerned(team, tier):
    limited = tier("--requests-per-minute", "1")
    one, other = team.person(tier=limited), team.person(tier=limited)
    assert [team.chat(one.key).status_code for _ in range(2)] == [200, 429]
    assert team.chat(other.key).status_code == 200
    free = team.chat(team.person().key)
    assert not [name for name in free.headers if name.lower().startswith("x-ratelimit")]


def test_the_openai_library_sees_a_rate_limit(team, tier):
    person = team.person(tier=tier("--requests-per-minute", "1"))
    client = openai.OpenAI(base_url=team.gateway.base, api_key=person.key, max_retries=0)
    ask = dict(model="openai/gpt-4o-mini", messages=[{"role": "user", "content": "x"}])
    client.chat.completions.create(**ask, max_tokens=5)
    with pytest.raises(openai.RateLimitError) as caught:
        client.chat.completions.create(**ask, max_tokens=5)
    assert 0 < int(caught.value.response.headers["retry-after"]) <= 60


@pytest.mark.parametrize("streaming", [False, True], ids=["plain", "streaming"])
def test_tokens_count_as_the_provider_counts_them(team, tier, streaming):
    person = team.person(tier=tier("--tokens-per-minute", "5000"))
    first = team.chat(person.key, stream=streaming, max_tokens=40)
    assert first.headers["x-ratelimit-limit-tokens"] == "5000"
    entry = team.commands.ledger()[-1]
    assert entry["member"] == person.name
    used = entry["prompt_tokens"] + entry["completion_tokens"]
    refused = team.chat(person.key, max_tokens=4970)
    metadata = assert_envelope(refused, 429)["metadata"]
    assert metadata["rule"] == "tokens-per-minute"
    assert metadata["used"] == used
    assert refused.headers["x-ratelimit-remaining-tokens"] == str(5000 - used)


def test_a_call_of_more_tokens_than_a_minute_has_is_not_told_to_wait(team, tier):
    person = team.person(tier=tier("--tokens-per-minute", "1000"))
    refused = team.chat(person.key, max_tokens=2000)
    metadata = assert_envelope(refused, 403)["metadata"]
    assert metadata["reason"] == "request_over_rate"
    assert metadata["retry_after"] is None
    assert "Retry-After" not in refused.headers
    assert team.chat(person.key, max_tokens=100).status_code == 200


def test_calls_that_name_no_limit_fit_a_minute_one_after_the_other(team, tier):
    """The model's own limit is more than the minute has; none of them uses as much."""
    person = team.person(tier=tier("--tokens-per-minute", "5000"))
    answers = [team.chat(person.key, max_tokens=None) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    chosen = [int(answer.headers["X-Purser-Max-Tokens"]) for answer in answers]
    assert 2500 > chosen[0] > chosen[1] > chosen[2] >= 256


def test_who_uses_a_shared_limit_up_does_not_make_others_wait(team, tier):
    shared = tier("--requests-per-minute", "tier=10")
    hog, modest = team.person(tier=shared), team.person(tier=shared)
    codes = [team.chat(hog.key).status_code for _ in range(12)]
    assert codes == [200] * 9 + [429] * 3
    assert team.chat(modest.key).status_code == 200
    metadata = assert_envelope(team.chat(hog.key), 429)["metadata"]
    assert metadata["owner"] == f"tier {shared}"


def test_each_key_has_its_own_limit_where_the_tier_says_so(team, tier):
    person = team.person(tier=tier("--requests-per-minute", "key=1,member=3"))
    keys = [person.key] + [
        team.commands.json("key", "create", "--member", person.name)["key"] for _ in range(3)
    ]
    assert [team.chat(key).status_code for key in keys] == [200, 200, 200, 429]
    metadata = assert_envelope(team.chat(keys[0]), 429)["metadata"]
    assert metadata["limit"] in (1, 3)


def test_a_limit_in_shadow_refuses_nothing_and_says_so(team, tier):
    person = team.person(
        tier=tier("--requests-per-minute", "1", "--shadow", "requests-per-minute")
    )
    before = metric(team, "purser_shadow_refusals_total")
    refused = metric(team, "purser_rate_refusals_total")
    answers = [team.chat(person.key) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    shadows = [answer.headers.get("x-purser-shadow") for answer in answers]
    assert shadows == [None, "requests-per-minute", "requests-per-minute"]
    assert metric(team, "purser_shadow_refusals_total") == before + 2
    assert metric(team, "purser_rate_refusals_total") == refused


def test_a_place_is_free_again_when_its_call_is_over(team, tier):
    person = team.person(tier=tier("--parallel", "1"))
    has_begun, may_end = threading.Event(), threading.Event()

    def answer(body, number):
        has_begun.set()
        may_end.wait(60)
        return completion(usage={"prompt_tokens": 1, "completion_tokens": 1, "cost": 0.0001})

    with served_by(team, answer):
        with Connection(team.gateway) as first:
            first.send_chat(person.key)
            assert has_begun.wait(30)
            refused = team.chat(person.key)
            metadata = assert_envelope(refused, 429)["metadata"]
            assert metadata["rule"] == "parallel"
            assert (metadata["limit"], metadata["used"]) == (1, 1)
            assert int(refused.headers["Retry-After"]) >= 1
            assert metric(team, "purser_limited_calls") == 1
            may_end.set()
            first.read_until(b"cost")
        assert team.chat(person.key).status_code == 200
        assert metric(team, "purser_limited_calls") == 0


def test_no_ending_keeps_a_place(team, tier):
    """A client that hangs up, an upstream that fails or breaks off, a budget that does not pay."""
    limited = tier("--parallel", "member=1,tier=20")
    answers = {
        "good": completion(usage={"prompt_tokens": 1, "completion_tokens": 1, "cost": 0.0001}),
        "error": http_answer(b"application/json", b'{"error":{"message":"x"}}', b"500 Oh"),
        "nothing": b"",
        "cut": b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{",
        "free": completion(usage=None),
    }
    seen = threading.Semaphore(0)

    def answer(body, number):
        seen.release()
        return answers[body["messages"][0]["content"]]

    def ask(person, what, **changes):
        return team.chat(person.key, messages=[{"role": "user", "content": what}], **changes)

    with served_by(team, answer):
        person = team.person(tier=limited)
        poor = team.person(tier=limited, daily=0.0000001)
        for what in list(answers) * 2:
            status = ask(person, what).status_code
            assert status != 429, what
            assert ask(poor, what).status_code == 402
        while seen.acquire(blocking=False):
            pass
        with Connection(team.gateway) as leaver:
            leaver.send_chat(person.key, messages=[{"role": "user", "content": "good"}])
            assert seen.acquire(timeout=30)
            leaver.abort()
        eventually(lambda: metric(team, "purser_limited_calls") == 0, what="no place")
        assert ask(person, "good").status_code == 200


def test_the_upstreams_own_rate_limit_is_passed_on_as_it_is(team, tier):
    person = team.person(tier=tier("--requests-per-minute", "50"))
    body = b'{"error":{"code":429,"message":"slow down"}}'
    head = b"429 Slow\r\nX-RateLimit-Limit: 20\r\nX-RateLimit-Remaining: 0\r\n"
    head += b"X-RateLimit-Reset: 123\r\nRetry-After: 7"
    with served_by(team, lambda body_, number: http_answer(b"application/json", body, head)):
        answer = team.chat(person.key)
        assert answer.status_code == 429
        names = ["limit", "remaining", "reset"]
        assert [answer.headers[f"x-ratelimit-{name}"] for name in names] == ["20", "0", "123"]
        assert answer.headers["Retry-After"] == "7"
        assert answer.headers["x-ratelimit-limit-requests"] == "50"
        assert answer.headers["x-ratelimit-remaining-requests"] == "49"
