"""local-fetch as a person calls it: what it says of a source, and what it stored."""

import http.server
import json
import os
import subprocess
import threading
import time
import urllib.parse

import pytest

from conftest import BUILD, CLIENT_ENVIRONMENT

KEY = "s3cret/key"
# The key of this project's own API, which a person may have exported for local-api.
OWN_KEY = "s3cret-of-the-api"
NOW = int(time.time()) // 60 * 60


class Source(http.server.BaseHTTPRequestHandler):
    """/IDENTIFIER/PAGE, of which `pages` has two, `none` has 204, `odd` has rows and columns that cannot be read, and any other 404."""

    keys = []

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.keys.append(self.headers["x-key"])
        path = urllib.parse.urlparse(self.path)
        _, name, page = path.path.split("/")
        row = [{"t": NOW - 120 + 60 * number, "v": number / 2, "text": "a b" if number else None} for number in range(6)]
        pages = {
            ("pages", "1"): {"rows": row[:2], "next": f"/pages/2?key={urllib.parse.quote(KEY, safe='')}"}, ("pages", "2"): {"rows": row[2:]},
            ("odd", "1"): {"rows": [row[0], {"t": "noon", "v": KEY}, {"t": NOW, "v": ""}]}}
        found = pages.get((name, page))
        body = json.dumps(found).encode() if found else f"no series {name} for\n {self.headers['x-key']}".encode()
        self.send_response(204 if name == "none" else 200 if found else 404)
        self.end_headers()
        if name != "none":
            self.wfile.write(body)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Source)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    description = {
        "url": url + "/{identifier}/1?key={key}", "headers": {"x-key": "{key}"}, "rows": "/rows", "time": {"at": "/t", "format": "seconds"},
        "measures": {"v": "/v", "text": {"at": "/text", "type": "varchar"}, "typo": "/tpyo"}, "next": "/next", "attempts": 1}
    file = tmp_path_factory.mktemp("source") / "sources.json"
    file.write_text(json.dumps({"default": description}))
    yield url, file
    server.shutdown()
    server.server_close()


def text(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def run(*words, **variables):
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    return subprocess.run([BUILD / "local-fetch", *words], env=environment | variables, capture_output=True, text=True, timeout=60)


def check(source, *identifiers):
    # Neither a region nor credentials, neither tables nor a queue.
    done = run("--check", *identifiers, "--source", source[1], API_KEY=OWN_KEY, SOURCE_KEY=KEY)
    assert "s3cret" not in done.stdout + done.stderr
    return done


def test_check_tells_what_a_source_gave_and_what_was_never_found(source):
    done = check(source, "pages")
    assert done.returncode == 1 and done.stderr == ""
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    url = source[0]
    assert lines[0] == "pages" and lines[1].startswith("source default, ")
    assert lines[2] == f"page 1 {url}/pages/1?key=***" and lines[3].startswith("status 200, ") and lines[3].endswith(" ms")
    assert lines[4] == f"page 2 {url}/pages/2?key=***" and lines[5].startswith("status 200, ")
    assert lines[6:] == [
        "pages 2", "rows 6, of which 6 have a time and a value", f"first {text(NOW - 120)} v=0", f'last {text(NOW + 180)} text="a b" v=2.5',
        "measures text: found 5 times, 1 time without a value", "typo: never found", "v: found 6 times", "next found"]


def test_check_tells_what_cannot_be_read(source):
    done = check(source, "odd", "absent", "none")
    assert done.returncode == 1
    assert "next      found on no page" in done.stdout
    assert "1 not read:\n    source 'default', answer /rows/1/t: '\"noon\"' is not a time in the format seconds\n" in done.stdout
    assert "v: found 1 time, 1 time without a value" in done.stdout
    assert "failed: source 'default', answer: has status 404; it says: no series absent for ***\n" in done.stdout
    assert "status 204" in done.stdout and "rows      0" in done.stdout


def test_the_key_of_the_api_goes_to_no_source(source):
    Source.keys.clear()
    done = run("--check", "pages", "--source", source[1], API_KEY=OWN_KEY)
    assert done.returncode == 1 and "no key is configured: set API_KEY_SSM_ID or SOURCE_KEY" in done.stdout and Source.keys == []
    check(source, "pages")
    assert Source.keys == [KEY, KEY]


def test_help_needs_nothing():
    for word in ("--help", "-h"):
        done = run(word)
        assert done.returncode == 0 and done.stdout.startswith("Usage: local-fetch IDENTIFIER") and done.stderr == ""
    for words, error in (((), "name an identifier"), (("--chekc", "x"), "there is no option --chekc"), (("x",), "no region: set AWS_REGION")):
        done = run(*words)
        assert done.returncode == 1 and error in done.stderr


def test_a_fetch_tells_what_it_stored(source, cloud):
    variables = {name: cloud.variables[name] for name in ("TS_DB_NAME", "TS_TABLE_NAME", "FUTURE_TABLE")}
    variables |= CLIENT_ENVIRONMENT | {"AWS_ENDPOINT_URL": cloud.address, "API_KEY": OWN_KEY, "SOURCE_KEY": KEY}
    done = run("pages", "--source", source[1], **variables)
    past = sum(NOW - 120 + 60 * number < time.time() for number in range(6))
    assert done.returncode == 0 and done.stdout.splitlines() == [
        f"pages: 6 rows stored, {text(NOW - 120)} to {text(NOW + 180)}: {past} of history, {6 - past} of forecast", "  no row has: typo"]
    done = run("odd", "absent", "--source", source[1], **variables)
    assert done.returncode == 1 and "s3cret" not in done.stdout + done.stderr
    assert "1 row stored" in done.stdout and "answer /rows/1/t" in done.stdout and "failed: source 'default', answer: has status 404" in done.stdout
