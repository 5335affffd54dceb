"""The console's view of Timestream's SQL."""

import json
import re

from playwright.sync_api import expect

from system import HOSTILE_MEASURE, PROJECT
from test_console import nothing_became_markup, visit


def ask(page, sql):
    page.get_by_label("SQL", exact=True).fill(sql)
    page.get_by_label("SQL", exact=True).press("Control+Enter")


def cells(page):
    return page.get_by_role("region", name="Rows", exact=True).locator("tbody tr")


def test_a_query_has_rows_a_chart_and_its_price(tab):
    page = visit(tab, "query")
    tree = page.get_by_role("region", name="Databases")
    tree.locator("summary", has_text=re.compile("^power$")).click()
    expect(tree.get_by_role("button", name="site", exact=True)).to_be_visible()
    ask(page, 'SELECT site, bin(time, 1h) AS hour, avg(watts) AS watts FROM "TimeSeriesDB"."power" WHERE time > ago(1d) GROUP BY site, bin(time, 1h)')
    expect(page.get_by_role("columnheader")).to_have_text(["site", "hour", "watts"])
    facts = page.locator(".stack > .note[role=status]")
    expect(facts).to_contain_text(re.compile(r"2\d rows · .* · 10\u00a0MB metered · on AWS \$0\.00010 at \$0\.01 per GB"))
    page.get_by_role("tab", name="Table").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Chart")).to_be_focused()
    expect(page.locator(".query-plot canvas").first).to_be_visible()
    expect(page.get_by_role("img")).to_have_attribute("aria-label", "A chart of roof")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    assert download.value.path().read_bytes().startswith(b"site,hour,watts\r\nroof,")


def test_what_the_tree_offers_is_asked(tab):
    page = visit(tab, "query")
    tree = page.get_by_role("region", name="Databases")
    tree.locator("summary", has_text=re.compile("^power$")).click()
    tree.get_by_role("button", name="Newest rows of power").click()
    expect(cells(page)).to_have_count(100)
    field = page.get_by_label("SQL", exact=True)
    field.fill("SELECT ")
    tree.get_by_role("button", name="site", exact=True).click()
    assert field.input_value() == "SELECT site"
    expect(field).to_be_focused()


def test_an_error_is_marked_at_its_place(tab):
    tab.expected = ["status of 400"]
    page = visit(tab, "query")
    ask(page, "SELECT 1,\n  nobody\nFROM \"TimeSeriesDB\".\"power\"")
    expect(page.get_by_role("alert")).to_contain_text("line 2:3")
    expect(page.locator(".marked")).to_have_text("  nobody")
    expect(page.locator(".marked mark")).to_have_text("n")
    field = page.get_by_label("SQL", exact=True)
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    assert page.evaluate("(e => e.value.slice(e.selectionStart, e.selectionEnd))(document.activeElement)") == "n"
    assert field.evaluate("one => one.selectionStart") == 12
    ask(page, "SELECT '<img src=x onerror=alert(1)>' FROM \"<b>x</b>\".\"y\"")
    expect(page.get_by_role("alert")).to_contain_text("<b>x</b>")
    nothing_became_markup(page)
    ask(page, "SELECT 1")
    expect(page.get_by_role("alert")).to_be_empty()
    expect(cells(page)).to_have_count(1)


def test_values_and_names_are_never_markup(tab):
    page = visit(tab, "query")
    ask(page, f"SELECT '<img src=x onerror=alert(2)>' AS \"{HOSTILE_MEASURE}\", ARRAY['<b>', 'x'], NULL")
    expect(page.get_by_role("columnheader").first).to_have_text(HOSTILE_MEASURE)
    expect(cells(page).locator("td")).to_have_text(["<img src=x onerror=alert(2)>", "[<b>, x]", "null"])
    nothing_became_markup(page)
    assert page.evaluate("document.querySelectorAll('td b').length") == 0


def test_many_rows_come_in_pages_and_none_is_told(tab):
    page = visit(tab, "query")
    ask(page, 'SELECT time, watts FROM "TimeSeriesDB"."power" ORDER BY time DESC LIMIT 450')
    pager = page.locator(".pager [role=status]")
    expect(pager).to_have_text("1 to 200 of 450")
    page.get_by_role("button", name="After").click()
    page.get_by_role("button", name="After").click()
    expect(pager).to_have_text("401 to 450 of 450")
    expect(page.get_by_role("button", name="After")).to_be_disabled()
    ask(page, 'SELECT time FROM "TimeSeriesDB"."power" WHERE time > ago(1d) AND watts < 0')
    expect(page.get_by_text("No rows", exact=True)).to_be_visible()


def test_queries_are_kept_in_this_browser(tab, system):
    page = visit(tab, "query")
    ask(page, "SELECT 41 + 1")
    expect(cells(page)).to_have_count(1)
    page.get_by_role("button", name="Save this query").click()
    page.get_by_label("Name").fill("<b>the answer</b>")
    page.keyboard.press("Enter")
    page.get_by_label("SQL", exact=True).fill("SELECT 2")
    page.reload()
    page.get_by_role("button", name="<b>the answer</b>", exact=True).click()
    assert page.get_by_label("SQL", exact=True).input_value() == "SELECT 41 + 1"
    page.get_by_text("History", exact=True).click()
    expect(page.locator(".kept details").last.locator("li")).to_have_count(1)
    expect(page.locator(".kept details").last).to_contain_text("1 row")
    page.get_by_role("button", name="Forget <b>the answer</b>").click()
    expect(page.locator("summary", has_text="Saved queries")).to_have_count(0)
    assert system.key not in json.dumps(page.evaluate("({...localStorage})"))


def test_examples_are_the_saved_queries_and_can_be_run(tab):
    page = visit(tab, "query")
    expect(page.get_by_label("SQL", exact=True)).to_have_attribute("placeholder", re.compile("^SELECT "))
    listed = page.locator(".kept details", has=page.get_by_text("Examples", exact=True)).locator("li")
    names = sorted(path.stem for path in (PROJECT / "Infra/queries").glob("*.sql"))
    expect(listed.get_by_role("button")).to_have_text(names)
    # Once the tree has found a database, the list is drawn anew.
    expect(page.get_by_label("Databases").get_by_text("TimeSeriesDB")).to_be_visible()
    for name in names:
        listed.get_by_role("button", name=name, exact=True).click()
        sql = page.get_by_label("SQL", exact=True).input_value()
        # Every parameter has its usual value, and the table its database.
        assert "{" not in sql and "-- @" not in sql and 'FROM "TimeSeriesDB"."' in sql, sql
        expect(page.get_by_label("SQL", exact=True)).to_be_focused()
    listed.get_by_role("button", name="temperature-trend", exact=True).click()
    sql = page.get_by_label("SQL", exact=True).input_value()
    ask(page, sql.replace('"sensors"', '"power"').replace('"temperature"', "watts").replace("device_id", "site"))
    expect(cells(page).first).to_contain_text("roof")


def test_a_query_can_be_stopped(tab):
    page = visit(tab, "query")
    page.route("**/call/timestream/Query", lambda route: None)
    ask(page, "SELECT 1")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped.")).to_be_visible()
    page.unroute_all(behavior="ignoreErrors")
    ask(page, "SELECT 1")
    expect(cells(page)).to_have_count(1)
