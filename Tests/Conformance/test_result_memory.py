"""The memory of queries' results, as the machine sees it."""

import concurrent.futures
import json

import pytest
from fuzz.client import Client

from conftest import Cloud

LIMIT = 600
MEGABYTES = 64
# Beside the results: what four queries hold while they run, and what the allocator keeps.
BESIDE = 64
# Each makes about ten megabytes.
SHAPES = {
    "long texts": "SELECT rpad(cast(x AS varchar), 1000, 'y') FROM UNNEST(sequence(1, 10000)) AS a(x)",
    "small numbers": "SELECT " + ", ".join(f"x + {term}" for term in range(40)) + " FROM UNNEST(sequence(1, 10000)) AS a(x)",
}


def peak(cloud):
    """The most that the process ever had, megabytes."""
    with open(f"/proc/{cloud.process.pid}/status") as lines:
        return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


@pytest.mark.parametrize("shape", SHAPES)
def test_kept_results_take_what_the_option_says(shape):
    cloud = Cloud("--ephemeral", "--result-memory", str(MEGABYTES))
    try:
        base = peak(cloud)

        def ask(token=None):
            client = Client(int(cloud.address.rsplit(":", 1)[1]), LIMIT)
            asked = {"QueryString": SHAPES[shape], "MaxRows": 1000}
            status, answer = client.call("timestream", "Query", asked | ({"NextToken": token} if token else {}))
            client.close()
            return status, answer

        # More than twice what may be kept, four at a time.
        with concurrent.futures.ThreadPoolExecutor(4) as threads:
            answers = list(threads.map(lambda _: ask(), range(16)))
        assert [status for status, _ in answers] == [200] * 16, json.dumps(answers)[:1000]
        newest = ask()[1]
        assert ask(newest["NextToken"])[1]["Rows"]
        status, refusal = ask(answers[0][1]["NextToken"])
        assert status == 400 and "Invalid pagination token" in refusal["Message"]
        assert peak(cloud) - base < MEGABYTES + BESIDE
    finally:
        cloud.process.kill()
        cloud.process.wait()
