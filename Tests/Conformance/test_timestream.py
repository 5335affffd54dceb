"""Timestream as boto3 sees it: endpoint discovery through AWS_ENDPOINT_URL alone, modelled exceptions, paginators."""

import time

import pytest
from botocore.exceptions import ClientError


@pytest.fixture(scope="module")
def names(client):
    write = client("timestream-write")
    write.create_database(DatabaseName="conformance")
    write.create_table(DatabaseName="conformance", TableName="records")
    return {"DatabaseName": "conformance", "TableName": "records"}


def record(at, value, **members):
    return {"Dimensions": [{"Name": "id", "Value": "a"}], "MeasureName": "m", "MeasureValue": str(value), "MeasureValueType": "DOUBLE", "Time": str(at)} | members


def test_rejections_are_modelled(client, names):
    write = client("timestream-write")
    now = int(time.time() * 1000)
    assert write.write_records(Records=[record(now, 1)], **names)["RecordsIngested"] == {"Total": 1, "MemoryStore": 1, "MagneticStore": 0}
    with pytest.raises(write.exceptions.RejectedRecordsException) as caught:
        write.write_records(Records=[record(now - 1, 5), record(now, 2), record(0, 1)], **names)
    response = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 419
    assert response["Message"] == "One or more records have been rejected. See RejectedRecords for details."
    assert [(entry["RecordIndex"], entry.get("ExistingVersion")) for entry in response["RejectedRecords"]] == [(1, 1), (2, None)]
    assert response["RejectedRecords"][1]["Reason"].endswith(") of the memory store.")
    assert write.write_records(Records=[record(now, 2, Version=2)], **names)["RecordsIngested"]["Total"] == 1


def test_a_table_is_updated(client, names):
    write = client("timestream-write")
    before = write.describe_table(**names)["Table"]
    after = write.update_table(
        **names, RetentionProperties={"MemoryStoreRetentionPeriodInHours": 12, "MagneticStoreRetentionPeriodInDays": 30},
        MagneticStoreWriteProperties={"EnableMagneticStoreWrites": True})["Table"]
    assert after["RetentionProperties"] == {"MemoryStoreRetentionPeriodInHours": 12, "MagneticStoreRetentionPeriodInDays": 30}
    assert after["MagneticStoreWriteProperties"]["EnableMagneticStoreWrites"] and after["LastUpdatedTime"] >= before["LastUpdatedTime"]
    # What is not given stays.
    assert write.update_table(**names, MagneticStoreWriteProperties={"EnableMagneticStoreWrites": False})["Table"]["RetentionProperties"] == after["RetentionProperties"]
    for wrong in ({"DatabaseName": "conformance", "TableName": "nobody"}, {"DatabaseName": "nobody", "TableName": "records"}):
        with pytest.raises(write.exceptions.ResourceNotFoundException):
            write.update_table(**wrong)
    with pytest.raises(ClientError) as caught:
        write.update_table(**names, RetentionProperties={"MemoryStoreRetentionPeriodInHours": 8767, "MagneticStoreRetentionPeriodInDays": 30})
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    write.update_table(**names, RetentionProperties=before["RetentionProperties"])


def test_databases_and_tables_come_and_go(client):
    write, query = client("timestream-write"), client("timestream-query")
    made = write.create_database(DatabaseName="passing", Tags=[{"Key": "a", "Value": "1"}])["Database"]
    table = write.create_table(DatabaseName="passing", TableName="rows", Tags=[{"Key": "t", "Value": "x"}])["Table"]
    write.tag_resource(ResourceARN=made["Arn"], Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "3"}])
    assert write.list_tags_for_resource(ResourceARN=made["Arn"])["Tags"] == [{"Key": "a", "Value": "3"}, {"Key": "b", "Value": "2"}]
    write.untag_resource(ResourceARN=made["Arn"], TagKeys=["a", "nothing"])
    assert query.list_tags_for_resource(ResourceARN=made["Arn"])["Tags"] == [{"Key": "b", "Value": "2"}]
    assert write.list_tags_for_resource(ResourceARN=table["Arn"])["Tags"] == [{"Key": "t", "Value": "x"}]
    with pytest.raises(write.exceptions.ResourceNotFoundException):
        write.tag_resource(ResourceARN=made["Arn"] + "x", Tags=[])
    changed = write.update_database(DatabaseName="passing", KmsKeyId="arn:aws:kms:us-east-1:000000000000:key/mine")["Database"]
    assert changed["KmsKeyId"].endswith("key/mine") and changed["TableCount"] == 1
    with pytest.raises(write.exceptions.ValidationException):
        write.delete_database(DatabaseName="passing")
    write.write_records(DatabaseName="passing", TableName="rows", Records=[record(int(time.time() * 1000), 1)])
    write.delete_table(DatabaseName="passing", TableName="rows")
    for operation, arguments in ((write.delete_table, {"TableName": "rows"}), (write.describe_table, {"TableName": "rows"})):
        with pytest.raises(write.exceptions.ResourceNotFoundException):
            operation(DatabaseName="passing", **arguments)
    # One of the same name starts empty, without columns and tags.
    again = write.create_table(DatabaseName="passing", TableName="rows")["Table"]
    assert write.list_tags_for_resource(ResourceARN=again["Arn"])["Tags"] == []
    with pytest.raises(ClientError, match="Column 'id' does not exist"):
        query.query(QueryString='SELECT id FROM "passing"."rows"')
    write.delete_table(DatabaseName="passing", TableName="rows")
    write.delete_database(DatabaseName="passing")
    with pytest.raises(write.exceptions.ResourceNotFoundException):
        write.describe_database(DatabaseName="passing")


def test_show_measures(client):
    write, query = client("timestream-write"), client("timestream-query")
    write.create_database(DatabaseName="measured")
    write.create_table(DatabaseName="measured", TableName="rows")
    now = int(time.time() * 1000)
    both = [{"Name": "id", "Value": "a"}, {"Name": "site", "Value": "n"}]
    write.write_records(DatabaseName="measured", TableName="rows", Records=[
        record(now, 1, MeasureName="temperature"), record(now, 2, MeasureName="pressure", MeasureValueType="BIGINT", Dimensions=both),
        {"Dimensions": both[1:], "MeasureName": "all", "MeasureValueType": "MULTI", "MeasureValues": [{"Name": "x", "Value": "1", "Type": "DOUBLE"}], "Time": str(now)}])

    def shown(words=""):
        answer = query.query(QueryString=f'SHOW MEASURES FROM "measured"."rows"{words}')
        rows = []
        for row in answer["Rows"]:
            name, kind, dimensions = row["Data"]
            rows.append((name["ScalarValue"], kind["ScalarValue"], [[cell["ScalarValue"] for cell in part["RowValue"]["Data"]] for part in dimensions["ArrayValue"]]))
        return answer, rows
    answer, rows = shown()
    assert rows == [
        ("all", "multi", [["site", "varchar"]]), ("pressure", "bigint", [["id", "varchar"], ["site", "varchar"]]), ("temperature", "double", [["id", "varchar"]])]
    assert [column["Name"] for column in answer["ColumnInfo"]] == ["measure_name", "data_type", "dimensions"]
    assert [part["Name"] for part in answer["ColumnInfo"][2]["Type"]["ArrayColumnInfo"]["Type"]["RowColumnInfo"]] == ["dimension_name", "data_type"]
    assert answer["QueryStatus"]["CumulativeBytesMetered"] == 0
    assert [row[0] for row in shown(" LIKE '%ure'")[1]] == ["pressure", "temperature"]


def test_rows_that_are_too_old_are_gone(client):
    write, query = client("timestream-write"), client("timestream-query")
    write.create_database(DatabaseName="ageing")
    write.create_table(
        DatabaseName="ageing", TableName="rows", RetentionProperties={"MemoryStoreRetentionPeriodInHours": 24, "MagneticStoreRetentionPeriodInDays": 30},
        MagneticStoreWriteProperties={"EnableMagneticStoreWrites": True})
    now = int(time.time() * 1000)
    write.write_records(DatabaseName="ageing", TableName="rows", Records=[record(now - days * 86_400_000, days) for days in (1, 20)])

    def days():
        answer = query.query(QueryString='SELECT measure_value::double FROM "ageing"."rows" ORDER BY time DESC')
        return [row["Data"][0]["ScalarValue"] for row in answer["Rows"]]
    assert days() == ["1.0", "20.0"]
    write.update_table(
        DatabaseName="ageing", TableName="rows", RetentionProperties={"MemoryStoreRetentionPeriodInHours": 1, "MagneticStoreRetentionPeriodInDays": 10})
    assert days() == ["1.0"]


def test_batch_loads_are_refused_by_name(client):
    with pytest.raises(ClientError) as caught:
        client("timestream-write").list_batch_load_tasks()
    assert caught.value.response["Error"]["Code"] == "UnknownOperationException" and "ListBatchLoadTasks" in str(caught.value)


def test_common_attributes_and_multi(client, names):
    write, query = client("timestream-write"), client("timestream-query")
    now = int(time.time())
    write.write_records(
        CommonAttributes={"Dimensions": [{"Name": "site", "Value": "n"}], "Time": str(now), "TimeUnit": "SECONDS", "MeasureValueType": "MULTI", "MeasureName": "w"},
        Records=[{"Dimensions": [{"Name": "id", "Value": "multi"}], "MeasureValues": [{"Name": "x", "Value": "1.5", "Type": "DOUBLE"}, {"Name": "t", "Value": str(now * 1000), "Type": "TIMESTAMP"}]}],
        **names)
    answer = query.query(QueryString='SELECT site, x, t, time FROM "conformance"."records" WHERE id = \'multi\'')
    assert [column["Type"]["ScalarType"] for column in answer["ColumnInfo"]] == ["VARCHAR", "DOUBLE", "TIMESTAMP", "TIMESTAMP"]
    stamp = time.strftime("%Y-%m-%d %H:%M:%S.000000000", time.gmtime(now))
    assert [cell.get("ScalarValue") for cell in answer["Rows"][0]["Data"]] == ["n", "1.5", stamp, stamp]
    assert answer["QueryStatus"]["CumulativeBytesMetered"] == 10_000_000


def test_paging_begins_with_an_empty_page(client, names):
    write, query = client("timestream-write"), client("timestream-query")
    now = int(time.time() * 1000)
    for start in range(0, 300, 100):
        write.write_records(Records=[record(now - 3_600_000 + n, n, Dimensions=[{"Name": "id", "Value": "paged"}]) for n in range(start, start + 100)], **names)
    sql = "SELECT measure_value::double AS v FROM \"conformance\".\"records\" WHERE id = 'paged' ORDER BY time"
    pages = list(query.get_paginator("query").paginate(QueryString=sql, PaginationConfig={"PageSize": 120}))
    assert [len(page["Rows"]) for page in pages] == [0, 120, 120, 60]
    assert [row["Data"][0]["ScalarValue"] for page in pages for row in page["Rows"]] == [f"{n}.0" for n in range(300)]
    token = pages[2]["NextToken"]
    again = query.query(QueryString=sql, NextToken=token, MaxRows=120)
    assert again["Rows"] == pages[3]["Rows"]
    with pytest.raises(query.exceptions.ValidationException) as caught:
        query.query(QueryString=sql + " ", NextToken=token)
    assert caught.value.response["Error"]["Message"] == "Invalid pagination token"


def test_errors(client, names):
    write, query = client("timestream-write"), client("timestream-query")
    with pytest.raises(write.exceptions.ResourceNotFoundException) as caught:
        write.write_records(DatabaseName="nowhere", TableName="x", Records=[record(1, 1)])
    assert caught.value.response["Error"]["Message"] == "The database nowhere does not exist."
    with pytest.raises(write.exceptions.ConflictException):
        write.create_database(DatabaseName="conformance")
    with pytest.raises(query.exceptions.ValidationException) as caught:
        query.query(QueryString='SELECT foo FROM "conformance"."records"')
    assert caught.value.response["Error"]["Message"] == "line 1:8: Column 'foo' does not exist"
    with pytest.raises(ClientError) as caught:
        write.create_batch_load_task(
            TargetDatabaseName="d", TargetTableName="t", DataSourceConfiguration={"DataFormat": "CSV", "DataSourceS3Configuration": {"BucketName": "bbb"}},
            ReportConfiguration={})
    assert caught.value.response["Error"]["Code"] == "UnknownOperationException"


def test_listing(client, names):
    write = client("timestream-write")
    assert "conformance" in [database["DatabaseName"] for database in write.list_databases()["Databases"]]
    assert write.describe_table(**names)["Table"]["RetentionProperties"] == {"MemoryStoreRetentionPeriodInHours": 6, "MagneticStoreRetentionPeriodInDays": 73000}
    assert write.describe_endpoints()["Endpoints"][0]["Address"].startswith("http://127.0.0.1:")


def test_partition_keys(client):
    write, query = client("timestream-write"), client("timestream-query")
    write.create_database(DatabaseName="partitioned")

    def key(enforcement, **other):
        return {"CompositePartitionKey": [{"Type": "DIMENSION", "Name": "site", "EnforcementInRecord": enforcement} | other]}

    names = {"DatabaseName": "partitioned", "TableName": "rows"}
    assert write.create_table(**names, Schema=key("REQUIRED"))["Table"]["Schema"] == key("REQUIRED")
    assert write.create_table(DatabaseName="partitioned", TableName="plain")["Table"]["Schema"] == {"CompositePartitionKey": [{"Type": "MEASURE"}]}
    now = int(time.time() * 1000)
    with_site = record(now, 1) | {"Dimensions": [{"Name": "id", "Value": "a"}, {"Name": "site", "Value": "north"}]}
    with pytest.raises(write.exceptions.RejectedRecordsException) as caught:
        write.write_records(Records=[record(now, 1), with_site], **names)
    assert caught.value.response["RejectedRecords"] == [
        {"RecordIndex": 0, "Reason": "The record lacks the dimension 'site', which the partition key of the table requires."}]
    assert write.update_table(**names, Schema=key("OPTIONAL"))["Table"]["Schema"] == key("OPTIONAL")
    assert write.write_records(Records=[record(now, 1)], **names)["RecordsIngested"]["Total"] == 1
    insights = query.query(
        QueryString="SELECT * FROM partitioned.rows WHERE site = 'north'", QueryInsights={"Mode": "ENABLED_WITH_RATE_CONTROL"})["QueryInsightsResponse"]
    assert insights["QuerySpatialCoverage"]["Max"]["PartitionKey"] == ["site"] and insights["OutputRows"] == 1
    # Of a table's key nothing but the enforcement changes, and there is one.
    for wrong in (key("OPTIONAL", Name="id"), {"CompositePartitionKey": [{"Type": "MEASURE"}]}):
        with pytest.raises(write.exceptions.ValidationException):
            write.update_table(**names, Schema=wrong)
    for schema, words in (
        ({"CompositePartitionKey": key("REQUIRED")["CompositePartitionKey"] * 2}, "Only 1 partition keys can be specified"),
        ({"CompositePartitionKey": [{"Type": "DIMENSION"}]}, "needs a name"),
        ({"CompositePartitionKey": [{"Type": "MEASURE", "Name": "m"}]}, "neither a name nor an enforcement"),
    ):
        with pytest.raises(write.exceptions.ValidationException) as caught:
            write.create_table(DatabaseName="partitioned", TableName="wrong", Schema=schema)
        assert words in caught.value.response["Message"]


def test_magnetic_writes_are_checked(client):
    write = client("timestream-write")
    write.create_database(DatabaseName="magnetic")
    location = {"S3Configuration": {"BucketName": "reports", "ObjectKeyPrefix": "x", "EncryptionOption": "SSE_S3"}}
    properties = {"EnableMagneticStoreWrites": True, "MagneticStoreRejectedDataLocation": location}
    assert write.create_table(DatabaseName="magnetic", TableName="rows", MagneticStoreWriteProperties=properties)["Table"]["MagneticStoreWriteProperties"] == properties
    with pytest.raises(ClientError, match="enum value set"):
        write.create_table(
            DatabaseName="magnetic", TableName="wrong",
            MagneticStoreWriteProperties={"EnableMagneticStoreWrites": True, "MagneticStoreRejectedDataLocation": {"S3Configuration": {"EncryptionOption": "NONE"}}})


def test_every_page_of_a_list_has_what_the_others_have_not(client):
    write = client("timestream-write")
    for database in ("paged-a", "paged-b"):
        write.create_database(DatabaseName=database)
        for number in range(3):
            write.create_table(DatabaseName=database, TableName=f"same{number}")

    def pages(operation, member, **arguments):
        found, token = [], {}
        while True:
            answer = operation(MaxResults=1, **arguments, **token)
            found += answer[member]
            if "NextToken" not in answer:
                return found
            token = {"NextToken": answer["NextToken"]}

    tables = [(table["DatabaseName"], table["TableName"]) for table in pages(write.list_tables, "Tables")]
    assert len(set(tables)) == len(tables)
    assert {table for table in tables if table[0].startswith("paged")} == {(f"paged-{letter}", f"same{number}") for letter in "ab" for number in range(3)}
    assert [table["TableName"] for table in pages(write.list_tables, "Tables", DatabaseName="paged-b")] == ["same0", "same1", "same2"]
    names = [database["DatabaseName"] for database in pages(write.list_databases, "Databases")]
    assert names == sorted(names) and {"paged-a", "paged-b"} <= set(names)
    for operation in (write.list_tables, write.list_databases):
        with pytest.raises(write.exceptions.ValidationException, match="Invalid pagination token"):
            operation(NextToken="%%%garbage")


def test_tags_belong_to_what_is_there(client):
    write = client("timestream-write")
    arn = write.create_database(DatabaseName="tagged")["Database"]["Arn"]
    for wrong in ("database/tagged", "x:y:database/tagged"):
        with pytest.raises(write.exceptions.ValidationException):
            write.tag_resource(ResourceARN=wrong, Tags=[])
    for elsewhere in (arn.replace("us-east-1", "eu-west-1"), arn.replace("000000000000", "999999999999"), arn + "x"):
        with pytest.raises(write.exceptions.ResourceNotFoundException):
            write.tag_resource(ResourceARN=elsewhere, Tags=[])
    # A bad tag makes nothing.
    with pytest.raises(ClientError, match="tags.1.member.key"):
        write.create_database(DatabaseName="untagged", Tags=[{"Key": "k" * 200, "Value": "v"}])
    with pytest.raises(write.exceptions.ResourceNotFoundException):
        write.describe_database(DatabaseName="untagged")
