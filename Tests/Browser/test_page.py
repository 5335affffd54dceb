"""The page's main path, as somebody goes it who sees it for the first time."""

import csv
import io
import json
import re
import urllib.parse

import pytest
from playwright.sync_api import expect

from system import HOSTILE_MEASURE, HOSTILE_SERIES, REJECTED_SERIES

RESOURCE_404 = r"Failed to load resource: the server responded with a status of 404"


def item(page, name):
    return page.locator(".items li", has=page.locator(".name", has_text=re.compile(f"^{re.escape(name)}$")))


def test_whoever_opens_it_sees_a_series_and_its_forecast(tab):
    page = tab.open()
    expect(page.get_by_role("heading", level=1)).to_have_text("greenwich")
    assert page.locator(".panel h2").all_text_contents() == ["elevation", "irradiance"]
    expect(page.locator(".series-head .facts")).to_contain_text("a row every 5\u00a0min")
    expect(page.locator(".now-mark")).to_be_visible()
    expect(page.locator(".chart-key")).to_contain_text("forecast")
    # Failing ones come first, with the reason; the others by name.
    names = page.locator(".items .name").all_text_contents()
    assert names[:2] == [REJECTED_SERIES, "tides"] and names[2:] == sorted(names[2:]) and "power,site=roof" in names
    expect(item(page, "tides").locator(".reason")).to_contain_text("there is no such source")
    expect(item(page, "greenwich").locator(".value")).not_to_be_empty()
    expect(item(page, "greenwich").locator(".facts")).to_contain_text("fetched")
    expect(page.locator(".card h2")).to_have_text(["elevation", "irradiance"])
    expect(page.locator(".card").first.locator("dd").nth(4)).to_have_text("576")


def test_rows_tell_their_origin_and_the_file_has_what_is_seen(tab):
    page = tab.open("#/series?s=greenwich&range=6h&m=elevation")
    expect(page.locator("thead th")).to_have_text(["Time", "Origin", "elevation"])
    origins = page.locator("tbody tr td:nth-child(2)").all_text_contents()
    assert "history" in origins and "forecast" in origins and origins == sorted(origins, reverse=True)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV of this view").click()
    assert download.value.suggested_filename == "greenwich.csv"
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert list(rows[0]) == ["time", "series", "measure", "value", "origin"]
    assert {row["measure"] for row in rows} == {"elevation"} and {row["origin"] for row in rows} == {"history", "forecast"}
    assert len(rows) == int(re.search(r"of (\d+)", page.locator(".pager span").inner_text())[1])


def test_the_lines_for_programs_read_exactly_this_view(tab, system):
    page = tab.open("#/series?s=power%2Csite%3Droof&range=1y&tab=use")
    curl = page.get_by_role("region", name="curl").inner_text()
    url = re.search(r"'(http[^']+)'", curl)[1]
    status, _, body = system.ask(url, {"x-api-key": system.key})
    assert status == 200
    rows = list(csv.DictReader(io.StringIO(body.decode())))
    assert {row["measure"] for row in rows} == {"watts_avg", "watts_min", "watts_max"} and len(rows) > 1000
    python = page.get_by_role("region", name="Python").inner_text()
    assert url in python
    compile(python, "python", "exec")
    query = page.get_by_role("region", name="Grafana").inner_text()
    assert re.fullmatch(r'avg_over_time\(watts\{series="power,site=roof"\}\[\d+[hd]\]\)', query)
    status, _, body = system.ask(system.api + "api/v1/query?" + urllib.parse.urlencode({"query": query}), {"x-api-key": system.key})
    assert status == 200 and len(json.loads(body)["data"]["result"]) == 1
    page.get_by_role("button", name="Copy for curl").click()
    assert page.evaluate("navigator.clipboard.readText()") == curl
    assert system.key not in page.content() and not any(system.key in request for request in tab.requests)


def test_several_series_and_measures_are_one_picture(tab):
    page = tab.open("#/series?s=room%2Cname%3Dkitchen")
    tab.drawn_after(lambda: page.get_by_role("button", name="Compare room,name=cellar").click())
    expect(page.locator(".chip > span")).to_have_text(["room,name=kitchen", "room,name=cellar"])
    expect(page.locator(".panel").first.locator(".values .of")).to_have_text(["room,name=kitchen", "room,name=cellar"])
    expect(page.locator(".card h2")).to_have_count(4)
    page.get_by_role("button", name="humidity", exact=True).click()
    expect(page.locator(".panel h2")).to_have_text(["temperature"])
    link = page.evaluate("location.href")
    page.get_by_role("button", name="Copy link").click()
    assert page.evaluate("navigator.clipboard.readText()") == link
    # Who gets the link sees the same.
    page.goto("about:blank")
    page.goto(link)
    tab.drawn()
    expect(page.locator(".panel h2")).to_have_text(["temperature"])
    expect(page.locator(".chip")).to_have_count(2)
    page.get_by_role("button", name="Take room,name=kitchen out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("room,name=cellar")
    page.go_back()
    expect(page.locator(".chip")).to_have_count(2)


def test_search_finds_by_any_part_of_a_name(tab):
    page = tab.open()
    search = page.get_by_role("searchbox", name="Search series")
    search.fill("ROOM")
    expect(page.locator(".items li:visible .name")).to_have_text(["room,name=attic", "room,name=cellar", "room,name=kitchen"])
    search.fill("no such thing")
    expect(page.locator(".items .nothing")).to_contain_text("Nothing found")
    search.fill("")
    expect(page.locator(".items li:visible").first).to_be_visible()


def test_written_series_are_told_apart_by_their_tags(tab, system):
    """At 1280 pixels the values of all tags are seen; the whole name is there for whoever hears or copies it."""
    name = "sensors,device_id=sensor-001,device_type=combo,facility=plant\\ 1,location=factory-floor-1,manufacturer=example-corporation"
    system.write([f"{name} temperature=21.5"])
    page = tab.page
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(system.address)
    shown = page.locator(".items .name", has_text="sensor-001")
    expect(shown).to_have_text(name)
    expect(shown).to_have_attribute("title", name)
    values = shown.locator(".tags > span")
    expect(values).to_have_count(5)
    # What is cut is not what a point there hits. The last value leaves the names less room.
    shown.scroll_into_view_if_needed()
    expect(item(page, name).locator(".value")).to_have_text("21.5")
    assert values.evaluate_all("""all => all.every((tag) => [...tag.getClientRects()].filter(({ width }) => width > 4).every((box) =>
        tag.contains(document.elementFromPoint(box.right - 2, box.top + box.height / 2))))""")
    # The tags' names take no room.
    assert shown.locator(".unseen").evaluate_all("all => all.every((one) => one.offsetWidth <= 1)")
    expect(page.locator(".items .name", has_text="greenwich").locator(".tags")).to_have_count(0)


def test_the_head_of_a_column_of_texts_is_above_them(tab):
    page = tab.open("#/series?" + urllib.parse.urlencode({"s": HOSTILE_SERIES}))
    rows = page.get_by_role("region", name="Rows", exact=True)
    expect(rows.locator("th")).to_have_text(["Time", "Origin", HOSTILE_MEASURE, "plain", "text"])
    sides = {part: rows.locator(f"{part}").evaluate_all("all => all.slice(0, 5).map((one) => getComputedStyle(one).textAlign)") for part in ("th", "td")}
    # A cell that names no side begins at its line's start, which is the left one.
    assert {part: [side.replace("start", "left") for side in found] for part, found in sides.items()} == {
        "th": ["left", "left", "right", "right", "left"], "td": ["left", "left", "right", "right", "left"]}


def test_names_and_reasons_are_never_markup(tab):
    page = tab.open("#/series?" + urllib.parse.urlencode({"s": HOSTILE_SERIES}))
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE_SERIES)
    expect(page.locator(".panel h2")).to_have_text([HOSTILE_MEASURE, "plain"])
    expect(page.locator(".measure")).to_have_text([HOSTILE_MEASURE, "plain"])
    expect(item(page, REJECTED_SERIES).locator(".reason")).to_contain_text("<script>alert(3)</script>")
    expect(page.locator("tbody")).to_contain_text("<img src=x onerror=alert(4)>")
    page.get_by_role("tab", name="Use this view").click()
    # What a shell would run of it is an address.
    command = page.get_by_role("region", name="curl").inner_text()
    assert re.fullmatch(r'curl --compressed -H "x-api-key: \$ApiKey" \\\n\s*\'http://[\w.:/?=&%~-]+\'', command)
    tab.expected = [RESOURCE_404]
    page.goto("about:blank")
    page.goto(tab.system.address + "/#/series?" + urllib.parse.urlencode({"s": REJECTED_SERIES}))
    expect(page.locator(".banner")).to_contain_text(REJECTED_SERIES)
    for name in (HOSTILE_MEASURE, "</title><img src=x onerror=alert(5)>", "__proto__", "a\u202eb"):
        page.goto(tab.system.address + "/#/series?" + urllib.parse.urlencode({"s": name}))
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        expect(page.locator(".message h2")).to_have_text("No rows yet")
    assert page.evaluate("document.querySelectorAll('main img, main script, main b b').length") == 0


def test_a_failing_source_tells_why_and_is_well_again(tab, system):
    system.register("broken", "nowhere")
    system.fetch()
    system.wait_for_status("broken", True)
    tab.expected = [RESOURCE_404]
    page = tab.page
    page.goto(system.address + "/#/series?s=broken")
    expect(page.locator(".banner")).to_contain_text("broken is failing")
    expect(page.locator(".banner")).to_contain_text("source 'nowhere'")
    expect(page.locator(".message")).to_contain_text("No rows yet")
    system.register("broken")
    system.fetch("broken")
    system.wait_for_status("broken", False)
    page.reload()
    tab.drawn()
    expect(page.locator(".banner")).to_have_count(0)
    expect(item(page, "broken").locator(".reason")).to_have_count(0)


def test_a_key_is_asked_for_and_kept_where_it_was_asked_to_be(tab, system):
    """The page of the API function, which knows no key."""
    tab.expected = ["status of 401"]
    page = tab.page
    page.goto(system.api)
    dialog = page.get_by_role("dialog", name="API key")
    dialog.get_by_label("Key", exact=True).fill("wrong")
    dialog.get_by_role("button", name="Use the key").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text("This key is not right.")
    page.get_by_label("Key", exact=True).fill("schl\u00fcssel")
    page.get_by_role("button", name="Use the key").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("letters, digits and signs")
    page.get_by_label("Key", exact=True).fill(f" {system.key} ")
    page.get_by_role("button", name="Use the key").click()
    tab.drawn()
    expect(page.get_by_role("heading", level=1)).not_to_be_empty()
    assert page.evaluate("[sessionStorage.length, localStorage.length, document.cookie]") == [0, 0, ""]
    page.reload()
    page.get_by_label("Key", exact=True).fill(system.key)
    page.get_by_label("Remember until this tab is closed").check()
    page.get_by_role("button", name="Use the key").click()
    tab.drawn()
    page.reload()
    tab.drawn()
    assert page.evaluate("localStorage.length") == 0
    assert not any(system.key in request for request in tab.requests)
    page.get_by_role("button", name="API key").click()
    page.get_by_role("button", name="Forget the key").click()
    assert page.evaluate("sessionStorage.length") == 0


def test_an_api_that_does_not_answer_is_told_and_asked_again(tab):
    tab.expected = ["ERR_FAILED"]
    page = tab.page
    page.route("**/v1/**", lambda route: route.abort())
    page.goto(tab.system.address + "/#/series?s=greenwich")
    expect(page.locator(".message")).to_contain_text("The API does not answer.")
    page.unroute("**/v1/**")
    page.locator(".message").get_by_role("button", name="Try again").click()
    tab.drawn()
    page.locator(".items").get_by_role("button", name="Try again").click()
    expect(item(page, "greenwich")).to_be_visible()


def test_a_cache_without_series_says_how_to_begin(tab):
    page = tab.page
    page.route("**/v1/series?**", lambda route: route.fulfill(json={"series": [], "next": None}))
    page.goto(tab.system.address)
    expect(page.locator(".items")).to_contain_text("No series yet")
    expect(page.locator(".items pre")).to_contain_text("curl -X PUT")


@pytest.mark.parametrize("status, words", [(429, "the store wants fewer requests"), (504, "Look at a shorter range.")])
def test_an_error_says_what_to_do(tab, status, words):
    tab.expected = [f"status of {status}"]
    error = {"error": {"code": "Some", "message": "the store wants fewer requests"}}
    page = tab.page
    page.route("**/v1/rows?**", lambda route: route.fulfill(status=status, json=error))
    page.goto(tab.system.address + "/#/series?s=greenwich")
    expect(page.locator(".message [role=alert]")).to_contain_text(words)


def test_a_range_without_rows_and_texts_alone_are_no_blank_pictures(tab):
    page = tab.page
    page.goto(tab.system.address + "/#/series?s=greenwich&from=946684800000&to=946771200000")
    expect(page.locator(".message")).to_contain_text("Nothing in this range")
    tab.drawn_after(lambda: page.get_by_role("button", name="Look at a year").click())
    expect(page.locator(".panel").first).to_be_visible()
