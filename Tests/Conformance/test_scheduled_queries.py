"""Scheduled queries as boto3 sees them: made, listed, switched, executed, deleted, with their rows in the target table."""

import datetime
import time
import uuid

import pytest
from conftest import wait_until

HOUR = 3_600_000
ROLE = "arn:aws:iam::000000000000:role/anyone"
SQL = (
    "SELECT bin(time, 1h) AS hour, sensor, avg(measure_value::double) AS mean, count(*) AS readings, max(measure_name) AS kind, nullif(sensor, 'b') AS note "
    "FROM scheduled.readings WHERE time BETWEEN @scheduled_runtime - 3h AND @scheduled_runtime GROUP BY bin(time, 1h), sensor")
MULTI = {
    "TargetMultiMeasureName": "hourly", "MultiMeasureAttributeMappings": [
        {"SourceColumn": "mean", "MeasureValueType": "DOUBLE", "TargetMultiMeasureAttributeName": "average"},
        {"SourceColumn": "readings", "MeasureValueType": "BIGINT"}, {"SourceColumn": "note", "MeasureValueType": "VARCHAR"},
        {"SourceColumn": "hour", "MeasureValueType": "TIMESTAMP", "TargetMultiMeasureAttributeName": "at"}]}


@pytest.fixture(scope="module")
def newest(client):
    write = client("timestream-write")
    write.create_database(DatabaseName="scheduled")
    retention = {"MemoryStoreRetentionPeriodInHours": 48, "MagneticStoreRetentionPeriodInDays": 30}
    for table in ("readings", "multi", "mixed", "named", "rejecting"):
        write.create_table(
            DatabaseName="scheduled", TableName=table,
            RetentionProperties=retention if table != "rejecting" else retention | {"MemoryStoreRetentionPeriodInHours": 1})
    newest = int(time.time() * 1000) // HOUR * HOUR
    for sensor, factor in (("a", 1), ("b", 10)):
        write.write_records(
            DatabaseName="scheduled", TableName="readings", CommonAttributes={"Dimensions": [{"Name": "sensor", "Value": sensor}], "MeasureName": "heat", "MeasureValueType": "DOUBLE"},
            Records=[{"MeasureValue": str(minute // 30 * factor), "Time": str(newest - minute * 60_000)} for minute in range(0, 240, 30)])
    return newest


def request(name, table="multi", sql=SQL, schedule="rate(1 hour)", **mappings):
    target = {"DatabaseName": "scheduled", "TableName": table, "TimeColumn": "hour", "DimensionMappings": [{"Name": "sensor", "DimensionValueType": "VARCHAR"}]}
    return dict(
        Name=name, QueryString=sql, ScheduleConfiguration={"ScheduleExpression": schedule},
        NotificationConfiguration={"SnsConfiguration": {"TopicArn": "arn:aws:sns:us-east-1:000000000000:topic"}},
        TargetConfiguration={"TimestreamConfiguration": target | (mappings or {"MultiMeasureMappings": MULTI})},
        ScheduledQueryExecutionRoleArn=ROLE, ErrorReportConfiguration={"S3Configuration": {"BucketName": "reports", "ObjectKeyPrefix": "errors"}})


def executed(query, arn, at):
    """Runs a query for a time, and waits for the summary of that run."""
    before = query.describe_scheduled_query(ScheduledQueryArn=arn)["ScheduledQuery"].get("LastRunSummary")
    query.execute_scheduled_query(ScheduledQueryArn=arn, InvocationTime=datetime.datetime.fromtimestamp(at / 1000, datetime.timezone.utc))

    def summary():
        found = query.describe_scheduled_query(ScheduledQueryArn=arn)["ScheduledQuery"].get("LastRunSummary")
        return found if found != before else None

    return wait_until(summary)


def rows(query, sql):
    return [[cell.get("ScalarValue") for cell in row["Data"]] for row in query.query(QueryString=sql)["Rows"]]


def test_its_life(client, newest):
    query = client("timestream-query")
    token = uuid.uuid4().hex
    arn = query.create_scheduled_query(**request("hourly"), ClientToken=token, Tags=[{"Key": "team", "Value": "energy"}])["Arn"]
    assert arn.startswith("arn:aws:timestream:us-east-1:000000000000:scheduled-query/hourly-")
    # The same request with the same token is the same query; any other of the name is a conflict.
    assert query.create_scheduled_query(**request("hourly"), ClientToken=token)["Arn"] == arn
    with pytest.raises(query.exceptions.ConflictException):
        query.create_scheduled_query(**request("hourly"))
    described = query.describe_scheduled_query(ScheduledQueryArn=arn)["ScheduledQuery"]
    for member, value in request("hourly").items():
        assert described[member] == value
    assert described["State"] == "ENABLED" and "LastRunSummary" not in described
    assert described["NextInvocationTime"] - described["CreationTime"] == datetime.timedelta(hours=1)
    assert query.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "team", "Value": "energy"}]

    query.update_scheduled_query(ScheduledQueryArn=arn, State="DISABLED")
    described = query.describe_scheduled_query(ScheduledQueryArn=arn)["ScheduledQuery"]
    assert described["State"] == "DISABLED" and "NextInvocationTime" not in described
    query.delete_scheduled_query(ScheduledQueryArn=arn)
    for operation, arguments in ((query.delete_scheduled_query, {}), (query.describe_scheduled_query, {}), (query.update_scheduled_query, {"State": "ENABLED"}), (query.execute_scheduled_query, {"InvocationTime": 0})):
        with pytest.raises(query.exceptions.ResourceNotFoundException) as caught:
            operation(ScheduledQueryArn=arn, **arguments)
        assert caught.value.response["ScheduledQueryArn"] == arn
    with pytest.raises(query.exceptions.ResourceNotFoundException):
        query.list_tags_for_resource(ResourceARN=arn)


def test_rows_become_multi_measure_records(client, newest):
    query = client("timestream-query")
    arn = query.create_scheduled_query(**request("multi"))["Arn"]
    summary = executed(query, arn, newest)
    assert summary["RunStatus"] == "MANUAL_TRIGGER_SUCCESS"
    assert summary["InvocationTime"].timestamp() * 1000 == newest
    assert {name: summary["ExecutionStats"][name] for name in ("QueryResultRows", "RecordsIngested")} == {"QueryResultRows": 8, "RecordsIngested": 8}
    found = rows(query, "SELECT sensor, measure_name, to_milliseconds(time), average, readings, note, to_milliseconds(at) FROM scheduled.multi ORDER BY time DESC, sensor")
    hour = [str(newest - ago * HOUR) for ago in range(4)]
    assert found == [
        ["a", "hourly", hour[0], "0.0", "1", "a", hour[0]], ["b", "hourly", hour[0], "0.0", "1", None, hour[0]],
        ["a", "hourly", hour[1], "1.5", "2", "a", hour[1]], ["b", "hourly", hour[1], "15.0", "2", None, hour[1]],
        ["a", "hourly", hour[2], "3.5", "2", "a", hour[2]], ["b", "hourly", hour[2], "35.0", "2", None, hour[2]],
        ["a", "hourly", hour[3], "5.5", "2", "a", hour[3]], ["b", "hourly", hour[3], "55.0", "2", None, hour[3]]]
    # The same run again writes what is there.
    assert executed(query, arn, newest)["ExecutionStats"]["RecordsIngested"] == 8
    assert len(rows(query, "SELECT 1 FROM scheduled.multi")) == 8
    query.delete_scheduled_query(ScheduledQueryArn=arn)


def test_rows_become_a_record_a_measure(client, newest):
    query = client("timestream-query")
    mixed = [
        {"SourceColumn": "mean", "MeasureValueType": "DOUBLE"}, {"SourceColumn": "readings", "TargetMeasureName": "count", "MeasureValueType": "BIGINT"},
        {"TargetMeasureName": "both", "MeasureValueType": "MULTI", "MultiMeasureAttributeMappings": [{"SourceColumn": "mean", "MeasureValueType": "DOUBLE"}, {"SourceColumn": "note", "MeasureValueType": "VARCHAR"}]}]
    arn = query.create_scheduled_query(**request("mixed", "mixed", MixedMeasureMappings=mixed))["Arn"]
    assert executed(query, arn, newest)["ExecutionStats"]["RecordsIngested"] == 24
    assert rows(query, f"SELECT measure_name, measure_value::double, measure_value::bigint, mean, note FROM scheduled.mixed WHERE sensor = 'b' AND time = from_milliseconds({newest - HOUR}) ORDER BY 1") == [
        ["both", None, None, "15.0", None], ["count", None, "2", None, None], ["mean", "15.0", None, None, None]]
    query.delete_scheduled_query(ScheduledQueryArn=arn)


def test_a_column_names_the_measures(client, newest):
    query = client("timestream-query")
    named = [{"MeasureName": "heat", "SourceColumn": "mean", "MeasureValueType": "DOUBLE", "TargetMeasureName": "warmth"}, {"MeasureName": "damp", "SourceColumn": "mean", "MeasureValueType": "DOUBLE"}]
    arn = query.create_scheduled_query(**request("named", "named", MixedMeasureMappings=named, MeasureNameColumn="kind"))["Arn"]
    assert executed(query, arn, newest)["RunStatus"] == "MANUAL_TRIGGER_SUCCESS"
    assert rows(query, "SELECT measure_name, count(*) FROM scheduled.named GROUP BY measure_name") == [["warmth", "8"]]
    query.delete_scheduled_query(ScheduledQueryArn=arn)


def test_a_run_that_fails_says_why(client, newest):
    query = client("timestream-query")
    arn = query.create_scheduled_query(**request("rejecting", "rejecting"))["Arn"]
    summary = executed(query, arn, newest)
    # Of eight records four lie before the memory store of an hour and its allowance; the rest are stored.
    assert summary["RunStatus"] == "MANUAL_TRIGGER_FAILURE" and "of the memory store" in summary["FailureReason"]
    assert summary["ExecutionStats"]["RecordsIngested"] == len(rows(query, "SELECT 1 FROM scheduled.rejecting")) < 8
    described = query.describe_scheduled_query(ScheduledQueryArn=arn)["ScheduledQuery"]
    assert described["RecentlyFailedRuns"] == [summary]
    query.delete_scheduled_query(ScheduledQueryArn=arn)


def test_one_bad_row_loses_no_other(client, newest):
    """A value that cannot be written, among a hundred that can."""
    query = client("timestream-query")
    sql = "SELECT from_milliseconds(%d) + x * 1s AS hour, 'many' AS sensor, if(x = 50, 1e0 / 0, x * 1.0) AS mean, x AS readings, 'n' AS note FROM UNNEST(sequence(1, 120)) AS t(x)" % (newest - HOUR)
    arn = query.create_scheduled_query(**request("bad-row", sql=sql))["Arn"]
    summary = executed(query, arn, newest)
    assert summary["RunStatus"] == "MANUAL_TRIGGER_FAILURE" and "'Infinity' is not a valid value of the type DOUBLE" in summary["FailureReason"]
    assert summary["ExecutionStats"]["RecordsIngested"] == 119
    assert rows(query, "SELECT count(*) FROM scheduled.multi WHERE sensor = 'many'") == [["119"]]
    query.delete_scheduled_query(ScheduledQueryArn=arn)


def test_a_long_run_holds_up_nobody(client, newest):
    query = client("timestream-query")
    # More rows than any machine counts before a query's time is up.
    sql = (
        "SELECT @scheduled_runtime AS hour, 'slow' AS sensor, cast(count(*) AS double) AS mean, count(*) AS readings, 'n' AS note "
        "FROM UNNEST(sequence(1, 10000)) AS a(x) CROSS JOIN UNNEST(sequence(1, 10000)) AS b(y) CROSS JOIN UNNEST(sequence(1, 10000)) AS c(z)")
    arn = query.create_scheduled_query(**request("slow", sql=sql))["Arn"]
    for number in range(4):
        query.execute_scheduled_query(ScheduledQueryArn=arn, InvocationTime=newest / 1000 + number)
    assert query.query(QueryString="SELECT 1")["Rows"]
    client("sqs").list_queues()
    # All were answered while the first of the runs was still under way: each takes as long as a query may.
    assert "LastRunSummary" not in query.describe_scheduled_query(ScheduledQueryArn=arn)["ScheduledQuery"]
    query.delete_scheduled_query(ScheduledQueryArn=arn)


def test_insights_of_a_run(client, newest):
    query = client("timestream-query")
    arn = query.create_scheduled_query(**request("insights"))["Arn"]
    query.execute_scheduled_query(ScheduledQueryArn=arn, InvocationTime=newest / 1000, QueryInsights={"Mode": "ENABLED_WITH_RATE_CONTROL"})
    summary = wait_until(lambda: query.describe_scheduled_query(ScheduledQueryArn=arn)["ScheduledQuery"].get("LastRunSummary"))
    assert summary["QueryInsightsResponse"]["QueryTableCount"] == 1
    query.delete_scheduled_query(ScheduledQueryArn=arn)


def test_listing(client, newest):
    query = client("timestream-query")
    arns = [query.create_scheduled_query(**request(f"list-{number}"))["Arn"] for number in range(5)]
    pages = list(query.get_paginator("list_scheduled_queries").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["ScheduledQueries"]) for page in pages] == [2, 2, 1]
    found = [entry for page in pages for entry in page["ScheduledQueries"]]
    assert [entry["Arn"] for entry in found] == arns
    assert found[0]["TargetDestination"] == {"TimestreamDestination": {"DatabaseName": "scheduled", "TableName": "multi"}}
    for arn in arns:
        query.delete_scheduled_query(ScheduledQueryArn=arn)
    assert query.list_scheduled_queries()["ScheduledQueries"] == []


@pytest.mark.parametrize("change, message", [
    (dict(sql="SELECT foo FROM scheduled.readings"), "line 1:8: Column 'foo' does not exist"),
    (dict(sql="SELECT @other"), "line 1:8: The query parameter '@other' has no value"),
    (dict(schedule="every hour"), "Invalid schedule expression"), (dict(schedule="rate(1 hours)"), "Invalid schedule expression"),
    (dict(table="nobody"), "The table nobody does not exist."),
    (dict(sql=SQL.replace("AS hour", "AS day")), "The query has no column 'hour'"),
    (dict(sql=SQL.replace("bin(time, 1h) AS hour", "to_milliseconds(bin(time, 1h)) AS hour")), "The column 'hour' has the type bigint, but as the time it must be timestamp."),
    (dict(sql=SQL.replace("count(*)", "avg(1.0)")), "The column 'readings' has the type double, but as a measure it must be bigint or integer."),
    (dict(schedule="cron(0 0 31 2 ? *)"), "is never due"),
    (dict(sql=SQL.replace("count(*) AS readings", "count(*) AS mean, count(*) AS readings")), "The query has two columns 'mean'"),
    (dict(MultiMeasureMappings=MULTI | {"MultiMeasureAttributeMappings": MULTI["MultiMeasureAttributeMappings"][:1] * 2}), "A measure's attribute is mapped twice."),
    (dict(MixedMeasureMappings=[{"SourceColumn": "mean", "MeasureValueType": "DOUBLE"}], MultiMeasureMappings=MULTI), "Give one of"),
])
def test_what_cannot_be_scheduled(client, newest, change, message):
    query = client("timestream-query")
    with pytest.raises(query.exceptions.ValidationException) as caught:
        query.create_scheduled_query(**request("wrong", **change))
    assert message in caught.value.response["Message"]


def test_a_required_partition_key_must_be_mapped(client, newest):
    write, query = client("timestream-write"), client("timestream-query")
    write.create_table(
        DatabaseName="scheduled", TableName="keyed", Schema={"CompositePartitionKey": [{"Type": "DIMENSION", "Name": "site", "EnforcementInRecord": "REQUIRED"}]})
    with pytest.raises(query.exceptions.ValidationException, match="requires the dimension 'site'"):
        query.create_scheduled_query(**request("keyed", "keyed"))
