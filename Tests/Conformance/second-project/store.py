import json
import os

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handler(event):
    failed = []
    for record in event["Records"]:
        order = json.loads(record["body"])
        if order.get("broken"):
            failed.append({"itemIdentifier": record["messageId"]})
        else:
            table.put_item(Item=order)
    return {"batchItemFailures": failed}
