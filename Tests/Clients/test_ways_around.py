"""Ways around a model rule or a paid extra: each is refused, or what runs is within the tier.

The tier allows one cheap model and nothing beside text. What could have run is the sandbox's own
verdict on the bytes that reached it: a second reading that shares no code with the gateway's.
"""

import gzip
import json
from dataclasses import dataclass, field

import pytest
import requests

from harness import CHEAP, DEAR, OTHER, assert_envelope
from wire import Connection, chat_body, chat_head

BATCH = "anthropic/claude-haiku-4.5:batch"
OUTPUT_MAX = 200
EFFORTS = {"none", "minimal", "low"}

# What a row expects.
RUNS = "runs"  # A control: nothing is wrong with it, and it is answered.
HARMLESS = "harmless"  # It is answered, and only what is allowed can have run.
REFUSED = "refused"  # Nothing reaches the upstream, with this status and reason.


@dataclass(frozen=True)
class Way:
    """One way around, what is expected of it, and why that is right."""

    name: str
    body: object
    expect: str
    why: str
    status: int = 200
    reason: str = ""
    headers: dict = field(default_factory=dict)
    path: str = "chat/completions"
    tier: str = "cheap"

    @property
    def data(self):
        return self.body if isinstance(self.body, bytes) else chat_body(**self.body)


def runs(name, body, why, **more):
    return Way(name, body, RUNS, why, **more)


def harmless(name, body, why, **more):
    return Way(name, body, HARMLESS, why, **more)


def refused(name, body, status, reason, why, **more):
    return Way(name, body, REFUSED, why, status, reason, **more)


def not_allowed(name, body, why, **more):
    return refused(name, body, 403, "model_not_allowed", why, **more)


def unknown(name, body, why, **more):
    return refused(name, body, 400, "model_unknown", why, **more)


def unbounded(name, body, why, **more):
    return refused(name, body, 403, "extra_not_allowed", why, **more)


def outside(name, body, why, **more):
    return refused(name, body, 403, "extra_outside_tier", why, **more)


def malformed(name, body, why, **more):
    return refused(name, body, 400, "malformed_request", why, **more)


def raw(text):
    """A body with `%M` for the messages, as it stands: nothing escapes or sorts it."""
    messages = '"messages":[{"role":"user","content":"hi"}],"max_tokens":9'
    return text.replace("%M", messages).encode()


def part(**fields):
    return {"messages": [{"role": "user", "content": [fields]}]}


def message(**fields):
    return {"messages": [{"role": "user", "content": "hi"} | fields]}


def tool(**fields):
    return {"tools": [fields]}


URL = {"url": "https://pictures.example/x.png"}

WAYS = [
    # Controls: a table that refuses everything would pass without them.
    runs("the allowed model", {}, "it is allowed"),
    runs("its name escaped", raw(r'{"model":"openai\/gpt-4o\u002dmini",%M}'), "the same name"),
    runs("itself as a fall-back", {"models": [CHEAP]}, "nothing else is named"),
    runs("a list alone", raw('{"models":["%s"],%%M}' % CHEAP), "the model is written beside it"),
    runs("the cheapest provider first", {"model": CHEAP + ":floor"}, "the same model"),
    runs("the fastest provider first", {"model": CHEAP + ":nitro"}, "dearer ones are kept out"),
    runs("a tool with a parameter called model",
         tool(type="function", function={"name": "f", "parameters": {"properties": {"model": {}}}}),
         "the client's own function runs no model"),
    runs("a prompt that looks like a body", message(content='","model":"%s","x":"' % DEAR),
         "text is text"),
    runs("a web plugin that is switched off", {"plugins": [{"id": "web", "enabled": False}]},
         "nothing is searched"),
    runs("a low effort", {"reasoning": {"effort": "low"}}, "the tier allows low"),
    runs("a flexible service tier", {"service_tier": "flex"}, "it costs less"),
    runs("text as the only modality", {"modalities": ["text"]}, "nothing beside text"),
    runs("an alias of the tier", {"model": "fast"}, "the tier says what it stands for"),
    # Another model, plainly. LiteLLM 185: fall-backs of the client were not checked until mid-2024.
    not_allowed("another model", {"model": DEAR}, "outside the tier"),
    not_allowed("another model of the same maker", {"model": OTHER}, "outside the tier"),
    harmless("a dear fall-back", {"models": [DEAR]}, "the fall-back is taken out"),  # Pains 179.
    harmless("a dear fall-back behind an allowed one", {"models": [CHEAP, DEAR]}, "taken out"),
    harmless("a list alone, the dear one first", raw('{"models":["%s","%s"],%%M}' % (DEAR, CHEAP)),
             "who names a list takes any of it"),
    not_allowed("a list alone, all of it dear", raw('{"models":["%s"],%%M}' % DEAR), "none is left"),
    harmless("a null model and a list", raw('{"model":null,"models":["%s","%s"],%%M}' % (DEAR, CHEAP)),
             "null names none"),
    refused("no model at all", raw("{%M}"), 400, "model_missing",
            "OpenRouter would take the account's default"),
    refused("an empty list", raw('{"models":[],%M}'), 400, "model_missing", "the same"),
    refused("a null model alone", raw('{"model":null,%M}'), 400, "model_missing", "the same"),
    unknown("an empty name", {"model": ""}, "OpenRouter would take the default"),
    malformed("a list of objects", {"models": [{"model": DEAR}]}, "a list of names is text"),
    malformed("a list as text", {"models": DEAR}, "the same"),
    malformed("a list in a list", {"models": [[DEAR]]}, "the same"),
    malformed("a model in a list", {"model": [CHEAP, DEAR]}, "a name is text"),
    malformed("a model in an object", {"model": {"id": DEAR}}, "a name is text"),
    malformed("a model that is a number", {"model": 4}, "a name is text"),
    # Names that are nearly right. Pains 182: a mangled prefix passed the check; 183: a pattern in a
    # name was run as a regular expression; 184: a wildcard reached what it should not; 186: `*`.
    unknown("a mangled prefix", {"model": "openrouter/" + DEAR}, "no name of OpenRouter's list"),
    unknown("a doubled prefix", {"model": "openai/openai/gpt-4o-mini"}, "the same"),
    unknown("a slash in front", {"model": "/" + DEAR}, "the same"),
    unknown("a way up", {"model": CHEAP + "/../../" + DEAR}, "the same"),
    unknown("a pattern", {"model": "openai/*"}, "patterns are for tiers"),
    unknown("a regular expression", {"model": "openai/gpt-4o-mini|.*"}, "names are compared"),
    unknown("two names in one", {"model": f"{CHEAP},{DEAR}"}, "the same"),
    unknown("capitals", {"model": DEAR.upper()}, "names are compared byte for byte"),
    unknown("space around it", {"model": f" {DEAR} "}, "the same"),
    unknown("space around the allowed one", {"model": f"{CHEAP} "}, "the same"),
    unknown("a NUL in it", {"model": f"{CHEAP}\0{DEAR}"}, "the same"),
    unknown("a zero-width character", {"model": "openai/gpt\u200b-4o-mini"}, "the same"),
    unknown("a Kelvin sign for a K", {"model": "deepsee\u212a/deepsee\u212a-v4-flash"}, "the same"),
    unknown("full-width letters", {"model": "\uff4fpenai/gpt-4o-mini"}, "the same"),
    unknown("a Cyrillic letter", {"model": "\u043epenai/gpt-4o-mini"}, "the same"),
    unknown("an encoded colon", {"model": CHEAP + "%3Aonline"}, "the same"),
    # OpenRouter's own doors: endings, presets, routers, names that move.
    outside("the web by an ending", {"model": CHEAP + ":online"}, "a search is paid"),
    outside("the web by two endings", {"model": CHEAP + ":nitro:online"}, "the same"),
    harmless("the web by a fall-back's ending", {"models": [DEAR + ":online"]}, "taken out"),
    not_allowed("a variant of another price", {"model": BATCH}, "a row of its own"),
    not_allowed("a dated name of another model", {"model": "anthropic/claude-4.5-sonnet-20250929"},
                "the same model by another name"),
    unbounded("an ending nobody knows", {"model": CHEAP + ":free"}, "it could be another price"),
    unbounded("a preset for a model", {"model": "@preset/team"}, "it brings a model of its own"),
    unbounded("a preset behind the model", {"model": CHEAP + "@preset/team"}, "the same"),
    unbounded("a preset beside the model", {"preset": "team"}, "the same"),
    unbounded("a fall-back that is a preset", {"models": ["@preset/team"]}, "the same"),
    not_allowed("the automatic router", {"model": "openrouter/auto"}, "it picks any model"),
    harmless("the automatic router as a fall-back", {"models": ["openrouter/auto"]}, "taken out"),
    unknown("a family's newest", {"model": "~openai/gpt-latest"}, "not in this list"),
    unbounded("fall-backs as Anthropic has them", {"fallbacks": [{"model": DEAR}]},
              "Pains 180: the primary is made to fail"),
    harmless("an old way to fall back", {"route": "fallback", "models": [DEAR]}, "both are left out"),
    # One field, two readings.
    malformed("the model twice", raw('{"model":"%s",%%M,"model":"%s"}' % (CHEAP, DEAR)),
              "the last wins with most readers, the first with some"),
    malformed("the model twice, one escaped",
              raw('{"model":"%s",%%M,"mod\\u0065l":"%s"}' % (CHEAP, DEAR)), "the same"),
    malformed("the fall-backs twice",
              raw('{"model":"%s","models":[],"models":["%s"],%%M}' % (CHEAP, DEAR)), "the same"),
    malformed("the limit twice", raw('{"model":"%s",%%M,"max_tokens":9999}' % CHEAP), "the same"),
    harmless("the model in capitals beside it", {"MODEL": DEAR}, "left out: some fold cases"),
    harmless("the model with a space beside it", {"model ": DEAR}, "left out"),
    malformed("the model with a NUL beside it", {"model\0": DEAR}, "no name needs an escape"),
    harmless("the model in full-width letters beside it",
             raw('{"model":"%s",%%M,"\uff4dodel":"%s"}' % (CHEAP, DEAR)), "left out"),
    harmless("the fall-backs by another name", {"fallback_models": [DEAR]}, "left out"),
    harmless("a body inside the body", {"extra_body": {"models": [DEAR]}}, "left out"),
    malformed("a comment", raw('{"model":"%s",/*"model":"%s",*/%%M}' % (CHEAP, DEAR)), "no JSON"),
    malformed("a comma too many", raw('{"model":"%s",%%M,}' % CHEAP), "no JSON"),
    malformed("two documents", raw('{"model":"%s",%%M}{"model":"%s",%%M}' % (CHEAP, DEAR)), "no JSON"),
    malformed("a list of bodies", raw('[{"model":"%s",%%M},{"model":"%s",%%M}]' % (CHEAP, DEAR)),
              "a batch"),
    malformed("a NUL and another body", raw('{"model":"%s",%%M}\0{"model":"%s",%%M}' % (CHEAP, DEAR)),
              "no JSON"),
    malformed("a byte order mark", b"\xef\xbb\xbf" + chat_body(model=DEAR), "no JSON"),
    malformed("UTF-16", chat_body(model=DEAR).decode().encode("utf-16"), "no UTF-8"),
    malformed("an overlong letter", chat_body(model="?").replace(b"?", b"\xc1\xaf"), "no UTF-8"),
    malformed("nesting without end", chat_body(metadata="?").replace(b'"?"', b"[" * 5000 + b"]" * 5000),
              "deeper than any reader must go"),
    malformed("a compressed body", gzip.compress(chat_body(model=DEAR)), "it is not unpacked",
              headers={"Content-Encoding": "gzip"}),
    # The web, and other plugins.
    outside("the web plugin", {"plugins": [{"id": "web", "engine": "exa"}]}, "a search is paid"),
    malformed("the web plugin, off and on",
              raw('{"model":"%s",%%M,"plugins":[{"id":"web","enabled":false,"enabled":true}]}' % CHEAP),
              "two readings"),
    outside("the web by options", {"web_search_options": {}}, "empty options switch it on"),
    outside("a plugin that reads files", {"plugins": [{"id": "file-parser"}]}, "pages are paid"),
    unbounded("a plugin that asks many models", {"plugins": [{"id": "fusion"}]}, "any model"),
    unbounded("a plugin that routes", {"plugins": [{"id": "auto-router", "allowed_models": ["*"]}]},
              "any model"),
    unbounded("a plugin with a model of its own",
              {"plugins": [{"id": "response-healing", "model": DEAR}]}, "another model"),
    unbounded("a plugin without a name", {"plugins": [{}]}, "nobody can tell"),
    harmless("plugins in capitals", {"Plugins": [{"id": "web"}]}, "left out"),
    # Tools that the provider runs.
    outside("a tool that searches", tool(type="openrouter:web_search"), "a search is paid"),
    outside("a provider's own tool", tool(type="web_search_preview"), "a search is paid"),
    unbounded("a tool that asks a model",
              tool(type="openrouter:advisor", parameters={"model": DEAR}), "another model"),
    unbounded("a tool that paints", tool(type="openrouter:image_generation"), "another model"),
    unbounded("a tool that hands on", tool(type="openrouter:subagent"), "another model"),
    malformed("a tool of two types",
              raw('{"model":"%s",%%M,"tools":[{"type":"function","type":"openrouter:advisor"}]}' % CHEAP),
              "two readings"),
    malformed("a tool of two types, one in capitals",
              tool(type="function", TYPE="openrouter:advisor", function={"name": "f"}),
              "some fold cases"),
    unbounded("a tool whose type is a number", tool(type=1), "nobody can tell"),
    harmless("servers of tools", {"mcp_servers": [{"url": "https://x"}]}, "left out"),
    # What comes in, and what comes out.
    outside("a picture", part(type="image_url", image_url=URL), "its tokens are paid"),
    outside("a sound", part(type="input_audio", input_audio={"data": "aa", "format": "wav"}), "the same"),
    outside("a film", part(type="video_url", video_url=URL), "the same"),
    outside("a document", part(type="file", file={"filename": "x.pdf", "file_data": "x"}), "the same"),
    outside("a picture in a part of text", part(type="text", text="x", image_url=URL),
            "readers that look for the name send it"),
    unbounded("a part nobody knows", part(type="hologram"), "nobody can tell"),
    outside("pictures beside the text", message(images=[{"type": "image_url", "image_url": URL}]),
            "the same"),
    outside("a read document beside the text",
            message(annotations=[{"type": "file", "file": {"content": [
                {"type": "image_url", "image_url": URL}]}}]), "it holds pictures"),
    malformed("content twice",
              raw('{"model":"%s","messages":[{"role":"user","content":"hi","content":'
                  '[{"type":"image_url","image_url":{"url":"https://x"}}]}]}' % CHEAP), "two readings"),
    outside("pictures as the answer", {"modalities": ["text", "image"]}, "they are paid"),
    outside("sound as the answer", {"audio": {"voice": "alloy"}}, "it is paid"),
    # How fast, how much and how deep.
    outside("a dearer service tier", {"service_tier": "priority"}, "it costs more"),
    outside("the same by its other name", {"service_tier": "fast"}, "it costs more"),
    harmless("speed as Anthropic has it", {"speed": "fast"}, "left out"),
    harmless("more output than allowed", {"max_tokens": 9_999}, "the limit is lowered"),
    harmless("more output by the newer name", {"max_completion_tokens": 9_999}, "both are lowered"),
    harmless("more output by a name of elsewhere", {"max_output_tokens": 9_999}, "left out"),
    malformed("a limit as text", {"max_tokens": "9999"}, "a limit is a number"),
    malformed("no limit by a number too large", raw('{"model":"%s",%s}' % (
        CHEAP, '"messages":[{"role":"user","content":"hi"}],"max_tokens":1e400')), "beyond counting"),
    harmless("no limit by null", {"max_tokens": None}, "a limit is written"),
    harmless("more effort than allowed", {"reasoning": {"effort": "high"}}, "it is lowered"),
    harmless("more effort by the short name", {"reasoning_effort": "xhigh"}, "it is lowered"),
    harmless("more effort as Anthropic has it",
             {"thinking": {"type": "enabled", "budget_tokens": 30_000}}, "it is lowered"),
    harmless("more effort as Anthropic has it now", {"output_config": {"effort": "max"}}, "lowered"),
    malformed("an effort nobody knows", {"reasoning": {"effort": "ultra"}}, "nobody can tell"),
    # Heads and paths. Pains 181: what is passed through ignored the list.
    harmless("a model in the address", {}, "the query is not passed on",
             path=f"chat/completions?model={DEAR}&models={DEAR}"),
    harmless("a model in the head", {}, "such fields are not passed on",
             headers={"X-Model": DEAR, "X-OpenRouter-Model": DEAR, "X-OpenRouter-Preset": "team"}),
    refused("a preset in the path", {}, 404, "", "only known paths", path="presets/team/chat/completions"),
    refused("a path for pictures", {"prompt": "x", "model": DEAR}, 404, "", "only known paths",
            path="images"),
    refused("batches", {"model": DEAR}, 404, "", "only known paths", path="../beta/batches"),
    # A tier that downgrades gives its own model, whatever was asked.
    harmless("another model, downgraded", {"model": DEAR}, "the tier's own runs", tier="downgrading"),
    harmless("a router, downgraded", {"model": "openrouter/auto"}, "the same", tier="downgrading"),
    harmless("dear fall-backs, downgraded", {"model": DEAR, "models": [DEAR, OTHER]}, "the same",
             tier="downgrading"),
    outside("the web, downgraded", {"model": DEAR, "plugins": [{"id": "web"}]},
            "a downgrade allows no extras", tier="downgrading"),
]


@pytest.fixture(scope="module")
def people(team):
    """Somebody in each tier; both tiers allow one model and nothing beside text."""
    options = ["--max-tokens", OUTPUT_MAX, "--extras", "none", "--max-effort", "low"]
    return {
        "cheap": team.person(
            tier=team.tier("cheap", [CHEAP], "deny", *options, "--alias", f"fast={CHEAP}")
        ),
        "downgrading": team.person(tier=team.tier("downgrading", [CHEAP], "downgrade", *options)),
    }


def seen(team, after=0):
    """What the sandbox could have run, request by request."""
    url = f"{team.sandbox.control}/verdicts"
    return requests.get(url, params={"after": after}, timeout=10).json()


def assert_within_the_tier(verdict):
    assert set(verdict["models"]) <= {CHEAP, CHEAP + ":floor", CHEAP + ":nitro"}, verdict
    assert verdict["names_model"] and not verdict["extras"], verdict
    assert verdict["output_tokens_max"] is not None, verdict
    assert verdict["output_tokens_max"] <= OUTPUT_MAX, verdict
    assert set(verdict["efforts"]) <= EFFORTS, verdict
    assert verdict["thinking_tokens"] <= OUTPUT_MAX, verdict
    assert not verdict["liberties"], verdict


@pytest.mark.parametrize("way", WAYS, ids=[way.name for way in WAYS])
def test_a_way_around_leads_nowhere(team, people, way):
    """Refused with the reason, or harmless: the upstream could have run what is allowed alone."""
    before, ran = seen(team)["seen"], team.sandbox.state()["models_run"]
    answer = requests.post(
        f"{team.gateway.base}/{way.path}",
        data=way.data,
        headers={
            "Authorization": f"Bearer {people[way.tier].key}", "Content-Type": "application/json"
        } | way.headers,
        timeout=30,
    )
    verdicts = seen(team, before)["verdicts"]
    for verdict in verdicts:
        assert_within_the_tier(verdict)
    others = {
        model: count - ran.get(model, 0)
        for model, count in team.sandbox.state()["models_run"].items()
        if model != CHEAP and count != ran.get(model, 0)
    }
    assert not others, others
    if way.expect == REFUSED:
        error = assert_envelope(answer, way.status)
        assert error.get("metadata", {}).get("reason", "") == way.reason, error
        assert not verdicts
    else:
        assert answer.status_code == 200, answer.text[:500]
        assert len(verdicts) == 1
        assert answer.headers["X-Purser-Model"] == CHEAP


def test_a_request_in_the_shadow_of_another_is_judged_too(team, people):
    """What two servers could cut in different places arrives as one request, or as none."""
    before = seen(team)["seen"]
    key = people["cheap"].key
    inner = chat_body(model=DEAR)
    inner = chat_head(key, len(inner), "Connection: close") + inner
    body = chat_body()
    for lengths in (["Transfer-Encoding: chunked"], [f"Content-Length: {len(body) + len(inner)}"]):
        with Connection(team.gateway, seconds=5) as connection:
            connection.send(chat_head(key, len(body), *lengths, "Connection: close"))
            connection.send(b"0\r\n\r\n" + inner if "chunked" in lengths[0] else body + inner)
            connection.read_to_end()
    for verdict in seen(team, before)["verdicts"]:
        assert_within_the_tier(verdict)


def test_the_table_is_long_and_has_controls():
    """Sixty ways and more, each with a name of its own, and enough that must be answered."""
    ways = [way for way in WAYS if way.expect != RUNS]
    assert len(ways) >= 60 and len(WAYS) - len(ways) >= 10
    assert len({way.name for way in WAYS}) == len(WAYS)
    assert all(way.why for way in WAYS)
    assert all(way.status >= 400 for way in WAYS if way.expect == REFUSED)


def test_the_second_reading_sees_what_the_gateway_is_to_keep_out(team):
    """Asked past the gateway, the sandbox names the model, the extra and the missing limit."""
    before = seen(team)["seen"]
    body = {"Model": DEAR, "plugins": [{"id": "web"}], "messages": []}
    requests.post(
        f"{team.sandbox.url}/chat/completions", data=json.dumps(body), timeout=10,
        headers={"Authorization": f"Bearer {team.sandbox.key}"},
    )
    (verdict,) = seen(team, before)["verdicts"]
    assert verdict["models"] == [DEAR] and set(verdict["extras"]) == {"web-search"}
    assert not verdict["names_model"] and verdict["output_tokens_max"] is None
    with pytest.raises(AssertionError):
        assert_within_the_tier(verdict)
