"""The official `openai` library, pointed at Purser instead of at OpenRouter."""

import asyncio
from decimal import Decimal

import openai
import pytest

from harness import CHEAP, DEAR, OTHER, assert_booked, picodollars
from programs import exact

QUESTION = [{"role": "user", "content": "Say ok."}]


def client(team, key, path="/api/v1", **options):
    return openai.OpenAI(
        api_key=key, base_url=team.gateway.origin + path, max_retries=0, timeout=60, **options
    )


@pytest.fixture(scope="module")
def alice(team):
    return team.person(daily=10)


@pytest.mark.parametrize("path", ["/api/v1", "/v1"])
def test_a_chat_answers_and_its_cost_is_booked_digit_for_digit(team, alice, path):
    """A person changes the base URL, gets an answer, and the lead sees exactly what it cost."""
    raw = client(team, alice.key, path).chat.completions.with_raw_response.create(
        model=CHEAP, messages=QUESTION, max_tokens=16
    )
    completion = raw.parse()
    assert completion.choices[0].message.content
    assert completion.usage.prompt_tokens > 0
    usage = exact(raw.text)["usage"]
    entry = team.entry(completion.id)
    assert_booked(entry, usage["cost"])
    assert entry["member"] == alice.name
    assert entry["completion_tokens"] == usage["completion_tokens"]
    assert raw.headers["X-Purser-Model"] == CHEAP
    assert raw.headers["X-Purser-Request-Id"]


def test_a_stream_arrives_in_pieces_and_ends_with_usage(team, alice):
    """The words come one after the other, and the last piece says what they cost."""
    words, usage, pieces = "", None, 0
    stream = client(team, alice.key).chat.completions.create(
        model=CHEAP, messages=QUESTION, max_tokens=64, stream=True
    )
    for chunk in stream:
        pieces += 1
        words += "".join(choice.delta.content or "" for choice in chunk.choices)
        usage = chunk.usage or usage
        identifier = chunk.id
    assert pieces > 2 and words
    assert usage.cost > 0
    assert_booked(team.entry(identifier), usage.cost)


def test_the_stream_helper_puts_the_same_text_together(team, alice):
    """`chat.completions.stream()` insists on more fields than the plain iterator does."""
    with client(team, alice.key).chat.completions.stream(
        model=CHEAP, messages=QUESTION, max_tokens=64
    ) as stream:
        words = "".join(event.delta for event in stream if event.type == "content.delta")
        final = stream.get_final_completion()
    assert words and final.choices[0].message.content == words


def test_the_asynchronous_client_works_too(team, alice):
    """A web service that uses AsyncOpenAI needs no other change either."""

    async def ask():
        async with openai.AsyncOpenAI(
            api_key=alice.key, base_url=team.gateway.base, max_retries=0
        ) as asynchronous:
            answers = await asyncio.gather(
                *(
                    asynchronous.chat.completions.create(
                        model=CHEAP, messages=QUESTION, max_tokens=16
                    )
                    for _ in range(5)
                )
            )
            stream = await asynchronous.chat.completions.create(
                model=CHEAP, messages=QUESTION, max_tokens=16, stream=True
            )
            return answers, [chunk async for chunk in stream]

    answers, chunks = asyncio.run(ask())
    assert len({answer.id for answer in answers}) == 5
    assert chunks[-1].usage.cost > 0


def test_the_model_list_is_what_this_key_may_use(team):
    """A picker in an editor offers only models that will answer."""
    tier = team.tier("two-models", [CHEAP, DEAR])
    person = team.person(tier=tier)
    listed = {model.id for model in client(team, person.key).models.list()}
    assert listed == {CHEAP, DEAR}
    everything = {model.id for model in client(team, team.person().key).models.list()}
    assert everything > {CHEAP, DEAR, OTHER}


def test_an_unknown_key_is_an_authentication_error(team):
    """A mistyped key is reported as such."""
    with pytest.raises(openai.AuthenticationError) as caught:
        client(team, "sk-purser-" + "0" * 64).chat.completions.create(
            model=CHEAP, messages=QUESTION
        )
    assert caught.value.body["code"] == 401


def test_a_model_outside_the_tier_is_a_permission_error(team):
    """The message names what is allowed instead, so nobody has to ask."""
    person = team.person(tier=team.tier("cheap-only", [CHEAP]))
    with pytest.raises(openai.PermissionDeniedError) as caught:
        client(team, person.key).chat.completions.create(model=DEAR, messages=QUESTION)
    assert caught.value.body["code"] == 403
    assert CHEAP in str(caught.value.body)


def test_a_management_key_cannot_complete(team):
    """The lead who pastes the wrong key is told which kind it is."""
    with pytest.raises(openai.PermissionDeniedError) as caught:
        client(team, team.management_key).chat.completions.create(model=CHEAP, messages=QUESTION)
    assert "management key" in caught.value.message.lower()
    metadata = caught.value.body["metadata"]
    assert {"rule", "model", "allowed", "reason", "request_id"} <= set(metadata)


def test_an_unknown_model_is_a_bad_request(team, alice):
    """A mistyped model name costs nothing and says so."""
    with pytest.raises(openai.BadRequestError) as caught:
        client(team, alice.key).chat.completions.create(model="openai/gpt-nil", messages=QUESTION)
    assert "openai/gpt-nil" in caught.value.message


def test_a_spent_budget_is_a_402_that_is_not_retried(team):
    """The client stops at once, and the error says whose budget ended and when it comes back."""
    person = team.person(daily="0.000001")
    with pytest.raises(openai.APIStatusError) as caught:
        openai.OpenAI(
            api_key=person.key, base_url=team.gateway.base, max_retries=5
        ).chat.completions.create(model=CHEAP, messages=QUESTION, max_tokens=16)
    assert caught.value.status_code == 402
    metadata = caught.value.body["metadata"]
    assert metadata["reason"] == "budget_exceeded"
    assert person.name in metadata["budget"]
    assert metadata["resets_at"].endswith("Z")
    assert metadata["request_id"] == caught.value.response.headers["X-Purser-Request-Id"]


def test_an_unknown_path_is_not_found(team, alice):
    """A client newer than Purser gets an error it understands."""
    with pytest.raises(openai.NotFoundError) as caught:
        client(team, alice.key).get("/no-such-thing", cast_to=object)
    assert caught.value.body["code"] == 404


def shared(team, key, title=None):
    headers = {"HTTP-Referer": "https://my-app.example"}
    return client(team, key, default_headers=headers | ({"X-Title": title} if title else {}))


def test_several_people_behind_one_shared_key_are_told_apart_by_the_title(team):
    """One key in the app's settings, and the report still shows who spent what."""
    people = [team.member(), team.member()]
    key = team.key(team.member(), "--shared").key
    costs = {}
    for calls, name in enumerate(people, start=1):
        for _ in range(calls):
            answer = shared(team, key, f"my-app:{name}").chat.completions.create(
                model=CHEAP, messages=QUESTION, max_tokens=16
            )
            costs[name] = costs.get(name, 0) + picodollars(answer.usage.cost)
    rows = team.commands.report(by="member")
    for calls, name in enumerate(people, start=1):
        assert rows[name]["requests"] == calls
        assert Decimal(rows[name]["cost"]) == costs[name]
    assert {e["app"] for e in team.commands.ledger() if e["member"] in people} == {"my-app"}


def test_a_shared_key_falls_back_to_the_user_field(team):
    """Programs that name the person in the body need no header."""
    name = team.member()
    key = team.key(team.member(), "--shared").key
    shared(team, key).chat.completions.create(
        model=CHEAP, messages=QUESTION, max_tokens=16, user=name
    )
    assert team.commands.report(by="member")[name]["requests"] == 1


def test_a_shared_key_without_a_name_is_refused(team):
    """Spend that belongs to nobody is never made; the error says what to send."""
    key = team.key(team.member(), "--shared").key
    with pytest.raises(openai.BadRequestError) as caught:
        shared(team, key).chat.completions.create(model=CHEAP, messages=QUESTION, max_tokens=16)
    assert "X-Title" in caught.value.message and "user" in caught.value.message
