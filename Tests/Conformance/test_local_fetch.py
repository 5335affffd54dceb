"""local-fetch as a person calls it: what it says of a source, and what it stored."""

import base64
import http.server
import json
import os
import re
import subprocess
import threading
import time
import urllib.parse

import boto3
import pytest

import documents
from conftest import BUILD, CLIENT_ENVIRONMENT

KEY = "s3cret/kéy"
# The key of this project's own API, which a person may have exported for local-api.
OWN_KEY = "s3cret-of-the-api"
NOW = int(time.time()) // 60 * 60
# Six rows an hour apart, of which two are past: no run of the tests is so slow that a third one becomes so.
TIMES = [NOW - 5400 + 3600 * number for number in range(6)]
PAST = 2
# The key as a source may give it back: as it is, in HTML, in a URL in a URL, in JSON, in Base64, and its header as Latin-1.
ECHOES = [
    f"key {KEY}", "key s3cret&#x2F;k&#233;y", "key s3cret%252Fk%25C3%25A9y", r"key s3cret\u002fk\u00e9y",
    "key " + base64.b64encode(f"me:{KEY}".encode()).decode(), "key " + KEY.encode().decode("latin-1")]


class Source(http.server.BaseHTTPRequestHandler):
    """/IDENTIFIER/PAGE, of which `pages` has two, `none` has 204, `odd` has rows that cannot be read and `lone` one alone, `echo` has the key
    as a value, `text` is no JSON, and any other 404."""

    keys = []

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.keys.append(self.headers["x-key"].encode("latin-1").decode())
        path = urllib.parse.urlparse(self.path)
        _, name, page = path.path.split("/")
        row = [{"t": TIMES[number], "v": number / 2, "text": "a b" if number else None} for number in range(6)]
        pages = {
            ("pages", "1"): {"rows": row[:2], "next": f"/pages/2?key={urllib.parse.quote(KEY, safe='')}"}, ("pages", "2"): {"rows": row[2:]},
            ("echo", "1"): {"rows": [{"t": NOW - 60 + 60 * n, "v": n, "text": text} for n, text in enumerate(ECHOES)]},
            ("lone", "1"): {"rows": [{"t": "noon", "v": 1, "text": ""}]},
            ("41.5,2", "1"): {"rows": row[:2]},
            ("wrong", "1"): {"rows": [one | {"height": {"m": 5}, "depth": 1 if n else {"m": 5}} for n, one in enumerate(row)]},
            ("odd", "1"): {"rows": [row[0], {"t": "noon", "v": KEY}, {"t": TIMES[1], "v": ""}]}}
        found = pages.get((name, page))
        body = b"at home" if name == "text" else json.dumps(found).encode() if found else f"no series {name} for\n {self.headers['x-key']}".encode()
        if name == "lost":
            return
        self.send_response(204 if name == "none" else 200 if found or name == "text" else 404)
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
    return subprocess.run([BUILD / "local-fetch", *words], env=environment | variables, capture_output=True, text=True, timeout=300)


def check(source, *identifiers):
    # Neither a region nor credentials, neither tables nor a queue.
    done = run("--check", *identifiers, "--source", source[1], API_KEY=OWN_KEY, SOURCE_KEY=KEY)
    assert "s3cret" not in done.stdout + done.stderr
    return done


def lines(done):
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


def test_check_tells_what_a_source_gave_and_what_was_never_found(source):
    done = check(source, "pages")
    assert done.returncode == 1 and done.stderr == ""
    said = lines(done)
    url = source[0]
    assert said[0] == "pages" and said[1].startswith("source default, ")
    assert said[2] == f"page 1 {url}/pages/1?key=***" and said[3].startswith("status 200, ") and said[3].endswith(" ms")
    assert said[4] == f"page 2 {url}/pages/2?key=***" and said[5].startswith("status 200, ")
    assert said[6:] == [
        "pages 2", "rows 6, of which 6 have a time and a value", f"first {text(TIMES[0])} v=0", f'last {text(TIMES[5])} text="a b" v=2.5',
        "measures text: found 5 times, 1 time without a value", "typo: never found", "v: found 6 times", "next found"]


def test_docs_sources_md_shows_a_check_as_it_is(source):
    (shown,) = [block.text.partition("\n")[2] for block in documents.blocks("docs/sources.md") if "--check pages" in block.text]

    def form(words):
        words = re.sub(r"https?://[^/\s]+", "https://HOST", re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", words))
        return re.sub(r"\d+ (bytes|ms)", r"N \1", words)

    assert form(check(source, "pages").stdout) == form(shown)


def test_check_tells_what_cannot_be_read(source):
    done = check(source, "odd", "absent", "none")
    assert done.returncode == 1
    assert "next      found on no page" in done.stdout
    assert "1 not read:\n    source 'default', answer /rows/1/t: '\"noon\"' is not a time in the format seconds\n" in done.stdout
    assert """v: found 2 times, 1 time without a value, 1 time unreadable: '"***"' is not a double\n""" in done.stdout
    assert "failed: source 'default', answer: has status 404; it says: no series absent for ***\n" in done.stdout
    assert "status 204" in done.stdout and "rows      0" in done.stdout


def described(source, folder, **members):
    """A file of one description with other members, beside the fixture's."""
    (name, description), = json.loads(source[1].read_text()).items()
    file = folder / "other.json"
    file.write_text(json.dumps({name: {name: value for name, value in (description | members).items() if value is not None}}))
    return source[0], file


def test_check_blames_the_place_that_is_wrong(source, tmp_path):
    """The time's, a measure's of another type, one that is there in some rows alone; never one that is right."""
    said = lines(check(described(source, tmp_path, time={"at": "/tiem", "format": "seconds"}, measures={"v": "/v", "typo": "/tpyo"}), "wrong"))
    assert "time /tiem: never found" in said and "measures typo: never found" in said and "v: found 6 times" in said
    said = lines(check(described(source, tmp_path, measures={"height": "/height", "depth": "/depth", "v": "/v"}), "wrong"))
    refusal = """'{"m": 5}' is not a double"""
    assert f"measures depth: found 6 times, 1 time unreadable: {refusal}" in said and f"height: found 6 times, unreadable: {refusal}" in said
    assert "v: found 6 times" in said and not [line for line in said if line.startswith("time ") or "never found" in line]


def test_attributes_are_given_in_place_of_the_items(source, tmp_path, cloud):
    url, file = described(source, tmp_path, url=source[0] + "/{lat},{lon}/1?key={key}", measures={"v": "/v"}, next=None)
    done = check((url, file), "here")
    assert done.returncode == 1
    assert "{lat} has no value: the identifier's item has no attribute of that name; give it with --attribute lat=VALUE\n" in done.stdout
    done = check((url, file), "here", "--attribute", "lat=41.5", "--attribute=lon=2")
    assert done.returncode == 0 and f"{url}/41.5,2/1" in done.stdout, done.stdout
    # Over those of an item.
    variables = stores(cloud) | {"IDENTIFIER_TABLE": cloud.outputs["IdentifierTableName"]}
    put(cloud, {"identifier": "there", "lat": "0", "lon": "2"})
    words = ["--check", "there", "--source", file, "--attribute", "lat=41.5"]
    done = run(*words, **variables)
    assert done.returncode == 0 and f"{url}/41.5,2/1" in done.stdout, done.stdout + done.stderr
    # As the item's, this one names the source.
    done = run(*words, "--attribute", "source=other", **variables)
    assert done.returncode == 1 and "there is no such source: give one of default" in done.stdout
    for words, error in (
            (["--check", "a", "--attribute", "lat"], "--attribute is 'lat': give NAME=VALUE"), (["--check", "a", "--attribute", "=1"], "--attribute is '=1': give NAME=VALUE"),
            (["--check", "a", "--attribute", "kind=x"], "--attribute kind: the table keeps this name for itself"), (["a", "--attribute", "lat=1"], "--attribute goes with --check")):
        done = run(*words, "--source", file)
        assert done.returncode == 1 and done.stderr.startswith(error) and done.stdout == ""


def put(cloud, item):
    client = boto3.client(
        "dynamodb", endpoint_url=cloud.address, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    client.put_item(TableName=cloud.outputs["IdentifierTableName"], Item={name: {"S": value} for name, value in item.items()})


def test_a_file_that_is_no_json_is_named_with_the_place(tmp_path):
    file = tmp_path / "bad.json"
    file.write_text('{ "default": {\n    "url": "http://a/"\n    "rows": "/d" } }')
    for words in (["--check", "a"], ["a"]):
        done = run(*words, "--source", file)
        assert done.returncode == 1 and done.stdout == "" and done.stderr == f"{file}, line 3, column 5: expected ',' or '}}'\n"
    # Where the text has no file.
    done = run("--check", "a", SOURCES=file.read_text())
    assert done.returncode == 1 and "failed: source 'any', catalog, line 3, column 5: is not JSON: expected ',' or '}'\n" in done.stdout


def test_a_key_given_by_hand_counts_before_a_parameter(source):
    """As a shell names one that `local-cloud env` was read into: nobody is asked for it."""
    Source.keys.clear()
    run("--check", "pages", "--source", source[1], SOURCE_KEY=KEY, API_KEY_SSM_ID="/any/key")
    assert Source.keys == [KEY, KEY]


@pytest.mark.parametrize("identifier,status,words", [
    ("absent", "status 404", "failed: source 'default', answer: has status 404; it says: no series absent for ***"),
    ("text", "status 200, 7 bytes", "failed: source 'default', answer: is not JSON: "), ("lost", "no answer", "failed: source 'default', request: "),
])
def test_check_tells_of_a_page_that_fails_how_it_ended(source, identifier, status, words):
    """And nothing of what it holds, for nothing was read."""
    said = lines(check(source, identifier))
    assert said[2].startswith("page 1 ") and said[3].startswith(f"{status}, ") and said[3].endswith(" ms")
    assert said[4:8] == ["pages 0", "rows 0, of which 0 have a time and a value", "first none", "last none"]
    assert len(said) == 9 and said[8].startswith(words)


def test_a_lone_bad_row_is_told_once(source, cloud):
    for done in (check(source, "lone"), run("lone", "--source", source[1], **stores(cloud))):
        assert done.returncode == 1 and done.stdout.count("is not a time in the format seconds") == 1 and "1 not read:" in done.stdout


@pytest.mark.parametrize("echo", range(len(ECHOES)))
def test_check_prints_no_value_that_holds_the_key(source, echo, monkeypatch):
    monkeypatch.setattr("test_local_fetch.ECHOES", ECHOES[echo:echo + 1])
    said = lines(check(source, "echo"))
    sample = f'{text(NOW - 60)} text="key ***" v=0'
    assert f"first {sample}" in said and f"last {sample}" in said


def test_the_key_of_the_api_goes_to_no_source(source):
    Source.keys.clear()
    done = run("--check", "pages", "--source", source[1], API_KEY=OWN_KEY)
    assert done.returncode == 1 and "no key is configured: set API_KEY_SSM_ID or SOURCE_KEY" in done.stdout and Source.keys == []
    check(source, "pages")
    assert Source.keys == [KEY, KEY]


def test_help_needs_nothing():
    for word in ("--help", "-h"):
        done = run(word)
        assert done.returncode == 0 and done.stdout.startswith("Usage: local-fetch [--check [--attribute NAME=VALUE]…] [--source FILE] IDENTIFIER…\n") and done.stderr == ""
    for words, error in (((), "name an identifier"), (("--chekc", "x"), "there is no option --chekc"), (("x",), "no region: set AWS_REGION")):
        done = run(*words)
        assert done.returncode == 1 and error in done.stderr


def stores(cloud):
    return cloud.stores | CLIENT_ENVIRONMENT | {"AWS_ENDPOINT_URL": cloud.address, "API_KEY": OWN_KEY, "SOURCE_KEY": KEY}


def test_a_fetch_tells_what_it_stored(source, cloud):
    variables = stores(cloud)
    done = run("pages", "--source", source[1], **variables)
    assert done.returncode == 0 and done.stdout.splitlines() == [
        f"pages: 6 rows stored, {text(TIMES[0])} to {text(TIMES[5])}: {PAST} of history, {6 - PAST} of forecast", "  no row has: typo"]
    done = run("odd", "absent", "--source", source[1], **variables)
    assert done.returncode == 1 and "s3cret" not in done.stdout + done.stderr
    assert "1 row stored" in done.stdout and "answer /rows/1/t" in done.stdout and "failed: source 'default', answer: has status 404" in done.stdout


@pytest.mark.parametrize("absent,stored,counts", [
    ("FUTURE_TABLE", TIMES[:PAST], f"{PAST} of history, 0 of forecast"), ("TS_TABLE_NAME", TIMES[PAST:], f"0 of history, {6 - PAST} of forecast")])
def test_the_range_is_of_what_was_stored_where_one_store_fails(source, cloud, absent, stored, counts):
    done = run("pages", "--source", source[1], **stores(cloud) | {absent: "absent"})
    assert done.returncode == 1 and "  failed: " in done.stdout
    assert done.stdout.splitlines()[0] == f"pages: {len(stored)} rows stored, {text(stored[0])} to {text(stored[-1])}: {counts}"
