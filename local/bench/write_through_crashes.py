#!/usr/bin/env python3
"""Writes batches with InfluxDB's own client while the local cloud is killed (kill -9) and started again, then reads everything back.

Usage: BUILD=.build/release TOOLS=.build/tools .build/tools/clients/bin/python local/bench/write_through_crashes.py [SECONDS [KILLS [POINTS]]]
The defaults are 30 seconds, 3 kills and batches of 5,000 points, a tenth of them two days ahead of the others. It ends with 0 where every
acknowledged point is readable through the API, from the store that it belongs to, and none twice.
"""

import collections
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

from influxdb_client import InfluxDBClient, WritePrecision
from influxdb_client.client.write_api import SYNCHRONOUS

KEY = "crash-writer"
KEYS = json.dumps([{"name": "crash", "key": KEY, "buckets": ["home"], "allow": ["write"]}])
HOSTS = 10
# The last host writes forecasts: milliseconds by which its points are ahead of the others.
AHEAD = 172_800_000


class Cloud:
    """A local cloud whose data outlives its process."""

    def __init__(self, folder):
        self.folder = folder
        self.port = "0"
        self.start()

    def start(self):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        build = pathlib.Path(os.environ["BUILD"]).resolve()
        self.process = subprocess.Popen(
            [build / "local-cloud", "--port", self.port, "--data", self.folder, "--parameter", "AccessKeys=" + KEYS],
            stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True)
        address = self.process.stdout.readline().strip()
        assert address, "the local cloud did not start"
        self.port = address.rsplit(":", 1)[1]
        self.outputs = {}
        for line in self.process.stdout:
            if line == "ready\n":
                return
            name, _, value = line.strip().partition("=")
            self.outputs[name] = value
        raise AssertionError("the local cloud ended before it was ready")

    def kill(self):
        # The functions' processes die with it, as on a machine that loses its power.
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def rows(self, host, start):
        """Every (time, value, store) of a series, page by page."""
        rows, cursor = [], None
        while True:
            query = {"limit": "10000"} | ({"cursor": cursor} if cursor else {"from": str(start), "to": "now+3d"})
            path = "v1/series/" + urllib.parse.quote(f"crash,host=h{host}", safe="") + "?" + urllib.parse.urlencode(query)
            request = urllib.request.Request(self.outputs["ApiEndpoint"] + path, headers={"x-api-key": self.outputs["ApiKey"]})
            with urllib.request.urlopen(request, timeout=60) as response:
                answer = json.load(response)
            rows += [(row["time"], row["values"]["v"], row["origin"]) for row in answer["rows"]]
            cursor = answer["next"]
            if not cursor:
                return rows


def is_ahead(index):
    return index % HOSTS == HOSTS - 1


def moment(start, index):
    """Each point has an instant of its own, in milliseconds."""
    return start + index + (AHEAD if is_ahead(index) else 0)


def write(cloud, end, points, start, acknowledged, failures):
    """Writes batches until the end; one that fails is sent again with the same points, as every client does."""
    with InfluxDBClient(url=cloud.outputs["WriteUrl"], token=KEY, org="any", enable_gzip=True, timeout=30_000) as client:
        writer = client.write_api(write_options=SYNCHRONOUS)
        number = 0
        while time.monotonic() < end:
            first = number * points
            lines = "\n".join(f"crash,host=h{index % HOSTS} v={index}i {moment(start, index)}" for index in range(first, first + points))
            while True:
                try:
                    writer.write(bucket="home", record=lines, write_precision=WritePrecision.MS)
                    acknowledged.append((first, first + points))
                    break
                except Exception as error:  # Whatever it was, nothing was acknowledged.
                    failures.append(str(error).splitlines()[0])
                    if time.monotonic() > end + 60:
                        raise
                    time.sleep(0.1)
            number += 1


def run(seconds=30.0, kills=3, points=5000):
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud(folder)
        try:
            # A day ago, so that what is not ahead lies in the past.
            start = int(time.time() * 1000) - 86_400_000
            acknowledged, failures = [], []
            began = time.monotonic()
            writer = threading.Thread(target=write, args=(cloud, began + seconds, points, start, acknowledged, failures))
            writer.start()
            for turn in range(1, kills + 1):
                time.sleep(max(0.0, began + seconds * turn / (kills + 1) - time.monotonic()))
                cloud.kill()
                cloud.start()
            writer.join()
            took = time.monotonic() - began
            expected = {index for first, last in acknowledged for index in range(first, last)}
            found = [row for host in range(HOSTS) for row in cloud.rows(host, start)]
            values = [value for _, value, _ in found]
            assert all(at == moment(start, value) for at, value, _ in found), "a point has another's time"
            stores = collections.Counter(store for _, _, store in found)
            assert all(store == ("forecast" if is_ahead(value) else "history") for _, value, store in found), "a point is in another store"
            assert len(values) == len(set(values)), "%d points are there twice" % (len(values) - len(set(values)))
            missing = expected - set(values)
            assert not missing, "%d acknowledged points are missing, the first of them %d" % (len(missing), min(missing))
            assert acknowledged and len(set(values) - expected) == 0, "points are there that nobody sent"
            return "%d points acknowledged in %.0f s (%.0f a second), %d kills, %d failed requests; all of them are there, none twice: %d of history, %d of forecast" % (
                len(expected), took, len(expected) / took, kills, len(failures), stores["history"], stores["forecast"])
        finally:
            cloud.kill()


if __name__ == "__main__":
    given = sys.argv[1:]
    print(run(float(given[0]) if given else 30.0, int(given[1]) if given[1:] else 3, int(given[2]) if given[2:] else 5000))
