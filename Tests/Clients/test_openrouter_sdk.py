"""The official `openrouter` library: inference with a member's key, management with the lead's."""

import pytest
from openrouter import OpenRouter, errors

from harness import CHEAP, DEAR, assert_booked, picodollars

QUESTION = [{"role": "user", "content": "Say ok."}]


def client(team, key, **options):
    # Without this the library repeats a 5xx for up to an hour, which would hide one.
    return OpenRouter(
        api_key=key, server_url=team.gateway.base, retry_config=None, timeout_ms=60_000, **options
    )


def ask(team, key, **changes):
    with client(team, key) as openrouter:
        return openrouter.chat.send(
            **{"model": CHEAP, "messages": QUESTION, "max_tokens": 16} | changes
        )


@pytest.fixture(scope="module")
def bob(team):
    return team.person(daily=10)


def test_a_chat_answers_with_its_cost(team, bob):
    """The library's own types accept every field of the answer."""
    answer = ask(team, bob.key)
    assert answer.choices[0].message.content
    assert_booked(team.entry(answer.id), answer.usage.cost)


def test_a_stream_ends_with_usage(team, bob):
    """The library's event stream ends by itself, after the piece with the cost."""
    with client(team, bob.key) as openrouter:
        with openrouter.chat.send(
            model=CHEAP, messages=QUESTION, max_tokens=64, stream=True
        ) as stream:
            chunks = list(stream)
    words = "".join(c.delta.content or "" for chunk in chunks for c in chunk.choices)
    assert words
    usage = [chunk.usage for chunk in chunks if chunk.usage]
    assert usage[-1].cost > 0


def test_the_library_names_people_by_its_own_title_option(team):
    """`x_open_router_title` arrives under another header name than X-Title, and counts the same."""
    name = team.member()
    shared = team.key(team.member(), "--shared")
    with client(team, shared.key, x_open_router_title=f"notebook:{name}") as openrouter:
        openrouter.chat.send(model=CHEAP, messages=QUESTION, max_tokens=16)
    assert team.commands.report(by="member")[name]["requests"] == 1


def test_the_models_of_this_key_are_listed(team):
    """The catalogue parses, and has only what may run."""
    person = team.person(tier=team.tier("listed", [CHEAP, DEAR]))
    with client(team, person.key) as openrouter:
        listed = openrouter.models.list().result
    assert {model.id for model in listed.data} == {CHEAP, DEAR}
    assert listed.total_count == 2


def test_the_current_key_shows_its_own_spend(team):
    """`GET /key` answers for the person's own key, to the cent that was spent."""
    person = team.person(daily=10)
    cost = ask(team, person.key).usage.cost
    with client(team, person.key) as openrouter:
        own = openrouter.api_keys.get_current_key_metadata().data
    assert own.usage == own.usage_daily
    assert picodollars(own.usage) == picodollars(cost)
    assert own.is_management_key is False
    assert person.key not in own.label


def test_the_current_key_says_when_it_is_the_management_key(team):
    """The lead can tell the two kinds apart."""
    with client(team, team.management_key) as openrouter:
        assert openrouter.api_keys.get_current_key_metadata().data.is_management_key is True


def test_keys_are_created_listed_read_changed_and_deleted(team):
    """A team lead's provisioning program runs as it did against OpenRouter."""
    with client(team, team.management_key) as openrouter:
        keys = openrouter.api_keys
        made = keys.create(name="dora-research", limit=5, limit_reset="monthly")
        assert made.key.startswith("sk-purser-")
        identifier = made.data.hash
        assert (made.data.name, made.data.limit, made.data.limit_reset) == (
            "dora-research",
            5,
            "monthly",
        )
        assert made.data.limit_remaining == 5 and made.data.usage == 0

        cost = ask(team, made.key).usage.cost
        seen = keys.get(hash=identifier).data
        assert picodollars(seen.usage) == picodollars(seen.usage_monthly) == picodollars(cost)
        assert picodollars(seen.limit_remaining) == 5 - picodollars(cost)

        listed = {row.hash: row for row in keys.list().data}
        assert listed[identifier].name == "dora-research"

        changed = keys.update(hash=identifier, name="dora-labs", limit=7).data
        assert (changed.name, changed.limit) == ("dora-labs", 7)

        keys.update(hash=identifier, disabled=True)
        with pytest.raises(errors.UnauthorizedResponseError):
            ask(team, made.key)
        assert identifier not in {row.hash for row in keys.list().data}
        assert identifier in {row.hash for row in keys.list(include_disabled=True).data}
        keys.update(hash=identifier, disabled=False)
        assert ask(team, made.key).id

        assert keys.delete(hash=identifier).DELETED is True
        with pytest.raises(errors.UnauthorizedResponseError):
            ask(team, made.key)
        with pytest.raises(errors.NotFoundResponseError):
            keys.get(hash=identifier)


def test_a_limit_given_at_creation_holds(team):
    """A key with a limit of almost nothing is refused, not overspent."""
    with client(team, team.management_key) as openrouter:
        made = openrouter.api_keys.create(name="tiny", limit=0.000001)
    with pytest.raises(errors.PaymentRequiredResponseError) as caught:
        ask(team, made.key)
    assert caught.value.data.error.code == 402


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, errors.BadRequestResponseError),
        (401, errors.UnauthorizedResponseError),
        (402, errors.PaymentRequiredResponseError),
        (403, errors.ForbiddenResponseError),
    ],
)
def test_each_refusal_is_the_library_s_own_exception(team, bob, status, expected):
    """Programs that catch the library's classes keep working."""
    key, model = {
        400: (bob.key, "no/such-model"),
        401: ("sk-purser-" + "f" * 64, CHEAP),
        402: (team.person(total="0.0000001").key, CHEAP),
        403: (team.person(tier=team.tier("no-dear", [CHEAP])).key, DEAR),
    }[status]
    with pytest.raises(expected) as caught:
        ask(team, key, model=model)
    assert caught.value.data.error.code == status == caught.value.status_code
    assert caught.value.data.error.message


def test_a_management_key_cannot_chat_and_a_member_key_cannot_manage(team, bob):
    """Each kind of key does its own work; the message says which one is needed."""
    with pytest.raises(errors.ForbiddenResponseError):
        ask(team, team.management_key)
    with client(team, bob.key) as openrouter:
        with pytest.raises(errors.ForbiddenResponseError) as caught:
            openrouter.api_keys.create(name="mine")
    assert "Only management keys can perform this operation" in caught.value.message
    assert {"rule", "model", "allowed"} <= set(caught.value.data.error.metadata)
