"""A second project, which knows nothing of this one: its template stands up and works as it is."""

import json
import pathlib
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from conftest import TOOLS, wait_until
from bootstraps import bootstrap
from stack import Stack, client

PROJECT = pathlib.Path(__file__).parent / "second-project"
TEMPLATE = (PROJECT / "template.yaml").read_text()


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    stack = Stack(tmp_path_factory.mktemp("shop"), TEMPLATE)
    for name in ("orders", "store", "report"):
        executable = stack.folder / name
        executable.write_text(bootstrap((PROJECT / f"{name}.py").read_text()))
        executable.chmod(0o755)
    with stack.running() as cloud:
        yield cloud


def ask(url, method="GET", body=None, **headers):
    """The status, the headers and the body of an answer."""
    request = urllib.request.Request(url, method=method, data=body, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def place(shop, **order):
    return ask(shop.outputs["ShopUrl"] + "orders", "POST", json.dumps(order).encode(), Content_Type="application/json")


def orders_of(shop, customer):
    status, _, body = ask(shop.outputs["ShopUrl"] + f"customers/{customer}/orders")
    assert status == 200, body
    return json.loads(body)


def test_sam_takes_the_template(tmp_path):
    done = subprocess.run(
        [TOOLS / "sam/bin/sam", "validate", "--lint", "--template", PROJECT / "template.yaml"], capture_output=True, text=True, timeout=300,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "AWS_DEFAULT_REGION": "us-east-1", "SAM_CLI_TELEMETRY": "0"})
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_order_goes_through_the_queue_into_the_table_and_is_found_by_its_customer(shop):
    assert shop.outputs["ShopUrl"] == shop.address + "/live/"
    for number in range(3):
        status, headers, body = place(shop, id=f"o{number}", customer="ada" if number else "bob")
        assert status == 202 and json.loads(body) == {"id": f"o{number}"}
        assert headers["Access-Control-Allow-Origin"] == "https://shop.example"
        assert len(headers["x-amzn-RequestId"]) == 36 and headers["x-amz-apigw-id"].endswith("=")
    wait_until(lambda: sorted(orders_of(shop, "ada")) == ["o1", "o2"] and orders_of(shop, "bob") == ["o0"])
    assert orders_of(shop, "nobody") == []
    # By other clients, as its people would look.
    table, queue = shop.outputs["OrderTable"], shop.outputs["OrderQueue"]
    assert client(shop, "dynamodb").get_item(TableName=table, Key={"id": {"S": "o0"}})["Item"]["customer"] == {"S": "bob"}
    program = pathlib.Path(sys.executable).parent / "aws"
    done = subprocess.run(
        [program, "dynamodb", "query", "--table-name", table, "--index-name", "by-customer", "--key-condition-expression", "customer = :c",
         "--expression-attribute-values", '{":c": {"S": "ada"}}', "--no-scan-index-forward"], env=shop.environment, capture_output=True, text=True, timeout=300)
    assert [item["id"]["S"] for item in json.loads(done.stdout)["Items"]] == ["o2", "o1"], done.stderr
    sqs = client(shop, "sqs")
    wait_until(lambda: sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "0")


def test_an_order_that_fails_leaves_the_others_and_stays_in_its_queue(shop):
    place(shop, id="bad", customer="eve", broken=True)
    place(shop, id="good", customer="eve")
    wait_until(lambda: orders_of(shop, "eve") == ["good"])
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = lambda: client(shop, "sqs").get_queue_attributes(QueueUrl=shop.outputs["OrderQueue"], AttributeNames=names)["Attributes"].values()
    # Those that are done leave it; it comes again until it has been received three times, a minute each.
    wait_until(lambda: sorted(counts()) == ["0", "1"])


def test_the_rule_and_the_schedule_run_the_report(shop):
    dynamodb = client(shop, "dynamodb")
    runs = lambda who: dynamodb.get_item(TableName=shop.outputs["OrderTable"], Key={"id": {"S": f"report {who}"}}).get("Item", {}).get("runs")
    for who in ("rule", "schedule"):
        wait_until(lambda: runs(who))


def test_the_gateway_answers_for_what_the_template_does_not_have(shop):
    url = shop.outputs["ShopUrl"]
    for method, path in (("GET", "nothing"), ("PUT", "orders"), ("GET", ""), ("DELETE", "slow")):
        status, headers, body = ask(url + path, method)
        assert (status, body) == (403, b'{"message":"Missing Authentication Token"}'), (method, path)
        assert headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"
    # A path without the stage.
    for path in ("/orders", "/prod/orders", "/Live/orders"):
        assert ask(shop.address + path)[::2] == (403, b'{"message":"Forbidden"}'), path
    assert ask(shop.address + "/")[0] == 200
    # What a function does not catch.
    status, headers, body = ask(url + "orders", "POST", b"no json")
    assert (status, body) == (502, b'{"message": "Internal server error"}') and headers["x-amzn-ErrorType"] == "InternalServerErrorException"


def test_preflights_binary_bodies_and_limits(shop):
    url = shop.outputs["ShopUrl"]
    status, headers, body = ask(url + "orders", "OPTIONS", Origin="https://shop.example", Access_Control_Request_Method="POST")
    assert (status, body) == (200, b"{}\n")
    assert {name: value for name, value in headers.items() if name.startswith("Access-Control-")} == {
        "Access-Control-Allow-Origin": "https://shop.example", "Access-Control-Allow-Headers": "content-type", "Access-Control-Allow-Methods": "OPTIONS,POST"}
    picture = bytes(range(256))
    assert ask(url + "files/a/b.png", "PUT", picture, Content_Type="image/png", Accept="image/png")[2] == picture
    assert ask(url + "files/a", "PUT", b"text", Content_Type="text/plain", Accept="text/plain")[2] == b"dGV4dA=="
    answers = [ask(url + "slow")[::2] for _ in range(4)]
    assert [status for status, _ in answers] == [200, 200, 429, 429] and answers[3][1] == b'{"message":"Too Many Requests"}'
