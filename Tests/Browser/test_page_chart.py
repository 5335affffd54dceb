"""The picture: a year, zoom and movement, by mouse and by keys, and what it takes."""

import re
import time
import urllib.parse

from playwright.sync_api import expect

ROOF = "#/series?s=power%2Csite%3Droof"
MOST_POINTS = 2000


def surface_box(page):
    return page.locator(".surface").bounding_box()


def shown_range(page):
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(page.url).fragment.split("?")[1])
    return int(query["from"][0]), int(query["to"][0])


def drag(page, start, end, *modifiers):
    """From one part of the picture's width to another."""
    box, before = surface_box(page), page.url
    for key in modifiers:
        page.keyboard.down(key)
    page.mouse.move(box["x"] + box["width"] * start, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * (start + end) / 2, box["y"] + 150)
    page.mouse.move(box["x"] + box["width"] * end, box["y"] + 150)
    page.mouse.up()
    for key in modifiers:
        page.keyboard.up(key)
    page.wait_for_url(lambda url: url != before)


def test_a_year_is_asked_for_in_bins_and_each_zoom_in_narrower_ones(tab):
    page = tab.open(ROOF)
    counts = []
    page.on("response", lambda response: counts.append((response.url, response.json())) if "/v1/rows?" in response.url else None)
    start = time.perf_counter()
    tab.drawn_after(lambda: page.get_by_role("button", name="1 y").click())
    print(f"\na year of rows is drawn {time.perf_counter() - start:.2f} s after the click")
    widths = []
    for _ in range(4):
        url, answer = counts[-1]
        assert 0 < len(answer["rows"]) <= MOST_POINTS
        widths.append(re.search(r"bin=(\w+)", url)[1] if "bin=" in url else None)
        start = time.perf_counter()
        tab.drawn_after(lambda: drag(page, 0.4, 0.5))
        print(f"zoomed in {time.perf_counter() - start:.2f} s")
    assert widths == ["12h", "1h", "10m", None] or len(set(widths)) >= 3, widths
    expect(page.locator(".band-key")).to_be_hidden()
    expect(page.locator("thead th")).to_have_text(["Time", "Origin", "watts"])
    # A year's view has the band; the way back leads through each view.
    for _ in range(4):
        page.go_back()
    expect(page.locator(".band-key")).to_be_visible()
    assert all(len(answer["rows"]) <= MOST_POINTS for _, answer in counts)


def test_mouse_moves_resets_and_reads_values(tab):
    page = tab.open(ROOF + "&range=7d")
    drag(page, 0.5, 0.7)
    first = shown_range(page)
    drag(page, 0.5, 0.3, "Shift")
    second = shown_range(page)
    assert second[1] - second[0] == first[1] - first[0] and second[0] > first[0]
    box = surface_box(page)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 100)
    expect(page.locator(".chart-time")).to_have_text(re.compile(r"\d{4}, \d\d:\d\d:\d\d$"))
    before = page.url
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    page.wait_for_url(lambda url: url != before)
    third = shown_range(page)
    assert third[1] - third[0] < second[1] - second[0]
    page.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + 100)
    expect(page.get_by_role("button", name="7 d")).to_have_attribute("aria-pressed", "true")
    assert "from=" not in page.url


def test_everything_is_reached_by_keys(tab):
    page = tab.open()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("room")
    page.keyboard.press("Tab")
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    expect(page.locator(".items a:focus .name")).to_have_text("room,name=kitchen")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("room,name=kitchen")
    tab.drawn()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Compare room,name=cellar")).to_be_focused()
    tab.drawn_after(lambda: page.keyboard.press("Enter"))
    expect(page.locator(".chip")).to_have_count(2)
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('surface')"):
            break
    expect(page.locator(".surface")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".picture [role=status]")).to_contain_text("temperature of room,name=kitchen")
    tab.drawn_after(lambda: page.keyboard.press("+"))
    narrow = shown_range(page)
    tab.drawn_after(lambda: page.keyboard.press("Shift+ArrowLeft"))
    earlier = shown_range(page)
    assert earlier[0] < narrow[0] and abs((earlier[1] - earlier[0]) - (narrow[1] - narrow[0])) <= 2
    tab.drawn_after(lambda: page.keyboard.press("-"))
    tab.drawn_after(lambda: page.keyboard.press("0"))
    assert "from=" not in page.url
    page.keyboard.press("Tab")
    expect(page.get_by_role("tab", name="Rows")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Use this view")).to_be_focused()
    expect(page.get_by_role("region", name="curl")).to_be_visible()


def test_a_finger_moves_the_picture(make_tab):
    tab = make_tab(width=390, height=844, has_touch=True)
    page = tab.open(ROOF)
    before = page.locator(".range").inner_text()
    box = surface_box(page)
    session = page.context.new_cdp_session(page)
    y = box["y"] + 120
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": 120, "y": y}]})
    for x in (150, 200, 260):
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator(".range")).not_to_have_text(before)
    assert shown_range(page)[0] < time.time() * 1000 - 86_400_000


def test_it_looks_again_by_itself_and_takes_no_more_memory(tab):
    page = tab.open("#/series?s=greenwich&s=power%2Csite%3Droof&range=24h")
    live = page.get_by_role("button", name="Live")
    expect(live).to_have_attribute("aria-pressed", "true")
    session = page.context.new_cdp_session(page)

    def heap():
        session.send("HeapProfiler.collectGarbage")
        return session.send("Runtime.getHeapUsage")["usedSize"]

    def refresh(times):
        for _ in range(times):
            live.click()
            tab.drawn_after(live.click)

    refresh(5)
    first = heap()
    refresh(40)
    last = heap()
    print(f"\nheap {first / 1e6:.1f} MB, after 40 more refreshes {last / 1e6:.1f} MB")
    assert last - first < 2_000_000


def test_a_refresh_comes_with_the_step_of_the_series(make_tab):
    tab = make_tab()
    tab.page.clock.install()
    page = tab.open("#/series?s=greenwich")
    expect(page.get_by_role("button", name="Live")).to_have_attribute("title", "Looks again every 5\u00a0min")
    tab.drawn_after(lambda: page.clock.run_for(301_000))
    page.get_by_role("button", name="Live").click()
    before = len([one for one in tab.requests if "/v1/rows?" in one])
    page.clock.run_for(700_000)
    page.wait_for_load_state("networkidle")
    assert len([one for one in tab.requests if "/v1/rows?" in one]) == before
