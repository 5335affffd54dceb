"""The console's views of what stands beside the series: queues, functions, schedules, faults."""

import json
import re
import time
import urllib.parse

from playwright.sync_api import expect

from system import HOSTILE_TEXT

FETCH = "timeseries-cache-fetch"
QUEUE = "timeseries-cache-identifiers"
LETTERS = "timeseries-cache-dead-letters"


def visit(tab, view, /, **parameters):
    page = tab.page
    page.goto("about:blank")
    query = urllib.parse.urlencode(parameters)
    page.goto(f"{tab.system.address}/#/{view}{'?' + query if query else ''}")
    page.locator(".console h1").wait_for()
    return page


def row(page, name):
    return page.locator("tbody tr", has=page.get_by_text(name, exact=True))


def nothing_became_markup(page):
    assert page.evaluate("document.querySelectorAll('main img, main script').length") == 0


# Queues


def test_messages_are_looked_at_and_stay(tab, system):
    name = system.queue("looked-at", [json.dumps({"number": number}) for number in range(30)] + [HOSTILE_TEXT])
    page = visit(tab, "queues")
    page.get_by_role("link", name=name, exact=True).click()
    messages = page.locator(".message-row")
    expect(messages).to_have_count(25)
    expect(messages.first.locator(".first-line")).to_have_text(HOSTILE_TEXT)
    messages.first.locator("summary").click()
    expect(messages.first.locator("pre")).to_have_text(HOSTILE_TEXT)
    page.get_by_role("button", name="Older messages").click()
    expect(messages).to_have_count(31)
    expect(page.get_by_role("button", name="Older messages")).to_be_hidden()
    messages.last.locator("summary").click()
    expect(messages.last.locator("pre")).to_have_text('{\n  "number": 0\n}')
    expect(row(page, name).locator("td.number").first).to_have_text("31")
    nothing_became_markup(page)


def test_dead_letters_tell_why_and_go_back(tab, system):
    tasks, letters = system.dead_letter("<b>task</b>")
    page = visit(tab, "queues", q=letters)
    expect(page.locator(".message-row .reason")).to_have_text(f"received once from {tasks}, and never deleted")
    button = page.get_by_role("button", name=f"Send the messages of {letters} back")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".console [role=status]").filter(has_text="on its way back")).to_be_visible()
    expect(row(page, tasks).locator("td.number").first).to_have_text("1")
    page.get_by_role("button", name="Look again").click()
    expect(page.locator(".console-detail")).to_contain_text("No messages")


def test_a_reason_that_stands_on_a_letter_is_told(tab, system):
    name = system.queue("letters", [json.dumps({"requestContext": {"condition": "RetriesExhausted"}, "responsePayload": {"errorMessage": HOSTILE_TEXT}})])
    page = visit(tab, "queues", q=name)
    expect(page.locator(".message-row .reason")).to_have_text(HOSTILE_TEXT)
    nothing_became_markup(page)


def test_a_queue_that_is_not_there_and_a_cloud_that_is_gone_are_told(tab):
    tab.expected = ["status of 404", "ERR_FAILED"]
    page = visit(tab, "queues", q="<img src=x onerror=alert(1)>")
    expect(page.locator(".console-detail [role=alert]")).to_have_text("there is no queue '<img src=x onerror=alert(1)>'")
    nothing_became_markup(page)
    page.route("**/_local-cloud/**", lambda route: route.abort())
    expect(page.get_by_text("The local cloud does not answer.")).to_be_visible()
    visit(tab, "functions")
    expect(page.locator(".state.failed")).to_contain_text("The local cloud does not answer.")
    page.unroute("**/_local-cloud/**")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("link", name=FETCH, exact=True)).to_be_visible()


# Functions


def test_a_function_is_invoked_and_its_invocation_and_lines_are_found(tab):
    page = visit(tab, "functions")
    page.get_by_role("link", name=FETCH, exact=True).click()
    page.get_by_role("tab", name="Invoke").click()
    series = "tides"
    page.get_by_label("Event", exact=True).fill(json.dumps({"Records": [{"messageId": "1", "eventSource": "aws:sqs", "body": json.dumps({"identifiers": [series]})}]}))
    page.get_by_label("Event", exact=True).press("Control+Enter")
    expect(page.get_by_role("region", name="Answer")).to_be_visible()
    log = page.get_by_role("region", name="Log of this invocation")
    expect(log).to_contain_text("REPORT RequestId")
    request = re.search(r"START RequestId: (\S+)", log.inner_text())[1]
    page.get_by_role("tab", name="Invocations").click()
    first = page.get_by_role("region", name="Last invocations").locator("tbody tr").first
    expect(first).to_contain_text(request)
    expect(first).to_contain_text(re.compile(r"\d+ of \d+ MB"))
    page.get_by_role("link", name=request).click()
    expect(page.get_by_role("region", name="Lines of the log")).to_contain_text(request)
    page.get_by_role("searchbox").fill(series)
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("region", name="Lines of the log")).to_contain_text(series)
    page.get_by_role("searchbox").fill("no line has this")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("Nothing found")).to_be_visible()


def test_failed_invocations_are_not_taken_for_identifiers_that_failed(tab):
    page = visit(tab, "functions")
    expect(page.get_by_role("region", name="Functions", exact=True).get_by_role("columnheader")).to_have_text(
        ["Function", "Invocations", "Failed invocations", "Last", "Last error"])
    expect(page.get_by_text("Identifiers that failed are listed under Series.")).to_be_visible()


def test_a_line_of_the_log_is_never_markup(tab):
    page = visit(tab, "functions", f="timeseries-cache-write", tab="log", find="<script>")
    expect(page.get_by_role("region", name="Lines of the log")).to_contain_text("the measurement '<script>alert(3)</script>' cannot be")
    nothing_became_markup(page)


def test_what_a_function_refuses_is_told(tab):
    tab.expected = ["status of 400"]
    page = visit(tab, "functions", f=FETCH, tab="invoke")
    page.get_by_label("Event", exact=True).fill("{no json")
    page.get_by_role("button", name="Invoke", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("the event is no JSON")
    page.get_by_label("Event", exact=True).fill('"<img src=x onerror=alert(7)>"')
    page.get_by_role("button", name="Invoke", exact=True).click()
    expect(page.get_by_role("tabpanel", name="Invoke").locator(".problem")).to_contain_text("Failed")
    page.get_by_role("tab", name="Invocations").click()
    expect(page.get_by_role("region", name="Last invocations").locator("tbody tr").first).to_contain_text("failed")
    nothing_became_markup(page)


# Schedules


def test_a_schedule_tells_its_next_time_and_runs_now(tab, system):
    def invocations():
        status = json.loads(system.ask(system.address + "/_local-cloud/status", {"X-Local-Cloud": "1"})[2])
        return next(one["invocations"] for one in status["functions"] if one["name"] == "timeseries-cache-queue")

    before = invocations()
    page = visit(tab, "schedules")
    line = row(page, "timeseries-cache-due")
    expect(line).to_contain_text("cron(0/5 * * * ? *)")
    expect(line.locator("time")).to_contain_text(re.compile(r"in \d+"))
    page.get_by_role("button", name="Run timeseries-cache-due now").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".console [role=status]").first).to_contain_text("timeseries-cache-queue has its event")
    expect(page.get_by_role("button", name="Run timeseries-cache-due now")).to_be_focused()
    end = time.monotonic() + 60
    while invocations() == before:
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_schedule_that_cannot_run_is_told(tab):
    tab.expected = ["status of 404"]
    page = visit(tab, "schedules")
    page.route("**/run?**", lambda route: route.fulfill(status=404, json={"message": "there is no schedule '<b>x</b>'"}))
    page.get_by_role("button", name="Run timeseries-cache-due now").click()
    expect(page.get_by_role("alert")).to_have_text("there is no schedule '<b>x</b>'")


# Faults


def test_faults_are_turned_on_counted_and_turned_off(tab, system):
    tab.expected = ["status of 400"]
    page = visit(tab, "faults")
    field = page.get_by_label("Rules", exact=True)
    field.fill("faults:\n- { fault: '<img src=x onerror=alert(8)>' }")
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("alert")).to_contain_text("<img src=x onerror=alert(8)>")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("faults:\n- { fault: throttling, service: sqs, operation: PurgeQueue, first: 1 }")
    try:
        field.press("Control+Enter")
        expect(page.locator("form [role=status]")).to_contain_text("On with 1 rule")
        expect(page.locator("tbody tr")).to_contain_text("operation: PurgeQueue")
        status, _ = system.aws("sqs", "AmazonSQS.PurgeQueue", {"QueueUrl": f"{system.address}/000000000000/{QUEUE}"})
        assert status in (400, 403, 503)
        expect(page.locator("tbody tr td.number").last).to_have_text("1")
        page.get_by_role("button", name="Turn off").click()
        expect(page.locator("form [role=status]")).to_contain_text("Off")
    finally:
        system.ask(system.address + "/_local-cloud/faults", {"X-Local-Cloud": "1"}, "DELETE")
    page.reload()
    assert "PurgeQueue" in field.input_value()
    nothing_became_markup(page)
