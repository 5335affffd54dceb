"""Peak memory of the fetch function's own executable: it asks a source for pages of 8 MiB, and writes to stores that take everything."""

import contextlib
import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

import pytest

from conftest import BUILD, CLIENT_ENVIRONMENT

PAGE = 8 << 20
PAGES = 20


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body are two writes; the second one would wait for the first one's acknowledgement.
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def body(self):
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def answer(self, body, status=200, tells_length=True, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length" if tells_length else "connection", str(len(body)) if tells_length else "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.close_connection or not tells_length


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_):
        """The function hangs up where a body is too large, or the time is over."""


@contextlib.contextmanager
def serving(handler):
    server = Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class Backend:
    """A source and both stores; it counts what they were asked."""

    def __init__(self, row_bytes=None, pages=PAGES, tells_length=True, measures=2):
        # Each row has a time of 13 digits. The rest of a narrow one is filler that no measure names; a wide one has values alone,
        # as short as they can be, which is the most memory for a page.
        if row_bytes:
            filler = "x" * (row_bytes - len('{"t":0000000000000,"a":1.25,"b":7,"x":""},'))
            row = '{"t":%013d,"a":1.25,"b":7,"x":"' + filler + '"}'
        else:
            row = '{"t":%013d,"m":[' + ",".join(["1.5"] * measures) + "]}"
        self.rows = PAGE // len(row % 0 + ",") - 2
        self.measures = {"a": "/a", "b": {"at": "/b", "type": "bigint"}} if row_bytes else {f"m{number}": f"/m/{number}" for number in range(measures)}
        template = ",".join([row] * self.rows)
        self.pages, self.counts, self.lock = pages, {}, threading.Lock()
        start = int(time.time() * 1000) - self.rows * min(pages, PAGES)
        backend = self

        class Answers(Handler):
            def do_GET(self):
                _, name, page = self.path.split("/")
                if name == "stream":
                    # A body without an end.
                    self.send_response(200)
                    self.end_headers()
                    self.close_connection = True
                    while True:
                        self.wfile.write(b'{"rows":[' + b'{"t":1,"a":1},' * 10_000)
                number = int(page)
                # One row each millisecond, the last page's end in the future.
                first = start + min(number, PAGES) * backend.rows + backend.rows // 2
                rows = template % tuple(range(first, first + backend.rows))
                link = f'"/{name}/{number + 1}"' if number + 1 < backend.pages else "null"
                self.answer(f'{{"next":{link},"rows":[{rows}]}}'.encode(), tells_length=tells_length)

            def do_POST(self):
                body, target = self.body(), self.headers["x-amz-target"].split(".")[-1]
                with backend.lock:
                    backend.counts[target] = backend.counts.get(target, 0) + 1
                answers = {
                    "DescribeEndpoints": {"Endpoints": [{"Address": self.headers["host"], "CachePeriodInMinutes": 1440}]},
                    "Query": {"Items": [], "Count": 0, "ScannedCount": 0}, "BatchWriteItem": {"UnprocessedItems": {}},
                    "WriteRecords": {"RecordsIngested": {"Total": 100}}}
                assert body
                self.answer(json.dumps(answers[target]).encode(), content_type="application/x-amz-json-1.0")
        self.handler = Answers


def invoke(backend, identifiers, seconds=300, **description):
    """Runs the executable for one message per identifier, as Lambda does.

    Returns the messages that must come again, the log, the peak of resident memory in MB, and seconds of processor time."""
    records = [
        {"messageId": name, "eventSource": "aws:sqs", "body": json.dumps({"identifiers": [name]}), "attributes": {"ApproximateReceiveCount": "1"}}
        for name in identifiers]
    answered, result = threading.Event(), {}

    class Runtime(Handler):
        invoked = False

        def do_GET(self):
            if Runtime.invoked:
                answered.wait(60)
                self.answer(b"", status=500)
                return
            Runtime.invoked = True
            deadline = str(int((time.time() + seconds) * 1000))
            self.answer(json.dumps({"Records": records}).encode(), Lambda_Runtime_Aws_Request_Id="1", Lambda_Runtime_Deadline_Ms=deadline)

        def do_POST(self):
            result["answer"] = json.loads(self.body())
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
            result["memory"] = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
            times = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
            result["cpu"] = sum(map(int, times)) / os.sysconf("SC_CLK_TCK")
            self.answer(b"", status=202)
            answered.set()

    with serving(backend.handler) as stores, serving(Runtime) as runtime:
        source = {
            "url": f"http://{stores}/{{identifier}}/0", "rows": "/rows", "time": {"at": "/t", "format": "milliseconds"},
            "measures": backend.measures, "next": "/next", "timeoutSeconds": 60, "attempts": 1}
        environment = {
            "AWS_LAMBDA_RUNTIME_API": runtime, "AWS_ENDPOINT_URL": f"http://{stores}", "HOME": "/nonexistent", "TS_DB_NAME": "d",
            "TS_TABLE_NAME": "t", "FUTURE_TABLE": "f", "FORECAST_LAYOUT": "items", "SOURCES": json.dumps({"default": source | description}), "PATH": os.environ["PATH"]}
        process = subprocess.Popen([BUILD / "FetchFunction"], env=environment | CLIENT_ENVIRONMENT, stdout=subprocess.PIPE, text=True)
        try:
            log = []
            reader = threading.Thread(target=lambda: log.extend(process.stdout), daemon=True)
            reader.start()
            assert answered.wait(seconds + 30), "the function gave no answer"
        finally:
            process.kill()
            process.wait(timeout=300)
            reader.join(timeout=300)
            process.stdout.close()
    failed = [item["itemIdentifier"] for item in result["answer"]["batchItemFailures"]]
    return failed, [json.loads(line) for line in log], result["memory"], result["cpu"]


def tell(capsys, what, memory, limit, rest=""):
    # Standard error is what a process of many can still write to.
    with capsys.disabled():
        print(f"\nfetch function, {what}: {memory:.1f} MB resident at most (bound {limit}){rest}", file=sys.stderr)


@pytest.mark.parametrize("identifiers, row_bytes, limit, tells_length", [(1, 400, 64, True), (8, 4000, 160, True), (8, 4000, 160, False)])
def test_memory_is_bounded_by_a_page_per_identifier(identifiers, row_bytes, limit, tells_length, capsys):
    backend = Backend(row_bytes, tells_length=tells_length)
    failed, log, memory, cpu = invoke(backend, [f"series-{number}" for number in range(identifiers)])
    samples = identifiers * PAGES * backend.rows
    tell(capsys, f"{identifiers} × {PAGES} pages of 8 MiB{'' if tells_length else ' of untold length'}", memory, limit, f", {cpu / samples * 1e6:.1f} µs of processor time per sample of {row_bytes} bytes")
    assert failed == []
    fetched = next(line for line in log if line.get("message") == "fetched")
    assert fetched["failed"] == 0 and fetched["history"] + fetched["forecast"] == samples and fetched["forecast"] > 0
    assert backend.counts["WriteRecords"] >= fetched["history"] / 100
    assert memory < limit


@pytest.mark.parametrize("identifiers, measures, pages, limit", [(1, 250, 4, 64), (8, 200, 2, 160)])
def test_memory_does_not_grow_with_measures(identifiers, measures, pages, limit, capsys):
    backend = Backend(pages=pages, measures=measures)
    failed, log, memory, cpu = invoke(backend, [f"series-{number}" for number in range(identifiers)])
    samples = identifiers * pages * backend.rows
    tell(capsys, f"{identifiers} × {pages} pages of 8 MiB with {measures} measures", memory, limit, f", {cpu / samples / measures * 1e6:.2f} µs of processor time per value")
    assert failed == []
    fetched = next(line for line in log if line.get("message") == "fetched")
    assert fetched["failed"] == 0 and fetched["history"] + fetched["forecast"] == samples
    assert memory < limit


def test_a_source_that_never_ends_is_bounded(capsys):
    # Pages without end, until the time is over; and a body without end.
    failed, log, memory, _ = invoke(Backend(2000, pages=1_000_000), ["pages", "stream"], seconds=20, maximumPages=1000)
    tell(capsys, "a source that never ends", memory, 64)
    assert sorted(failed) == ["pages", "stream"]
    errors = {line["identifier"]: line["error"] for line in log if line.get("message") == "an identifier failed"}
    assert errors["pages"].startswith("the time ran out while")
    assert errors["stream"].startswith("source 'default', request: the answer of 127.0.0.1:")
    assert errors["stream"].endswith(" is larger than 8388608 bytes")
    assert memory < 64


def test_pages_without_end_stop_at_their_number(capsys):
    backend = Backend(20_000, pages=1_000_000)
    failed, log, memory, _ = invoke(backend, ["pages"], past="52w", future="52w")
    tell(capsys, "pages without end", memory, 64)
    # What was read is stored; the rest of the window is told to be missing.
    assert failed == ["pages"]
    assert [line["error"] for line in log if line.get("message") == "an identifier failed"] == [
        "source 'default', page 21: is not read, though it may lie in the window: maximumPages is 20"]
    assert next(line for line in log if line.get("message") == "fetched")["history"] > 0
    assert memory < 64
