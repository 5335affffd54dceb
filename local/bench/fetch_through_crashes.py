#!/usr/bin/env python3
"""Kills fetch functions (kill -9) while several of them write overlapping ranges of the same series into chunks, then reads everything back.

Usage: BUILD=.build/release TOOLS=.build/tools .build/tools/clients/bin/python local/bench/fetch_through_crashes.py [KILLS [WRITERS]]
The defaults are 60 kills and 8 fetches at once. It ends with 0 where every row of a fetch that was acknowledged is there, or a later
fetch's in its place, through the API and in the items; none twice; none that nobody fetched.

The local cloud runs the function's own executable. The source is here: a row's value is the beginning of the fetch that asked for it,
which is the row's version.
"""

import collections
import json
import os
import pathlib
import random
import signal
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

import boto3
from botocore.config import Config

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Conformance"))

from bench_cloud import BUILD, BenchCloud  # noqa: E402
from functions import Handler, Server, children  # noqa: E402
from test_history_format import read_rows  # noqa: E402

SERIES = 2
STEP = 300_000
DAY = 86_400_000
# History goes over the border of a cell of 64 days; forecasts begin late enough that none becomes history during a run.
HISTORY_ROWS = 100 * 288
FORECAST_ROWS = 10 * 288
FORECAST_AHEAD = DAY // 4
MOST_ROWS = 1500


class Source(Server):
    """Gives each fetch the rows that it was meant to get, and notes who asked when."""

    def __init__(self, start):
        self.start, self.lock = start, threading.Lock()
        # By attempt, which is the identifier: the spans that it fetches, each a series, a first and a last place.
        self.spans = {}
        # By number: the attempt, and when its fetch began.
        self.calls = []
        super().__init__(Answers)

    def time(self, place):
        """Places count from the first row of history; forecasts follow after a gap."""
        if place < HISTORY_ROWS:
            return self.start - (HISTORY_ROWS - place) * STEP
        return self.start + FORECAST_AHEAD + (place - HISTORY_ROWS) * STEP

    def rows(self, attempt, version):
        with self.lock:
            number = len(self.calls)
            self.calls.append((attempt, version))
        return {"rows": [
            {"t": self.time(place), "s": str(series), "v": version, "n": number, "x": number / 7}
            for series, first, last in self.spans[attempt] for place in range(first, last)]}

    def description(self):
        url = f"http://{self.address}/{{identifier}}?from={{from:milliseconds}}"
        whole = lambda at: {"at": at, "type": "bigint"}
        return {"default": {
            "url": url, "past": "24h", "future": "24h", "rows": "/rows", "time": {"at": "/t", "format": "milliseconds"},
            "measures": {"v": whole("/v"), "n": whole("/n"), "x": "/x"}, "series": {"measurement": "crash", "bucket": "crash", "tags": {"s": "/s"}}}}


class Answers(Handler):
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        # The window that is asked for begins a day before the fetch did.
        version = int(urllib.parse.parse_qs(url.query)["from"][0]) + DAY
        self.answer(json.dumps(self.server.rows(url.path[1:], version)).encode())


class Cloud(BenchCloud):
    """A local cloud that keeps history in DynamoDB, in chunks."""

    def __init__(self, folder, source):
        super().__init__(folder, HistoryStore="dynamodb", ForecastLayout="chunks", AnswersKeptSeconds="0", Sources=json.dumps(source.description()))

    def client(self, service):
        config = Config(retries={"total_max_attempts": 1}, read_timeout=120, max_pool_connections=32)
        return boto3.client(
            service, endpoint_url=self.address, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test", config=config)

    def rows(self, series, first, last):
        """Every row of a series, page by page."""
        rows, cursor = [], None
        while True:
            query = {"limit": "10000"} | ({"cursor": cursor} if cursor else {"from": str(first), "to": str(last)})
            path = "v1/series/" + urllib.parse.quote(series, safe="") + "?" + urllib.parse.urlencode(query)
            request = urllib.request.Request(self.outputs["ApiEndpoint"] + path, headers={"x-api-key": self.outputs["ApiKey"]})
            with urllib.request.urlopen(request, timeout=120) as response:
                answer = json.load(response)
            rows += answer["rows"]
            cursor = answer["next"]
            if not cursor:
                return rows

    def items(self, table):
        """Every chunk, by series."""
        found = collections.defaultdict(list)
        for page in self.client("dynamodb").get_paginator("scan").paginate(TableName=self.outputs[table], ConsistentRead=True):
            for item in page["Items"]:
                found[item["series"]["S"]].append(item)
        return found


class Run:
    def __init__(self, cloud, source, kills):
        self.cloud, self.source, self.wanted = cloud, source, kills
        self.kills, self.acknowledged, self.cut, self.failed = 0, set(), 0, 0
        self.lock, self.is_over = threading.Condition(), threading.Event()
        self.errors = []

    def writer(self, number):
        """Fetches one random set of ranges after the other; one that is not acknowledged comes again, as from a queue."""
        chance, functions = random.Random(number), self.cloud.client("lambda")
        try:
            for job in range(sys.maxsize):
                if self.is_over.is_set():
                    return
                spans = []
                for series in range(SERIES):
                    count = chance.randint(1, MOST_ROWS)
                    first = chance.randint(0, HISTORY_ROWS + FORECAST_ROWS - count)
                    spans.append((series, first, first + count))
                for attempt in range(1000):
                    if self.fetch(functions, f"job-{number}-{job}-{attempt}", spans):
                        break
                else:
                    raise AssertionError("a fetch failed a thousand times")
        except Exception as error:
            with self.lock:
                self.errors.append(error)
                self.lock.notify_all()

    def fetch(self, functions, attempt, spans):
        self.source.spans[attempt] = spans
        record = {"messageId": attempt, "eventSource": "aws:sqs", "body": json.dumps({"identifiers": [attempt]}), "attributes": {"ApproximateReceiveCount": "1"}}
        answer = functions.invoke(FunctionName=self.cloud.outputs["FetchFunctionName"], Payload=json.dumps({"Records": [record]}))
        payload = json.load(answer["Payload"])
        with self.lock:
            if "FunctionError" in answer:
                self.cut += 1
            elif payload["batchItemFailures"]:
                self.failed += 1
            else:
                self.acknowledged.add(attempt)
                self.lock.notify_all()
                return True
        return False

    def killer(self):
        chance = random.Random(60)
        while self.kills < self.wanted and not self.errors:
            time.sleep(chance.uniform(0.05, 0.5))
            running = list(children(self.cloud.process.pid, BUILD / "FetchFunction"))
            # So many at a time that now and then all of them go at once.
            for process in chance.sample(running, min(len(running), chance.choice((1, 1, 1, 2, 8)), self.wanted - self.kills)):
                os.kill(process, signal.SIGKILL)
                self.kills += 1
            if chance.random() < 0.5:
                # However slow the machine is, some fetches end between the kills.
                with self.lock:
                    count = len(self.acknowledged)
                    assert self.lock.wait_for(lambda: self.errors or len(self.acknowledged) > count, 300), "no fetch has ended for five minutes"

    def check(self):
        """Every acknowledged row, in its own version or a later one."""
        source = self.source
        sent = collections.defaultdict(set)
        newest = collections.defaultdict(int)
        for number, (attempt, version) in enumerate(source.calls):
            for series, first, last in source.spans[attempt]:
                for place in range(first, last):
                    at = (series, source.time(place))
                    sent[at].add((version, number))
                    if attempt in self.acknowledged:
                        newest[at] = max(newest[at], version)
        found = {}
        origins = collections.Counter()
        for series in range(SERIES):
            rows = self.cloud.rows(f"crash,s={series}", source.time(0), source.time(HISTORY_ROWS + FORECAST_ROWS))
            times = [row["time"] for row in rows]
            assert times == sorted(set(times)), "a row is there twice, or not in order"
            for row in rows:
                at = (series, row["time"])
                values = row["values"]
                assert (values["v"], values["n"]) in sent[at] and values["x"] == values["n"] / 7, f"nobody sent {row} of series {series}"
                assert row["origin"] == ("history" if row["time"] < source.start else "forecast"), f"{row} is of another store"
                origins[row["origin"]] += 1
                found[at] = values["v"]
        missing = [at for at in newest if at not in found]
        assert not missing, f"{len(missing)} acknowledged rows are missing, the first of them {min(missing)}"
        older = [at for at in newest if found[at] < newest[at]]
        assert not older, f"{len(older)} rows are older than an acknowledged one, the first of them {min(older)}"
        return newest, origins, found

    def check_items(self, found):
        """The items say the same as the API: each row once, in its version; and no time belongs to two chunks."""
        stored, count = {}, 0
        for table in ("HistoryChunkTableName", "ForecastTableName"):
            for series, items in self.cloud.items(table).items():
                number, end = int(series.rpartition("=")[2]), None
                for item in sorted(items, key=lambda item: int(item["start"]["N"])):
                    start, widths = int(item["start"]["N"]), [int(width["N"]) for width in item["widths"]["L"]]
                    assert all(wide > narrow and wide % narrow == 0 for wide, narrow in zip(widths, widths[1:])), f"{series}: the widths of {start} are {widths}"
                    assert end is None or start >= end, f"{series}: the chunk that starts at {start} begins within the one before"
                    end = start + widths[-1]
                    count += 1
                    for at, nanoseconds, version, measures in read_rows(item["head"]["B"], item["rows"]["B"] if "rows" in item else b""):
                        assert start <= at < end and nanoseconds == 0, f"{series}: a row of {at} is in the chunk that starts at {start}"
                        assert (number, at) not in stored, f"{series}: the row of {at} is in two places"
                        assert dict(measures)[b"v".hex()] == f"i{version}", f"{series}: the row of {at} has the version of another fetch"
                        stored[number, at] = version
        assert stored == found, "the items have other rows than the API"
        return count


def run(kills=60, writers=8):
    start = int(time.time() * 1000) // STEP * STEP
    source = Source(start)
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud(folder, source)
        try:
            run = Run(cloud, source, kills)
            began = time.monotonic()
            threads = [threading.Thread(target=run.writer, args=(number,)) for number in range(writers)]
            for thread in threads:
                thread.start()
            run.killer()
            run.is_over.set()
            for thread in threads:
                thread.join()
            took = time.monotonic() - began
            if run.errors:
                raise run.errors[0]
            assert run.cut, "no kill hit a fetch"
            newest, origins, found = run.check()
            chunks = run.check_items(found)
            return (
                f"{run.kills} kills in {took:.0f} s: {len(run.acknowledged)} fetches acknowledged, {run.cut} cut off, {run.failed} failed; all of their "
                f"{len(newest)} rows are there, none twice, none older: {origins['history']} of history and {origins['forecast']} of forecast in {chunks} chunks")
        except BaseException:
            for log in sorted(pathlib.Path(folder).rglob("*fetch*.log")):
                lines = [line for line in log.read_text(errors="replace").splitlines() if "error" in line.lower() or "warn" in line.lower()]
                print(*lines[-20:], sep="\n", file=sys.stderr)
            raise
        finally:
            source.close()
            cloud.stop()


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    print(run(*given))
