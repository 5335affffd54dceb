"""The system as its users meet it: signatures, Lambda, the API, the AWS CLI, the local runs, the processes."""

import csv
import io
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, SSLError

from conftest import BUILD, Cloud, wait_until


@pytest.fixture(scope="module")
def hydrated(cloud):
    # Twice on the same data: what is fetched again replaces what is there.
    for _ in range(2):
        done = subprocess.run(
            [BUILD / "hydration", "--expect", "288", "51.48,0"], env=cloud.hydration, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr
        assert "Rows found in API:  288\nEverything is hooked up!" in done.stdout
    return cloud


def test_hydration_tells_failures(cloud):
    good = cloud.hydration
    for changed in ({"API_KEY": "wrong"}, {"ID_TABLE": "nowhere"}, {"QUEUE_LAMBDA_NAME": "nobody"}, {"API_ENDPOINT": cloud.address + "/nowhere/"}):
        done = subprocess.run([BUILD / "hydration", "x"], env=good | changed, capture_output=True, text=True, timeout=600)
        assert done.returncode == 1 and "hydration: " in done.stderr, changed
        assert cloud.outputs["ApiKey"] not in done.stdout + done.stderr


@pytest.mark.parametrize("arguments,code", [
    ({"aws_secret_access_key": "wrong", "aws_access_key_id": "test"}, "InvalidSignatureException"),
    ({"aws_secret_access_key": "test", "aws_access_key_id": "nobody"}, "UnrecognizedClientException"),
    ({"region_name": "eu-west-1"}, "InvalidSignatureException"),
])
def test_signatures_are_verified(client, arguments, code):
    with pytest.raises(ClientError) as caught:
        client("dynamodb", **arguments).list_tables()
    assert caught.value.response["Error"]["Code"] == code


def test_lambda(client, cloud):
    functions = client("lambda")
    name = cloud.outputs["QueueFunctionName"]
    answer = functions.invoke(FunctionName=name)
    assert answer["StatusCode"] == 200 and "FunctionError" not in answer
    assert json.load(answer["Payload"])["identifiers"] >= 0
    assert functions.invoke(FunctionName=f"arn:aws:lambda:us-east-1:000000000000:function:{name}", InvocationType="DryRun")["StatusCode"] == 204
    failed = functions.invoke(FunctionName=cloud.outputs["QueueFunctionName"].replace("queue", "fetch"), Payload=b"{}")
    assert failed["FunctionError"] == "Unhandled"
    assert json.load(failed["Payload"])["errorType"] == "Function.EventError"
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.invoke(FunctionName="nobody")


def test_the_api(hydrated):
    key = {"x-api-key": hydrated.outputs["ApiKey"]}
    status, _, body = hydrated.get("v1/series/51.48%2C0?from=now-1h&to=now%2B1h", **key)
    answer = json.loads(body)
    assert status == 200 and answer["identifier"] == "51.48,0" and answer["next"] is None
    assert 23 <= len(answer["rows"]) <= 25
    assert [row["time"] for row in answer["rows"]] == sorted({row["time"] for row in answer["rows"]})
    assert {row["origin"] for row in answer["rows"]} == {"history", "forecast"}
    assert all((row["origin"] == "history") == (row["time"] <= answer["baseline"]) for row in answer["rows"])
    status, headers, body = hydrated.get("v1/series/51.48%2C0?limit=5&format=csv", **key)
    rows = list(csv.DictReader(io.StringIO(body.decode())))
    assert len(rows) == 5 and set(rows[0]) == {"time", "origin", "elevation", "irradiance"}
    assert headers["X-Next-Cursor"]
    assert hydrated.get("v1/series/51.48%2C0")[0] == 401
    assert hydrated.get("v1/series/nobody", **key)[0] == 404
    assert hydrated.get("v1/series/51.48%2C0?from=soon", **key)[0] == 400


def test_the_aws_cli(hydrated):
    def cli(*words):
        command = [pathlib.Path(sys.executable).parent / "aws", "--endpoint-url", hydrated.address, *words]
        done = subprocess.run(command, env=hydrated.environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None
    key = {"identifier": {"S": "51.48,0"}}
    item = cli("dynamodb", "get-item", "--table-name", hydrated.outputs["IdentifierTableName"], "--key", json.dumps(key))["Item"]
    # What the fetch function says of its last run is on the item, and no error.
    status = item.pop("status")["M"]
    assert item == key and status["lastRun"] == status["lastSuccess"] and int(status["stored"]["N"]) >= 288 and "lastError" not in status
    sql = f'SELECT count(*) AS n FROM "{hydrated.outputs["HistoryDatabaseName"]}"."{hydrated.outputs["HistoryTableName"]}" WHERE identifier = \'51.48,0\''
    answer = cli("timestream-query", "query", "--query-string", sql)
    assert int(answer["Rows"][0]["Data"][0]["ScalarValue"]) in (288, 289)
    assert cli("sqs", "get-queue-attributes", "--queue-url", hydrated.outputs["DeadLetterQueueUrl"], "--attribute-names", "All")["Attributes"]["ApproximateNumberOfMessages"] == "0"
    assert cli("ssm", "get-parameter", "--name", hydrated.outputs["SourcesParameterName"])["Parameter"]["Type"] == "String"


def test_local_runs_need_nothing_but_variables(hydrated):
    variables = hydrated.variables
    stores = hydrated.stores

    def run(program, *words, **variables):
        return subprocess.run([BUILD / program, *words], env=hydrated.environment | variables, capture_output=True, text=True, timeout=300)
    queued = run("local-queue", IDENTIFIER_TABLE=variables["IDENTIFIER_TABLE"], IDENTIFIER_QUEUE=variables["IDENTIFIER_QUEUE"])
    assert queued.returncode == 0 and json.loads(queued.stdout)["identifiers"] >= 1
    fetched = run("local-fetch", "by-hand", SOURCES_SSM_ID=variables["SOURCES_SSM_ID"], API_KEY_SSM_ID=variables["API_KEY_SSM_ID"], **stores)
    assert fetched.returncode == 0 and fetched.stdout.startswith("by-hand: 576 rows stored, ")
    read = run("local-api", "by-hand", "from=now-1d", "to=now", API_KEY="any", **stores)
    assert read.returncode == 0 and len(json.loads(read.stdout)["rows"]) in (287, 288, 289)
    page = run("local-api", "by-hand", "from=now-1d", "to=now", "limit=3", "format=csv", API_KEY="any", **stores)
    assert page.returncode == 0 and len(list(csv.DictReader(io.StringIO(page.stdout)))) == 3 and page.stdout.endswith("\n") and "\n\n" not in page.stdout
    cursor = page.stderr.split("there are more rows: cursor=")[1].strip()
    rest = run("local-api", "--envelope", "by-hand", f"cursor={cursor}", "limit=3", API_KEY="any", **stores)
    answer = json.loads(rest.stdout)
    assert answer["statusCode"] == 200 and answer["headers"]["X-Next-Cursor"] == json.loads(answer["body"])["next"]
    rows = run("read-series", "by-hand", **stores)
    assert rows.returncode == 0 and 23 <= len(rows.stdout.splitlines()) <= 25
    for program, *words in (["local-queue"], ["local-fetch", "x"], ["local-api", "x"]):
        missing = run(program, *words)
        assert missing.returncode == 1 and "is not set" in missing.stderr
        assert "test" not in missing.stderr.replace("timestream", "")


def test_an_init_error_names_the_variable():
    environment = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1", "AWS_REGION": "us-east-1", "HOME": "/nonexistent"}
    for function, variable in (("QueueFunction", "IDENTIFIER_TABLE"), ("FetchFunction", "SOURCES_SSM_ID"), ("WriteFunction", "IDENTIFIER_TABLE"), ("APIFunction", "API_SSM_ID")):
        done = subprocess.run([BUILD / function], env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 1 and variable in done.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_cloud_ends_when_asked_and_leaves_nothing(number):
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["TMPDIR"] = temporary
        try:
            cloud = Cloud()
        finally:
            del os.environ["TMPDIR"]
        functions = boto3.client("lambda", endpoint_url=cloud.address)
        functions.invoke(FunctionName=cloud.outputs["QueueFunctionName"])
        children = pathlib.Path(f"/proc/{cloud.process.pid}/task/{cloud.process.pid}/children").read_text().split()
        children = children or subprocess.run(["pgrep", "-P", str(cloud.process.pid)], capture_output=True, text=True).stdout.split()
        assert children
        cloud.process.send_signal(number)
        assert cloud.process.wait(timeout=300) == 0
        wait_until(lambda: not any(pathlib.Path(f"/proc/{child}").exists() for child in children))
        assert os.listdir(temporary) == []


def test_it_may_be_ended_as_soon_as_it_is_ready():
    for _ in range(5):
        assert Cloud().stop() == 0


def test_over_tls_with_boto3_and_the_cli():
    cloud = Cloud("--ephemeral", "--tls")
    try:
        assert cloud.address.startswith("https://127.0.0.1:")
        bundle = cloud.outputs["AWS_CA_BUNDLE"]
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        tables = boto3.client("dynamodb", endpoint_url=cloud.address, verify=bundle, **keys).list_tables()["TableNames"]
        assert cloud.outputs["IdentifierTableName"] in tables
        # Endpoint discovery leads back to the same address.
        found = boto3.client("timestream-query", endpoint_url=cloud.address, verify=bundle, **keys).describe_endpoints()["Endpoints"][0]
        assert found["Address"] == cloud.address
        with pytest.raises(SSLError):
            once = Config(retries={"total_max_attempts": 1})
            boto3.client("dynamodb", endpoint_url=cloud.address, config=once, **keys).list_tables()
        done = subprocess.run(
            [BUILD / "hydration", "--expect", "288"], env=cloud.hydration | {"AWS_CA_BUNDLE": bundle}, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr
    finally:
        assert cloud.stop() == 0
    assert not os.path.exists(bundle)


@pytest.mark.parametrize("arguments,words", [
    (("--template", "/nowhere"), "--template: cannot read /nowhere: No such file or directory"),
    (("--parameter", "Nobody=1"), "Infra/template.yaml: the template has no parameter 'Nobody'"),
    (("--parameter", "Schedule"), "--parameter is 'Schedule': give Name=value"),
    (("--parameter", "Schedule=rate(1 fortnight)"), "Infra/template.yaml: Schedule of QueueFunction.Events.Daily.Properties: 'rate(1 fortnight)'"),
    (("--parameter", "Sources=@/nowhere"), "--parameter Sources: cannot read /nowhere: No such file or directory"),
    (("--tls-key", "/nowhere"), "--tls-certificate and --tls-key go together"),
    (("plan", "twice"), "'plan' is not understood"),
    (("--port", "x"), "--port is 'x'"),
    (("--result-memory", "0"), "--result-memory is '0': give 1 to 1000000 megabytes"),
    (("--result-memory", "1000001"), "--result-memory is '1000001': give 1 to 1000000 megabytes"),
    (("--result-memory", "x"), "--result-memory is 'x': give 1 to 1000000 megabytes"),
])
def test_a_wrong_command_line_is_explained(arguments, words):
    done = subprocess.run([BUILD / "local-cloud", "--ephemeral", *arguments], capture_output=True, text=True, timeout=300)
    assert done.returncode == 1 and words in done.stderr and done.stdout == ""


def test_many_at_once(hydrated):
    errors = []

    def work(number):
        try:
            table = boto3.client("dynamodb", endpoint_url=hydrated.address)
            for turn in range(5):
                table.put_item(TableName=hydrated.outputs["ForecastTableName"], Item={"series": {"S": f"load-{number}"}, "start": {"N": str(turn)}})
            found = table.query(
                TableName=hydrated.outputs["ForecastTableName"], KeyConditionExpression="series = :i", ExpressionAttributeValues={":i": {"S": f"load-{number}"}})
            assert found["Count"] == 5
        except Exception as error:  # Collected here, raised by the test.
            errors.append(error)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
