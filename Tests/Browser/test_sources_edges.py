"""The console's *Sources*: what is typed, saved and checked meanwhile, by somebody else or of something else."""

import http.server
import json
import threading
import time
import urllib.parse

import pytest
from playwright.sync_api import expect

from test_console import visit
from test_sources import PARAMETER, begin, check, press, system, told, value

ROWS = {"rows": "/rows", "time": {"at": "/t", "format": "seconds"}, "measures": {"v": "/v"}}


class Source(http.server.BaseHTTPRequestHandler):
    """A row for each value of `name` in the query."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        names = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("name", [])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"rows": [{"t": int(time.time()) - 60, "v": 1, "name": name} for name in names]}).encode())


@pytest.fixture(scope="module")
def source():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Source)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


def description(url, **members):
    return json.dumps({"url": url} | ROWS | members)


def put_parameter(system, sources):
    system.done("ssm", "AmazonSSM.PutParameter", {"Name": PARAMETER, "Value": json.dumps(sources), "Overwrite": True, "Tier": "Intelligent-Tiering"})


def saving(page):
    return page.get_by_role("form", name="The description").locator("> [role=status]").last


def hold(page):
    """Keeps the next PUT of descriptions back; what lets it go."""
    held = []
    page.route("**/_local-cloud/sources", lambda route: held.append(route) if route.request.method == "PUT" else route.continue_())
    with page.expect_request(lambda request: request.method == "PUT"):
        press(page, "Save")

    def let_go():
        held[0].continue_()
        page.unroute("**/_local-cloud/sources")

    return let_go


def test_what_is_chosen_and_typed_while_a_description_is_saved_stays(tab, system):
    _, sources = value(system)
    one, other = {"url": "https://one.example"} | ROWS, {"url": "https://other.example"} | ROWS
    put_parameter(system, sources | {"one": one, "other": other})
    page = visit(tab, "sources", d="other")
    chooser, field = page.get_by_label("Source", exact=True), page.get_by_label("Description", exact=True)
    mine = json.dumps(other | {"past": "12h"})
    field.fill(mine)
    chooser.select_option("d:one")
    field.fill(json.dumps(one | {"past": "6h"}))
    let_go = hold(page)
    chooser.select_option("d:other")
    let_go()
    expect(saving(page)).to_contain_text("“one” is saved")
    assert value(system)[1]["one"]["past"] == "6h"
    expect(page.get_by_label("Name", exact=True)).to_have_value("other")
    expect(field).to_have_value(mine)
    expect(chooser.locator("option", has_text="other (changed)")).to_have_count(1)
    expect(chooser.locator("option", has_text="one (changed)")).to_have_count(0)
    let_go = hold(page)
    more = json.dumps(other | {"past": "18h"})
    field.fill(more)
    let_go()
    expect(saving(page)).to_contain_text("What you typed meanwhile is not saved.")
    assert value(system)[1]["other"]["past"] == "12h"
    expect(field).to_have_value(more)
    version, _ = value(system)
    press(page, "Save")
    expect(saving(page)).to_contain_text(f"Saved: {PARAMETER} has version {version + 1}.")
    # A new one, and the view is left before the answer.
    begin(page, "left", json.dumps(one))
    let_go = hold(page)
    page.get_by_role("navigation").get_by_role("link", name="Tables", exact=True).click()
    with page.expect_response(lambda response: response.request.method == "PUT"):
        let_go()
    expect(page.locator("h1")).to_have_text("Tables")
    page.go_back()
    expect(chooser.locator("option", has_text="left")).to_have_count(1)
    expect(page.get_by_role("group", name="Not saved")).to_have_count(0)


def test_what_was_typed_is_kept_where_somebody_deleted_the_description(tab, system):
    tab.expected = ["status of 409"]
    _, sources = value(system)
    doomed = {"url": "https://doomed.example"} | ROWS
    put_parameter(system, sources | {"doomed": doomed})
    page = visit(tab, "sources", d="doomed")
    field = page.get_by_label("Description", exact=True)
    mine = json.dumps(doomed | {"past": "12h"})
    field.fill(mine)
    put_parameter(system, sources)
    press(page, "Save")
    press(page, "Read it again, and keep what I typed")
    expect(saving(page)).to_contain_text("It has no “doomed”: Save makes it of what you typed.")
    expect(page.get_by_label("Name", exact=True)).to_have_value("doomed")
    expect(field).to_have_value(mine)
    expect(page.get_by_role("button", name="Fetch", exact=True)).to_be_disabled()
    page.keyboard.press("Enter")
    expect(saving(page)).to_contain_text("Saved")
    assert value(system)[1] == sources | {"doomed": json.loads(mine)}


def test_charts_are_of_the_series_that_a_check_of_the_same_identifier_found(tab, system, source):
    # Of series that are not registered yet.
    tab.expected = ["status of 404"]
    page = visit(tab, "sources")
    named = {"measurement": "named", "bucket": "home", "tags": {"name": "/name"}}
    begin(page, "named", description(source + "?name={identifier}", series=named))
    check(page, "first")
    expect(told(page)).to_contain_text("All is well")
    press(page, "Save")
    expect(saving(page)).to_contain_text("Saved")
    charts = page.get_by_role("region", name="Register and fetch").get_by_role("link")
    for identifier, links in (("first", ["Chart of named,name=first"]), ("second", ["Chart of second"])):
        page.get_by_label("Identifier", exact=True).fill(identifier)
        press(page, "Register")
        expect(told(page, "Register and fetch")).to_have_text(f"{identifier} is registered with the source named.")
        press(page, "Fetch")
        expect(charts).to_have_text(links)


def test_a_check_without_a_row_or_a_next_page_is_not_called_well(tab, source):
    page = visit(tab, "sources")
    begin(page, "none", description(source))
    check(page, "x")
    expect(told(page)).to_have_text("The source answered, but no row was read: is the identifier right, and does the window have rows?")
    field = page.get_by_label("Description", exact=True)
    field.fill(description(source + "?name=x", next="/nxet"))
    press(page, "Check")
    expect(told(page)).to_have_text("All is well: 1 sample in 1 row of 1 page. But the link to the next page was never found.")
    field.fill(description(source + "?name=x", next="/nxet", measures={"typo": "/tpyo"}))
    press(page, "Check")
    expect(told(page)).to_have_text("1 measure was never found; the link to the next page was never found.")
