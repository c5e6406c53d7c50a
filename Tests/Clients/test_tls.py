"""An upstream that speaks TLS, as OpenRouter does."""

import contextlib
import socket
import ssl
import subprocess
import threading

import pytest

from harness import Team
from programs import Gateway

class Relay:
    """Speaks TLS in front and plain HTTP behind, byte for byte."""

    def __init__(self, certificate, key, target):
        self.target = target
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.handshakes = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                plain, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=[plain], daemon=True).start()

    def serve(self, plain):
        # A refused handshake is what one of the tests is about.
        with contextlib.suppress(OSError):
            with self.context.wrap_socket(plain, server_side=True) as front:
                self.handshakes += 1
                with socket.create_connection(self.target) as back:
                    back_to_front = threading.Thread(
                        target=self.pump, args=[back, front], daemon=True
                    )
                    back_to_front.start()
                    self.pump(front, back)
                    back_to_front.join()

    def pump(self, source, target):
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                target.sendall(piece)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def close(self):
        self.listener.close()


def openssl(directory, command):
    subprocess.run(
        ["openssl", *command.split()], cwd=directory, check=True, capture_output=True, timeout=60
    )


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A certificate authority of our own, and a certificate for localhost that it signed."""
    directory = tmp_path_factory.mktemp("authority")
    (directory / "extensions").write_text(
        "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n"
    )
    openssl(
        directory,
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test-authority "
        "-keyout authority.key -out authority.pem",
    )
    openssl(
        directory, "req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out asked"
    )
    openssl(
        directory,
        "x509 -req -in asked -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 "
        "-extfile extensions -out server.pem",
    )
    return directory


@pytest.fixture
def encrypted(tmp_path, authority):
    """A function that serves a team through TLS, trusting the authority or not."""
    ends = contextlib.ExitStack()

    def start(**environment):
        team = Team(tmp_path / "team")
        ends.callback(team.stop)
        team.gateway.stop()
        host, port = team.sandbox.url.removeprefix("http://").split("/")[0].split(":")
        relay = Relay(authority / "server.pem", authority / "server.key", (host, int(port)))
        ends.callback(relay.close)
        team.gateway = Gateway(
            team.directory,
            team.database,
            f"https://localhost:{relay.port}/api/v1",
            team.sandbox.key,
            **environment,
        )
        return team, relay

    with ends:
        yield start


def test_an_https_upstream_answers_plain_and_streaming(encrypted, authority):
    """Certificates that `SSL_CERT_FILE` vouches for are accepted, and the books agree."""
    team, relay = encrypted(SSL_CERT_FILE=str(authority / "authority.pem"))
    key = team.person().key
    assert team.chat(key).status_code == 200
    assert "data: [DONE]" in team.chat(key, stream=True).text
    assert relay.handshakes >= 1
    assert team.agreed_books() > 0


def test_an_upstream_that_nobody_vouches_for_gets_no_key_and_no_prompt(encrypted):
    """A stranger in the middle sees a handshake that fails, and the person an upstream error."""
    team, relay = encrypted()
    answer = team.chat(team.person().key)
    assert answer.status_code in (402, 502, 503), answer.text
    assert relay.handshakes == 0
    assert team.agreed_books() == 0
