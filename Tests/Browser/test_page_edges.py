"""What is easily wrong at the edges of the page: digits, bins that are cut, storage that is denied, answers that are no answers."""

import csv
import io
import re
import urllib.parse

import pytest
from playwright.sync_api import expect

from system import STEP

ROOF = "#/series?s=power%2Csite%3Droof"
MINUTE = 60_000


@pytest.fixture(scope="module")
def counter(system):
    """A series of integers that a script's numbers cannot hold, and one that has eight digits and more."""
    system.write([f"counter large={9007199254740993 + 2 * row}i,eight=123456838.25 {system.now - row * STEP}" for row in range(5)])


def module(tab, name, words):
    """What a line of script says in which a module of the page is `it`, asking the API as the page does."""
    return tab.page.evaluate("""async ([key, base, name]) => {
      const load = (name) => import(document.querySelector('script[type=module]').src.replace('boot', name));
      (await load('api')).setBase(base);
      (await load('keys')).set(key);
      const it = await load(name);
      %s
    }""" % words, [tab.system.key, tab.system.api, name])


def asked(tab, path):
    """The parameters of the newest request for a path."""
    url = [one for one in tab.requests if f"/v1/{path}?" in one][-1]
    return {name: values[0] for name, values in urllib.parse.parse_qs(urllib.parse.urlsplit(url).query).items()}


def test_tables_and_files_have_every_digit(tab, system, counter):
    page = tab.open("#/series?s=counter&range=6h")
    expect(page.locator("tbody tr").first.locator("td").nth(2)).to_have_text("123456838.25")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV of this view").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert sorted(row["value"] for row in rows if row["measure"] == "large") == [str(9007199254740993 + 2 * row) for row in range(5)]


def test_a_file_is_read_page_by_page_and_failures_are_told(tab, counter):
    tab.expected = ["status of 503"]
    page = tab.open("#/series?s=counter&range=6h")
    answers = [("time,series,measure,value,origin\r\n1,counter,a,1,history\r\n", "next"), ("time,series,measure,value,origin\r\n2,counter,a,2,history\r\n", None)]
    page.route("**/v1/rows?**format=csv**", lambda route: answer(route, *answers["cursor=next" in route.request.url]))

    def answer(route, body, cursor):
        route.fulfill(body=body, headers={"X-Next-Cursor": cursor} if cursor else {})

    button = page.get_by_role("button", name="CSV of this view")
    with page.expect_download() as download:
        button.click()
    assert download.value.path().read_bytes() == b"time,series,measure,value,origin\r\n1,counter,a,1,history\r\n2,counter,a,2,history\r\n"
    page.unroute("**/v1/rows?**format=csv**")
    page.route("**/v1/rows?**format=csv**", lambda route: route.fulfill(status=503, json={"error": {"code": "Busy", "message": "not now"}}))
    button.click()
    expect(page.locator(".notes")).to_contain_text("not now")
    expect(button).to_have_attribute("aria-busy", "false")


def test_a_file_has_twenty_pages_of_a_series_and_sixty_megabytes(tab, counter):
    page = tab.open("#/series?s=counter&range=6h")
    head, pages = "time,series,measure,value,origin\r\n", 20
    line = "1,counter,a,1,history\r\n"

    def answer(route):
        number = int(dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(route.request.url).query)).get("cursor", 1))
        route.fulfill(body=head + line, headers={"X-Next-Cursor": str(number + 1)} if number < pages else {})

    page.route("**/v1/rows?**format=csv**", answer)
    button = page.get_by_role("button", name="CSV of this view")
    with page.expect_download() as download:
        button.click()
    assert download.value.path().read_bytes() == (head + 20 * line).encode()
    pages = 21
    button.click()
    expect(page.locator(".notes")).to_contain_text("The file was not written: counter has more rows here than the page writes to a file: use a shorter range.")
    pages, line = 20, "1,counter,a,1,history\r\n" * 300_000
    button.click()
    expect(page.locator(".notes")).to_contain_text("The file was not written: it would have more than 60 MB: use a shorter range, or fewer measures.")
    expect(button).to_have_attribute("aria-busy", "false")


def test_bins_are_whole_at_both_edges_and_solid_up_to_the_baseline(tab):
    page = tab.open(ROOF + "&range=7d")
    query = asked(tab, "rows")
    width = {"m": MINUTE, "h": 60 * MINUTE, "d": 1440 * MINUTE}[query["bin"][-1]] * int(query["bin"][:-1])
    assert int(query["from"]) % width == 0 and (int(query["to"]) + 1) % width == 0
    points = module(tab, "data", """
      const now = Date.now(), { baseline, measures } = await it.read('power,site=roof', { from: now - 7 * 86400000, to: now + 86400000, pixels: 800 });
      return [...measures.values()][0].map(([time, , , , isForecast]) => isForecast === time > baseline);""")
    assert len(points) > 100 and all(points)


def test_the_link_to_the_content_keeps_the_view(tab):
    page = tab.open(ROOF + "&range=7d")
    address = page.url
    page.get_by_role("link", name="Skip to the content").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    assert page.url == address
    expect(page.get_by_role("heading", level=1)).to_have_text("power,site=roof")


@pytest.mark.parametrize("answer", ["abort", "html"])
def test_a_server_that_does_not_tell_where_the_api_is(tab, answer):
    tab.expected = ["ERR_FAILED"]
    page = tab.page
    page.route("**/site.json", lambda route: route.abort() if answer == "abort" else route.fulfill(body="<p>", content_type="text/html"))
    page.goto(tab.system.address)
    expect(page.get_by_role("alert")).to_contain_text("does not say where the API is")
    page.unroute("**/site.json")
    page.get_by_role("button", name="Try again").click()
    tab.drawn()
    assert sum(one.endswith("/site.json") for one in tab.requests) == 2


def test_a_page_that_cannot_start_ends_its_tries(tab):
    tab.expected = ["ERR_FAILED", "status of"]
    page = tab.page
    page.route("**/site.json", lambda route: route.fulfill(body="null", content_type="application/json"))
    page.goto(tab.system.address)
    expect(page.get_by_role("alert")).to_contain_text("Load it again in a moment")
    assert sum(one.endswith("/site.json") for one in tab.requests) == 3


def test_storage_that_is_denied_is_done_without(tab):
    tab.page.add_init_script("""for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, { get() { throw new DOMException('denied', 'SecurityError'); } });""")
    page = tab.open()
    page.get_by_role("button", name="Dark colours").click()
    expect(page.get_by_role("button", name="Light colours")).to_be_visible()


def test_a_stale_key_gives_way_to_the_servers(tab):
    tab.expected = ["status of 401"]
    tab.page.add_init_script("sessionStorage.setItem('api-key', 'stale')")
    tab.open()
    expect(tab.page.get_by_role("dialog")).to_have_count(0)
    expect(tab.page.locator(".items .name").first).to_be_visible()


def test_an_api_of_another_kind_is_named(tab):
    tab.expected = ["status of 404"]
    page = tab.page
    page.route("**/v1/series?**", lambda route: route.fulfill(status=404, json={"message": "Not Found"}))
    page.goto(tab.system.address)
    expect(page.locator(".items [role=alert]")).to_contain_text("API is not the cache")
    page.unroute("**/v1/series?**")
    page.route("**/v1/series?**", lambda route: route.fulfill(json=[1]))
    page.locator(".items").get_by_role("button", name="Try again").click()
    expect(page.locator(".items [role=alert]")).to_contain_text("API is not the cache")


def entries(names):
    return [{"identifier": name, "kind": "written", "bucket": "home", "status": None} for name in names]


def test_a_long_list_is_refreshed_and_what_is_gone_vanishes(make_tab):
    tab = make_tab()
    page = tab.page
    page.clock.install()
    names = [f"n{number:04}" for number in range(2500)]

    def answer(route):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(route.request.url).query)
        start = sum(name <= query["cursor"][0] for name in names) if "cursor" in query else 0
        part = names[start:start + 1000]
        route.fulfill(json={"series": entries(part), "next": part[-1] if start + 1000 < len(names) else None})

    tab.expected = ["status of 40"]
    page.route("**/v1/series?**", answer)
    page.route("**/v1/latest?**", lambda route: route.fulfill(json={"series": []}))
    page.goto(tab.system.address + "/#/series?s=greenwich")
    expect(page.locator(".items li")).to_have_count(2500)
    link = page.locator(".items li").nth(5).locator("a")
    link.evaluate("(one) => { one.isKept = true; one.focus(); }")
    for name in ("n0003", "n0999", "n2400"):
        names.remove(name)
    names.insert(2, "n0002b")
    for _ in range(4):
        page.clock.run_for(31_000)
        page.wait_for_load_state("networkidle")
    expect(page.locator(".items li .name", has_text=re.compile("^n(0003|0999|2400)$"))).to_have_count(0)
    expect(page.locator(".items li .name").nth(3)).to_have_text("n0002b")
    expect(page.locator(".items a:focus .name")).to_have_text("n0005")
    assert page.evaluate("document.activeElement.isKept") is True


def test_refreshes_follow_the_bins_and_those_who_look_share_an_answer(make_tab):
    tab = make_tab()
    tab.page.clock.install()
    page = tab.open("#/series?s=room%2Cname%3Dkitchen&range=1y")
    expect(page.get_by_role("button", name="Live")).to_have_attribute("title", "Looks again every 5\u00a0min")
    grid = 5 * MINUTE
    page.reload()
    tab.drawn()
    page.clock.run_for(1000)
    page.wait_for_load_state("networkidle")
    # The first question may be asked before the rows have told their step.
    with page.expect_response(re.compile(r"/v1/statistics\?")):
        page.clock.run_for(grid)
    statistics = asked(tab, "statistics")
    assert int(statistics["from"]) % grid == 0 and int(statistics["to"]) % grid == 0


def test_nothing_is_asked_where_nobody_looks(make_tab):
    tab = make_tab()
    tab.page.clock.install()
    page = tab.open("#/series?s=greenwich")
    page.clock.run_for(1000)
    page.wait_for_load_state("networkidle")

    def count():
        page.wait_for_load_state("networkidle")
        return sum("/v1/status?" in one for one in tab.requests)

    page.get_by_role("button", name="Live").click()
    before = count()
    page.clock.run_for(900_000)
    assert count() == before
    with page.expect_response(re.compile(r"/v1/status\?")):
        page.get_by_role("button", name="Live").click()
    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true })")
    before = count()
    page.clock.run_for(900_000)
    assert count() == before


def test_small_things_of_a_view(tab):
    page = tab.open("#/series?s=room%2Cname%3Dkitchen&range=7d&m=humidity")
    # One measure stays.
    page.get_by_role("button", name="humidity", exact=True).click(force=True)
    expect(page.locator(".panel h2")).to_have_text(["humidity"])
    expect(page.get_by_role("button", name="humidity", exact=True)).to_have_attribute("aria-disabled", "true")
    # A shortcut of the browser's is the browser's.
    page.locator(".surface").focus()
    page.keyboard.press("Control+/")
    expect(page.locator(".surface")).to_be_focused()
    # Another series is shown in the same stretch of time.
    now = tab.system.now * 1000
    page.goto(tab.system.address + f"/#/series?s=room%2Cname%3Dkitchen&from={now - 7_200_000}&to={now}")
    tab.drawn()
    tab.drawn_after(lambda: page.locator(".items a", has_text="room,name=cellar").click())
    assert f"from={now - 7_200_000}&to={now}" in page.url
    ranges = module(tab, "range", "return [it.bounded(9e15, 9e15 + 1e6), it.bounded(-9e15, -9e15 + 1e6), it.bounded(0, 1e6)];")
    assert ranges == [{"from": 253402300799999 - 1000000, "to": 253402300799999}, {"from": -377705116800000, "to": -377705116800000 + 1000000}, {"from": 0, "to": 1000000}]


def test_what_is_true_or_false_is_drawn_in_steps(tab):
    page = tab.open("#/series?s=door%2Cname%3Dfront&range=24h")
    switches = module(tab, "data", "return [...(await it.read('door,name=front', { from: Date.now() - 86400000, to: Date.now(), pixels: 800 })).switches];")
    assert switches == ["open"]
