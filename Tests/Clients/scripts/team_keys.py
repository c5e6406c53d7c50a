#!/usr/bin/env python3
"""A team's key script, of the kind that is handed from project to project.

    BASE=https://openrouter.ai/api/v1 KEY=sk-or-v1-... team_keys.py create alice-backend 25
    ... team_keys.py list
    ... team_keys.py delete HASH
"""

import os
import sys

import requests

BASE = os.environ.get("BASE", "https://openrouter.ai/api/v1")
HEADERS = {
    "Authorization": f"Bearer {os.environ['KEY']}",
    "Content-Type": "application/json",
    "HTTP-Referer": "https://team.example",
    "X-Title": "team-keys",
}


def create(name, limit):
    response = requests.post(
        f"{BASE}/keys{os.environ.get('SLASH', '')}",
        headers=HEADERS,
        json={"name": name, "limit": float(limit)},
    )
    response.raise_for_status()
    data = response.json()["data"]
    print(data["key"])
    print(data["key_hash"])


def show():
    response = requests.get(f"{BASE}/keys", headers=HEADERS)
    response.raise_for_status()
    for key in response.json()["data"]:
        print(
            f"{key.get('name')} {key.get('key_hash')} {key.get('usage')} "
            f"{key.get('limit')} {key.get('is_free_tier')}"
        )


def delete(key_hash):
    response = requests.delete(f"{BASE}/keys/{key_hash}", headers=HEADERS)
    response.raise_for_status()
    print("deleted", response.json()["deleted"])


if __name__ == "__main__":
    {"create": create, "list": show, "delete": delete}[sys.argv[1]](*sys.argv[2:])
