"""Many callers at once: raw HTTP on one event loop, and an exact account of what each one got."""

import asyncio
import re
import threading
from dataclasses import dataclass
from decimal import Decimal

from programs import exact
from wire import chat_body, chat_head

# Nobody waits for ever, and nothing here is timed: it only has to be longer than any honest answer.
PATIENCE_SECONDS = 300


@dataclass
class Reply:
    """What one caller has when the connection ends, whole or not."""

    member: str
    is_streamed: bool
    data: bytes = b""

    def __post_init__(self):
        head, self.has_head, body = self.data.partition(b"\r\n\r\n")
        self.status = int(head.split(b" ", 2)[1]) if self.has_head else None
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        if length:
            self.ended = len(body) >= int(length[1])
        else:
            body, self.ended = unchunked(body)
        self.text = body.decode(errors="replace")

    @property
    def events(self):
        """The data of each complete event of a stream."""
        complete = self.text.rpartition("\n\n")[0]
        return [line[6:] for line in complete.splitlines() if line.startswith("data: ")]

    @property
    def is_whole(self):
        """Whether a client would take it for a complete answer.

        A stream is whole once its `[DONE]` is there, even if the connection was cut right after.
        """
        if self.status != 200:
            return False
        return "[DONE]" in self.events if self.is_streamed else bool(self.ended)

    @property
    def is_visibly_broken(self):
        """Whether a client sees that this is no answer: an error, or an end in the middle."""
        if self.status != 200 or not self.ended:
            return True
        return any("error" in exact(event) for event in self.events if event != "[DONE]")

    @property
    def reason(self):
        """Why it was refused, in the gateway's word, or the status if it has none."""
        if self.status in (None, 200) or not self.ended:
            return None
        error = exact(self.text)["error"]
        return (error.get("metadata") or {}).get("reason", str(self.status))

    @property
    def generation(self):
        """The generation's id, as soon as any of the answer has come."""
        found = re.search(r'"id": ?"(gen-[^"]+)"', self.text)
        return found and found[1]

    @property
    def cost(self):
        """What a whole answer says it cost, in the digits it came in."""
        if not self.is_streamed:
            return Decimal(exact(self.text)["usage"]["cost"])
        replies = [exact(event) for event in self.events if event != "[DONE]"]
        return next(Decimal(r["usage"]["cost"]) for r in replies if r.get("usage"))


def unchunked(body):
    """The content of a chunked body, as much of it as is there, and whether its end is."""
    content = b""
    while True:
        size, mark, rest = body.partition(b"\r\n")
        if not mark:
            return content, False
        length = int(size, 16)
        if length == 0:
            return content, rest.startswith(b"\r\n")
        content += rest[:length]
        if len(rest) < length + 2:
            return content, False
        body = rest[length + 2 :]


async def ask(address, person, is_streamed=False, **changes):
    """One call on a connection of its own, read until it ends, however it ends."""
    data, writer = b"", None
    try:
        reader, writer = await asyncio.open_connection(*address)
        body = chat_body(stream=is_streamed, **changes)
        writer.write(chat_head(person.key, len(body), "Connection: close") + body)
        while piece := await asyncio.wait_for(reader.read(65536), PATIENCE_SECONDS):
            data += piece
    except OSError:
        # Refused or reset: what has come so far is the answer.
        pass
    finally:
        if writer:
            writer.close()
    return Reply(person.name, is_streamed, data)


class Crowd:
    """Callers on an event loop of their own thread, so that a test can get in their way."""

    def __enter__(self):
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        # A test that failed leaves calls behind; they end with it.
        self.start(self._end_all()).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    async def _end_all(self):
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def start(self, coroutine):
        """Begins it; the result is a future that waits without the loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def ask(self, team, person, is_streamed=False, **changes):
        return self.start(ask(team.gateway.address, person, is_streamed, **changes))
