"""Only allowed models run, whichever way a request names them, and every answer says what ran."""

import json

import pytest
import requests

from harness import CHEAP, DEAR, OTHER, assert_envelope
from programs import exact


@pytest.fixture(scope="module")
def strict(team):
    """Somebody who may use one model, and is refused any other."""
    return team.person(tier=team.tier("strict", [CHEAP]))


@pytest.fixture(scope="module")
def lenient(team):
    """Somebody who may use one model, and is given it instead of any other."""
    return team.person(tier=team.tier("lenient", [CHEAP], "downgrade"))


def test_a_model_outside_the_tier_is_refused(team, strict):
    """The refusal names the model, the rule and what is allowed instead."""
    answer = team.chat(strict.key, model=DEAR)
    metadata = assert_envelope(answer, 403)["metadata"]
    assert set(metadata) == {"rule", "model", "allowed", "reason", "request_id"}
    assert "strict" in metadata["rule"]
    assert metadata["model"] == DEAR
    assert metadata["allowed"] == [CHEAP]
    assert metadata["request_id"] == answer.headers["X-Purser-Request-Id"]
    assert team.chat(strict.key, model=CHEAP).status_code == 200


@pytest.mark.parametrize("streaming", [False, True], ids=["plain", "streaming"])
def test_a_model_outside_the_tier_is_replaced_where_the_tier_says_so(team, lenient, streaming):
    """The person gets an answer, is told which model gave it, and pays for that one."""
    answer = team.chat(lenient.key, model=DEAR, stream=streaming)
    assert answer.status_code == 200
    assert answer.headers["X-Purser-Downgraded-From"] == DEAR
    assert answer.headers["X-Purser-Model"] == CHEAP
    if streaming:
        identifier = json.loads(answer.text.split("data: ")[1].splitlines()[0])["id"]
    else:
        identifier = answer.json()["id"]
    entry = team.entry(identifier)
    assert (entry["model"], entry["requested_model"]) == (CHEAP, DEAR)
    assert team.commands.report(by="member")[lenient.name]["downgraded"] >= 1


def test_an_allowed_model_is_not_called_a_downgrade(team, lenient):
    """The header appears only when something was changed."""
    answer = team.chat(lenient.key, model=CHEAP)
    assert "X-Purser-Downgraded-From" not in answer.headers
    assert answer.headers["X-Purser-Model"] == CHEAP


@pytest.mark.parametrize(
    "changes",
    [
        {"model": DEAR + ":online"},
        {"model": CHEAP + ":online"},
        {"model": "openrouter/auto"},
        {"model": "@preset/anything"},
        {"preset": "anything"},
        {"model": "~latest"},
        {"plugins": [{"id": "fusion", "model": DEAR}]},
        {"tools": [{"type": "openrouter:advisor", "parameters": {"model": DEAR}}]},
    ],
    ids=json.dumps,
)
def test_no_side_door_reaches_another_model(team, strict, changes):
    """Suffixes, routers, presets, plugins and server tools obey the same rule."""
    before = team.sandbox.state()["models_run"]
    answer = team.chat(strict.key, **changes)
    assert answer.status_code in (400, 403), f"{answer.status_code} {answer.text[:300]}"
    error = assert_envelope(answer, answer.status_code)
    if answer.status_code == 403:
        assert {"rule", "model", "allowed", "reason", "request_id"} <= set(error["metadata"])
    assert team.sandbox.state()["models_run"] == before


@pytest.mark.parametrize("changes", [{"models": [CHEAP, DEAR]}, {"models": [DEAR]}], ids=json.dumps)
def test_a_fallback_is_not_a_way_around_the_tier(team, strict, changes):
    """When the allowed model fails, the request does not go on to one that is not allowed."""
    before = team.sandbox.state()["models_run"].get(DEAR, 0)
    team.sandbox.fault("status", status=503, model=CHEAP, times=1)
    answer = team.chat(strict.key, **changes)
    team.sandbox.clear_faults()
    assert_envelope(answer, answer.status_code)
    assert team.sandbox.state()["models_run"].get(DEAR, 0) == before


def test_only_allowed_models_ran_for_this_person(team, strict, lenient):
    """Whatever was asked above, the ledger knows one model for these two."""
    team.chat(strict.key)
    team.chat(lenient.key, model=OTHER)
    ran = {
        entry["model"]
        for entry in team.commands.ledger()
        if entry["member"] in (strict.name, lenient.name) and entry["generation_id"]
    }
    assert ran == {CHEAP}


def test_every_answer_carries_its_own_request_id(team, strict):
    """A person quotes the id, the lead finds the call; refused ones too."""
    answers = [
        team.chat(strict.key),
        team.chat(strict.key, model=DEAR),
        team.chat("nobody"),
        requests.get(f"{team.gateway.base}/models", timeout=30),
        requests.get(f"{team.gateway.base}/nothing", timeout=30),
    ]
    identifiers = [answer.headers["X-Purser-Request-Id"] for answer in answers]
    assert len(set(identifiers)) == len(answers)
    assert team.entry(answers[0].json()["id"])["request_id"] == identifiers[0]


def test_unknown_fields_and_replies_pass_through(team, strict):
    """Parameters newer than Purser reach the model, and the answer is the upstream's own."""
    answer = team.chat(strict.key, temperature=0.25, seed=7, some_future_field={"a": [1, "é"]})
    assert answer.status_code == 200
    reply = exact(answer.text)
    assert {"id", "object", "created", "model", "provider", "choices", "usage"} <= set(reply)
    assert "system_fingerprint" in reply
