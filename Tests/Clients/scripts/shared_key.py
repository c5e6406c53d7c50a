#!/usr/bin/env python3
"""A program with one key for the whole team, that names the person in a header.

    BASE=... KEY=... shared_key.py alice "What is a ledger?"
"""

import os
import sys

from openai import OpenAI

client = OpenAI(
    base_url=os.environ.get("BASE", "https://openrouter.ai/api/v1"),
    api_key=os.environ["KEY"],
    default_headers={"HTTP-Referer": "https://my-app.example", "X-Title": f"my-app:{sys.argv[1]}"},
)
answer = client.chat.completions.create(
    model="openai/gpt-4o-mini", messages=[{"role": "user", "content": sys.argv[2]}], max_tokens=40
)
print(answer.choices[0].message.content)
