"""Every command in the documents: marked with how it is tried, and run where it can be, page by page, against `make run`.

A block of code that a reader types has a comment before it:

    <!-- run: local -->            it is run here, in the order of the page, in one shell
    <!-- held by: FILE -->         another test, which is named, has it
    <!-- needs: WHAT: reason -->   it cannot be run here; WHAT is `aws` (an account) or `time` (it takes long, or does not end)
"""

import collections
import json
import os
import re
import shutil
import signal
import socket
import subprocess

import pytest

import documents
from conftest import BUILD, PROJECT, TOOLS
from documents import PAGES

MARKED = [block for page in PAGES for block in documents.blocks(page) if block.language in documents.TYPED or block.mark]
RUN = collections.defaultdict(list)
for marked in MARKED:
    if marked.mark == "run: local":
        RUN[marked.page].append(marked)
# What cannot be run here, by page: one that comes or goes is looked at.
UNTRIED = {
    "README.md": ["time"], "docs/configuration.md": ["aws"], "docs/deploying.md": ["aws"] * 6, "docs/first-series.md": ["time", "time", "aws"],
    "docs/running-locally.md": ["time"],
}


# What gives a shell the address, the key and the outputs of the cloud that runs.
VARIABLES = 'eval "$(.build/release/local-cloud env)"'
# The port of the server that docs/first-series.md has readers start.
OWN_PORT = "8099"


@pytest.mark.parametrize("block", MARKED, ids=lambda block: block.place)
def test_a_block_says_how_it_is_tried(block):
    assert block.mark, f"{block.place}: {block.text}"
    kind, _, rest = block.mark.partition(": ")
    if kind == "run":
        assert rest == "local" and block.language in documents.TYPED
    elif kind == "held by":
        # The test names the page that it holds.
        assert block.page in (PROJECT / rest).read_text(), block.place
    else:
        what, _, reason = rest.partition(": ")
        assert kind == "needs" and what in ("aws", "time") and len(reason.split()) >= 3, block.place


def test_what_is_not_tried_is_listed():
    found = collections.defaultdict(list)
    for block in MARKED:
        if block.mark and block.mark.startswith("needs: "):
            found[block.page].append(block.mark.split(": ")[1])
    assert dict(found) == UNTRIED


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A folder that looks like a checkout after `make run`, which goes on: commands of the documents run there as they stand."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / ".build").mkdir()
    (folder / ".build" / "release").symlink_to(BUILD)
    for name in ("Infra", "local", "docs", "e2eTest", "Makefile"):
        (folder / name).symlink_to(PROJECT / name)
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PORT": "0", "HISTORY": "timestream"}
    process = subprocess.Popen(
        ["local/run.sh", ".build/release"], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True)
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.endswith(": make try\n"):
            break
    try:
        address = re.search(r"The local cloud is at (http://\S+),", "".join(lines))
        assert address, "".join(lines)
        yield folder, address[1]
    finally:
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=300) == 0
        process.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)


def test_the_readme_shows_an_answer_as_it_is(run):
    """But for the times and values, which the sun and the clock decide. It comes first: facts are as old as the run, and the answer has ten minutes of them."""
    folder, address = run
    (shown,) = [block.text for block in documents.blocks("README.md") if block.text.startswith("$ curl")]
    command, _, answer = shown.partition("\n")
    exports = subprocess.run([".build/release/local-cloud", "env"], cwd=folder, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True)
    key = re.search(r"^export ApiKey='?([\w-]+)", exports.stdout, re.MULTILINE)[1]
    typed = command.removeprefix("$ ").replace("…", key).replace("http://127.0.0.1:4566", address)
    done = subprocess.run(["bash", "-c", typed], capture_output=True, text=True, timeout=300)
    told, real = json.loads(answer), json.loads(done.stdout)

    def form(answer):
        rows, origins = answer["rows"], [row["origin"] for row in answer["rows"]]
        # The newest fact of the range is the baseline, and what is predicted comes after it.
        assert origins == sorted(origins, reverse=True) and answer["baseline"] == max(row["time"] for row in rows if row["origin"] == "history")
        return ({name: type(value) for name, value in answer.items()}, answer["identifier"], answer["to"] - answer["from"], set(origins),
                {(*row, *row["values"]) for row in rows}, {after["time"] - before["time"] for before, after in zip(rows, rows[1:])})

    assert form(real) == form(told)


def steps(page):
    """The commands of a page with where they stand, and what the page says that they print, if it does."""
    for block in RUN[page]:
        if block.language != "console":
            yield block, block.text, None
            continue
        command, shown = None, []
        for line in block.text.splitlines(keepends=True):
            if command is not None and command.endswith("\\\n"):
                command += line
            elif line.startswith("$ "):
                if command is not None:
                    yield block, command, "".join(shown)
                command, shown = line.removeprefix("$ "), []
            else:
                assert command is not None, block.place
                shown.append(line)
        yield block, command, "".join(shown)


def pattern(shown):
    """What a page shows, where `…` stands for what differs each time."""
    return "[^\n]*".join(re.escape(part) for part in shown.rstrip("\n").split("…"))


@pytest.mark.parametrize("page", sorted(RUN))
def test_the_commands_of_a_page(page, run, tmp_path):
    folder, address = run
    found = list(steps(page))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        own = free.getsockname()[1]
    # What a page starts ends with it, also where a step fails. An answer that is an error counts as one; the bar that shows how far curl came
    # is nothing to read.
    script = ["set -euo pipefail", "trap 'for job in $(jobs -pr); do kill \"$job\" 2>/dev/null || true; done' EXIT", 'curl() { command curl --fail-with-body --silent --show-error "$@"; }', "exec 2>&1"]
    # What a page says in a sentence that is to be typed first.
    if f"`{VARIABLES}`" in documents.prose(page):
        script.append(VARIABLES)
    for number, (block, command, _) in enumerate(found):
        script.append(f"exec >{tmp_path}/{number}.txt 2>&1; echo {number} >{tmp_path}/at")
        if block.language == "python":
            (tmp_path / f"{number}.py").write_text(command)
            script.append(f"python3 {tmp_path}/{number}.py")
        else:
            script.append(command.replace("127.0.0.1:4566", address.removeprefix("http://")).replace(OWN_PORT, str(own)).rstrip("\n"))
    environment = {
        "PATH": f"{TOOLS}/clients/bin:{TOOLS}/prometheus/usr/bin:{os.environ['PATH']}", "HOME": str(tmp_path), "AWS_PAGER": "",
        "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true"}
    done = subprocess.run(["bash", "-c", "\n".join(script)], cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    at = int((tmp_path / "at").read_text())
    printed = (tmp_path / f"{at}.txt").read_text()
    assert done.returncode == 0, f"{found[at][0].place}: {found[at][1]}\n{printed}{done.stdout}{done.stderr}"
    for number, (block, command, shown) in enumerate(found):
        if shown:
            printed = (tmp_path / f"{number}.txt").read_text().replace(address, "http://127.0.0.1:4566").replace(f":{own}/", f":{OWN_PORT}/").rstrip("\n")
            assert re.fullmatch(pattern(shown), printed), f"{block.place}: {command}\nshown:\n{shown}\nprinted:\n{printed}"
