"""The functions of a stack of the test's own: scripts of a few lines, invoked by boto3 and the AWS CLI."""

import base64
import hashlib
import json
import pathlib
import re
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError

from conftest import wait_until
from stack import Stack, client


def refused(call, **arguments):
    """The code, the text and the status of a refusal."""
    with pytest.raises(ClientError) as error:
        call(**arguments)
    found = error.value.response
    return found["Error"]["Code"], found["Error"]["Message"], found["ResponseMetadata"]["HTTPStatusCode"]


def command(cloud, *words):
    """What the AWS CLI prints, as JSON."""
    program = pathlib.Path(sys.executable).parent / "aws"
    done = subprocess.run([program, *words], env=cloud.environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
SEVERAL = """
Globals: { Function: { Timeout: 900, MemorySize: 512 } }
Resources:
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: echo
      CodeUri: build/Echo.zip
      Handler: main
      Description: says what it hears
      Role: arn:aws:iam::000000000000:role/own
      ReservedConcurrentExecutions: 2
      Environment: { Variables: { GREETING: hello } }
  Short: { Type: AWS::Serverless::Function, Properties: { FunctionName: short, CodeUri: Echo, Timeout: 4 } }
  Missing: { Type: AWS::Serverless::Function, Properties: { FunctionName: missing, CodeUri: Nothing } }
"""
ECHO = """
request=$(cat "$folder/event")
case "$request" in
*exit*) printf 'about to end'; exit 3 ;;
*hang*) echo hanging; exec sleep 1000 ;;
*long*) head -c 5000 /dev/zero | tr '\\0' x; echo; echo last ;;
*) echo "heard $request" ;;
esac
context=$(sed -n 's/^[Ll]ambda-[Rr]untime-[Cc]lient-[Cc]ontext: *\\([^\\r]*\\).*/\\1/p' "$folder/headers")
printf '{"context":%s,"group":"%s","stream":"%s"}' "${context:-null}" "$AWS_LAMBDA_LOG_GROUP_NAME" "$AWS_LAMBDA_LOG_STREAM_NAME" |
  curl -s --data-binary @- "$api/$id/response"
""".replace("\\\\", "\\")


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    stack = Stack(tmp_path_factory.mktemp("several"), SEVERAL, Echo=ECHO)
    with stack.running() as cloud:
        cloud.stack = stack
        yield cloud


def test_functions_are_described(several):
    functions = client(several, "lambda")
    script = (several.stack.folder / "Echo").read_bytes()
    expected = {
        "FunctionName": "echo", "FunctionArn": ARN + "echo", "Runtime": "provided.al2023", "Role": "arn:aws:iam::000000000000:role/own",
        "Handler": "main", "CodeSize": len(script), "Description": "says what it hears", "Timeout": 900, "MemorySize": 512,
        "CodeSha256": base64.b64encode(hashlib.sha256(script).digest()).decode(), "Version": "$LATEST", "PackageType": "Zip",
        "Environment": {"Variables": {"GREETING": "hello"}}, "State": "Active", "LastUpdateStatus": "Successful",
        "EphemeralStorage": {"Size": 512}, "TracingConfig": {"Mode": "PassThrough"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/echo"}}
    found = functions.get_function_configuration(FunctionName="echo")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000", found["LastModified"])
    assert {name: found[name] for name in expected} == expected
    for name in ("echo", "echo:$LATEST", ARN + "echo", ARN + "echo:$LATEST", "000000000000:function:echo"):
        whole = functions.get_function(FunctionName=name)
        assert whole["Configuration"] == {name: value for name, value in found.items() if name != "ResponseMetadata"}
    assert whole["Concurrency"] == {"ReservedConcurrentExecutions": 2}
    assert "Concurrency" not in functions.get_function(FunctionName="short")
    assert command(several, "lambda", "get-function", "--function-name", "echo")["Configuration"]["CodeSha256"] == expected["CodeSha256"]
    missing = functions.get_function_configuration(FunctionName="missing")
    assert missing["State"] == "Failed" and missing["StateReason"].startswith("There is no executable /") and missing["CodeSize"] == 0
    assert functions.get_waiter("function_active_v2").wait(FunctionName="echo") is None
    for call in (functions.get_function, functions.get_function_configuration):
        assert refused(call, FunctionName="nobody") == ("ResourceNotFoundException", f"Function not found: {ARN}nobody", 404)
        assert refused(call, FunctionName="nobody", Qualifier="$LATEST")[1] == f"Function not found: {ARN}nobody:$LATEST"
        assert refused(call, FunctionName="echo:7")[1] == f"Function not found: {ARN}echo:7"
        assert refused(call, FunctionName="echo:$LATEST", Qualifier="1") == (
            "InvalidParameterValueException", "The derived qualifier from the function name does not match the specified qualifier.", 400)
        assert refused(call, FunctionName=ARN.replace("us-east-1", "ap-southeast-1") + "echo") == (
            "ResourceNotFoundException", "Functions from 'ap-southeast-1' are not reachable in this region ('us-east-1')", 404)
        assert refused(call, FunctionName=ARN.replace("000000000000", "111111111111") + "echo")[::2] == ("AccessDeniedException", 403)
        assert refused(call, FunctionName="invalid:function:name") == ("ValidationException", (
            "1 validation error detected: Value 'invalid:function:name' at 'functionName' failed to satisfy constraint: Member must satisfy "
            "regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?"
            "(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?"), 400)
        assert refused(call, FunctionName="a" * 141)[1].endswith("Member must have length less than or equal to 140")
        assert refused(call, FunctionName="echo", Qualifier="7") == ("ResourceNotFoundException", f"Function not found: {ARN}echo:7", 404)


def test_functions_are_listed_page_by_page(several):
    functions = client(several, "lambda")
    names = lambda pages: [[function["FunctionName"] for function in page["Functions"]] for page in pages]
    assert names([functions.list_functions()]) == [["echo", "missing", "short"]]
    assert "NextMarker" not in functions.list_functions(MaxItems=3)
    pages = functions.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2})
    assert names(pages) == [["echo", "missing"], ["short"]]
    assert [function["FunctionName"] for function in command(several, "lambda", "list-functions")["Functions"]] == ["echo", "missing", "short"]
    violated = "1 validation error detected: Value '%s' at 'maxItems' failed to satisfy constraint: Member must have value %s than or equal to %s"
    assert refused(functions.list_functions, MaxItems=10001) == ("ValidationException", violated % (10001, "less", 10000), 400)
    assert names([functions.list_functions(FunctionVersion="ALL", MasterRegion="ALL")]) == [["echo", "missing", "short"]]
    assert refused(functions.list_functions, FunctionVersion="all") == ("ValidationException", (
        "1 validation error detected: Value 'all' at 'functionVersion' failed to satisfy constraint: Member must satisfy enum value set: [ALL]"), 400)
    assert refused(functions.list_functions, Marker="?")[0] == "InvalidParameterValueException"


def test_the_end_of_the_log_comes_with_the_answer(several):
    functions = client(several, "lambda")
    invoke = lambda event, name="echo", **more: functions.invoke(FunctionName=name, Payload=json.dumps(event), **more)
    assert "LogResult" not in invoke("quiet") and "LogResult" not in invoke("quiet", LogType="None")
    for word in ("one", "two"):
        answer = invoke(word, LogType="Tail")
        lines = base64.b64decode(answer["LogResult"]).decode().splitlines()
        request = answer["ResponseMetadata"]["RequestId"]
        # No line of the event before it.
        assert lines[:3] == [f"START RequestId: {request} Version: $LATEST", f'heard "{word}"', f"END RequestId: {request}"] and len(lines) == 4
        assert re.fullmatch(r"REPORT RequestId: " + request + r"\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 512 MB\tMax Memory Used: \d+ MB\t", lines[3])
    long = base64.b64decode(invoke("long", LogType="Tail")["LogResult"])
    assert len(long) == 4096 and long.startswith(b"xxx") and b"x\nlast\nEND RequestId: " in long
    ended = invoke("exit", LogType="Tail")
    assert ended["FunctionError"] == "Unhandled" and b"\nabout to end\nEND RequestId: " in base64.b64decode(ended["LogResult"])
    late = invoke("hang", "short", LogType="Tail")
    assert json.loads(late["Payload"].read())["errorType"] == "Sandbox.Timedout" and b"\nhanging\nEND RequestId: " in base64.b64decode(late["LogResult"])
    printed = command(several, "lambda", "invoke", "--function-name", "echo", "--log-type", "Tail", "--payload", "null", "/dev/null")
    assert b"\nheard null\n" in base64.b64decode(printed["LogResult"])
    with pytest.raises(ClientError, match="at 'logType' failed to satisfy constraint: Member must satisfy enum value set"):
        invoke("x", LogType="Head")


def test_the_context_of_a_client_reaches_the_function(several):
    functions = client(several, "lambda")
    encoded = lambda text: base64.b64encode(text.encode()).decode()
    invoke = lambda **more: json.loads(functions.invoke(FunctionName="echo", Payload="{}", **more)["Payload"].read())
    context = {"client": {"app_title": "h\u00e9"}, "custom": {"a": [1, None]}, "env": {}}
    found = invoke(ClientContext=encoded(json.dumps(context, indent=2)))
    assert found["context"] == context and found["group"] == "/aws/lambda/echo"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", found["stream"])
    # One that came with the event before is gone.
    assert invoke()["context"] is None
    for text in ("?", encoded("{"), encoded("[1]")):
        assert refused(functions.invoke, FunctionName="echo", ClientContext=text) == (
            "InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object.", 400)
    assert refused(functions.invoke, FunctionName="echo", ClientContext=encoded(json.dumps({"a": "x" * 2700})))[0] == "InvalidRequestContentException"


def test_what_is_not_emulated_is_refused_by_name(several):
    functions = client(several, "lambda")
    assert refused(functions.list_aliases, FunctionName="echo") == (
        "UnknownOperationException", "The local cloud does not emulate GET /2015-03-31/functions/echo/aliases of Lambda", 404)


SOURCES = """
Resources:
  Orders: { Type: AWS::SQS::Queue, Properties: { QueueName: orders, VisibilityTimeout: 900 } }
  Bulk: { Type: AWS::SQS::Queue, Properties: { QueueName: bulk, VisibilityTimeout: 900 } }
  Count:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: count
      CodeUri: Count
      Timeout: 900
      Events:
        Orders:
          Type: SQS
          Properties: { Queue: !GetAtt Orders.Arn, BatchSize: 1, Enabled: false, FunctionResponseTypes: [ReportBatchItemFailures] }
        Bulk:
          Type: SQS
          Properties: { Queue: !GetAtt Bulk.Arn, BatchSize: 25, MaximumBatchingWindowInSeconds: 300, ScalingConfig: { MaximumConcurrency: 3 } }
  Other: { Type: AWS::Serverless::Function, Properties: { FunctionName: other, CodeUri: Count } }
"""
# Notes how many messages of which queue an event has.
COUNT = """
echo "$(grep -o 'eventSourceARN":"[^"]*' "$folder/event" | sed 's/.*://' | sort | uniq -c | tr -s ' ' ' ')" >> "$home/events"
curl -s --data '{}' "$api/$id/response"
"""


@pytest.fixture
def sources(tmp_path):
    stack = Stack(tmp_path, SOURCES, Count=COUNT)
    with stack.running() as cloud:
        cloud.events = lambda: [line.split() for line in (tmp_path / "events").read_text().splitlines()] if (tmp_path / "events").exists() else []
        yield cloud


def fill(cloud, queue, count):
    sqs = client(cloud, "sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    for start in range(0, count, 10):
        sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(index), "MessageBody": "m"} for index in range(start, min(count, start + 10))])
    return url


def test_event_sources_are_listed_and_changed(sources):
    functions = client(sources, "lambda")
    queue = "arn:aws:sqs:us-east-1:000000000000:"
    found = {mapping["EventSourceArn"].split(":")[-1]: mapping for mapping in functions.list_event_source_mappings()["EventSourceMappings"]}
    orders, bulk = found["orders"], found["bulk"]
    assert orders.pop("LastModified") and bulk.pop("LastModified")
    assert orders == {
        "UUID": orders["UUID"], "BatchSize": 1, "MaximumBatchingWindowInSeconds": 0, "EventSourceArn": queue + "orders", "FunctionArn": ARN + "count",
        "State": "Disabled", "StateTransitionReason": "USER_INITIATED", "FunctionResponseTypes": ["ReportBatchItemFailures"]}
    assert bulk == {
        "UUID": bulk["UUID"], "BatchSize": 25, "MaximumBatchingWindowInSeconds": 300, "EventSourceArn": queue + "bulk", "FunctionArn": ARN + "count",
        "State": "Enabled", "StateTransitionReason": "USER_INITIATED", "FunctionResponseTypes": [], "ScalingConfig": {"MaximumConcurrency": 3}}
    ids = lambda **more: [mapping["UUID"] for mapping in functions.list_event_source_mappings(**more)["EventSourceMappings"]]
    assert ids(EventSourceArn=queue + "bulk") == [bulk["UUID"]] and ids(FunctionName="other") == []
    assert ids(FunctionName=ARN + "count") == sorted([orders["UUID"], bulk["UUID"]])
    pages = functions.get_paginator("list_event_source_mappings").paginate(PaginationConfig={"PageSize": 1})
    assert [len(page["EventSourceMappings"]) for page in pages] == [1, 1]
    assert command(sources, "lambda", "get-event-source-mapping", "--uuid", bulk["UUID"])["BatchSize"] == 25
    absent = ("ResourceNotFoundException", "The resource you requested does not exist.", 404)
    assert refused(functions.get_event_source_mapping, UUID="a") == refused(functions.update_event_source_mapping, UUID="a") == absent
    assert refused(functions.list_event_source_mappings, FunctionName="nobody")[0] == "ResourceNotFoundException"

    # Disabled, it leaves the queue alone; enabled, it takes what is there.
    url = fill(sources, "orders", 2)
    changed = functions.update_event_source_mapping(UUID=orders["UUID"], Enabled=True, BatchSize=10)
    assert (changed["State"], changed["BatchSize"], changed["ResponseMetadata"]["HTTPStatusCode"]) == ("Enabled", 10, 202)
    wait_until(lambda: sources.events() == [["2", "orders"]])
    assert command(sources, "lambda", "update-event-source-mapping", "--uuid", orders["UUID"], "--no-enabled")["State"] == "Disabled"
    # Its poller has been told to end; whoever receives from now on has the messages.
    fill(sources, "orders", 1)
    assert len(client(sources, "sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]) == 1
    changed = functions.update_event_source_mapping(UUID=bulk["UUID"], ScalingConfig={}, FunctionResponseTypes=["ReportBatchItemFailures"])
    assert "ScalingConfig" not in changed and changed["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("arguments,code,words", [
    ({"BatchSize": 11}, "InvalidParameterValueException", "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"),
    ({"BatchSize": 10001}, "ValidationException",
     "1 validation error detected: Value '10001' at 'batchSize' failed to satisfy constraint: Member must have value less than or equal to 10000"),
    ({"MaximumBatchingWindowInSeconds": 301}, "ValidationException",
     "1 validation error detected: Value '301' at 'maximumBatchingWindowInSeconds' failed to satisfy constraint: Member must have value less than or equal to 300"),
    ({"ScalingConfig": {"MaximumConcurrency": 1001}}, "ValidationException",
     "1 validation error detected: Value '1001' at 'scalingConfig.maximumConcurrency' failed to satisfy constraint: Member must have value less than or equal to 1000"),
    ({"FunctionName": "other"}, "InvalidParameterValueException", "The local cloud does not give an event source another function"),
    ({"FilterCriteria": {"Filters": []}}, "ValidationException", "The local cloud does not emulate the parameter FilterCriteria"),
])
def test_a_change_that_is_refused_changes_nothing(sources, arguments, code, words):
    functions = client(sources, "lambda")
    mapping = next(found for found in functions.list_event_source_mappings()["EventSourceMappings"] if found["BatchSize"] == 1)
    assert refused(functions.update_event_source_mapping, UUID=mapping["UUID"], Enabled=True, **arguments) == (code, words, 400)
    after = functions.get_event_source_mapping(UUID=mapping["UUID"])
    assert {name: after[name] for name in mapping} == mapping


def test_a_window_fills_a_batch(sources):
    # The window is five minutes: only a full batch comes at once.
    fill(sources, "bulk", 50)
    wait_until(lambda: sources.events() == [["25", "bulk"]] * 2)
    functions = client(sources, "lambda")
    mapping = functions.list_event_source_mappings(EventSourceArn="arn:aws:sqs:us-east-1:000000000000:bulk")["EventSourceMappings"][0]["UUID"]
    functions.update_event_source_mapping(UUID=mapping, MaximumBatchingWindowInSeconds=1)
    fill(sources, "bulk", 3)
    # What is there when the window is over.
    wait_until(lambda: sum(int(count) for count, _ in sources.events()) == 53)


DESTINATIONS = """
Resources:
  Letters: { Type: AWS::SQS::Queue, Properties: { QueueName: letters } }
  Work:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: work
      CodeUri: Work
      Timeout: 900
      EventInvokeConfig:
        MaximumRetryAttempts: 1
        DestinationConfig:
          OnSuccess: { Type: Lambda, Destination: !GetAtt Note.Arn }
          OnFailure: { Type: SQS, Destination: !GetAtt Letters.Arn }
  Note: { Type: AWS::Serverless::Function, Properties: { FunctionName: note, CodeUri: Note, Timeout: 900 } }
"""
WORK = """
echo tried >> "$home/tries"
if grep -q bad "$folder/event"; then curl -s --data '{"errorType":"Bad","errorMessage":"no"}' "$api/$id/error"
else curl -s --data '{"done":true}' "$api/$id/response"; fi
"""


def test_destinations_are_told_what_became_of_an_event(tmp_path):
    stack = Stack(tmp_path, DESTINATIONS, Work=WORK, Note='cp "$folder/event" "$home/noting" && mv "$home/noting" "$home/noted"; curl -s --data {} "$api/$id/response"')
    with stack.running() as cloud:
        functions, sqs = client(cloud, "lambda"), client(cloud, "sqs")
        invoke = lambda event: functions.invoke(FunctionName="work", InvocationType="Event", Payload=json.dumps(event))
        request = invoke({"job": "good"})["ResponseMetadata"]["RequestId"]
        wait_until((tmp_path / "noted").exists)
        noted = json.loads((tmp_path / "noted").read_text())
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", noted.pop("timestamp"))
        context = {"requestId": request, "functionArn": ARN + "work:$LATEST"}
        assert noted == {
            "version": "1.0", "requestContext": context | {"condition": "Success", "approximateInvokeCount": 1}, "requestPayload": {"job": "good"},
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST"}, "responsePayload": {"done": True}}
        context["requestId"] = invoke({"job": "bad"})["ResponseMetadata"]["RequestId"]
        url = sqs.get_queue_url(QueueName="letters")["QueueUrl"]
        letters = wait_until(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20).get("Messages"))
        letter = json.loads(letters[0]["Body"])
        assert letter.pop("timestamp")
        # Tried twice, once more than it was asked for.
        assert letter == {
            "version": "1.0", "requestContext": context | {"condition": "RetriesExhausted", "approximateInvokeCount": 2}, "requestPayload": {"job": "bad"},
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "responsePayload": {"errorType": "Bad", "errorMessage": "no"}}
        assert (tmp_path / "tries").read_text() == "tried\n" * 3
