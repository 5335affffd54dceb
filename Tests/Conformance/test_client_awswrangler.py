"""awswrangler, as data people use it: frames to Timestream and DynamoDB, and back."""

import datetime
import decimal
import json
import time

import awswrangler
import boto3
import pandas
import pytest
from boto3.dynamodb.conditions import Attr, Key

HOUR = datetime.timedelta(hours=1)
# What it and pandas say to people: that a scan is dear, and what a next version changes.
pytestmark = [pytest.mark.filterwarnings("ignore:Attempting DynamoDB Scan operation"), pytest.mark.filterwarnings("ignore:Series.values returning an ndarray")]


@pytest.fixture(scope="module")
def timestream(client):
    boto3.setup_default_session()
    awswrangler.timestream.create_database("wrangled", tags={"team": "data"})
    yield awswrangler.timestream
    for table in awswrangler.timestream.list_tables("wrangled"):
        awswrangler.timestream.delete_table("wrangled", table)
    awswrangler.timestream.delete_database("wrangled")
    assert "wrangled" not in awswrangler.timestream.list_databases()


@pytest.fixture
def table(timestream):
    timestream.create_table("wrangled", "power", memory_retention_hours=240, magnetic_retention_days=30, tags={"team": "data"})
    yield "power"
    timestream.delete_table("wrangled", "power")


@pytest.fixture
def now():
    return datetime.datetime.fromtimestamp(int(time.time()), datetime.timezone.utc)


def sensors(now, hours):
    """Hourly rows of two sensors; every seventh measurement is missing."""
    return pandas.DataFrame([
        {"time": now - hour * HOUR, "sensor": sensor, "rack": hour % 3, "watts": None if hour % 7 == 3 else hour + 0.5, "count": hour, "on": hour % 2 == 0,
         "state": "düster \"%d\"" % hour, "seen": now - hour * HOUR - HOUR}
        for sensor in ("a", "b") for hour in range(hours)])


def test_what_is_there(timestream, table):
    assert timestream.list_databases().count("wrangled") == 1 and timestream.list_tables("wrangled") == ["power"]
    assert ["wrangled", "power"] in [[item["DatabaseName"], item["TableName"]] for item in boto3.client("timestream-write").list_tables()["Tables"]]


def test_a_measure_a_record(timestream, table, now):
    frame = sensors(now, 150)
    # In batches of 100 records, side by side.
    rejected = timestream.write(frame, "wrangled", "power", time_col="time", measure_col="watts", dimensions_cols=["sensor", "rack"])
    assert rejected == []
    found = timestream.query('SELECT time, sensor, rack, measure_name, measure_value::double FROM "wrangled"."power" ORDER BY sensor, time')
    expected = frame.dropna(subset="watts").sort_values(["sensor", "time"])
    assert found["measure_value::double"].tolist() == expected["watts"].tolist() and set(found["measure_name"]) == {"watts"}
    assert found["time"].tolist() == [value.replace(tzinfo=None) for value in expected["time"]]
    assert found["rack"].tolist() == expected["rack"].astype(str).tolist()


def test_many_measures_a_record(timestream, table, now):
    frame = sensors(now, 30)
    measures = ["watts", "count", "on", "state", "seen"]
    assert timestream.write(frame, "wrangled", "power", time_col="time", measure_col=measures, dimensions_cols=["sensor"], measure_name="reading") == []
    found = timestream.query("SELECT time, watts, count, \"on\", state, seen FROM wrangled.power WHERE sensor = 'a' ORDER BY time DESC")
    expected = frame[frame["sensor"] == "a"]
    for name in ("count", "on", "state"):
        assert found[name].tolist() == expected[name].tolist(), name
    assert found["seen"].tolist() == [value.replace(tzinfo=None) for value in expected["seen"]]
    assert found["watts"].isna().tolist() == expected["watts"].isna().tolist() and found["watts"].sum() == expected["watts"].sum()
    assert {name: str(kind) for name, kind in found.dtypes.items() if name in ("count", "on", "watts")} == {"count": "int64", "on": "bool", "watts": "float64"}
    binned = timestream.query("""
        SELECT bin(time, 12h) AS half, sensor, avg(watts) AS mean, max(count) AS most, approx_percentile(watts, 0.5) AS median
        FROM wrangled.power WHERE measure_name = 'reading' AND time > ago(2d) GROUP BY bin(time, 12h), sensor ORDER BY half, sensor""")
    assert binned["most"].max() == 29 and set(binned["sensor"]) == {"a", "b"} and binned["mean"].notna().all()


def test_attributes_that_all_records_share(timestream, table, now):
    frame = pandas.DataFrame({"time": [now - HOUR, now], "watts": [1.5, 2.5]})
    shared = {"Dimensions": [{"Name": "sensor", "Value": "c"}], "MeasureName": "watts", "MeasureValueType": "DOUBLE", "TimeUnit": "SECONDS"}
    assert timestream.write(frame, "wrangled", "power", time_col="time", measure_col="watts", common_attributes=shared) == []
    found = timestream.query("SELECT sensor, time, measure_value::double AS watts FROM wrangled.power ORDER BY time")
    assert found.values.tolist() == [["c", now.replace(tzinfo=None) - HOUR, 1.5], ["c", now.replace(tzinfo=None), 2.5]]


def test_what_is_rejected_is_told(timestream, table, now):
    frame = pandas.DataFrame({"time": [now, now - 20 * 24 * HOUR], "sensor": ["a", "a"], "watts": [1.0, 2.0]})
    write = lambda **more: timestream.write(frame, "wrangled", "power", time_col="time", measure_col="watts", dimensions_cols=["sensor"], use_threads=False, **more)
    rejected, = write(version=2)
    assert rejected["RecordIndex"] == 1 and "is outside the time range [" in rejected["Reason"]
    frame = frame.assign(watts=[3.0, 4.0])[:1]
    rejected, = write(version=1)
    assert (rejected["RecordIndex"], rejected["ExistingVersion"]) == (0, 2) and "lower than the existing version" in rejected["Reason"]
    assert write(version=3) == []
    assert timestream.query("SELECT measure_value::double FROM wrangled.power").values.tolist() == [[3.0]]


def test_pages_of_an_answer_as_chunks(timestream, table, now):
    frame = sensors(now, 40)
    timestream.write(frame, "wrangled", "power", time_col="time", measure_col="count", dimensions_cols=["sensor"])
    chunks = list(timestream.query(
        "SELECT time, sensor, measure_value::bigint AS count FROM wrangled.power ORDER BY sensor, time DESC", chunked=True,
        pagination_config={"MaxItems": 80, "PageSize": 30}))
    assert [len(chunk) for chunk in chunks] == [30, 30, 20]
    assert pandas.concat(chunks)["count"].tolist() == frame["count"].tolist()
    assert len(timestream.query("SELECT * FROM wrangled.power WHERE sensor = 'nobody'")) == 0


def test_types_of_answers(timestream):
    found = timestream.query("""
        SELECT 1 AS i, 2147483648 AS b, 1.5e0 AS d, true AS t, 'x' AS v, CAST(NULL AS varchar) AS n, DATE '2024-02-29' AS day, TIME '10:11:12.5' AS clock,
        TIMESTAMP '2024-02-29 10:11:12.123456' AS moment""")
    row = found.iloc[0].to_dict()
    assert (row["i"], row["b"], row["d"], row["t"], row["v"]) == (1, 2147483648, 1.5, True, "x") and pandas.isna(row["n"])
    assert row["day"] == datetime.date(2024, 2, 29) and str(row["clock"]).startswith("10:11:12.5")
    assert row["moment"] == pandas.Timestamp("2024-02-29 10:11:12.123456")


def test_what_the_service_says_of_a_wrong_query(timestream):
    with pytest.raises(boto3.client("timestream-query").exceptions.ValidationException, match="does not exist"):
        timestream.query("SELECT nothing FROM wrangled.nowhere")


# DynamoDB


@pytest.fixture
def stock(client):
    dynamodb = client("dynamodb")
    boto3.setup_default_session()
    dynamodb.create_table(
        TableName="stock", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "shop", "AttributeType": "S"}, {"AttributeName": "part", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "shop", "KeyType": "HASH"}, {"AttributeName": "part", "KeyType": "RANGE"}])
    dynamodb.get_waiter("table_exists").wait(TableName="stock")
    yield "stock"
    dynamodb.delete_table(TableName="stock")


def parts(count, shop="north"):
    return pandas.DataFrame([{"shop": shop, "part": number, "price": decimal.Decimal(number) / 4, "name": f"part {number}"} for number in range(count)])


def test_a_frame_to_a_table_and_back(stock):
    awswrangler.dynamodb.put_df(parts(130), table_name=stock)
    awswrangler.dynamodb.put_df(parts(20, "south"), table_name=stock, use_threads=False)
    read = lambda **members: awswrangler.dynamodb.read_items(table_name=stock, **members)
    north = read(key_condition_expression=Key("shop").eq("north"))
    assert north["part"].tolist() == list(range(130)) and north["price"].tolist() == parts(130)["price"].tolist()
    # It cannot unite the frames of threads that have read numbers of different lengths.
    assert len(read(allow_full_scan=True, use_threads=False)) == 150
    # A segment for each thread.
    segments = read(allow_full_scan=True, use_threads=4, consistent=True, as_dataframe=False)
    assert sorted(item["part"] for item in segments) == sorted(list(range(130)) + list(range(20)))
    filtered = read(filter_expression=Attr("price").gte(30) & Attr("shop").eq("north"), columns=["part", "name"], use_threads=False)
    assert sorted(filtered["part"].tolist()) == list(range(120, 130)) and sorted(filtered.columns) == ["name", "part"]
    one = read(partition_values=["north"], sort_values=[7])
    assert one[["part", "name"]].values.tolist() == [[7, "part 7"]]
    many = read(partition_values=["north"] * 100, sort_values=list(range(100)), columns=["part", "name"])
    assert sorted(many["part"].tolist()) == list(range(100))
    text = read(key_condition_expression="shop = :s AND part < :p", expression_attribute_values={":s": "south", ":p": 3}, as_dataframe=False)
    assert [item["part"] for item in text] == [0, 1, 2]
    assert len(read(key_condition_expression=Key("shop").eq("north"), max_items_evaluated=5)) == 5


def test_chunks_of_a_table(stock):
    with boto3.resource("dynamodb").Table(stock).batch_writer() as batch:
        for number in range(40):
            batch.put_item(Item={"shop": "large", "part": number, "text": "x" * 60_000})
    # A page has at most a megabyte.
    pages = list(awswrangler.dynamodb.read_items(table_name=stock, key_condition_expression=Key("shop").eq("large"), chunked=True))
    assert len(pages) == 3 and [part for page in pages for part in page["part"]] == list(range(40))
    scanned = list(awswrangler.dynamodb.read_items(table_name=stock, allow_full_scan=True, chunked=True))
    assert sum(len(page) for page in scanned) == 40


def test_files_and_items(stock, tmp_path):
    (tmp_path / "parts.json").write_text(json.dumps([{"shop": "file", "part": number, "tags": {"kind": "file", "lines": [number, number + 1]}} for number in range(3)]))
    parts(4, "csv").drop(columns="price").to_csv(tmp_path / "parts.csv", index=False)
    awswrangler.dynamodb.put_json(tmp_path / "parts.json", table_name=stock)
    awswrangler.dynamodb.put_csv(tmp_path / "parts.csv", table_name=stock)
    awswrangler.dynamodb.put_items([{"shop": "items", "part": number, "flags": {"x"}} for number in range(3)], table_name=stock)
    count = lambda shop: len(awswrangler.dynamodb.read_items(table_name=stock, key_condition_expression=Key("shop").eq(shop)))
    assert [count("file"), count("csv"), count("items")] == [3, 4, 3]
    awswrangler.dynamodb.delete_items([{"shop": "csv", "part": number} for number in range(4)], table_name=stock)
    assert [count("file"), count("csv"), count("items")] == [3, 0, 3]


def test_words_that_are_reserved(stock):
    awswrangler.dynamodb.put_items([{"shop": "r", "part": 1, "size": 5, "count": 2}], table_name=stock)
    # It reads the reserved word out of the refusal, and asks again with a name in its place.
    found = awswrangler.dynamodb.read_items(table_name=stock, key_condition_expression=Key("shop").eq("r"), columns=["size", "count"])
    assert found[["size", "count"]].values.tolist() == [[5, 2]]


def test_partiql_is_refused_by_name(stock):
    with pytest.raises(Exception, match="ExecuteStatement"):
        awswrangler.dynamodb.read_partiql_query(f"SELECT * FROM {stock}")
