"""The description of the API, tried by schemathesis: requests that it makes up itself, right and wrong ones."""

import json
import subprocess

import pytest
from conftest import TOOLS, Cloud

CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
          "response_headers_conformance")


@pytest.fixture(scope="module")
def cloud():
    """Of its own: what is made up is written and registered, and the API remembers for seconds which series there are."""
    started = Cloud()
    yield started
    assert started.stop() == 0


@pytest.fixture(scope="module")
def description(cloud):
    status, headers, body = cloud.get("openapi.json")
    assert status == 200 and headers["Content-Type"] == "application/json"
    return json.loads(body)


def operations(description):
    return [(path, method) for path, item in description["paths"].items() for method in item if method != "parameters"]


def test_the_description_is_complete(description):
    assert description["openapi"] == "3.1.0"
    assert len(operations(description)) >= 28


# The first key may do everything, the second only reads: what changes something is then refused.
@pytest.mark.parametrize("key", ["local-admin", None])
def test_no_fault_and_no_undocumented_answer(cloud, description, tmp_path, key):
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(description))
    report = tmp_path / "report.xml"
    run = subprocess.run(
        [TOOLS / "openapi/bin/schemathesis", "run", file, "--url", cloud.outputs["ApiEndpoint"].rstrip("/"),
         "--header", f"x-api-key: {key or cloud.outputs['ApiKey']}", "--checks", CHECKS,
         "--phases", "fuzzing", "--max-examples", "8", "--seed", "1", "--generation-deterministic", "--no-shrink",
         "--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off", "--request-timeout", "30",
         "--report", "junit", "--report-junit-path", report],
        capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-2000:]
    # Each operation was tried: a run that selects nothing does not pass.
    assert report.read_text().count("<testcase") >= len(operations(description)), run.stdout[-2000:]
