"""A stop in the middle of an answer that somebody has paid for."""

import http.server
import json
import threading

import pytest

from harness import CHEAP
from programs import Gateway
from wire import Connection, chat_body, chat_head, parse_answer

# More than the sockets between the gateway and a client that does not read can hold.
ANSWER_BYTES = 20 * 1024 * 1024


class LargeUpstream(http.server.BaseHTTPRequestHandler):
    """One model, and one answer that takes a while to carry away."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(
            {
                "data": [
                    {
                        "id": CHEAP,
                        "context_length": 128000,
                        "pricing": {"prompt": "0.00000015", "completion": "0.0000006"},
                    }
                ]
            }
        )

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(
            {
                "id": "gen-large",
                "choices": [{"message": {"role": "assistant", "content": "x" * ANSWER_BYTES}}],
                "usage": {"prompt_tokens": 3, "completion_tokens": 5, "cost": 3.45e-06},
            }
        )

    def answer(self, document):
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def large_upstream():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), LargeUpstream)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/api/v1"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_stop_lets_a_slow_reader_have_the_whole_answer(fresh_team, large_upstream):
    """The ledger said settled, and the client had a quarter of its answer."""
    team = fresh_team()
    person = team.person()
    team.gateway.stop()
    team.gateway = Gateway(team.directory, team.database, large_upstream, "sk-or-v1-any")
    body = chat_body()
    with Connection(team.gateway) as connection:
        connection.send(chat_head(person.key, len(body), "Connection: close") + body)
        first = connection.socket.recv(65536)
        assert first.startswith(b"HTTP/1.1 200 ")
        stopping = threading.Thread(target=team.gateway.stop)
        stopping.start()
        status, headers, answer = parse_answer(first + connection.read_to_end())
        stopping.join()
    assert status == 200 and len(answer) == int(headers["content-length"]) > ANSWER_BYTES
    assert json.loads(answer)["id"] == "gen-large"
    (call,) = team.commands.ledger()
    assert (call["state"], call["cost"]) == ("settled", "0.00000345")
