"""Long polls over sockets of their own, which nobody has to read to the end."""

import contextlib
import datetime
import json
import pathlib
import select
import socket
import urllib.parse

from fuzz.client import Request, signature

ESTABLISHED, CLOSE_WAIT = "01", "08"


class Reader:
    """A ReceiveMessage that has been sent whole."""

    def __init__(self, cloud, url, seconds=20):
        place = urllib.parse.urlparse(cloud.address)
        self.port = place.port
        request = Request.operation("sqs", "ReceiveMessage", json.dumps({"QueueUrl": url, "WaitTimeSeconds": seconds}).encode())
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        headers = request.headers | {"host": place.netloc, "x-amz-date": now}
        headers["authorization"] = signature("sqs", "POST", "/", headers, request.body, now)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.socket = socket.create_connection((place.hostname, place.port), timeout=600)
        self.own_port = self.socket.getsockname()[1]
        self.socket.sendall(f"POST / HTTP/1.1\r\n{lines}connection: close\r\ncontent-length: {len(request.body)}\r\n\r\n".encode() + request.body)

    def server_end(self):
        """The state of the server's end of the connection and how many bytes wait there to be read, as the system sees them."""
        for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            if [int(fields[part].rsplit(":", 1)[1], 16) for part in (1, 2)] == [self.port, self.own_port]:
                return fields[3], int(fields[4].split(":")[1], 16)
        return None, 0

    @property
    def is_read(self):
        """The server has accepted the connection and read the request."""
        return self.server_end() == (ESTABLISHED, 0)

    @property
    def is_gone(self):
        """The server has closed its end, too."""
        return self.server_end()[0] not in (ESTABLISHED, CLOSE_WAIT)

    @property
    def is_answered(self):
        """Something has come, or the end."""
        return bool(select.select([self.socket], [], [], 0)[0])

    def answer(self):
        """All that comes until the end."""
        parts = []
        with contextlib.suppress(ConnectionError):
            while part := self.socket.recv(65536):
                parts.append(part)
        self.socket.close()
        return b"".join(parts)

    def close(self):
        self.socket.close()
