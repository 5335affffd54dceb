"""The tables of settings in the documents, held to the code: which names there are, their defaults and their bounds."""

import json
import re
import subprocess

import pytest
from awscli.customizations.cloudformation.yamlhelper import yaml_parse

import documents
from conftest import BUILD, PROJECT

# What the functions read: the local cloud and its libraries are other programs.
FUNCTIONS = [path for path in (PROJECT / "Sources").rglob("*.swift")
             if path.relative_to(PROJECT / "Sources").parts[0] not in ("LocalCloud", "TimestreamSQL", "SQLiteStore", "CommandLineSupport")]
CODE = "\n".join(re.sub(r"^\s*//.*$", "", path.read_text(), flags=re.MULTILINE) for path in FUNCTIONS)
# Words in capitals that are no variables: of DynamoDB, of services' names, of a column.
OTHER_WORDS = {"ALL_NEW", "ALL_OLD", "UPDATED_NEW", "UPDATED_OLD", "MEASURE_VALUE", "SECRETS_MANAGER", "SSO_OIDC", "TIMESTREAM_QUERY", "TIMESTREAM_WRITE"}
# What Lambda or the system sets, and nobody else.
NOT_SET_BY_PEOPLE = {"AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME", "LAMBDA_TASK_ROOT", "HOME", "PATH"}


def tables(page, first):
    """Of each table whose head's first cell begins so, the rows; of them the cells, each a text."""
    lines = documents.text(page).split("\n")
    for start, line in enumerate(lines):
        if not (line.startswith(f"| {first} ") and lines[start + 1].startswith("|---")):
            continue
        rows = []
        for line in lines[start + 2:]:
            if not line.startswith("|"):
                break
            rows.append([cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
        yield rows


def table(page, first):
    """The rows of the one such table."""
    (rows,) = tables(page, first)
    return rows


def names(cell):
    return re.findall(r"`([^`]+)`", cell)


def variables():
    """The variables of both pages with their rows."""
    rows = [row for page in ("docs/configuration.md", "docs/writing.md") for table in tables(page, "variable") for row in table]
    return {name: row for row in rows for name in names(row[0])}


def test_a_variable_has_one_row():
    found = [name for table in tables("docs/configuration.md", "variable") for row in table for name in names(row[0])]
    assert sorted(found) == sorted(set(found))


def read():
    found = set(re.findall(r"environment(?:\.\w+\(\s*|\[)\"(\w+)\"", CODE)) | set(re.findall(r"\"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\"", CODE))
    # The others of these settings are passed by name.
    return (found | set(re.findall(r"\"((?:enforce_)?custom_\w+|\w+_tags)\"", CODE))) - OTHER_WORDS - NOT_SET_BY_PEOPLE


def test_every_variable_that_is_read_is_told():
    # The prose has the older name of one; the others have a row. The last is the form of many.
    told = set(variables()) | set(re.findall(r"`(FETCH_CONCURRENCY)`", documents.text("docs/configuration.md")))
    assert len(read()) > 60 and read() - told == {"AWS_ENDPOINT_URL_"}


def test_every_variable_that_is_told_is_read():
    # The page says of the first that it is not; the second is the form of many.
    assert set(variables()) - read() == {"AWS_RETRY_MODE", "AWS_ENDPOINT_URL_<SERVICE>"}
    assert "AWS_RETRY_MODE" not in CODE and "AWS_ENDPOINT_URL_" in CODE


def number(text):
    text = text.replace("_", "")
    constant = re.fullmatch(r"Self\.(\w+)", text)
    return int(re.search(rf"static let {constant[1]}: Int = ([\d_]+)", CODE)[1].replace("_", "")) if constant else int(text)


BOUNDS = re.findall(r"(?:integer|number)\(\s*\"(\w+)\",(?: \"\w+\",)? default: (\d+),\s*in: (\d+)\.\.\.([\w.]+)", CODE)
BOUNDED = [(name, int(usual), int(least), number(most)) for name, usual, least, most in BOUNDS if name in variables()]


@pytest.mark.parametrize("name,usual,least,most", BOUNDED, ids=[row[0] for row in BOUNDED])
def test_a_variables_default_and_bounds(name, usual, least, most):
    row = variables()[name]
    assert re.search(rf"(?<!\d){usual}(?!\d)", row[-1]), row
    if "–" in row[1]:
        assert re.search(rf"(?<!\d){least}–{most}(?!\d)", row[1]), row


def test_bounds_were_found():
    assert {"IDENTIFIERS_PER_MESSAGE", "ANSWERS_KEPT_SECONDS", "HISTORY_RETENTION_DAYS", "AWS_MAX_ATTEMPTS"} <= {row[0] for row in BOUNDED}


@pytest.mark.parametrize("name,kind", [("HISTORY_STORE", "HistoryChoice"), ("FORECAST_LAYOUT", "ForecastLayout")])
def test_a_variables_words(name, kind):
    body = re.search(rf"enum {kind}\b[^{{]*{{(.*?)\n}}", CODE, re.DOTALL)[1]
    words = re.findall(r"^  case (\w+)$", body, re.MULTILINE)
    assert names(variables()[name][1]) == words and len(words) > 1
    assert names(variables()[name][-1]) == re.findall(rf"\"{name}\", default: \.(\w+)", CODE)


@pytest.fixture(scope="module")
def template():
    return json.loads(json.dumps(yaml_parse((PROJECT / "Infra/template.yaml").read_text())))


def test_the_templates_parameters_and_their_defaults(template):
    told = {name: row for row in table("docs/deploying.md", "parameter") for name in names(row[0])}
    assert set(told) == set(template["Parameters"])
    for name, parameter in template["Parameters"].items():
        default, (_, means, usual) = str(parameter.get("Default", "")), told[name]
        if "Default" not in parameter:
            assert usual == "required", name
        # The first is a description, the second no key, the third says that a variable has it.
        elif default and name not in ("Sources", "SourceKey", "DeviceTags", "DeviceIntegers"):
            assert re.search(rf"(?<![\w-]){re.escape(default)}(?![\w-])", usual), (name, default, usual)
        if "MinValue" in parameter and "–" in means:
            assert f"{parameter['MinValue']}–{parameter['MaxValue']}" in means, name
        for word in parameter.get("AllowedValues", []) if name in ("HistoryStore", "InfluxAuthorization", "Architecture", "ForecastLayout") else []:
            assert f"`{word}`" in means, (name, word)


def test_the_alarms(template):
    alarms = [resource["Properties"]["AlarmName"]["Fn::Sub"].removeprefix("${AWS::StackName}-")
              for resource in template["Resources"].values() if resource["Type"] == "AWS::CloudWatch::Alarm"]
    assert sorted(name for row in table("docs/operating.md", "alarm") for name in names(row[0])) == sorted(alarms)


def test_the_metrics():
    code = (PROJECT / "Sources/TimeSeriesCache/Functions/CacheMetric.swift").read_text()
    told = {name for row in table("docs/operating.md", "metric") for name in names(row[0])}
    assert told == set(re.findall(r"\"([A-Z][a-z]+(?:[A-Z][a-z]+)+)\"", code)) - {"FunctionName", "TimeSeriesCache"}


def test_the_members_of_a_description():
    code = "\n".join((PROJECT / f"Sources/TimeSeriesCache/SourceAPIs/{name}.swift").read_text() for name in (
        "SourceDescription", "DescriptionReader", "DescriptionReader+Series"))
    read = set(re.findall(r"(?:reader\.\w+|\bmember|optionalPointer|optionalText|try object)\(\"(\w+)\"", code))
    rows = table("docs/sources.md", "member")
    assert {name for row in rows for name in names(row[0])} == read
    (limits,) = [row for row in rows if "`attempts`" in row[0]]
    bounds = {name: (usual, most) for name, usual, most in re.findall(r"integer\(\"(\w+)\", default: (\d+)(?: << 20)?, in: 1\.\.\.\(?(\d+)", code)}
    told = dict(zip(names(limits[0]), zip(limits[2].split(", "), limits[1].split(", "))))
    assert set(told) == set(bounds) and len(bounds) == 4
    for name, (usual, most) in bounds.items():
        assert told[name][0].removesuffix(" MiB") == usual and re.search(rf"\b{most}( MiB)?$", told[name][1]), name


def test_the_options_of_the_mover():
    done = subprocess.run([BUILD / "local-move", "--help"], capture_output=True, text=True, timeout=60)
    options = set(re.findall(r"^  --([a-z-]+)", done.stdout, re.MULTILINE)) - {"help", "version"}
    assert {name.split()[0].removeprefix("--") for row in table("docs/moving.md", "option") for name in names(row[0])} == options


def test_the_parameters_of_rows(cloud):
    _, _, body = cloud.get("openapi.json")
    document = json.loads(body)
    parameters = document["components"]["parameters"]
    asked = [parameters[part["$ref"].rsplit("/", 1)[1]] for part in document["paths"]["/v1/rows"]["get"]["parameters"]]
    told = {name: row for row in table("docs/http-api.md", "parameter") for name in names(row[0])}
    assert set(told) == {part["name"] for part in asked if part["in"] == "query"} - {"id"}
    for part in asked:
        if "default" in part["schema"] and part["name"] != "id":
            assert str(part["schema"]["default"]) in told[part["name"]][-1], part["name"]


def test_the_paths_of_the_api(cloud):
    _, _, body = cloud.get("openapi.json")
    paths = {path for path in json.loads(body)["paths"] if path.startswith("/v1/") or path == "/timeSeries-data"}
    told = {name for row in table("docs/http-api.md", "path") for name in names(row[0])}
    assert paths <= told, paths - told
