"""The local cloud's speed: 10 and 1,000 identifiers through the whole system, single operations beside moto, and the start over ten million rows.

usage: cloud_speed.py TOOLS. BUILD is the folder of the executables. IDENTIFIERS (1000), REQUESTS (4000), ROUNDS (3) and ROWS (10000000) may be
set. Rates hold for the machine and the moment; what counts are the ratios, which come from the same run. Each goal is printed with whether
it was reached, with a release build.
"""

import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

import boto3
from bench_cloud import BUILD, BenchCloud

TOOLS = pathlib.Path(sys.argv[1])
IDENTIFIERS = int(os.environ.get("IDENTIFIERS", 1000))
REQUESTS = int(os.environ.get("REQUESTS", 4000))
ROUNDS = int(os.environ.get("ROUNDS", 3))
ROWS = int(os.environ.get("ROWS", 10_000_000))
# Beside IDENTIFIERS: what a sample costs must not depend on how many there are.
FEW = 10
TICKS = os.sysconf("SC_CLK_TCK")
# What the local cloud is to reach.
SAMPLES_PER_SECOND = 100_000
MICROSECONDS_PER_SAMPLE = 8
TIMES_MOTO = 20
START_MILLISECONDS = 100


def stat(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()


def own_cpu(pid):
    return sum(map(int, stat(pid)[11:13])) / TICKS


def ended_cpu(pid):
    """Of the children that have ended."""
    return sum(map(int, stat(pid)[13:15])) / TICKS


def peak(pid):
    """Megabytes."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)


def children(pid):
    return subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()


def clients(address, *names):
    key = dict(region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    return (boto3.client(name, endpoint_url=address, **key) for name in names)


def table(title, rows):
    print(f"\n{title}\n")
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [str(cell).ljust(width) if place == 0 else str(cell).rjust(width) for place, (cell, width) in enumerate(zip(row, widths))]
        print("  " + "  ".join(cells))
    sys.stdout.flush()


def verdict(goal, found, is_reached):
    print(f"  {goal}: {found}, {'reached' if is_reached else 'not reached'}")
    sys.stdout.flush()


def hydrate(folder, count):
    """From invoking the queue function to the last row stored.

    Returns samples a second, and CPU microseconds of the cloud a sample.
    """
    cloud = BenchCloud(f"{folder}/hydration-{count}")
    try:
        pid = cloud.process.pid
        dynamodb, functions, queues, history = clients(cloud.address, "dynamodb", "lambda", "sqs", "timestream-query")
        numbers = random.Random(1)
        places = {f"{numbers.uniform(-60, 60):.3f},{numbers.uniform(-180, 180):.3f}" for _ in range(count)}
        items = [{"PutRequest": {"Item": {"identifier": {"S": place}}}} for place in sorted(places)]
        for start in range(0, len(items), 25):
            dynamodb.batch_write_item(RequestItems={cloud.outputs["IDTableName"]: items[start:start + 25]})
        url = queues.get_queue_url(QueueName="timeseries-cache-identifiers")["QueueUrl"]
        before, began = own_cpu(pid), time.monotonic()
        functions.invoke(FunctionName=cloud.outputs["QueueingLambdaName"], Payload=b"{}")
        while True:
            found = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            if int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"]) == 0:
                break
            time.sleep(0.05)
        seconds, cpu = time.monotonic() - began, own_cpu(pid) - before
        running = children(pid)
        theirs = sum(map(own_cpu, running)) + ended_cpu(pid)
        name = f'"{cloud.outputs["HistoryDatabaseName"]}"."{cloud.outputs["HistoryTableName"]}"'
        rows = int(history.query(QueryString=f"SELECT count(*) FROM {name}")["Rows"][0]["Data"][0]["ScalarValue"])
        pages = dynamodb.get_paginator("scan").paginate(TableName=cloud.outputs["ForecastTableName"], Select="COUNT")
        forecasts = sum(page["Count"] for page in pages)
        # A day back and a day ahead on the five-minute grid; forecasts lie packed, at least an item a series.
        assert rows >= 287 * len(places) and forecasts >= len(places), f"{rows} rows of history, {forecasts} items of forecasts"
        samples = 576 * len(places)
        table(f"{len(places)} identifiers, {samples} samples, from the queue function to the last row", [
            ("", "samples/s", "CPU µs/sample", "peak MB"),
            ("local cloud", f"{samples / seconds:,.0f}", f"{cpu / samples * 1e6:.1f}", peak(pid)),
            (f"functions ({len(running)})", "", f"{theirs / samples * 1e6:.1f}", max(map(peak, running), default=0)),
        ])
        return samples / seconds, cpu / samples * 1e6
    finally:
        cloud.stop()


class Moto:
    """moto's server, which checks no signature and keeps all in memory."""

    def __init__(self, folder):
        log = pathlib.Path(folder, "moto")
        with log.open("w") as file:
            self.process = subprocess.Popen([TOOLS / "clients/bin/moto_server", "-H", "127.0.0.1", "-p", "0"], stdout=file, stderr=file)
        while not (found := re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text())):
            assert self.process.poll() is None, log.read_text()
            time.sleep(0.05)
        self.port = found[1]

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=60)


def load(port, pid, requests):
    """Operation to requests a second and CPU microseconds a request."""
    output = subprocess.run([BUILD / "benchmark-cloud", "--port", port, "--process", str(pid), "--requests", str(requests)], capture_output=True, text=True, check=True).stdout
    found = {}
    for line in output.splitlines():
        name, count, seconds, cpu = line.split("\t")
        found[name] = (int(count) / float(seconds), float(cpu) / int(count) * 1e6)
    return found


def compare(folder):
    cloud, moto = BenchCloud(f"{folder}/operations"), Moto(folder)
    try:
        pid = cloud.process.pid
        port = cloud.address.rsplit(":", 1)[1]
        # Both have loaded what they load at first.
        for server, process in ((port, pid), (moto.port, moto.process.pid)):
            load(server, process, 100)
        # moto gets fewer requests, for it would take minutes.
        rounds = [(load(port, pid, REQUESTS), load(moto.port, moto.process.pid, max(100, REQUESTS // 20))) for _ in range(ROUNDS)]
        rows = [("16 connections", "requests/s", "moto", "ratio", "CPU µs/request", "moto", "ratio")]
        ratios = {}
        for name in rounds[0][0]:
            ours, theirs = ([statistics.median(one[side][name][part] for one in rounds) for part in (0, 1)] for side in (0, 1))
            ratios[name] = ours[0] / theirs[0]
            rows.append((name, f"{ours[0]:,.0f}", f"{theirs[0]:,.0f}", f"{ratios[name]:.0f} ×",
                         f"{ours[1]:.0f}", f"{theirs[1]:.0f}", f"{theirs[1] / max(ours[1], 0.1):.0f} ×"))
        rows.append(("peak MB", peak(pid), peak(moto.process.pid), "", "", "", ""))
        table(f"Operations beside moto, medians of {ROUNDS} rounds", rows)
        print()
        for name, ratio in ratios.items():
            verdict(f"{name} at least {TIMES_MOTO} × as fast as moto", f"{ratio:.0f} ×", ratio >= TIMES_MOTO)
    finally:
        moto.stop()
        cloud.stop()


def start(folder):
    """From the program's start to its first line, which is its address."""
    data = f"{folder}/rows"
    cloud = BenchCloud(data)
    try:
        (write,) = clients(cloud.address, "timestream-write")
        write.create_database(DatabaseName="Bench")
        write.create_table(DatabaseName="Bench", TableName="rows", RetentionProperties={
            "MemoryStoreRetentionPeriodInHours": 720, "MagneticStoreRetentionPeriodInDays": 730})
        environment = {**os.environ, "AWS_ENDPOINT_URL": cloud.address, "AWS_ACCESS_KEY_ID": "test",
                       "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
        before, began = own_cpu(cloud.process.pid), time.monotonic()
        subprocess.run([BUILD / "benchmark-timestream", "write", str(ROWS), "1000"], env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        rate = ROWS / (time.monotonic() - began)
        cpu = (own_cpu(cloud.process.pid) - before) / ROWS * 1e6
    finally:
        cloud.stop()
    times = []
    for _ in range(10):
        began = time.monotonic()
        cloud = BenchCloud(data)
        times.append((cloud.told_address - began) * 1000)
        cloud.stop()
    table(f"Start over {ROWS:,} rows", [
        ("", "median ms", "longest ms"), ("to the line with the address", f"{statistics.median(times):.0f}", f"{max(times):.0f}")])
    print(f"\n  The rows were written at {rate:,.0f}/s, {cpu:.1f} µs of CPU a row in the cloud.")
    verdict(f"the longest start under {START_MILLISECONDS} ms", f"{max(times):.0f} ms", max(times) < START_MILLISECONDS)


with tempfile.TemporaryDirectory() as folder:
    _, few = hydrate(folder, FEW)
    rate, cost = hydrate(folder, IDENTIFIERS)
    print()
    verdict(f"at least {SAMPLES_PER_SECOND:,} samples/s", f"{rate:,.0f}/s", rate >= SAMPLES_PER_SECOND)
    verdict(f"at most {MICROSECONDS_PER_SAMPLE} µs of the cloud's CPU a sample", f"{cost:.1f} µs", cost <= MICROSECONDS_PER_SAMPLE)
    print(f"  CPU a sample with {IDENTIFIERS:,} identifiers: {cost / max(few, 0.1):.2f} times that with {FEW}")
    compare(folder)
    start(folder)
