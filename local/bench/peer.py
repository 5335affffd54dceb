"""A peer: the same read as a function for Python, with boto3."""

import calendar
import json
import os
import time
import urllib.request

import boto3

endpoint = os.environ["AWS_ENDPOINT_URL"]
timestream = boto3.client("timestream-query", endpoint_url=endpoint)
dynamodb = boto3.client("dynamodb", endpoint_url=endpoint)


def history(identifier, start, end):
    sql = f"SELECT * FROM \"d\".\"t\" WHERE identifier = '{identifier}' AND time BETWEEN from_milliseconds({start}) AND from_milliseconds({end}) ORDER BY time"
    rows, token = [], {}
    while True:
        page = timestream.query(QueryString=sql, **token)
        names = [column["Name"] for column in page["ColumnInfo"]]
        for row in page["Rows"]:
            cells = dict(zip(names, (cell.get("ScalarValue") for cell in row["Data"])))
            at = calendar.timegm(time.strptime(cells.pop("time")[:19], "%Y-%m-%d %H:%M:%S")) * 1000
            values = {name: float(value) for name, value in cells.items() if name not in ("identifier", "measure_name")}
            rows.append({"time": at, "values": values, "origin": "history"})
        if "NextToken" not in page:
            return rows
        token = {"NextToken": page["NextToken"]}


def forecast(identifier, start, end):
    rows, key = [], {}
    while True:
        page = dynamodb.query(
            TableName="f", KeyConditionExpression="#i = :i AND #t BETWEEN :a AND :b", ExpressionAttributeNames={"#i": "identifier", "#t": "time"},
            ExpressionAttributeValues={":i": {"S": identifier}, ":a": {"N": str(start / 1000)}, ":b": {"N": str(end / 1000)}}, **key,
        )
        for item in page["Items"]:
            values = {name: float(value["N"]) for name, value in item["values"]["M"].items()}
            rows.append({"time": int(item["time"]["N"]) * 1000, "values": values, "origin": "forecast"})
        if "LastEvaluatedKey" not in page:
            return rows
        key = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def handle(event):
    identifier, query = event["path"].split("/")[-1], event["queryStringParameters"]
    start, end = int(query["from"]), int(query["to"])
    past = history(identifier, start, end)
    baseline = past[-1]["time"] if past else None
    rows = past + [row for row in forecast(identifier, start, end) if baseline is None or row["time"] > baseline]
    body = {"identifier": identifier, "from": start, "to": end, "baseline": baseline, "rows": rows, "next": None}
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}


api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
while True:
    with urllib.request.urlopen(api + "/next") as answer:
        request, event = answer.headers["lambda-runtime-aws-request-id"], json.load(answer)
    data = json.dumps(handle(event)).encode()
    urllib.request.urlopen(urllib.request.Request(f"{api}/{request}/response", data=data)).read()
