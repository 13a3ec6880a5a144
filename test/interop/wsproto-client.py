"""Knocks with Debian's wsproto, a WebSocket without any network of its own, and prints, as JSON, what each handshake was answered with."""
import json
import socket
import sys
from urllib.parse import urlsplit

import wsproto
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Ping, Pong, RejectConnection, Request, TextMessage
from wsproto.extensions import PerMessageDeflate


class Knock:
    def __init__(self, url, headers=(), subprotocols=(), extensions=()):
        parts = urlsplit(url)
        self.line = socket.create_connection((parts.hostname, parts.port), timeout=15)
        self.ws = WSConnection(ConnectionType.CLIENT)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        self.waiting = []
        self.send(Request(host=parts.netloc, target=target, extra_headers=list(headers), subprotocols=list(subprotocols), extensions=list(extensions)))

    def send(self, event):
        self.line.sendall(self.ws.send(event))

    def next(self):
        """The next event; None when the server has hung up."""
        while not self.waiting:
            data = self.line.recv(65536)
            self.ws.receive_data(data or None)
            self.waiting.extend(self.ws.events())
            if not data:
                break
        return self.waiting.pop(0) if self.waiting else None

    def text(self):
        """The next whole message, with pings answered on the way."""
        parts = ""
        while True:
            event = self.next()
            if isinstance(event, Ping):
                self.send(event.response())
            elif isinstance(event, TextMessage):
                parts += event.data
                if event.message_finished:
                    return json.loads(parts)
            else:
                raise RuntimeError(f"{event!r} instead of a message")


def admitted(url, count, **options):
    knock = Knock(url, **options)
    accepted = knock.next()
    if not isinstance(accepted, AcceptConnection):
        raise RuntimeError(f"{accepted!r} instead of an answer")
    frames = [knock.text() for _ in range(count)]
    knock.send(Ping(payload=b"are you there"))
    pong = knock.next()
    knock.send(CloseConnection(code=1000, reason="bye"))
    closed = knock.next()
    return {
        "subprotocol": accepted.subprotocol,
        "extensions": [extension.name for extension in accepted.extensions],
        "frames": frames,
        "pong": isinstance(pong, Pong) and bytes(pong.payload).decode(),
        "closed": closed.code if isinstance(closed, CloseConnection) else None,
    }


def refused(url):
    event = Knock(url).next()
    return event.status_code if isinstance(event, RejectConnection) else None


def main():
    asked = json.load(sys.stdin)
    url, token = asked["url"], asked["token"]
    deflate = {"extensions": [PerMessageDeflate()]}
    answers = {
        "header": admitted(url, 2, headers=[(b"Authorization", f"Bearer {token}".encode())]),
        "query": admitted(f"{url}?token={token}", 2, **deflate),
        "subprotocol": admitted(url, 1, subprotocols=["sallyport.v1", f"sallyport.bearer.{token}"], **deflate),
    }
    print(json.dumps({"version": wsproto.__version__, "answers": answers, "refused": refused(url)}))


if sys.argv[1:] == ["--version"]:
    print(wsproto.__version__)
else:
    main()
