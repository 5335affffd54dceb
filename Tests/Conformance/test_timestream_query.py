"""Timestream Query's operations as boto3 and the AWS CLI see them: preparing, cancelling, insights, settings, tokens."""

import json
import subprocess
import time
import uuid

import pytest
from botocore.exceptions import ClientError

from conftest import TOOLS

HOUR = 3_600_000
SCALAR = {"double": {"ScalarType": "DOUBLE"}, "varchar": {"ScalarType": "VARCHAR"}, "timestamp": {"ScalarType": "TIMESTAMP"}}


@pytest.fixture(scope="module")
def now(client):
    """The time of the newest of 24 hourly records of two sensors."""
    write = client("timestream-write")
    write.create_database(DatabaseName="query_api")
    write.create_table(
        DatabaseName="query_api", TableName="sensors", RetentionProperties={"MemoryStoreRetentionPeriodInHours": 48, "MagneticStoreRetentionPeriodInDays": 30})
    newest = int(time.time() * 1000) // HOUR * HOUR
    for sensor in ("a", "b"):
        write.write_records(
            DatabaseName="query_api", TableName="sensors", CommonAttributes={"Dimensions": [{"Name": "sensor", "Value": sensor}], "MeasureValueType": "DOUBLE"},
            Records=[{"MeasureName": name, "MeasureValue": str(hour), "Time": str(newest - hour * HOUR)} for hour in range(24) for name in ("heat", "damp")])
    return newest


def code(caught):
    return caught.value.response["Error"]["Code"]


# Preparing


def test_columns_and_parameters_of_a_prepared_query(client, now):
    prepared = client("timestream-query").prepare_query(
        QueryString="SELECT sensor, measure_value::double AS v, avg(measure_value::double), time FROM query_api.sensors "
        "WHERE sensor = @sensor AND time > @start AND measure_value::double > @least GROUP BY sensor, measure_value::double, time HAVING @open IS NULL",
        ValidateOnly=True)
    table = {"DatabaseName": "query_api", "TableName": "sensors"}
    assert prepared["Columns"] == [
        {"Name": "sensor", "Type": SCALAR["varchar"], "Aliased": False} | table, {"Name": "v", "Type": SCALAR["double"], "Aliased": True} | table,
        {"Name": "_col2", "Type": SCALAR["double"], "Aliased": False}, {"Name": "time", "Type": SCALAR["timestamp"], "Aliased": False} | table]
    assert prepared["Parameters"] == [
        {"Name": "sensor", "Type": SCALAR["varchar"]}, {"Name": "start", "Type": SCALAR["timestamp"]}, {"Name": "least", "Type": SCALAR["double"]},
        {"Name": "open", "Type": {"ScalarType": "UNKNOWN"}}]
    assert prepared["QueryString"].startswith("SELECT sensor")


@pytest.mark.parametrize("arguments, message", [
    ({"QueryString": "SELECT nothing FROM query_api.sensors", "ValidateOnly": True}, "line 1:8: Column 'nothing' does not exist"),
    ({"QueryString": "SELECT 1", "ValidateOnly": False}, "PrepareQuery supports ValidateOnly only with the value true."),
    ({"QueryString": "SHOW DATABASES"}, "line 1:1: only a SELECT can be prepared"),
])
def test_what_cannot_be_prepared(client, now, arguments, message):
    with pytest.raises(client("timestream-query").exceptions.ValidationException) as caught:
        client("timestream-query").prepare_query(**arguments)
    assert caught.value.response["Message"] == message


@pytest.mark.parametrize("queries, terms", [(60, 190), (30, 190), (2, 120)])
@pytest.mark.parametrize("start, end", [("SELECT (", ")"), ("SELECT abs(1) FROM unnest(array[(", ")")])
def test_depth_is_counted_through_subqueries(client, queries, terms, start, end):
    query = client("timestream-query")
    close = end + "+1" * terms + ("])" if "array" in start else "")
    with pytest.raises(query.exceptions.ValidationException, match="the expression is nested deeper than 200"):
        query.prepare_query(QueryString=start * queries + "SELECT 1" + close * queries, ValidateOnly=True)
    assert query.query(QueryString="SELECT 1")["Rows"] == [{"Data": [{"ScalarValue": "1"}]}]


@pytest.mark.parametrize("start, middle, end", [
    ("(", "1", "+1)"), ("abs(", "1", ")"), ("cast(", "1", " AS bigint)"), ("CASE WHEN true THEN ", "1", " END"), ("(SELECT ", "1", ")"), ("array[", "1", "][1]"),
    ("1 + ", "1", ""), ("try(", "1", ")"), ("(SELECT x FROM (SELECT ", "1", " AS x))"), ("reduce(array[1], ", "1", ", (s, x) -> s + x, s -> s)")])
def test_the_deepest_query_that_can_be_prepared_ends_nothing(client, start, middle, end):
    query = client("timestream-query")

    def text(depth):
        return "SELECT " + start * depth + middle + end * depth

    def is_taken(depth):
        try:
            query.prepare_query(QueryString=text(depth), ValidateOnly=True)
            return True
        except query.exceptions.ValidationException as error:
            assert "the expression is nested deeper than 200" in error.response["Message"]
            return False

    taken, refused = 1, 400
    assert is_taken(taken) and not is_taken(refused)
    while refused - taken > 1:
        between = (taken + refused) // 2
        taken, refused = (between, refused) if is_taken(between) else (taken, between)
    try:
        assert len(query.query(QueryString=text(taken))["Rows"]) == 1
    except query.exceptions.ValidationException as error:
        assert error.response["Message"] == "the query is nested deeper, or longer, than SQLite takes"
    assert query.query(QueryString="SELECT 1")["Rows"]


# Cancelling, and tokens


def test_a_cancelled_query_gives_no_more_pages(client, now):
    query = client("timestream-query")
    sql = "SELECT * FROM query_api.sensors"
    first = query.query(QueryString=sql, MaxRows=10)
    assert first["Rows"] == [] and first["NextToken"]
    assert "CancellationMessage" not in query.cancel_query(QueryId=first["QueryId"])
    assert query.cancel_query(QueryId=first["QueryId"])["CancellationMessage"]
    with pytest.raises(query.exceptions.ConflictException):
        query.query(QueryString=sql, NextToken=first["NextToken"])
    first = query.query(QueryString=sql, MaxRows=10)
    assert "NextToken" not in query.query(QueryString=sql, NextToken=first["NextToken"])
    for finished in (first["QueryId"], query.query(QueryString="SELECT 1")["QueryId"], "NOBODYKNOWSTHIS", "a b!"):
        with pytest.raises(query.exceptions.ValidationException):
            query.cancel_query(QueryId=finished)


def test_a_token_is_its_querys_and_ends_with_a_newer_one(client, now):
    query = client("timestream-query")
    sql = "SELECT time FROM query_api.sensors"
    first = query.query(QueryString=sql, MaxRows=5)
    second = query.query(QueryString=sql, MaxRows=5, NextToken=first["NextToken"])
    assert len(second["Rows"]) == 5
    # The same again gives the same, five times in all.
    for _ in range(4):
        assert query.query(QueryString=sql, MaxRows=5, NextToken=first["NextToken"])["Rows"] == second["Rows"]
    guessed = "-".join(second["NextToken"].split("-")[:2] + ["9"])
    for arguments in ({"QueryString": sql, "NextToken": first["NextToken"]}, {"QueryString": sql, "NextToken": guessed}, {"QueryString": sql + " ", "NextToken": second["NextToken"]}, {"QueryString": sql, "NextToken": "x"}):
        with pytest.raises(query.exceptions.ValidationException, match="Invalid pagination token"):
            query.query(**arguments)
    third = query.query(QueryString=sql, MaxRows=5, NextToken=second["NextToken"])
    assert third["Rows"] != second["Rows"]
    with pytest.raises(query.exceptions.ValidationException, match="Invalid pagination token"):
        query.query(QueryString=sql, MaxRows=5, NextToken=first["NextToken"])


def test_the_paginator_finds_every_row(client, now):
    pages = list(client("timestream-query").get_paginator("query").paginate(QueryString="SELECT time FROM query_api.sensors", PaginationConfig={"PageSize": 7}))
    assert sum(len(page["Rows"]) for page in pages) == 96
    assert {len(page["Rows"]) for page in pages} == {0, 7, 96 % 7}
    assert pages[-1]["QueryStatus"]["ProgressPercentage"] == 100


def test_a_client_token_gives_the_same_query(client, now):
    query, token = client("timestream-query"), uuid.uuid4().hex
    first = query.query(QueryString="SELECT random()", ClientToken=token)
    assert query.query(QueryString="SELECT random()", ClientToken=token)["Rows"] == first["Rows"]
    assert query.query(QueryString="SELECT random()", ClientToken=token)["QueryId"] == first["QueryId"]
    for other in ({"QueryString": "SELECT 2"}, {"QueryString": "SELECT random()", "MaxRows": 3}, {"QueryString": "SELECT random()", "QueryInsights": {"Mode": "ENABLED_WITH_RATE_CONTROL"}}):
        with pytest.raises(query.exceptions.ValidationException):
            query.query(ClientToken=token, **other)


@pytest.mark.parametrize("sql, message", [("SELECT 1 / 0", "Division by zero"), ("SELECT array[1][2]", "Array subscript must be"), ("SELECT cast('x' AS bigint)", "Cannot cast 'x' to BIGINT")])
def test_what_fails_while_it_runs_is_an_exception_of_its_own(client, sql, message):
    query = client("timestream-query")
    with pytest.raises(query.exceptions.QueryExecutionException, match=message):
        query.query(QueryString=sql)


def test_a_result_has_a_limit(client):
    query = client("timestream-query")
    with pytest.raises(query.exceptions.QueryExecutionException, match="the results of all queries take more than 256 MB"):
        query.query(QueryString="SELECT rpad('x', 900000, 'y') FROM UNNEST(sequence(1, 400)) AS a(x)")


def test_a_row_larger_than_a_page_is_an_error(client, now):
    with pytest.raises(ClientError, match="Query aborted as max page response size has been exceeded by the output result row"):
        client("timestream-query").query(QueryString="SELECT rpad('x', 1000000, 'y') || 'z'")

@pytest.mark.parametrize("sql, message", [
    ('SELECT cardinality(repeat(sequence(1,10000), 26000))', 'result of repeat function must not take more than 4194304 bytes'),
    ("SELECT length(replace(rpad('a',1000000,'a'),'a',rpad('b',2200,'b')))", 'a value is larger than 4 MB'),
    ("SELECT cardinality(array_agg(rpad('a',1000000,'a'))) FROM UNNEST(sequence(1,2300))", 'a value is larger than 4 MB'),
    ("SELECT cardinality(combinations(repeat(rpad('a',1000,'a'),2000), 2))", 'a value is larger than 4 MB'),
    ("SELECT length(rpad('a',1000000,'a') || array_join(repeat(rpad('a',1000,'b'), 4000), '') || array_join(transform(sequence(1,70), x -> rpad('a',1000000,'a')), ''))", 'a value is larger than 4 MB'),
    ("SELECT array_join(repeat('a', 100000), lpad('x', 1000000, 'x'))", 'a value is larger than 4 MB'),
    ("SELECT array_join(repeat(cast(null as varchar), 100000), ',', lpad('x', 1000000, 'x'))", 'a value is larger than 4 MB'),
    ('SELECT cardinality(ngrams(repeat(1, 100000), 50000))', 'a value is larger than 4 MB'),
    ("SELECT length(regexp_replace(rpad('a',1000000,'a'), '^(.*)$', array_join(repeat('$1',1000),'')))", 'a value is larger than 4 MB'),
    ("SELECT cardinality(create_time_series(from_nanoseconds(x), rpad('a',1000000,'a'))) FROM UNNEST(sequence(1,2000)) AS a(x)", 'a value is larger than 4 MB'),
    ("SELECT cardinality(max_by(rpad('a',1000000,'a'), x, 10000)) FROM UNNEST(sequence(1,2000)) AS a(x)", 'a value is larger than 4 MB'),
    ("SELECT split(rpad('a',1000000,'a'), concat(rpad('a',500000,'a'),'b'))[2]", 'Array subscript must be less than or equal to array length: 2 > 1'),
    ("SELECT 1 / strpos(rpad('a',1000000,'a'), concat(rpad('a',500000,'a'),'b'), 1)", 'Division by zero'),
])
def test_what_a_query_makes_on_its_way_is_bounded(client, sql, message):
    """Each of these once took gigabytes, or minutes that nothing could end."""
    query = client("timestream-query")
    with pytest.raises(query.exceptions.QueryExecutionException) as caught:
        query.query(QueryString=sql)
    assert caught.value.response["Message"] == message
    assert query.query(QueryString="SELECT 1")["Rows"]


# Status and insights


def test_what_is_scanned_and_metered(client, now):
    query = client("timestream-query")
    for sql, scans, metered in (("SELECT 1", False, 10_000_000), ("SELECT count(*) FROM query_api.sensors", True, 10_000_000), ("SHOW DATABASES", False, 0), ("DESCRIBE query_api.sensors", False, 0)):
        status = query.query(QueryString=sql)["QueryStatus"]
        assert (status["CumulativeBytesScanned"] > 0, status["CumulativeBytesMetered"]) == (scans, metered), sql


@pytest.mark.parametrize("condition, hours, share", [
    ("true", 23, 1), ("measure_name = 'heat'", 23, 0.5), ("measure_name = 'heat' AND time BETWEEN from_milliseconds({now} - 7200000) AND now()", 2, 0.5),
    ("time > from_milliseconds({now} - 3600000) AND measure_name IN ('heat', 'damp', 'none')", 1, 1), ("measure_name = 'none'", 23, 0)])
def test_insights(client, now, condition, hours, share):
    query = client("timestream-query")
    answer = query.query(
        QueryString="SELECT * FROM query_api.sensors WHERE " + condition.format(now=now), QueryInsights={"Mode": "ENABLED_WITH_RATE_CONTROL"})
    insights = answer["QueryInsightsResponse"]
    table = client("timestream-write").describe_table(DatabaseName="query_api", TableName="sensors")["Table"]["Arn"]
    assert insights["QueryTableCount"] == 1 and insights["OutputRows"] == len(answer["Rows"])
    assert insights["QueryTemporalRange"]["Max"] == {"Value": hours * HOUR * 1_000_000, "TableArn": table}
    assert insights["QuerySpatialCoverage"]["Max"] == {"Value": share, "TableArn": table, "PartitionKey": ["measure_name"]}


def test_insights_are_given_where_they_are_asked_for(client, now):
    query = client("timestream-query")
    assert "QueryInsightsResponse" not in query.query(QueryString="SELECT 1")
    assert "QueryInsightsResponse" not in query.query(QueryString="SELECT 1", QueryInsights={"Mode": "DISABLED"})
    assert query.query(QueryString="SELECT 1", QueryInsights={"Mode": "ENABLED_WITH_RATE_CONTROL"})["QueryInsightsResponse"]["QueryTableCount"] == 0


# Settings


def test_account_settings(client):
    query = client("timestream-query")
    assert {name: query.describe_account_settings()[name] for name in ("MaxQueryTCU", "QueryPricingModel")} == {"MaxQueryTCU": 200, "QueryPricingModel": "COMPUTE_UNITS"}
    assert query.update_account_settings(MaxQueryTCU=8)["MaxQueryTCU"] == 8
    assert query.describe_account_settings()["MaxQueryTCU"] == 8
    for wrong in ({"MaxQueryTCU": 6}, {"MaxQueryTCU": 1004}, {"QueryPricingModel": "BYTES_SCANNED"}):
        with pytest.raises(query.exceptions.ValidationException):
            query.update_account_settings(**wrong)
    query.update_account_settings(MaxQueryTCU=200)


# The command line


def test_the_command_line(cloud, now):
    def aws(*arguments):
        run = subprocess.run([TOOLS / "clients/bin/aws", *arguments, "--output", "json"], env=cloud.environment, capture_output=True, text=True)
        return run.returncode, json.loads(run.stdout) if run.stdout else run.stderr

    assert aws("timestream-query", "query", "--query-string", "SELECT count(*) FROM query_api.sensors")[1]["Rows"] == [{"Data": [{"ScalarValue": "96"}]}]
    # The CLI walks through the pages by itself.
    assert len(aws("timestream-query", "query", "--query-string", "SELECT time FROM query_api.sensors", "--page-size", "40")[1]["Rows"]) == 96
    series = aws("timestream-query", "query", "--query-string", "SELECT create_time_series(time, measure_value::double) FROM query_api.sensors WHERE sensor = 'a' AND measure_name = 'heat' AND time > ago(3h)")[1]
    assert series["ColumnInfo"][0]["Type"] == {"TimeSeriesMeasureValueColumnInfo": {"Type": {"ScalarType": "DOUBLE"}}}
    assert [point["Value"]["ScalarValue"] for point in series["Rows"][0]["Data"][0]["TimeSeriesValue"]] == ["2.0", "1.0", "0.0"]
    assert aws("timestream-query", "prepare-query", "--query-string", "SELECT @x", "--validate-only")[1]["Parameters"] == [{"Name": "x", "Type": {"ScalarType": "UNKNOWN"}}]
    assert aws("timestream-query", "describe-endpoints")[1]["Endpoints"][0]["Address"] == cloud.address
    status, words = aws("timestream-query", "query", "--query-string", "SELECT foo FROM query_api.sensors")
    assert status != 0 and "(ValidationException)" in words and "line 1:8: Column 'foo' does not exist" in words
