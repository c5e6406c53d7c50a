"""An upstream that answers exactly what a test says, for answers that OpenRouter should never give
and the sandbox therefore does not."""

import contextlib
import http.server
import json
import threading

from harness import CHEAP, DEAR, OTHER
from programs import Gateway

PRICES = {
    CHEAP: ("0.00000015", "0.0000006"),
    OTHER: ("0.0000025", "0.00001"),
    DEAR: ("0.000003", "0.000015"),
}


def completion(**fields):
    """A whole answer in JSON; `fields` replace or add, and those that are None are left out."""
    answer = {
        "id": "gen-scripted",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"}}],
    } | fields
    return document({name: value for name, value in answer.items() if value is not None})


def stream(*chunks):
    """The same as a stream, one event for each of `chunks`."""
    events = [b"data: %s\n\n" % json.dumps(chunk).encode() for chunk in chunks]
    return http_answer(b"text/event-stream", b"".join(events) + b"data: [DONE]\n\n")


def document(value):
    return http_answer(b"application/json", json.dumps(value).encode())


def http_answer(kind, body, status=b"200 OK"):
    return (
        b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
        % (status, kind, len(body))
    ) + body


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path.endswith("/models"):
            rows = [
                {
                    "id": model,
                    "context_length": 128000,
                    "top_provider": {"max_completion_tokens": 16384},
                    "pricing": {"prompt": prompt, "completion": completion},
                }
                for model, (prompt, completion) in PRICES.items()
            ]
            self.wfile.write(document({"data": rows}))
        else:
            error = {"error": {"code": 404, "message": "not found"}}
            self.wfile.write(
                http_answer(b"application/json", json.dumps(error).encode(), b"404 Not Found")
            )
        self.close_connection = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.bodies.append(body)
            number = len(self.server.bodies)
        with contextlib.suppress(ConnectionError):
            answer = self.server.answer(json.loads(body), number)
            for piece in [answer] if isinstance(answer, bytes) else answer:
                self.wfile.write(piece)
        self.close_connection = True

    def log_message(self, *_):
        pass


class Upstream(http.server.ThreadingHTTPServer):
    """`answer(body, number)` gives the bytes for each completion, at once or piece by piece; `bodies`
    is what was asked."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, answer):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.bodies = []
        self.lock = threading.Lock()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/api/v1"


@contextlib.contextmanager
def behind(team, answer):
    """The team's gateway, started again in front of an upstream that answers like that."""
    upstream = Upstream(answer)
    thread = threading.Thread(target=upstream.serve_forever)
    thread.start()
    team.gateway.stop()
    team.gateway = Gateway(
        team.directory, team.database, upstream.url, "sk-or-v1-any", *team.gateway_options
    )
    try:
        yield upstream
    finally:
        upstream.shutdown()
        thread.join()
        upstream.server_close()
