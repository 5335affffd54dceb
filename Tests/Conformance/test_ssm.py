"""SSM's parameters as boto3 and the AWS CLI see them."""

import json
import pathlib
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def ssm(client):
    ssm = client("ssm")
    yield ssm
    names = [found["Name"] for page in ssm.get_paginator("describe_parameters").paginate(
        ParameterFilters=[{"Key": "Path", "Option": "Recursive", "Values": ["/test"]}]) for found in page["Parameters"]]
    for start in range(0, len(names), 10):
        ssm.delete_parameters(Names=names[start:start + 10])


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_parameters(client):
    ssm = client("ssm")
    assert ssm.put_parameter(Name="/a/b", Value="v", Type="SecureString")["Version"] == 1
    with pytest.raises(ssm.exceptions.ParameterAlreadyExists):
        ssm.put_parameter(Name="/a/b", Value="w", Type="SecureString")
    assert ssm.put_parameter(Name="/a/b", Value="w", Overwrite=True)["Version"] == 2
    found = ssm.get_parameter(Name="/a/b", WithDecryption=True)["Parameter"]
    assert (found["Value"], found["Type"], found["Version"]) == ("w", "SecureString", 2)
    assert ssm.get_parameter(Name="/a/b")["Parameter"]["Value"] != "w"
    assert ssm.get_parameters(Names=["/a/b", "/no"])["InvalidParameters"] == ["/no"]
    ssm.delete_parameter(Name="/a/b")
    with pytest.raises(ssm.exceptions.ParameterNotFound):
        ssm.get_parameter(Name="/a/b")


def test_parameters_below_a_path(client):
    ssm = client("ssm")
    names = ["/below/a", "/below/b", "/below/c/d"]
    for name in names:
        ssm.put_parameter(Name=name, Value=name, Type="String")
    assert [found["Name"] for found in ssm.get_parameters_by_path(Path="/below")["Parameters"]] == names[:2]
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path="/below", Recursive=True, PaginationConfig={"PageSize": 1})
    assert [found["Name"] for page in pages for found in page["Parameters"]] == names
    ssm.put_parameter(Name="/below/a", Value="new", Overwrite=True)
    assert [ssm.get_parameter(Name=name)["Parameter"]["Value"] for name in ("/below/a", "/below/a:1", "/below/a:2")] == ["new", "/below/a", "new"]
    assert ssm.delete_parameters(Names=names + ["/no"])["InvalidParameters"] == ["/no"]


def test_parameters_are_described(ssm):
    ssm.put_parameter(Name="/test/a", Value="v", Type="String", Description="d", Tags=[{"Key": "team", "Value": "x"}])
    ssm.put_parameter(Name="/test/b", Value="v", Type="SecureString")
    assert ssm.put_parameter(Name="/test/c", Value="v" * 4097, Type="String", Tier="Intelligent-Tiering")["Tier"] == "Advanced"
    below = {"Key": "Path", "Values": ["/test"]}
    pages = ssm.get_paginator("describe_parameters").paginate(ParameterFilters=[below], PaginationConfig={"PageSize": 2})
    found = [parameter for page in pages for parameter in page["Parameters"]]
    assert [(one["Name"], one["Type"], one["Tier"], one.get("KeyId"), one.get("Description")) for one in found] == [
        ("/test/a", "String", "Standard", None, "d"), ("/test/b", "SecureString", "Standard", "alias/aws/ssm", None),
        ("/test/c", "String", "Advanced", None, None)]
    for name, values, wanted in (("tag:team", ["x"], ["/test/a"]), ("Type", ["SecureString"], ["/test/b"]), ("Tier", ["Advanced"], ["/test/c"])):
        got = ssm.describe_parameters(ParameterFilters=[below, {"Key": name, "Values": values}])["Parameters"]
        assert [one["Name"] for one in got] == wanted
    assert refusal(ssm.describe_parameters, ParameterFilters=[{"Key": "Name"}]) == (
        "InvalidFilterValue", "The following filter values are missing : null for filter key Name.")
    assert refusal(ssm.put_parameter, Name="/test/d", Value="v" * 4097, Type="String")[0] == "ValidationException"


def test_versions_have_labels(ssm):
    for value in ("1", "2", "3"):
        ssm.put_parameter(Name="/test/l", Value=value, Type="String", Overwrite=True)
    assert ssm.label_parameter_version(Name="/test/l", ParameterVersion=1, Labels=["old", "1st"])["InvalidLabels"] == ["1st"]
    assert ssm.label_parameter_version(Name="/test/l", Labels=["new"])["ParameterVersion"] == 3
    arn = ssm.get_parameter(Name="/test/l")["Parameter"]["ARN"]
    for name, value in (("/test/l:old", "1"), ("/test/l:new", "3"), ("/test/l:2", "2"), (arn, "3"), (arn + ":old", "1")):
        assert ssm.get_parameter(Name=name)["Parameter"]["Value"] == value
    assert ssm.get_parameter(Name="/test/l:old")["Parameter"]["Selector"] == ":old"
    assert refusal(ssm.get_parameter, Name="/test/l:none") == (
        "ParameterVersionNotFound", "Systems Manager could not find label none for parameter /test/l. Verify the label and try again.")
    versions = ssm.get_paginator("get_parameter_history").paginate(Name="/test/l", PaginationConfig={"PageSize": 2})
    assert [(one["Value"], one["Labels"]) for page in versions for one in page["Parameters"]] == [("1", ["old"]), ("2", []), ("3", ["new"])]
    labelled = ssm.get_parameters_by_path(Path="/test", ParameterFilters=[{"Key": "Label", "Values": ["old"]}])["Parameters"]
    assert [one["Value"] for one in labelled] == ["1"]
    gone = ssm.unlabel_parameter_version(Name="/test/l", ParameterVersion=1, Labels=["old", "new"])
    assert (gone["RemovedLabels"], gone["InvalidLabels"]) == (["old"], ["new"])


def test_values_match_a_pattern(ssm):
    # The example of the user guide.
    ssm.put_parameter(Name="/test/MaxConnections", Value="100", Type="String", AllowedPattern="\\d{1,4}")
    with pytest.raises(ssm.exceptions.ParameterPatternMismatchException) as caught:
        ssm.put_parameter(Name="/test/MaxConnections", Value="10,000", Type="String", Overwrite=True)
    assert caught.value.response["Error"]["Message"] == "Parameter value, cannot be validated against allowedPattern: \\d{1,4}"
    found, = ssm.describe_parameters(Filters=[{"Key": "Name", "Values": ["/test/Max"]}])["Parameters"]
    assert (found["AllowedPattern"], found["Version"]) == ("\\d{1,4}", 1)
    with pytest.raises(ssm.exceptions.InvalidAllowedPatternException):
        ssm.put_parameter(Name="/test/p", Value="a", Type="String", AllowedPattern="(")
    assert refusal(ssm.describe_parameters, Filters=[], ParameterFilters=[])[1] == (
        "You can use either Filters or ParameterFilters in a single request.")


def test_a_name_is_told_as_it_was_written(ssm):
    ssm.put_parameter(Name="/slashed", Value="1", Type="String")
    try:
        assert ssm.put_parameter(Name="slashed", Value="2", Overwrite=True)["Version"] == 2
        assert [ssm.get_parameter(Name=name)["Parameter"]["Name"] for name in ("/slashed", "slashed", "slashed:1")] == ["/slashed"] * 3
        assert {one["Name"]: one["Value"] for one in ssm.get_parameters(Names=["/slashed"])["Parameters"]} == {"/slashed": "2"}
        assert "/slashed" in [one["Name"] for one in ssm.get_parameters_by_path(Path="/")["Parameters"]]
    finally:
        ssm.delete_parameter(Name="slashed")


def test_tags(ssm):
    ssm.put_parameter(Name="/test/t", Value="v", Type="String", Tags=[{"Key": "a", "Value": "1"}])
    about = {"ResourceType": "Parameter", "ResourceId": "/test/t"}
    ssm.add_tags_to_resource(**about, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "3"}])
    ssm.remove_tags_from_resource(**about, TagKeys=["b", "no"])
    assert ssm.list_tags_for_resource(**about)["TagList"] == [{"Key": "a", "Value": "2"}]
    assert refusal(ssm.list_tags_for_resource, ResourceType="Parameter", ResourceId="/test/no")[0] == "InvalidResourceId"


def test_what_is_not_here_is_refused_by_name(ssm):
    assert refusal(ssm.put_parameter, Name="/test/r", Value="a", Type="String", Policies="[]") == (
        "ValidationException", "The local cloud does not emulate the parameter Policies")
    assert refusal(ssm.describe_maintenance_windows)[0] == "UnknownOperationException"
    assert refusal(ssm.put_parameter, Name="/aws/r", Value="a", Type="String") == (
        "AccessDeniedException", "No access to reserved parameter name: /aws/r.")


def test_the_command_line(cloud, ssm):
    def aws(*words):
        run = subprocess.run(
            [pathlib.Path(sys.executable).parent / "aws", "ssm", *words], env=cloud.environment, capture_output=True, text=True, timeout=300)
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout or "null")
    assert aws("put-parameter", "--name", "/test/cli", "--value", "v", "--type", "String") == {"Version": 1, "Tier": "Standard"}
    assert aws("get-parameter", "--name", "/test/cli")["Parameter"]["Value"] == "v"
    assert [one["Name"] for one in aws("describe-parameters", "--parameter-filters", "Key=Name,Values=/test/cli")["Parameters"]] == ["/test/cli"]
    assert [one["Version"] for one in aws("get-parameter-history", "--name", "/test/cli")["Parameters"]] == [1]
