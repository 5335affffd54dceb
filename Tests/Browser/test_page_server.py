"""The two servers of the page: the local cloud at /, and the API function at / of its stage."""

import gzip
import json
import re

import pytest


def protected(headers):
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy and "*" not in policy and "http" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "no-referrer"
    return True


@pytest.fixture(params=["local cloud", "API function"])
def root(request, system):
    return system.address + "/" if request.param == "local cloud" else system.api


def test_the_page_and_its_files(system, root):
    status, headers, body = system.ask(root, {"Accept": "text/html,*/*"})
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8" and protected(headers)
    assert headers["Cache-Control"] == "no-cache"
    files = re.findall(r'"(page/[^"]+)"', body.decode())
    # Each request of a function is an invocation.
    assert [file.rsplit("/", 1)[1] for file in files] == ["icon.svg", "style.css", "dygraph.js", "boot.js"]
    for file in files:
        status, headers, body = system.ask(root + file)
        assert status == 200 and "immutable" in headers["Cache-Control"] and protected(headers), file
        status, again, _ = system.ask(root + file, {"If-None-Match": headers["ETag"]})
        assert status == 304 and again["ETag"] == headers["ETag"]
        status, packed, contents = system.ask(root + file, {"Accept-Encoding": "gzip"})
        assert status == 200 and packed["Content-Encoding"] == "gzip" and packed["ETag"] != headers["ETag"]
        assert gzip.decompress(contents) == body and "Accept-Encoding" in packed["Vary"]
    folder = files[0].rsplit("/", 1)[0]
    for wrong in ("page/other/app.js", f"{folder}/index.html", f"{folder}/files.txt", f"{folder}/app.js.gz", f"{folder}/..%2f..%2flocal-cloud", f"{folder}/%2e%2e/APIFunction"):
        status, _, body = system.ask(root + wrong)
        assert status == 404 and len(body) < 200, wrong


def test_whoever_wants_no_page_gets_health_as_before(system):
    for accept in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
        status, headers, body = system.ask(system.address + "/", accept)
        assert (status, body) == (200, b"healthy: dynamodb.us-east-1.amazonaws.com ")


def test_the_key_goes_to_the_page_of_this_machine_alone(system):
    host = system.address.removeprefix("http://")
    port = host.rsplit(":", 1)[1]

    def key(**headers):
        status, answered, body = system.ask(system.address + "/site.json", {name.replace("_", "-"): value for name, value in headers.items()})
        assert status == 200 and answered["Cache-Control"] == "no-store" and "Access-Control-Allow-Origin" not in answered
        return json.loads(body)["key"]

    assert key(X_Local_Cloud="page") == key(X_Local_Cloud="page", Origin=system.address) == key(X_Local_Cloud="page", Host=f"localhost:{port}") == system.key
    # Without the header, which other sites cannot send; from elsewhere; by a name that somebody points here.
    assert key() is None and key(X_Local_Cloud="") is None
    assert key(X_Local_Cloud="page", Origin="http://evil.example") is None and key(X_Local_Cloud="page", Origin="null") is None
    for name in (f"evil.example:{port}", "127.0.0.1", f"127.0.0.1.evil.example:{port}", f"localhost:{port}.evil.example"):
        assert key(X_Local_Cloud="page", Host=name) is None, name
    status, headers, _ = system.ask(system.address + "/site.json", {"Origin": "http://evil.example", "Access-Control-Request-Method": "GET"}, "OPTIONS")
    assert "Access-Control-Allow-Origin" not in headers
    status, _, body = system.ask(system.api + "site.json", {"X-Local-Cloud": "page"})
    assert json.loads(body) == {"name": "", "api": "", "key": None, "views": []}


def test_the_stage_without_a_slash_leads_to_the_page(tab, system):
    page = tab.page
    tab.expected = ["status of 401"]
    page.goto(system.api.removesuffix("/"))
    assert page.url.split("#")[0] == system.api
    page.get_by_role("dialog", name="API key").wait_for()
