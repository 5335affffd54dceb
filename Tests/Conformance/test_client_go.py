"""AWS's SDK for Go: another implementation of the protocols, with types of its own for errors. Tests/tools.sh builds its program."""

import json
import subprocess

from conftest import TOOLS


def test_a_program_in_go(cloud):
    run = subprocess.run(
        [TOOLS / "go/client"], env=cloud.environment | {"FUNCTION": cloud.outputs["QueueFunctionName"]}, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told.pop("key") == ["ValidationException", "The provided key element does not match the schema"]
    assert told.pop("query")[0] == "ValidationException"
    assert told == {
        "who": "arn:aws:iam::000000000000:root",
        "same": True, "condition": True, "updated": [10, "Bonn", ["b"], 1], "pages": [3, 250, True], "reasons": ["None", "ConditionalCheckFailed"],
        "messages": [10, 10, 10], "attributes": {"ApproximateNumberOfMessages": "1", "VisibilityTimeout": "600"}, "tags": {"team": "go"}, "queue": True, "handle": True,
        "version": 1, "parameters": " ".join(map(str, range(12))), "exists": True, "parameter": True,
        "ingested": 100, "rejected": [1, 0, 2], "rows": [[0, 40, 40, 20], sum(range(100)) / 4],
        "invoked": [200, True, True, True], "listed": True, "function": True, "state": "Active"}
