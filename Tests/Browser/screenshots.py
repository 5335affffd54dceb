"""Writes the pictures of the page that the documents show, from a throwaway cloud with sample data. Usage: screenshots.py FOLDER"""

import os
import pathlib
import sys

from playwright.sync_api import sync_playwright

from system import System

LARGEST = 150_000
PICTURES = {
    "series": ("#/series?s=greenwich&range=24h", 1280, 800),
    "compared": ("#/series?s=room%2Cname%3Dkitchen&s=room%2Cname%3Dattic&s=room%2Cname%3Dcellar&m=temperature&range=24h", 1280, 640),
    "narrow": ("#/series?s=greenwich&range=24h", 390, 844),
}

CONSOLE = {"queues": ("#/queues?q=given-up", 1280, 640), "sources": ("#/sources?d=default&i=greenwich", 1280, 1020)}


def show_chart(page):
    page.locator('.picture[aria-busy="false"]:visible').wait_for()
    page.locator(".card").first.wait_for()
    page.wait_for_load_state("networkidle")


def show_queues(page):
    page.locator(".message-row summary").first.click()


def show_check(page):
    """With a measure that is mistyped."""
    field = page.get_by_label("Description", exact=True)
    field.fill(field.input_value().replace('"/irradiance"', '"/iradiance"'))
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_role("region", name="What was asked").wait_for()


SHOW = {"queues": show_queues, "sources": show_check}
folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
system = System()
try:
    system.fill()
    system.dead_letter('{"identifiers": ["tides"]}')
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"] if os.getuid() == 0 else [])
        for scheme in ("light", "dark"):
            for name, (path, width, height) in (PICTURES | CONSOLE).items():
                page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-GB", timezone_id="Europe/London", reduced_motion="reduce")
                page.set_default_timeout(120_000)
                page.goto(f"{system.address}/{path}")
                SHOW.get(name, show_chart)(page)
                file = folder / f"{name}-{scheme}.png"
                page.screenshot(path=file)
                page.close()
                print(f"{file}  {file.stat().st_size / 1000:.0f} kB")
                assert file.stat().st_size <= LARGEST, f"{file} is larger than {LARGEST} bytes"
        browser.close()
finally:
    system.stop()
