"""A client that misbehaves: bytes on a socket, sent and left as a test says."""

import json
import re
import socket
import struct

from harness import CHEAP


def chat_body(**changes):
    return json.dumps(
        {
            "model": CHEAP,
            "messages": [{"role": "user", "content": "Say ok."}],
            "max_tokens": 24,
        }
        | changes
    ).encode()


def chat_head(key, length, *lines):
    return "\r\n".join(
        [
            "POST /api/v1/chat/completions HTTP/1.1",
            "Host: gateway.example",
            f"Authorization: Bearer {key}",
            "Content-Type: application/json",
            f"Content-Length: {length}",
            *lines,
            "",
            "",
        ]
    ).encode()


class Connection:
    """One socket to the gateway."""

    def __init__(self, gateway, seconds=30):
        self.socket = socket.create_connection(gateway.address, timeout=seconds)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def send_chat(self, key, *lines, **changes):
        body = chat_body(**changes)
        self.send(chat_head(key, len(body), *lines) + body)

    def finish_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def read_until(self, mark):
        """Everything up to and with the mark, or to the end if it never comes."""
        seen = b""
        while mark not in seen:
            piece = self.socket.recv(65536)
            if not piece:
                break
            seen += piece
        return seen

    def read_answer(self):
        """One whole answer on a connection that stays open."""
        head, _, body = self.read_until(b"\r\n\r\n").partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        while length and len(body) < int(length[1]):
            body += self.socket.recv(65536)
        while not length and not body.endswith(b"0\r\n\r\n"):
            body += self.socket.recv(65536)
        return head + b"\r\n\r\n" + body

    def read_to_end(self):
        seen = b""
        try:
            while piece := self.socket.recv(65536):
                seen += piece
        except ConnectionResetError:
            pass
        return seen

    def abort(self):
        """Leaves without a goodbye: the other side gets a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def parse_answer(data):
    """Status, headers and body of one answer that ended with its connection."""
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines[1:])
    }
    return int(lines[0].split()[1]), headers, body
