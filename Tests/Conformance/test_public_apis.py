"""docs/public-apis.md: each description is read by the project's own reader, from a recorded answer or from one of the form that the API's
documentation shows."""

import datetime
import http.server
import json
import os
import re
import subprocess
import threading
import time
import urllib.parse

import pytest

import documents
from conftest import BUILD, CLIENT_ENVIRONMENT, PROJECT

PAGE = "docs/public-apis.md"
DESCRIPTIONS = {name: description for block in documents.blocks(PAGE) if block.language == "json" for name, description in json.loads(block.text).items()}
RECORDED = {"carbon": "carbonintensity.json", "air": "open-meteo.json", "agile": "octopusagile.json"}
DATA = PROJECT.parent / "shared" / "data" / "sources"
HOUR = int(time.time()) // 3600 * 3600


def iso(seconds, form="%Y-%m-%dT%H:%M:%SZ"):
    return time.strftime(form, time.gmtime(seconds))


HOURS = [HOUR - 3600, HOUR, HOUR + 3600]
# As the documentation of each API has them, with three rows around now.
ANSWERS = {
    "dayahead": {"license_info": "CC BY 4.0", "unix_seconds": HOURS, "price": [91.2, -0.5, None], "unit": "EUR / MWh", "deprecated": False},
    "awattar": {"object": "list", "url": "/at/v1/marketdata", "data": [
        {"start_timestamp": at * 1000, "end_timestamp": (at + 3600) * 1000, "marketprice": 42.09, "unit": "Eur/MWh"} for at in HOURS]},
    "elering": {"success": True, "data": {country: [{"timestamp": at, "price": 41.3} for at in HOURS] for country in ("ee", "fi", "lv", "lt")}},
    "energinet": {"total": 3, "limit": 0, "dataset": "DayAheadPrices", "records": [
        {"TimeUTC": iso(at, "%Y-%m-%dT%H:%M:%S"), "TimeDK": iso(at + 3600, "%Y-%m-%dT%H:%M:%S"), "PriceArea": "DK1", "DayAheadPriceEUR": 97.04,
         "DayAheadPriceDKK": 724.36} for at in HOURS]},
    "tide": {"metadata": {"id": "9414290", "name": "San Francisco", "lat": "37.8063", "lon": "-122.4659"}, "data": [
        {"t": iso(at, "%Y-%m-%d %H:%M"), "v": "1.341", "s": "0.018", "f": "0,0,0,0", "q": "p"} for at in HOURS]},
    "river": {"@context": "http://environment.data.gov.uk/flood-monitoring/meta/context.jsonld", "meta": {"publisher": "Environment Agency"}, "items": [
        {"@id": f"http://environment.data.gov.uk/flood-monitoring/data/readings/1491TH-level-stage-i-15_min-mASD/{iso(at)}", "dateTime": iso(at),
         "measure": "http://environment.data.gov.uk/flood-monitoring/id/measures/1491TH-level-stage-i-15_min-mASD", "value": 0.36} for at in HOURS]},
    "weather": {"type": "Feature", "geometry": {"type": "Point", "coordinates": [10, 60.1, 267]}, "properties": {
        "meta": {"updated_at": iso(HOUR), "units": {"air_temperature": "celsius"}}, "timeseries": [
            {"time": iso(at), "data": {
                "instant": {"details": {"air_pressure_at_sea_level": 1020.5, "air_temperature": 20.7, "wind_from_direction": 151.8, "wind_speed": 2.5}},
                "next_1_hours": {"summary": {"symbol_code": "partlycloudy_day"}, "details": {"precipitation_amount": 0.0}}}} for at in HOURS]}},
}
# An identifier such as the page names, what is then asked for, and how many rows a check finds, all pages together.
ASKED = {
    "carbon": ("britain", r"/intensity/\d{4}-\d\d-\d\dT\d\d:\d\dZ/\d{4}-\d\d-\d\dT\d\d:\d\dZ", 49),
    "air": ("bucharest", r"/v1/air-quality\?latitude=44\.43&longitude=26\.10&hourly=pm10,pm2_5&past_days=1&forecast_days=3&timezone=auto", 120),
    "agile": ("E-1R-AGILE-18-02-21-D", r"/v1/products/AGILE-18-02-21/electricity-tariffs/E-1R-AGILE-18-02-21-D/standard-unit-rates/\?period_from=\S+Z&period_to=\S+Z", 101),
    "dayahead": ("DE-LU", r"/price\?bzn=DE-LU&start=\d{4}-\d\d-\d\d&end=\d{4}-\d\d-\d\d", 3),
    "awattar": ("germany", r"/v1/marketdata\?start=\d{13}&end=\d{13}", 3),
    "elering": ("estonia", r"/api/nps/price\?start=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ&end=\S+Z", 3),
    "energinet": ("DK1", r"/dataset/DayAheadPrices\?start=\d{4}-\d\d-\d\d&end=\d{4}-\d\d-\d\d&timezone=UTC&limit=0&filter={\"PriceArea\":\[\"DK1\"\]}", 3),
    "tide": ("9414290", r"/api/prod/datagetter\?station=9414290&product=water_level&date=recent&\S+", 3),
    "river": ("1491TH-level-stage-i-15_min-mASD", r"/flood-monitoring/id/measures/1491TH-level-stage-i-15_min-mASD/readings\?startdate=\S+&enddate=\S+", 3),
    "weather": ("oslo", r"/weatherapi/locationforecast/2\.0/compact\?lat=44\.43&lon=26\.10", 3),
}
ATTRIBUTES = {"lat": "44.43", "lon": "26.10", "product": "AGILE-18-02-21"}


def moved(text):
    """A recorded answer whose middle is today."""
    dates = sorted({datetime.date.fromisoformat(date) for date in re.findall(r"\d{4}-\d\d-\d\d(?=T)", text)})
    by = datetime.datetime.now(datetime.UTC).date() - dates[len(dates) // 2]
    return re.sub(r"\d{4}-\d\d-\d\d(?=T)", lambda date: str(datetime.date.fromisoformat(date[0]) + by), text)


class Source(http.server.BaseHTTPRequestHandler):
    """Answers below /NAME as the API of that description does."""

    asked = []

    def log_message(self, *_):
        pass

    def do_GET(self):
        name, path = re.fullmatch(r"/(\w+)(/.*)", self.path).groups()
        self.asked.append((name, path, self.headers["user-agent"]))
        here = f"http://127.0.0.1:{self.server.server_address[1]}/{name}"
        if name not in RECORDED:
            body = json.dumps(ANSWERS[name])
        elif "page=2" in path:
            body = json.dumps({"next": None, "results": [{"valid_from": "2019-01-01T00:00:00Z", "value_inc_vat": 1}]})
        else:
            host = re.match(r"https://[^/]+", DESCRIPTIONS[name]["url"])[0]
            body = moved((DATA / RECORDED[name]).read_text()).replace(host, here)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())


@pytest.fixture(scope="module")
def address():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Source)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_there_are_ten_and_the_page_says_what_each_was_tried_against():
    assert len(DESCRIPTIONS) == 10 and set(DESCRIPTIONS) == set(ASKED) and set(ANSWERS) == set(DESCRIPTIONS) - set(RECORDED)
    rows = re.findall(r"^\| \[.*?\]\(#([\w-]+)\) .*\| (a recorded answer|its documentation) \|$", documents.text(PAGE), re.MULTILINE)
    sections = dict(zip([heading for heading in documents.anchors(PAGE)[1:]], DESCRIPTIONS, strict=True))
    assert {sections[anchor]: tried for anchor, tried in rows} == {
        name: "a recorded answer" if name in RECORDED else "its documentation" for name in DESCRIPTIONS}


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_a_description_reads_an_answer(name, address, cloud, tmp_path):
    if name in RECORDED and not DATA.exists():
        pytest.skip("the recorded answers are not beside this checkout")
    identifier, asked, rows = ASKED[name]
    description = DESCRIPTIONS[name]
    host = re.match(r"https://[^/]+", description["url"])[0]
    file = tmp_path / "sources.json"
    file.write_text(json.dumps({name: description | {"url": description["url"].replace(host, f"{address}/{name}")}}))
    # The attributes of a series are those that it was registered with.
    key = json.dumps({"source": name, "attributes": ATTRIBUTES})
    done = subprocess.run(
        ["curl", "-sS", "--fail-with-body", "-X", "PUT", "-H", "x-api-key: local-admin", cloud.outputs["APIUrl"] + f"v1/series/{identifier}", "-d", key],
        capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_ENDPOINT_URL": cloud.address,
                   "IDENTIFIER_TABLE": cloud.outputs["IdentifierTableName"]} | CLIENT_ENVIRONMENT
    done = subprocess.run(
        [BUILD / "local-fetch", "--check", "--source", file, identifier], env=environment, capture_output=True, text=True, timeout=300)
    said = done.stdout
    assert f"rows      {rows}, of which " in said and "never found" not in said and "not read" not in said and "failed" not in said, said + done.stderr
    assert done.returncode == 0, said + done.stderr
    found = [(urllib.parse.unquote(path), agent) for other, path, agent in Source.asked if other == name]
    assert re.fullmatch(asked, found[0][0]), found
    if "headers" in description:
        assert found[0][1] == description["headers"]["User-Agent"]
    assert set(re.findall(r"^ +(?:measures  )?(\w+): found", said, re.MULTILINE)) == set(description["measures"]), said


EXAMPLES = [(block.place, block.text) for page in documents.PAGES if page != PAGE for block in documents.blocks(page)
            if (block.language == "json" and "\"url\"" in block.text)]


@pytest.mark.parametrize("place,text", EXAMPLES, ids=[place for place, _ in EXAMPLES])
def test_the_other_descriptions_are_read(place, text, tmp_path):
    file = tmp_path / "sources.json"
    words = [BUILD / "local-cloud", "plan", "--template", PROJECT / "Infra/template.yaml", "--parameter", f"Sources=@{file}"]
    for description, status in ((text, 0), (text.replace('"measures"', '"measure"'), 1)):
        file.write_text(description)
        done = subprocess.run(words, capture_output=True, text=True, timeout=300)
        assert done.returncode == status, done.stderr


def test_there_are_other_descriptions():
    assert len(EXAMPLES) >= 2
