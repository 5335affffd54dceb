import os

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handler(event):
    table.update_item(
        Key={"id": "report " + event["report"]}, UpdateExpression="ADD runs :one", ExpressionAttributeValues={":one": 1})
