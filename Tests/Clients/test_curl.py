"""curl and jq, as pasted from the documentation."""

import subprocess
from decimal import Decimal

from harness import CHEAP, assert_booked, picodollars
from programs import clean_environment, exact

ASK = '{"model":"' + CHEAP + '","messages":[{"role":"user","content":"Say ok."}],"max_tokens":40%s}'


def shell(team, command, **variables):
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        env=clean_environment(team.directory, BASE=team.gateway.base, **variables),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_chat_is_one_line_of_curl(team):
    """The answer's text comes out of jq."""
    person = team.person()
    words = shell(
        team,
        'curl -sS --fail "$BASE/chat/completions" -H "Authorization: Bearer $KEY" '
        '-H "Content-Type: application/json" -d "$ASK" | jq -er ".choices[0].message.content"',
        KEY=person.key,
        ASK=ASK % "",
    )
    assert words.strip()


def test_a_stream_is_readable_with_curl_n(team):
    """Events as OpenRouter sends them, the cost in the last one, then [DONE]."""
    person = team.person()
    text = shell(
        team,
        'curl -sSN --fail "$BASE/chat/completions" -H "Authorization: Bearer $KEY" -d "$ASK"',
        KEY=person.key,
        ASK=ASK % ',"stream":true',
    )
    data = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    assert data[-1] == "[DONE]"
    last = exact(data[-2])
    assert_booked(team.entry(last["id"]), last["usage"]["cost"])


def test_a_key_in_the_x_api_key_header_is_as_good(team):
    """Coding agents send their key there."""
    answer = shell(
        team,
        'curl -sS --fail "$BASE/chat/completions" -H "x-api-key: $KEY" -d "$ASK" | jq -er .id',
        KEY=team.person().key,
        ASK=ASK % "",
    )
    assert answer.startswith("gen-")


def test_a_member_sees_what_is_spent_held_and_left(team):
    """`GET /me` with one's own key: every window with its numbers and its reset."""
    person = team.person(daily="2.5", monthly=20)
    cost = picodollars(exact(team.chat(person.key).text)["usage"]["cost"])
    page = shell(
        team, 'curl -sS --fail "$BASE/me" -H "Authorization: Bearer $KEY"', KEY=person.key
    )
    own = exact(page)
    own = own.get("data", own)
    assert own["member"] == person.name
    windows = {window["period"]: window for window in own["windows"]}
    assert Decimal(windows["daily"]["spent"]) == cost
    assert Decimal(windows["daily"]["left"]) == Decimal("2.5") - cost
    assert Decimal(windows["monthly"]["limit"]) == 20
    assert windows["daily"]["held"] == 0
    assert windows["daily"]["resets_at"].endswith("Z")


def test_the_key_page_and_its_older_name_agree(team):
    """`/auth/key` still answers, like `/key`."""
    person = team.person()
    pages = [
        shell(
            team,
            'curl -sS --fail "$BASE/$PAGE" -H "Authorization: Bearer $KEY" | jq -eS .data',
            KEY=person.key,
            PAGE=page,
        )
        for page in ("key", "auth/key")
    ]
    assert pages[0] == pages[1]
    assert '"usage": 0' in pages[0]


def test_the_model_list_needs_no_key(team):
    """Plug-ins fetch the catalogue before anyone has typed a key."""
    listed = shell(team, 'curl -sS --fail "$BASE/models" | jq -er ".data[].id"').split()
    assert CHEAP in listed and len(listed) > 5


def test_the_model_list_is_the_upstream_s_without_a_key_and_one_s_own_with_it(team):
    """The whole catalogue for strangers; with a key what it may use, in the upstream's rows."""
    listing = 'curl -sS --fail "$BASE/models" | jq -ecS .data'
    whole = exact(shell(team, listing))
    upstream = shell(team, 'curl -sS --fail "$URL/models" | jq -ecS .data', URL=team.sandbox.url)
    assert whole == exact(upstream)

    person = team.person(tier=team.tier("one-model", [CHEAP]))
    for header in ("Authorization: Bearer", "x-api-key:"):
        own = shell(
            team,
            'curl -sS --fail "$BASE/models" -H "$HEADER $KEY" | jq -ecS .data',
            HEADER=header,
            KEY=person.key,
        )
        assert exact(own) == [row for row in whole if row["id"] == CHEAP]
    other_path = shell(
        team, 'curl -sS --fail "$ORIGIN/v1/models" | jq -ecS .data', ORIGIN=team.gateway.origin
    )
    assert exact(other_path) == whole
