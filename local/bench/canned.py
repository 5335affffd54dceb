"""Canned services on loopback: they answer at once, so that what is measured is the function alone.

Runtime API: hands out one event again and again and notes when answers come. Backend: a page of Timestream, a page of
DynamoDB, a source's answer, and a yes to every write.
"""

import asyncio
import json
import os
import time

STEP = 300_000
DAY = 86_400_000


def timestream_page(rows: int, now: int) -> bytes:
    def text(at: int) -> str:
        return time.strftime("%Y-%m-%d %H:%M:%S.000000000", time.gmtime(at / 1000))

    columns = [("identifier", "VARCHAR"), ("measure_name", "VARCHAR"), ("time", "TIMESTAMP"), ("elevation", "DOUBLE"), ("irradiance", "DOUBLE")]
    data = [
        {"Data": [{"ScalarValue": value} for value in ("greenwich", "sample", text(now - STEP * (rows - row)), f"{row / 7:.3f}", f"{row % 900 / 10:.1f}")]}
        for row in range(rows)
    ]
    info = [{"Name": name, "Type": {"ScalarType": kind}} for name, kind in columns]
    status = {"ProgressPercentage": 100.0, "CumulativeBytesScanned": 1, "CumulativeBytesMetered": 10_000_000}
    return json.dumps({"QueryId": "AE" * 28, "Rows": data, "ColumnInfo": info, "QueryStatus": status}).encode()


def dynamodb_page(rows: int, now: int) -> bytes:
    items = [
        {"time": {"N": str((now + STEP * row) // 1000)}, "values": {"M": {"elevation": {"N": f"{row / 7:.3f}"}, "irradiance": {"N": f"{row % 900 / 10:.1f}"}}}}
        for row in range(1, rows + 1)
    ]
    return json.dumps({"Count": rows, "ScannedCount": rows, "Items": items}).encode()


def source_answer(rows: int, now: int) -> bytes:
    first = now - rows // 2 * 1000
    return json.dumps({"rows": [{"t": first + row * 1000, "elevation": row / 7, "irradiance": row % 900 / 10} for row in range(rows)]}).encode()


class Server:
    """HTTP/1.1 with kept connections; `answer(method, path, headers, body)` gives status, further headers and a body."""

    def __init__(self, answer):
        self.answer = answer

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.address = "127.0.0.1:%d" % self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def serve(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                line, *fields = head.decode("latin-1").split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields) if name}
                if headers.get("transfer-encoding", "").lower() == "chunked":
                    body = b""
                    while size := int((await reader.readuntil(b"\r\n")), 16):
                        body += (await reader.readexactly(size + 2))[:-2]
                    await reader.readexactly(2)
                else:
                    body = await reader.readexactly(int(headers.get("content-length", 0)))
                method, path, _ = line.split(" ", 2)
                status, more, content = await self.answer(method, path, headers, body)
                lines = "".join(f"{name}: {value}\r\n" for name, value in more.items())
                writer.write(f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\n{lines}Content-Length: {len(content)}\r\n\r\n".encode() + content)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


def backend(rows: int, source_rows: int = 0):
    """Every service that the functions ask, with so many rows of either store."""
    now = int(time.time()) // 300 * 300_000
    history, forecast, source = timestream_page(rows // 2, now), dynamodb_page(rows // 2, now), source_answer(source_rows, now)

    async def answer(method, path, headers, body):
        target = headers.get("x-amz-target", "")
        if path.startswith("/source"):
            return 200, {}, source
        if target.startswith("Timestream"):
            return 200, {}, b'{"RecordsIngested":{"Total":100}}' if target.endswith("WriteRecords") else history
        if target.endswith("BatchWriteItem"):
            return 200, {}, b'{"UnprocessedItems":{}}'
        # A fetch asks whether a newer one has written: none has.
        return 200, {}, b'{"Items":[],"Count":0}' if source_rows else forecast

    return Server(answer)


class Runs:
    """The invocations of one process: its answers, and the processor's time that it had used at the marks."""

    def __init__(self, event: bytes, warm: int, count: int):
        self.event, self.marks, self.limit = event, (warm, warm + count), warm + count
        self.answered, self.last, self.cpu, self.first = 0, b"", [], None
        self.done = asyncio.Event()
        self.process = None

    def processor_seconds(self) -> float:
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def answer(self, method, path, headers, body):
        if method == "GET":
            if self.answered in self.marks:
                self.cpu.append(self.processor_seconds())
            if self.answered >= self.limit:
                self.done.set()
                await asyncio.sleep(3600)
            deadline = int(time.time() * 1000) + DAY
            return 200, {"Lambda-Runtime-Aws-Request-Id": f"r{self.answered}", "Lambda-Runtime-Deadline-Ms": deadline, "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:0:function:f"}, self.event
        self.answered += 1
        self.last = body
        self.first = self.first or time.perf_counter()
        return 202, {}, b'{"status":"OK"}'


async def invoke(command: list[str], environment: dict[str, str], event: bytes, count: int, warm: int = 20):
    """Runs a function's process; gives CPU seconds for each invocation, seconds to the first answer, peak bytes, the last answer."""
    runs = Runs(event, warm, count)
    async with Server(runs.answer) as api:
        start = time.perf_counter()
        runs.process = await asyncio.create_subprocess_exec(
            *command, env={**environment, "AWS_LAMBDA_RUNTIME_API": api.address}, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            await asyncio.wait_for(runs.done.wait(), 300)
            status = open(f"/proc/{runs.process.pid}/status").read()
        finally:
            runs.process.kill()
            await runs.process.wait()
    peak = int(status.split("VmHWM:")[1].split()[0]) * 1024
    return (runs.cpu[1] - runs.cpu[0]) / count if count else 0.0, runs.first - start, peak, runs.last
