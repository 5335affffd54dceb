"""HTTP as nobody should speak it: heads, lengths, chunks and connections."""

import socket
import time


def request(random, body=b'{"TableName":"fuzz"}'):
    """The bytes of a request that is wrong somewhere, or several."""
    head = [b"Host: x", b"X-Amz-Target: DynamoDB_20120810.DescribeTable", b"Content-Type: application/x-amz-json-1.0"]
    junk = lambda: bytes(random.randrange(1, 256) for _ in range(random.choice([1, 20, 300]))).replace(b"\r", b"").replace(b"\n", b"")  # noqa: E731
    line = random.choice([
        b"POST / HTTP/1.1", b"POST / HTTP/1.1", b"POST / HTTP/1.0", b"POST / HTTP/9.9", b"POST /", b"POST  /  HTTP/1.1", b"\r\nPOST / HTTP/1.1", junk(), b"GET " + b"/a" * 40_000 + b" HTTP/1.1", b"OPTIONS * HTTP/1.1",
        b"POST http://else.where/ HTTP/1.1", b"CONNECT x:1 HTTP/1.1", b"A" * 9000 + b" / HTTP/1.1", b"PRI * HTTP/2.0", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"HEAD / HTTP/1.1", b"TRACE / HTTP/1.1"])
    length = b"Content-Length: %d" % len(body)
    framing, sent = random.choice([
        ([length], body), ([], body), ([b"Content-Length: -1"], body), ([b"Content-Length: 99999999999999999999"], body), ([b"Content-Length: 0x10"], body), ([length, length], body), ([b"Content-Length: 1, 2"], body),
        ([length, b"Transfer-Encoding: chunked"], b"0\r\n\r\n"), ([b"Transfer-Encoding: chunked"], b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)), ([b"Transfer-Encoding: chunked"], b"FFFFFFFFFFFFFFFFF\r\n" + body),
        ([b"Transfer-Encoding: chunked"], b"zz\r\n"), ([b"Transfer-Encoding: chunked"], b"-5\r\nhello\r\n0\r\n\r\n"), ([b"Transfer-Encoding: chunked"], b"1;" + b"e" * 20_000 + b"\r\na\r\n0\r\n\r\n"),
        ([b"Transfer-Encoding: gzip"], body), ([b"Transfer-Encoding: x, chunked"], b"0\r\n\r\n"), ([length, b"Expect: 100-continue"], body), ([length, b"Content-Encoding: gzip"], body),
        ([b"Content-Length: %d" % (18 << 20)], b"x" * 70_000), ([length, b"Connection: close"], body), ([length, b"Upgrade: h2c", b"Connection: Upgrade"], body)])
    more = random.choice([
        [], [], [b"X: " + b"y" * 70_000], [b"X%d: y" % n for n in range(3000)], [junk()], [b": empty"], [b"X:" + b" " * 5000], [b" folded: x"], [b"X: a\x00b"], [b"Authorization: " + junk()],
        [b"Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=" + b"0" * 64, b"X-Amz-Date: 20260101T000000Z"],
        [b"Authorization: AWS4-HMAC-SHA256 " + b"Credential=/////,SignedHeaders=;;;;,Signature="], [b"X-Amz-Date: 99999999T999999Z"], [b"Host: y"], [b"Content-Type: \xff\xfe"]])
    headers = head + framing + more
    if random.random() < 0.3:
        random.shuffle(headers)
    end = random.choice([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r"])
    one = end.join([line] + headers) + end + end + sent
    return one * random.choice([1, 1, 1, 2, 40])


class Connections:
    """Raw connections: some are read to their answer, some are left open in the middle, some are reset."""

    # Seconds that an answer is waited for before the connection is left open, and after which the cloud must have closed it.
    PATIENCE, LIMIT = 3, 600

    def __init__(self, random, port):
        self.random, self.port, self.idle = random, port, []

    def once(self, data):
        """Sends a request.

        Returns what came back, or None where nothing was waited for or nothing came."""
        random = self.random
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        try:
            kind = random.random()
            if kind < 0.15:
                connection.sendall(data[:random.randint(0, len(data))])
                return self.leave(connection)
            if kind < 0.25:
                connection.sendall(data[:random.randint(0, len(data))])
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                connection.close()
                return None
            for start in range(0, len(data), 65_536):
                connection.sendall(data[start:start + 65_536])
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(self.PATIENCE)
            answer = b""
            while len(answer) < 200_000:
                part = connection.recv(65_536)
                if not part:
                    break
                answer += part
            connection.close()
            return answer
        except TimeoutError:
            # It waits for what a wrong length promised, as it may for a while.
            return self.leave(connection)
        except OSError:
            # It was refused in the middle, as it may be.
            connection.close()
            return b""

    def leave(self, connection):
        self.idle.append((time.monotonic(), connection))

    def lingering(self):
        """How many connections are still open that the cloud should have closed; forgets those that it has."""
        lingering, young = 0, []
        for since, connection in self.idle:
            if time.monotonic() - since < self.LIMIT and len(self.idle) < 200:
                young.append((since, connection))
                continue
            if time.monotonic() - since >= self.LIMIT:
                lingering += self.is_open(connection)
            connection.close()
        self.idle = young
        return lingering

    @staticmethod
    def is_open(connection):
        connection.settimeout(0.5)
        try:
            while connection.recv(65_536):
                pass
            return False
        except TimeoutError:
            return True
        except OSError:
            return False

    def close(self):
        for _, connection in self.idle:
            connection.close()
