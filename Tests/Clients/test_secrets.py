"""Planted secrets and prompts appear in no file, log, metric or error."""

import requests

from harness import CHEAP, DEAR
from wire import chat_body

PROMPT = "canary-prompt-5b1f0c"
SYSTEM = "canary-system-93de17"
TOOL = "canary-tool-77ab42"


def test_no_key_and_no_prompt_is_written_anywhere(fresh_team):
    """Somebody with the backup, the logs and the metrics learns nobody's key and nobody's words."""
    team = fresh_team()
    person = team.person(daily=10, tier=team.tier("narrow", [CHEAP]))
    rotated = team.commands.json("key", "rotate", person.hash)["key"]
    words = {
        "messages": [
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": PROMPT},
        ],
        "tools": [{"type": "function", "function": {"name": TOOL, "parameters": {}}}],
    }
    answers = [
        team.chat(rotated, **words),
        team.chat(rotated, stream=True, **words),
        team.chat(rotated, model=DEAR, **words),
        team.chat("sk-purser-" + "c0ffee" * 10, **words),
        team.chat(team.management_key, **words),
        requests.post(
            f"{team.gateway.base}/chat/completions",
            headers={"Authorization": f"Bearer {rotated}"},
            data=chat_body(**words)[:-1],
            timeout=30,
        ),
    ]
    team.sandbox.fault("status", status=500, times=1)
    answers.append(team.chat(rotated, **words))
    team.sandbox.fault("error_mid", after_chunks=1, times=1)
    answers.append(team.chat(rotated, stream=True, **words))
    reports = [
        team.commands.run("ledger", "export", "--format", "json").stdout,
        team.commands.run("key", "list", "--format", "json").stdout,
        team.commands.run("report", "--by", "member", "--period", "day").stdout,
        requests.get(f"{team.gateway.console}/metrics", timeout=30).text,
        requests.get(f"{team.gateway.base}/keys", headers=team.management, timeout=30).text,
    ]
    team.gateway.kill()
    team.serve()
    team.gateway.stop()

    secrets = [
        person.key,
        rotated,
        team.management_key,
        team.sandbox.key,
        "c0ffee" * 10,
        PROMPT,
        SYSTEM,
        TOOL,
    ]
    # Keys are looked for without their prefix too, in case somebody cut it off before writing.
    secrets += [secret.rsplit("-", 1)[-1] for secret in secrets if secret.startswith("sk-")]
    places = {
        str(path): path.read_bytes()
        for folder in (team.database.parent, team.directory)
        for path in folder.iterdir()
        if path.is_file()
    }
    assert any(path.endswith(".db") for path in places)
    assert any(path.endswith("serve.stderr") for path in places)
    places |= {f"report {n}": text.encode() for n, text in enumerate(reports)}
    places |= {f"error {n}": a.content for n, a in enumerate(answers) if a.status_code != 200}
    for place, content in places.items():
        for secret in secrets:
            assert secret.encode() not in content, f"a secret or a prompt is in {place}"
