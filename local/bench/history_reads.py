#!/usr/bin/env python3
"""Reads a month, a year and five years of one series through the API function, from each store of history, beside an item a sample.

Usage: BUILD=.build/release TOOLS=.build/tools .build/tools/clients/bin/python local/bench/history_reads.py [STORE…]
The stores are timestream, dynamodb and influxdb; all where none is given. A row has two numbers and comes every five minutes; five years
are 525,960 rows. They go in through the write function. An item a sample is FORECAST_LAYOUT=items: the same rows in the years to come.

Times are those of a client of the local cloud's gateway, page by page of 50,000 rows, the least of several rounds. Requests, bytes and
DynamoDB's units are counted in a run of their own, by a proxy between the function and its store. At the end come the units of fetches.
"""

import concurrent.futures
import contextlib
import gzip
import json
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

import boto3

from bench_cloud import BUILD, BenchCloud
from functions import Function, Handler, Proxy, Server, children, credentials, environment

TOOLS = pathlib.Path(os.environ["TOOLS"]).resolve()
SCRIPTS = pathlib.Path(__file__).resolve().parents[1]
STORES = ("timestream", "dynamodb", "influxdb")
STEP, DAY = 300_000, 86_400_000
RANGES = {"a month": 30 * 288, "a year": 365 * 288, "five years": 525_960}
BATCH = 5000
KEY = "bench-writer"
KEYS = json.dumps([{"name": "bench", "key": KEY, "buckets": ["bench"], "allow": ["write"]}])
ROUNDS = int(os.environ.get("ROUNDS", "3"))
# Seconds for which a store may be loaded; of the rows that are not in by then nothing is measured.
LOADING = float(os.environ.get("LOADING", "300"))


class Cloud(BenchCloud):
    def __init__(self, folder, **parameters):
        super().__init__(folder, **{"AccessKeys": KEYS, "AnswersKeptSeconds": "0", "MagneticStoreDays": "3650"} | parameters)

    def write(self, lines):
        body = gzip.compress("\n".join(lines).encode(), 1)
        headers = {"authorization": f"Token {KEY}", "content-encoding": "gzip"}
        url = self.outputs["WriteUrl"].rstrip("/") + "/api/v2/write?org=any&bucket=bench&precision=ms"
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=300) as response:
            assert response.status == 204, response.status

    def page(self, series, query):
        path = "v1/series/" + urllib.parse.quote(series, safe="") + "?" + urllib.parse.urlencode(query)
        request = urllib.request.Request(self.outputs["ApiEndpoint"] + path, headers={"x-api-key": self.outputs["ApiKey"]})
        with urllib.request.urlopen(request, timeout=300) as response:
            return response.read()

    def environment(self, executable):
        """What the cloud gives a function that it runs."""
        return environment(next(children(self.process.pid, BUILD / executable)))


@contextlib.contextmanager
def running(**parameters):
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud(folder, **parameters)
        try:
            yield cloud
        finally:
            cloud.stop()


@contextlib.contextmanager
def influxdb():
    """Debian's server, as `make run HISTORY=influxdb` runs it."""
    with tempfile.TemporaryDirectory() as folder:
        script = '. "$1/influxdb.sh"; get_influxdb "$2/influxdb"; start_influxdb "$2/influxdb" "$3"; echo "$INFLUX_URL $INFLUX_DATABASE"; read -r _ || true; stop_influxdb'
        server = subprocess.Popen(["bash", "-euc", script, "-", SCRIPTS, TOOLS, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            url, database = server.stdout.readline().split()
            yield {"HistoryStore": "influxdb", "InfluxUrl": url, "InfluxDatabase": database}
        finally:
            server.stdin.close()
            assert server.wait(timeout=60) == 0


def line(series, place, at):
    """A temperature with one decimal, a day's and a year's waves and a little noise, and power, zero at night."""
    hour, day = at / 3_600_000 % 24, at / DAY % 365.25
    noise = random.Random(place).random()
    temperature = 12 - 10 * math.cos(2 * math.pi * day / 365.25) - 5 * math.cos(2 * math.pi * hour / 24) + noise
    power = max(0, round(5000 * math.sin(math.pi * (hour - 6) / 12) * (0.5 + noise / 2)))
    return f"{series} temperature={temperature:.1f},power={power} {at}"


def load(cloud, series, start, rows):
    """Writes rows, the last ones first, four batches at once; gives how many are in, and the seconds that it took."""
    began = time.monotonic()

    def write(first):
        if time.monotonic() - began > LOADING:
            return 0
        last = min(first + BATCH, rows)
        cloud.write([line(series, place, start + place * STEP) for place in range(first, last)])
        return last - first

    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        written = list(threads.map(write, range(0, rows, BATCH)))
    whole = 0
    for count in written:
        if count == 0:
            break
        whole += count
    return whole, time.monotonic() - began


def pages(ask, first, last):
    """Asks for page after page; gives rows and bytes."""
    rows, size, cursor = 0, 0, None
    while True:
        body = ask({"limit": "50000"} | ({"cursor": cursor} if cursor else {"from": str(first), "to": str(last)}))
        answer = json.loads(body)
        rows, size, cursor = rows + len(answer["rows"]), size + len(body), answer["next"]
        if not cursor:
            return rows, size


def timed(cloud, series, first, last, count):
    """The least seconds of several rounds; reading the answers' JSON is no part of them."""
    best = math.inf
    for _ in range(ROUNDS):
        taken = 0.0

        def ask(query):
            nonlocal taken
            began = time.perf_counter()
            body = cloud.page(series, query)
            taken += time.perf_counter() - began
            return body

        rows, _ = pages(ask, first, last)
        assert rows == count, f"{series}: {rows} rows in place of {count}"
        best = min(best, taken)
    return best


def counted(cloud, series, first, last, count):
    """Requests to the stores, bytes from them, DynamoDB's read units, bytes of the answers."""
    given = cloud.environment("APIFunction")
    proxies = {name: Proxy(given[name], credentials(given)) for name in ("AWS_ENDPOINT_URL", "INFLUX_URL") if name in given}
    function = Function(BUILD / "APIFunction", given | {name: proxy.url for name, proxy in proxies.items()})
    try:
        def ask(query):
            event = {
                "version": "1.0", "httpMethod": "GET", "path": "/v1/series/" + series, "headers": {"x-api-key": cloud.outputs["ApiKey"]},
                "queryStringParameters": query, "isBase64Encoded": False}
            answer = function.invoke(event)
            assert answer["statusCode"] == 200, answer
            return answer["body"]

        # The first request asks for parameters as well.
        ask({"limit": "1", "from": str(first), "to": str(first)})
        for proxy in proxies.values():
            proxy.reset()
        rows, size = pages(ask, first, last)
        assert rows == count
        units = sum(read for proxy in proxies.values() for read, _ in proxy.units.values())
        return sum(proxy.requests for proxy in proxies.values()), sum(proxy.received for proxy in proxies.values()), units, size
    finally:
        function.close()
        for proxy in proxies.values():
            proxy.close()


def measure(cloud, name, series, start, rows, is_ahead, results):
    loaded, took = load(cloud, series, start, rows)
    print(f"{name}: {loaded:,} rows written in {took:.0f} s", flush=True)
    for title, count in RANGES.items():
        if count > rows:
            continue
        if count > loaded:
            print(f"{name:<16}{title:<12}not measured: the rows were not in after {LOADING:.0f} s", flush=True)
            continue
        # The newest rows of history, the next ones of what is to come.
        first = start if is_ahead else start + (rows - count) * STEP
        last = first + (count - 1) * STEP
        seconds = timed(cloud, series, first, last, count)
        requests, received, units, size = counted(cloud, series, first, last, count)
        results[name, title] = seconds
        print(
            f"{name:<16}{title:<12}{count:>9,} rows{seconds * 1000:>11,.0f} ms{requests:>8} requests{received / 1e6:>9.2f} MB"
            f"{units:>9.1f} read units{size / 1e6:>9.2f} MB answered", flush=True)


class Source(Handler):
    """The rows that the next fetch gets: from and to, in steps from now."""

    window = (0, 0)

    def do_GET(self):
        now = int(time.time() * 1000) // STEP * STEP
        rows = []
        for place in range(*self.window):
            at = now + place * STEP
            values = dict(part.split("=") for part in line("x", at // STEP, at).split(" ")[1].split(","))
            rows.append({"t": at} | {name: float(value) for name, value in values.items()})
        self.answer(json.dumps({"rows": rows}).encode())


def fetches(layout):
    """Units of whole fetches, with what they ask of the identifiers' table, of a series that has a month of history."""
    source = Server(Source)
    description = {"default": {
        "url": f"http://{source.address}/{{identifier}}", "rows": "/rows", "time": {"at": "/t", "format": "milliseconds"},
        "measures": {"temperature": "/temperature", "power": "/power"}}}
    try:
        with running(HistoryStore="dynamodb", ForecastLayout=layout, Sources=json.dumps(description)) as cloud:
            tables = {cloud.outputs["HistoryChunkTableName"]: "history", cloud.outputs["ForecastTableName"]: "forecast", cloud.outputs["IdentifierTableName"]: "identifiers"}
            # The cloud starts the function; from then on it is run from here.
            identifiers = json.dumps({"identifiers": ["daily"]})
            event = {"Records": [{"messageId": "m", "eventSource": "aws:sqs", "body": identifiers, "attributes": {"ApproximateReceiveCount": "1"}}]}
            Source.window = (-31 * 288, -288)
            invoke(cloud, event)
            given = cloud.environment("FetchFunction")
            proxy = Proxy(given["AWS_ENDPOINT_URL"], credentials(given))
            function = Function(BUILD / "FetchFunction", given | {"AWS_ENDPOINT_URL": proxy.url})
            try:
                # As many days of forecasts as are kept of every day's fetch, so that their chunks are as wide as they become.
                Source.window = (1, 8 * 288)
                function.invoke(event)
                for title, window in (
                        ("a day of history and a day of forecast", (-287, 289)), ("the same a moment later", (-287, 289)),
                        ("12 rows of history", (-11, 1)), ("12 rows of history and 12 of forecast", (-11, 13))):
                    Source.window = window
                    proxy.reset()
                    assert function.invoke(event) == {"batchItemFailures": []}
                    cells = [f"{tables[table]} {written:g} written, {read:g} read" for table, (read, written) in sorted(proxy.units.items(), key=lambda entry: tables[entry[0]])]
                    print(f"fetch, forecasts in {layout:<8}{title:<42}{'; '.join(cells)}", flush=True)
            finally:
                function.close()
                proxy.close()
    finally:
        source.close()


def client(cloud, service):
    return boto3.client(service, endpoint_url=cloud.address, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


def storage(cloud, table):
    """What DynamoDB bills for what a table keeps: 100 bytes an item besides the item."""
    description = client(cloud, "dynamodb").describe_table(TableName=cloud.outputs[table])["Table"]
    count, size = description["ItemCount"], description["TableSizeBytes"]
    return f"{count:,} items, {size / 1e6:.2f} MB, {(size + 100 * count) / 1e6:.2f} MB billed"


def invoke(cloud, event):
    """Runs the fetch function in the cloud, once."""
    answer = client(cloud, "lambda").invoke(FunctionName=cloud.outputs["FetchFunctionName"], Payload=json.dumps(event))
    assert json.load(answer["Payload"]) == {"batchItemFailures": []}


def main(stores):
    results = {}
    rows = max(RANGES.values())
    now = int(time.time() * 1000) // STEP * STEP
    for store in stores:
        with contextlib.ExitStack() as stack:
            parameters = stack.enter_context(influxdb()) if store == "influxdb" else {"HistoryStore": store}
            cloud = stack.enter_context(running(ForecastLayout="items", **parameters))
            measure(cloud, store, "bench,in=history", now - rows * STEP, rows, False, results)
            if store == "dynamodb":
                print(f"dynamodb: {storage(cloud, 'HistoryChunkTableName')}", flush=True)
                # Five years of items are not needed to see what a year of them costs.
                measure(cloud, "item a sample", "bench,in=items", now + DAY, RANGES["a year"], True, results)
                print(f"item a sample: {storage(cloud, 'ForecastTableName')}", flush=True)
                for title in ("a month", "a year"):
                    ratio = results["item a sample", title] / results["dynamodb", title]
                    print(f"{title} is read {ratio:.1f} times as fast as an item a sample", flush=True)
    if "dynamodb" in stores:
        fetches("chunks")
        fetches("items")
        if results["item a sample", "a year"] < 10 * results["dynamodb", "a year"]:
            sys.exit("Not reached: a year is to be read ten times as fast as an item a sample.")


if __name__ == "__main__":
    main(sys.argv[1:] or STORES)
