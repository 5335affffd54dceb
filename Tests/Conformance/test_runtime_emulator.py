"""The functions under AWS's own runtime interface emulator."""

import json

import pytest

import emulator
from conftest import BUILD
from emulator import api_request, message


@pytest.mark.parametrize("function,events,is_good", [
    ("FetchFunction", lambda key: (message("emulated"), {"not": "a batch"}, message("emulated")), lambda answer: answer == {"batchItemFailures": []}),
    ("APIFunction", lambda key: (api_request(key, "/v1/series/emulated"), {"not": "a request"}, api_request(key, "/v1/series/emulated")),
     lambda answer: answer["statusCode"] == 200 and len(json.loads(answer["body"])["rows"]) in (12, 13)),
    ("WriteFunction", lambda key: ({"device_id": "emulated", "temperature": 21.5}, None, {"device_id": "emulated", "temperature": 22}),
     lambda answer: answer == {"written": 1}),
    ("QueueFunction", lambda key: ({"source": "aws.scheduler", "detail": "{}"}, None, {}), lambda answer: answer["identifiers"] >= 0 and answer["invalid"] == 0),
])
def test_an_invocation_an_error_and_another_on_the_warm_process(cloud, tmp_path, function, events, is_good):
    with emulator.running(cloud.environment | cloud.variables, tmp_path, BUILD / function, "handler") as running:
        first, broken, second = events(cloud.outputs["ApiKey"])
        assert is_good(running.invoke(first))
        process = running.children()
        assert len(process) == 1
        if broken is not None:
            failed = running.invoke(broken)
            assert failed["errorType"] == "Function.EventError" and "not from" in failed["errorMessage"]
        assert is_good(running.invoke(second))
        assert running.children() == process
