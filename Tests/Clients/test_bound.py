"""Pictures go through and are held for; what has no bound is refused with the way to allow it."""

from decimal import Decimal

import openai
import pytest

from harness import CHEAP, assert_booked
from programs import exact

PICTURE = {"type": "image_url", "image_url": {"url": "https://example.com/ship.png"}}
PAPER = {
    "type": "file",
    "file": {"filename": "paper.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
}


def client(team, key):
    return openai.OpenAI(api_key=key, base_url=team.gateway.base, max_retries=0, timeout=60)


def question(*parts):
    return [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, *parts]}]


@pytest.fixture(scope="module")
def alice(team):
    return team.person(daily=10)


@pytest.mark.parametrize("count", [1, 12])
def test_a_picture_goes_through_and_is_booked_exactly(team, alice, count):
    """A person asks about a picture, or many, and the ledger has the upstream's own digits."""
    raw = client(team, alice.key).chat.completions.with_raw_response.create(
        model=CHEAP, messages=question(*[PICTURE] * count), max_tokens=16
    )
    usage = exact(raw.text)["usage"]
    assert usage["prompt_tokens"] >= 85 * count
    entry = team.entry(raw.parse().id)
    assert_booked(entry, usage["cost"])
    assert entry["member"] == alice.name


def test_a_picture_is_held_for_at_the_size_of_the_context(team):
    """Money that does not pay for the largest picture the model takes is not enough."""
    person = team.person(daily="0.001")
    with pytest.raises(openai.APIStatusError) as caught:
        client(team, person.key).chat.completions.create(
            model=CHEAP, messages=question(PICTURE), max_tokens=16
        )
    metadata = caught.value.body["metadata"]
    assert metadata["reason"] == "budget_exceeded"
    # 128,000 tokens at 0.15 dollars for a million.
    assert Decimal(str(metadata["estimate"])) >= Decimal("0.0192")
    text = client(team, person.key).chat.completions.create(
        model=CHEAP, messages=question(), max_tokens=16
    )
    assert text.usage.cost > 0


def test_a_paper_is_refused_with_the_ceiling_that_would_allow_it(team, alice):
    """Nobody knows what reading a PDF costs, so the refusal says what the tier can set."""
    with pytest.raises(openai.PermissionDeniedError) as caught:
        client(team, alice.key).chat.completions.create(
            model=CHEAP, messages=question(PAPER), max_tokens=16
        )
    error = caught.value.body
    assert "purser tier set" in error["message"] and "--ceiling file=" in error["message"]
    metadata = error["metadata"]
    assert metadata["reason"] == "extra_not_allowed"
    assert metadata["ceiling"] == "file"
    assert metadata["extra"] == 'A content part of type "file"'


def test_what_could_run_another_model_names_no_ceiling(team, alice):
    """There is no price at which a side door opens."""
    with pytest.raises(openai.PermissionDeniedError) as caught:
        client(team, alice.key).chat.completions.create(
            model=CHEAP, messages=question(), extra_body={"plugins": [{"id": "fusion"}]}
        )
    assert caught.value.body["metadata"]["ceiling"] is None
    assert "--ceiling" not in caught.value.message
