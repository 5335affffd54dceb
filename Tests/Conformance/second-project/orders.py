import base64
import json
import os
import time

import boto3
from boto3.dynamodb.conditions import Key

table, queue = boto3.resource("dynamodb").Table(os.environ["TABLE"]), boto3.client("sqs")


def answer(status, value, **headers):
    return {"statusCode": status, "headers": {"Content-Type": "application/json"} | headers, "body": json.dumps(value)}


def handler(event):
    if event["resource"] == "/orders":
        order = json.loads(event["body"]) | {"placed": event["requestContext"]["requestTimeEpoch"]}
        queue.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(order))
        return answer(202, {"id": order["id"]}, **{"Access-Control-Allow-Origin": "https://shop.example"})
    if event["resource"] == "/customers/{customer}/orders":
        found = table.query(
            IndexName=os.environ["BY_CUSTOMER"], KeyConditionExpression=Key("customer").eq(event["pathParameters"]["customer"]))
        return answer(200, [item["id"] for item in found["Items"]])
    if event["resource"] == "/files/{proxy+}":
        body = event["body"] if event["isBase64Encoded"] else base64.b64encode((event["body"] or "").encode()).decode()
        return {"statusCode": 200, "headers": {"Content-Type": "image/png"}, "body": body, "isBase64Encoded": True}
    return answer(200, {"time": time.time()})
