"""The console's *Sources*: a description edited, checked, saved, and its series registered and fetched."""

import http.server
import json
import re
import threading
import urllib.parse

import pytest
from playwright.sync_api import expect

from system import HOSTILE_TEXT, System
from test_console import nothing_became_markup, row, visit
from test_page_looks import violations

KEY = "t0p-s3cret"
PARAMETER = "/timeseries-cache/sources"
NEVER_FOUND = "never found"


@pytest.fixture(scope="module")
def system():
    """A cloud of its own: what is registered here is in no other test's list."""
    started = System()
    try:
        yield started
        assert started.stop() == 0
    finally:
        started.process.kill()


class Source(http.server.BaseHTTPRequestHandler):
    """/rows has hostile rows, /refused 403 with the key, any other never answers before `released`."""

    released = threading.Event()

    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path.startswith("/slow"):
            self.released.wait(60)
        key = self.headers.get("x-key", "")
        rows = {"rows": [{"t": 60 * n, "v": f"{HOSTILE_TEXT} {key}" if n else 1} for n in range(3)]}
        is_refused = self.path.startswith("/refused")
        body = f"{HOSTILE_TEXT} not with {key}".encode() if is_refused else json.dumps(rows).encode()
        self.send_response(403 if is_refused else 200)
        self.end_headers()
        try:
            self.wfile.write(body)
        except BrokenPipeError:
            pass


@pytest.fixture(scope="module")
def source():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Source)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    Source.released.set()
    server.shutdown()
    server.server_close()


def description(url, **members):
    return json.dumps({"url": url, "headers": {"x-key": "{key}"}, "rows": "/rows", "time": {"at": "/t", "format": "seconds"}, "measures": {"v": {"at": "/v", "type": "varchar"}}, "attempts": 1} | members)


def value(system):
    parameter = system.done("ssm", "AmazonSSM.GetParameter", {"Name": PARAMETER})["Parameter"]
    return parameter["Version"], json.loads(parameter["Value"])


def begin(page, name, text):
    page.get_by_label("Source", exact=True).select_option(label="rows: an array of objects")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Description", exact=True).fill(text)


def check(page, identifier="48.86,2.35"):
    page.get_by_label("Identifier", exact=True).fill(identifier)
    page.get_by_role("button", name="Check", exact=True).click()


def told(page, name="Check"):
    return page.get_by_role("region", name=name, exact=True).locator("> [role=status]")


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def test_a_description_is_checked_mended_saved_registered_and_fetched(tab, system):
    # Of a series that is not registered yet.
    tab.expected = ["status of 404"]
    page = visit(tab, "sources")
    page.get_by_label("Source", exact=True).select_option(label="the sample of the local cloud: the sun")
    page.get_by_label("Name", exact=True).fill("suns")
    field = page.get_by_label("Description", exact=True)
    right = field.input_value()
    field.fill(right.replace("/irradiance", "/iradiance"))
    check(page)
    expect(told(page)).to_have_text("1 measure was never found.")
    expect(row(page, "irradiance")).to_contain_text(NEVER_FOUND)
    expect(row(page, "elevation")).to_contain_text(re.compile(r"57\d times"))
    asked = page.get_by_role("region", name="What was asked").locator("tbody tr")
    expect(asked).to_have_count(1)
    expect(asked).to_contain_text("place=48.86%2C2.35")
    expect(asked).to_contain_text("200")
    field.fill(right)
    field.press("Control+Enter")
    expect(told(page)).to_contain_text(re.compile(r"All is well: 57\d samples in 57\d rows of 1 page\."))
    expect(page.get_by_text(NEVER_FOUND)).to_have_count(0)
    before, others = value(system)
    press(page, "Save")
    expect(page.get_by_role("form", name="The description").locator("> [role=status]").last).to_contain_text(f"Saved: {PARAMETER} has version {before + 1}.")
    version, sources = value(system)
    assert version == before + 1 and sources == others | {"suns": json.loads(right)}
    press(page, "Fetch")
    expect(told(page, "Register and fetch")).to_have_text("48.86,2.35 is not registered: register it first.")
    press(page, "Register")
    expect(told(page, "Register and fetch")).to_have_text("48.86,2.35 is registered with the source suns.")
    press(page, "Fetch")
    expect(told(page, "Register and fetch")).to_contain_text(re.compile(r"57\d rows stored; history from"))
    # The functions had known the descriptions before: a second one is used at once, too.
    field.fill(right.replace('"elevation":', '"height":'))
    press(page, "Save")
    expect(page.get_by_role("form", name="The description").locator("> [role=status]").last).to_contain_text(f"version {before + 2}")
    press(page, "Fetch")
    expect(told(page, "Register and fetch")).to_contain_text("rows stored")
    status = json.loads(system.ask(system.api + "v1/status?id=48.86,2.35", {"x-api-key": system.key})[2])["status"]
    assert status["measures"] == ["elevation", "height", "irradiance"]
    assert "#/sources?d=suns&i=48.86" in page.url
    page.get_by_role("link", name="Chart of 48.86,2.35").click()
    tab.drawn()
    expect(page.locator("h1")).to_have_text("48.86,2.35")


def test_faults_of_a_description_are_told_with_their_place_and_nothing_is_saved(tab, system):
    tab.expected = ["status of 400"]
    page = visit(tab, "sources", d="default")
    field = page.get_by_label("Description", exact=True)
    before = value(system)
    fault = page.locator("#description-fault")
    field.fill('{\n  "url": "https://x.example",\n  "é": nothing\n}')
    expect(fault).to_contain_text("is not JSON")
    expect(field).to_have_attribute("aria-invalid", "true")
    fault.get_by_role("button", name=re.compile("^line 3, column ")).click()
    assert field.evaluate("one => one.value.slice(0, one.selectionStart).split('\\n').length") == 3
    press(page, "Save")
    expect(page.get_by_role("alert")).to_contain_text("line 3, column")
    field.fill(description("https://x.example", measures={HOSTILE_TEXT: 5}))
    expect(fault).to_have_text(f"description /measures/{HOSTILE_TEXT} give a JSON Pointer, or an object of at and type, not a number")
    check(page)
    expect(told(page).get_by_role("alert")).to_contain_text("description /measures/")
    field.fill(description("https://x.example", headers={"x-key": "sunlight"}))
    press(page, "Save")
    expect(page.get_by_role("alert").first).to_contain_text("has the key itself in it: write {key} in its place")
    assert value(system) == before
    press(page, "Undo changes")
    expect(field).to_have_value(re.compile("/sample/v1/sun"))
    expect(field).not_to_have_attribute("aria-invalid", "true")
    nothing_became_markup(page)


def test_a_source_that_fails_is_told_and_the_key_is_nowhere(tab, system, source):
    page = visit(tab, "sources")
    begin(page, "refused", description(source + "/refused?key={key}"))
    page.get_by_label("Key", exact=True).fill(KEY)
    check(page, "x")
    expect(told(page)).to_contain_text("could not be read to its end")
    expect(page.get_by_role("region", name="Faults")).to_contain_text(f"has status 403; it says: {HOSTILE_TEXT} not with ***")
    expect(page.get_by_role("region", name="What was asked")).to_contain_text("/refused?key=***")
    assert KEY not in page.locator("body").inner_text() and KEY not in page.url
    assert KEY not in page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    press(page, "Save")
    expect(page.get_by_role("form", name="The description").locator("> [role=status]").last).to_contain_text("Saved")
    assert KEY not in json.dumps(value(system))
    press(page, "Register")
    expect(told(page, "Register and fetch")).to_contain_text("is registered with the source refused")
    press(page, "Fetch")
    expect(told(page, "Register and fetch").get_by_role("alert")).to_contain_text("Not fetched source 'refused', answer: has status 403")
    nothing_became_markup(page)
    for name in ("fetch", "queue", "api"):
        status, _, text = system.ask(f"{system.address}/_local-cloud/functions/timeseries-cache-{name}/log", {"X-Local-Cloud": "1"})
        assert status == 200 and KEY.encode() not in text


def test_a_check_blames_the_place_that_is_wrong(tab, source):
    page = visit(tab, "sources")
    begin(page, "places", description(source + "/rows", time={"at": "/tiem", "format": "seconds"}))
    check(page, "x")
    expect(told(page)).to_contain_text("the time was never found at /tiem")
    expect(told(page)).not_to_contain_text("measure")
    expect(row(page, "v")).to_contain_text("3 times")
    page.get_by_label("Description", exact=True).fill(description(source + "/rows", measures={"v": "/v", "typo": "/tpyo"}))
    check(page, "x")
    expect(told(page)).to_contain_text("1 measure was never found")
    expect(row(page, "typo")).to_contain_text(NEVER_FOUND)
    expect(row(page, "v")).to_contain_text("3 times, 2 times unreadable: ")
    expect(row(page, "v")).to_contain_text("is not a double")


def test_what_a_source_says_is_never_markup(tab, source):
    page = visit(tab, "sources")
    begin(page, HOSTILE_TEXT, description(source + "/rows", measures={"<b>v</b>": {"at": "/v", "type": "varchar"}}))
    page.get_by_label("Key", exact=True).fill(KEY)
    page.get_by_label("Attributes of its item", exact=True).fill('{"a": "<script>alert(1)</script>"}')
    check(page, "<img src=x onerror=alert(2)>")
    expect(row(page, "<b>v</b>")).to_contain_text("3 times")
    expect(page.get_by_role("region", name="Check", exact=True)).to_contain_text(f"{HOSTILE_TEXT} ***".replace('"', '\\"'))
    press(page, "Save")
    expect(page.get_by_label("Source", exact=True).locator("option", has_text=HOSTILE_TEXT)).to_have_count(1)
    assert KEY not in page.locator("body").inner_text()
    page.get_by_label("Attributes of its item", exact=True).fill("{no json")
    press(page, "Check")
    expect(told(page).get_by_role("alert")).to_have_text("The attributes are no JSON.")
    nothing_became_markup(page)


def test_a_parameter_that_somebody_changed_meanwhile_is_not_overwritten(tab, system):
    tab.expected = ["status of 409"]
    page = visit(tab, "sources", d="default")
    field = page.get_by_label("Description", exact=True)
    mine = json.loads(field.input_value()) | {"past": "12h"}
    field.fill(json.dumps(mine))
    version, sources = value(system)
    theirs = sources | {"theirs": sources["default"]}
    system.done("ssm", "AmazonSSM.PutParameter", {"Name": PARAMETER, "Value": json.dumps(theirs), "Overwrite": True, "Tier": "Intelligent-Tiering"})
    press(page, "Save")
    expect(page.get_by_role("alert")).to_contain_text(f"somebody has changed {PARAMETER} meanwhile: it has version {version + 1}, and version {version} was read.")
    assert value(system) == (version + 1, theirs)
    press(page, "Read it again, and keep what I typed")
    expect(page.get_by_label("Source", exact=True).locator("option", has_text="theirs")).to_have_count(1)
    assert json.loads(field.input_value()) == mine
    page.keyboard.press("Enter")
    expect(page.get_by_role("form", name="The description").locator("> [role=status]").last).to_contain_text(f"version {version + 2}")
    assert value(system) == (version + 2, theirs | {"default": mine})


def test_a_check_is_stopped_and_a_third_at_once_is_refused(tab, make_tab, source):
    tab.expected = ["status of 429"]
    pages = []
    for number in range(2):
        page = visit(make_tab() if number else tab, "sources")
        begin(page, f"slow{number}", description(f"{source}/slow"))
        check(page, "x")
        expect(told(page)).to_have_text("Asking the source.")
        pages.append(page)
    other = make_tab()
    other.expected = ["status of 429"]
    third = visit(other, "sources")
    begin(third, "slow2", description(f"{source}/slow"))
    # The other two may be on their way yet.
    def is_refused():
        check(third, "x")
        try:
            expect(told(third).get_by_role("alert")).to_contain_text("2 checks run already", timeout=5000)
            return True
        except AssertionError:
            press(third, "Stop")
            return False
    assert any(is_refused() for _ in range(10))
    for page in pages:
        press(page, "Stop")
        expect(told(page)).to_have_text("Stopped.")
    Source.released.set()
    begin(third, "slow2", description(f"{source}/rows"))

    def has_ended():
        press(third, "Check")
        expect(third.get_by_role("button", name="Check", exact=True)).to_be_enabled()
        return "2 checks" not in told(third).inner_text()
    assert any(has_ended() for _ in range(50))
    Source.released.clear()


def test_all_of_it_is_done_by_keys_alone(tab, system):
    page = visit(tab, "sources", d="default")
    page.get_by_label("Source", exact=True).focus()
    at = lambda: page.evaluate("document.activeElement.id || document.activeElement.textContent")
    order = []
    for _ in range(9):
        page.keyboard.press("Tab")
        order.append(at())
    assert order == ["Copy", "source-name", "description", "Save", "check-identifier", "check-attributes", "check-key", "Check", "Register"], order
    page.get_by_label("Source", exact=True).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert at() == "source-name" and page.get_by_label("Name", exact=True).input_value() == "default-copy"
    page.keyboard.press("Tab")
    page.get_by_label("Identifier", exact=True).focus()
    page.keyboard.type("greenwich")
    page.keyboard.press("Enter")
    expect(told(page)).to_contain_text("All is well")
    page.get_by_label("Name", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("form", name="The description").locator("> [role=status]").last).to_contain_text("Saved")
    assert "default-copy" in value(system)[1]


def test_a_name_that_is_taken_and_one_that_is_not_there_are_told(tab):
    page = visit(tab, "sources", d="<img src=x onerror=alert(1)>")
    expect(page.get_by_role("alert")).to_have_text(f"There is no description “<img src=x onerror=alert(1)>” in {PARAMETER}.")
    begin(page, "default", "{}")
    press(page, "Save")
    expect(page.get_by_role("alert").first).to_contain_text("There is a description “default” already")
    nothing_became_markup(page)


def test_a_cloud_that_is_gone_is_told(tab):
    tab.expected = ["ERR_FAILED"]
    tab.page.route("**/_local-cloud/**", lambda route: route.abort())
    page = visit(tab, "sources")
    expect(page.locator(".state.failed")).to_contain_text("The local cloud does not answer.")
    page.unroute("**/_local-cloud/**")
    press(page, "Try again")
    expect(page.get_by_label("Description", exact=True)).to_be_visible()


def test_a_function_begins_anew(tab):
    page = visit(tab, "functions", f="timeseries-cache-fetch")
    press(page, "Restart")
    expect(page.get_by_text(re.compile("The next event starts (another|one)."))).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_result_keeps_the_rules_of_accessibility(make_tab, source, scheme):
    tab = make_tab(color_scheme=scheme, bypass_csp=True)
    page = visit(tab, "sources")
    begin(page, "axe", description(source + "/rows/{house}", measures={"v": {"at": "/v", "type": "varchar"}, "typo": "/x"}, first={"url": source + "/rows", "values": {"house": "/rows/0/v"}}, next="/next"))
    check(page, "x")
    expect(page.get_by_text(NEVER_FOUND, exact=True)).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Description", exact=True).fill("{")
    expect(page.locator("#description-fault")).to_contain_text("is not JSON")
    assert violations(page) == []


@pytest.mark.parametrize("width, height", [(360, 740), (2560, 1440)])
def test_no_result_is_cut_off(make_tab, source, width, height):
    page = visit(make_tab(width=width, height=height), "sources")
    begin(page, "wide", description(source + "/refused?" + urllib.parse.urlencode({"long": "x" * 500})))
    check(page, "x" * 200)
    expect(page.get_by_role("region", name="Faults")).to_be_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
