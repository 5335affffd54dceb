"""The page in both themes and all widths, by the rules of accessibility; what it weighs; that text stays text."""

import pathlib
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from system import BUILD, HOSTILE_TEXT, PROJECT

VIEWS = {
    "chart": "#/series?s=greenwich", "compared": "#/series?s=room%2Cname%3Dkitchen&s=room%2Cname%3Dcellar&tab=use", "year": "#/series?s=power%2Csite%3Droof&range=1y",
}
CONSOLE = {
    "sources": "#/sources?d=default&i=greenwich",
    "queues": "#/queues?q=looked-at", "functions": "#/functions?f=timeseries-cache-fetch", "log": "#/functions?f=timeseries-cache-fetch&tab=log",
    "tables": "#/tables?t=timeseries-cache-identifiers", "query": "#/query?sql=SELECT+1", "invoke": "#/functions?f=timeseries-cache-fetch&tab=invoke", "schedules": "#/schedules", "faults": "#/faults",
}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def violations(page):
    found = Axe().run(page, options=RULES).response["violations"]
    return [(one["id"], [node["target"] for node in one["nodes"]][:5], one["nodes"][0].get("failureSummary")) for one in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_it_keeps_the_rules_of_accessibility(make_tab, view, scheme):
    tab = make_tab(color_scheme=scheme, bypass_csp=True)
    page = tab.open(VIEWS[view])
    expect(page.locator(".card").first).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_states_keep_them_too(make_tab, scheme):
    tab = make_tab(color_scheme=scheme, bypass_csp=True)
    tab.expected = ["status of 404"]
    page = tab.page
    page.goto(tab.system.address + "/#/series?s=tides")
    expect(page.locator(".message")).to_contain_text("No rows yet")
    page.get_by_role("button", name="API key").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("searchbox").fill("nothing like this")
    assert violations(page) == []


@pytest.fixture
def console(system):
    system.queue("looked-at", [HOSTILE_TEXT, "{}"])
    return system


def settled(page):
    """Nothing is being loaded any more."""
    page.locator(".console h1").wait_for()
    expect(page.locator(".skeleton")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", CONSOLE)
def test_the_console_keeps_the_rules_of_accessibility(make_tab, console, view, scheme):
    tab = make_tab(color_scheme=scheme, bypass_csp=True)
    page = tab.page
    page.goto(tab.system.address + "/" + CONSOLE[view])
    settled(page)
    for one in page.locator(".message-row summary").all():
        one.click()
    assert violations(page) == []


@pytest.mark.parametrize("width, height", [(360, 740), (2560, 1440)])
def test_nothing_of_the_console_is_cut_off(make_tab, console, width, height):
    tab = make_tab(width=width, height=height)
    page = tab.page
    for view in CONSOLE.values():
        page.goto(tab.system.address + "/" + view)
        settled(page)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width, view


@pytest.mark.parametrize("width, height", [(360, 740), (768, 1024), (1440, 900), (2560, 1440)])
def test_nothing_is_cut_off_at_any_width(make_tab, width, height):
    tab = make_tab(width=width, height=height, reduced_motion="reduce")
    page = tab.page
    page.goto(tab.system.address + "/#/series")
    expect(page.locator(".items li").first).to_be_attached()
    for view in VIEWS.values():
        page.goto("about:blank")
        tab.open(view)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width
        plot = page.locator(".plot").first.bounding_box()
        assert plot["x"] >= 0 and plot["x"] + plot["width"] <= width and plot["width"] > width * 0.5 - 200
    if width < 992:
        page.get_by_role("link", name="All series").click()
        expect(page.locator(".series-detail")).to_be_hidden()
        expect(page.locator(".items li").first).to_be_visible()
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    moving = "[...document.querySelectorAll('*')].flatMap(one => one.getAnimations()).length"
    assert page.evaluate(moving) == 0


def test_the_theme_is_the_systems_until_somebody_chooses(make_tab):
    tab = make_tab(color_scheme="dark")
    page = tab.open()
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.emulate_media(color_scheme="light")
    light = page.evaluate(ground)
    assert dark != light
    page.get_by_role("button", name="Dark colours").click()
    assert page.evaluate(ground) == dark
    page.reload()
    tab.drawn()
    assert page.evaluate(ground) == dark
    page.get_by_role("button", name="Light colours").click()
    assert page.evaluate(ground) == light


def test_the_page_is_small_and_makes_no_markup_of_texts():
    packed = sum(file.stat().st_size for file in (BUILD / "page").glob("*.gz"))
    print(f"\nthe page has {packed / 1000:.1f} kB, packed")
    assert packed <= 200_000
    forbidden = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|createContextualFragment|DOMParser|setHTML|\.cssText|javascript:")
    for file in sorted(pathlib.Path(PROJECT / "Page").glob("*.js")):
        lines = [line for line in file.read_text().splitlines() if not line.lstrip().startswith(("//", "*", "/*"))]
        assert not [line for line in lines if forbidden.search(line)], file.name
        assert len(lines) <= 350, file.name
    html = (PROJECT / "Page/index.html").read_text()
    assert "<style" not in html and " style=" not in html and not re.search(r"<script(?![^>]* src=)", html) and not re.search(r"\son\w+=", html)
