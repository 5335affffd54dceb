"""Debian's Chromium on the page of a throwaway local cloud. Whatever a browser calls an error fails the test: a script's, a refused
policy, a dialog."""

import os
import re

import pytest
from playwright.sync_api import expect, sync_playwright

from system import System

# Limits, not waits: a machine may be busy.
expect.set_options(timeout=60_000)

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


@pytest.fixture(scope="session")
def system():
    started = System()
    try:
        started.fill()
        started.fill_with_malice()
        yield started
        assert started.stop() == 0
    finally:
        started.process.kill()


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        # A browser that root starts has no sandbox of its own.
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"] if os.getuid() == 0 else [])
        yield opened
        opened.close()


class Tab:
    """A page with what went wrong on it."""

    def __init__(self, page, system):
        self.page, self.system = page, system
        self.errors, self.expected, self.requests = [], [], []
        page.on("console", self.hear)
        page.on("pageerror", lambda error: self.errors.append(f"{error}\n{error.stack}"))
        page.on("dialog", lambda dialog: (self.errors.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: self.requests.append(request.url))

    def hear(self, message):
        if message.type == "error" and not any(re.search(one, message.text) for one in self.expected):
            self.errors.append(message.text)

    def open(self, path="", **parameters):
        """Opens an address of the page, and waits for the picture."""
        self.page.goto(self.system.address + "/" + path)
        return self.drawn()

    def drawn(self):
        self.page.locator('.picture[aria-busy="false"]:visible').wait_for()
        return self.page

    def drawn_after(self, action):
        """Does something that makes the page ask, and waits until what was asked for is drawn."""
        with self.page.expect_response(re.compile(r"/v1/rows\?")):
            action()
        expect(self.page.locator(".picture")).to_have_attribute("aria-busy", "false")


@pytest.fixture
def make_tab(browser, system):
    tabs = []

    def make(width=1440, height=900, **options):
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale="en-GB", timezone_id="Europe/Berlin", permissions=["clipboard-read", "clipboard-write"], **options)
        context.set_default_timeout(120_000)
        tab = Tab(context.new_page(), system)
        tabs.append((context, tab))
        return tab

    yield make
    errors = [error for _, tab in tabs for error in tab.errors]
    for context, _ in tabs:
        context.close()
    assert errors == []


@pytest.fixture
def tab(make_tab):
    return make_tab()
