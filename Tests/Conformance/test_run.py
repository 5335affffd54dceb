"""local/run.sh and local/try.sh: the README shows the first screen as it is, and what they print to type does what it says."""

import json
import os
import re
import signal
import subprocess
import time

import pytest

from conftest import BUILD, PROJECT, TOOLS


@pytest.fixture(scope="module", params=["timestream", "dynamodb", "influxdb"])
def store(request):
    return request.param


@pytest.fixture(scope="module")
def screen(store, tmp_path_factory):
    """All that a person is shown, once the run waits for Ctrl-C: its lines, and the environment to run more in."""
    # With a blank: what is printed to type must stay one word there.
    folder = tmp_path_factory.mktemp("my data")
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PORT": "0", "DATA": str(folder), "HISTORY": store}
    process = subprocess.Popen(
        ["local/run.sh", BUILD], cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if line.endswith(": make try\n"):
            break
    try:
        assert lines and lines[-1].endswith(": make try"), lines
        yield lines, environment
    finally:
        # As a terminal does: to everyone of the group.
        os.killpg(process.pid, signal.SIGINT)
        last = process.stdout.read()
        assert process.wait(timeout=300) == 0
        assert last.endswith(f"The data stay in {folder}. To start again, remove that folder.\n")
        process.stdout.close()


@pytest.fixture(scope="module")
def printed(screen):
    """The commands that a person is shown, by the run and by `make try`."""
    lines, environment = screen
    done = subprocess.run(["local/try.sh", BUILD], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return [line.strip() for line in [*lines, *done.stdout.splitlines()] if line.startswith("  ")]


def test_the_readme_shows_the_first_screen_as_it_is(screen, store):
    """But for what differs each time, which the README tells below it: the key, and the port, which is 4566."""
    if store != "timestream":
        pytest.skip("the README shows the usual store")
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:4566", "\n".join(screen[0]))
    shown = re.search(r"\$ make run\n(.*?)```", (PROJECT / "README.md").read_text(), re.DOTALL)[1].rstrip("\n")
    keys = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    assert re.search(keys, shown) and re.sub(keys, "KEY", text) == re.sub(keys, "KEY", shown)
    assert len(shown.splitlines()) <= 15


def typed(command):
    # The Python that has the clients comes first.
    environment = {"PATH": f"{TOOLS}/clients/bin:{os.environ['PATH']}", "HOME": "/nonexistent"}
    done = subprocess.run(["bash", "-c", command], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def the(printed, *words):
    (line,) = [line for line in printed if all(word in line for word in words)]
    return line


def test_a_read_and_its_bins(printed):
    rows = json.loads(typed(the(printed, "v1/series/greenwich?from=now-10m&to=now%2B10m'")))["rows"]
    assert {row["origin"] for row in rows} == {"history", "forecast"}
    bins = json.loads(typed(the(printed, "greenwich", "&bin=1h")))["rows"]
    assert 12 <= len(bins) <= 13 and {"elevation_min", "elevation_avg", "elevation_max"} <= set(bins[0]["values"])


def test_what_is_written_is_read(printed):
    assert typed(the(printed, "Token local-writer", "curl")) == ""
    rows = json.loads(typed(the(printed, "curl", "v1/series/room,name=kitchen")))["rows"]
    assert [(row["values"]["temperature"], row["origin"]) for row in rows] == [(21.5, "history")]
    assert typed(the(printed, "python3", "influxdb_client")) == ""
    rows = json.loads(typed(the(printed, "curl", "v1/series/room,name=hall")))["rows"]
    assert [(row["values"]["temperature"], row["origin"]) for row in rows] == [(22, "history"), (19, "forecast")]


def test_grafanas_line(printed):
    answer = json.loads(typed(the(printed, "/api/v1/query", "Bearer")))
    devices = sorted(series["metric"]["device_id"] for series in answer["data"]["result"] if "device_id" in series["metric"])
    assert answer["status"] == "success" and devices == [f"sensor-00{number}" for number in range(1, 6)]


def test_a_device_goes_on_while_one_watches(printed):
    start = int(time.time() * 1000)
    typed(the(printed, "WRITE_KEY=").replace("--interval 5s --rounds 1000", "--interval 0s --rounds 1"))
    watched = re.search(r'"(curl .*)"', the(printed, "watch -n 5"))[1]
    assert json.loads(typed(watched))["row"]["time"] >= start


def test_a_saved_query_or_bins(printed, store):
    if store != "timestream":
        lines = typed(the(printed, "format=csv")).splitlines()
        columns = lines[0].split(",")
        assert lines[0].startswith("time,") and {"temperature_min", "temperature_avg", "temperature_max"} <= set(columns) and len(lines) in (7, 8)
        assert not [line for line in printed if "local-query" in line]
        return
    lines = typed(the(printed, "local-query temperature-trend")).splitlines()
    assert lines[0].split() == ["device_id", "bin", "average", "least", "greatest"] and sum(line.startswith("sensor-001") for line in lines) in (6, 7)


def test_a_client_of_aws_finds_it(printed):
    assert "timeseries-cache-identifiers" in typed(the(printed, "aws dynamodb list-tables"))


def test_status_logs_and_redrive(printed):
    assert "timeseries-cache-fetch" in typed(the(printed, "local-cloud status"))
    lines = typed(the(printed, "local-cloud logs")).splitlines()
    assert any(json.loads(line).get("message") == "fetched" for line in lines)
    assert typed(the(printed, "local-cloud redrive")) == "there are no dead letters\n"


def test_without_a_run_there_is_nothing_to_try(tmp_path):
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "DATA": str(tmp_path)}
    done = subprocess.run(["local/try.sh", BUILD], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == f"local-cloud env: no local cloud runs on {tmp_path}: start it with local-cloud --data {tmp_path}\n"


def test_a_store_that_there_is_not(tmp_path):
    for script in ("local/run.sh", "e2eTest/hydrate.sh"):
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PORT": "0", "DATA": str(tmp_path), "HISTORY": "sqlite"}
        done = subprocess.run([script, BUILD], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 2 and done.stderr == "HISTORY is 'sqlite': give timestream, dynamodb or influxdb\n"


def test_history_of_another_store_is_named(tmp_path):
    """It is not lost: the run says where it is, and how to see it."""
    words = {}
    for store in ("timestream", "dynamodb", "dynamodb", "timestream"):
        shell = f'. local/history.sh; history={store}; earlier_history "$0"'
        words[store] = subprocess.run(["bash", "-c", shell, tmp_path], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60).stdout
    assert words == {
        "dynamodb": "\nEarlier history is in timestream: make run HISTORY=timestream shows it, local-move copies it (docs/moving.md).",
        "timestream": "\nEarlier history is in dynamodb: make run HISTORY=dynamodb shows it, local-move copies it (docs/moving.md)."}


def test_a_start_that_fails_says_what_make_run_takes(tmp_path):
    (tmp_path / "file").touch()
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PORT": "0", "DATA": str(tmp_path / "file")}
    done = subprocess.run(["local/run.sh", BUILD], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1 and "there is a file in its place" in done.stderr and done.stdout == ""
    assert done.stderr.splitlines()[-1].startswith("As make run takes them: PORT=4567 make run for another port, DATA=folder make run")
