"""The programs where no cloud is needed: their help, and errors that the API function finds before it reads a store."""

import json
import subprocess

import pytest

from conftest import BUILD

# Nothing listens there, and nothing is asked.
ENVIRONMENT = {
    "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
    "TS_DB_NAME": "data", "TS_TABLE_NAME": "table", "FUTURE_TABLE": "forecast", "API_KEY": "any"}

PROGRAMS = ["local-cloud", "local-queue", "local-fetch", "local-api", "local-generate", "local-query", "local-move", "hydration", "read-series"]


def run(*words, **variables):
    return subprocess.run([BUILD / "local-api", *words], env=ENVIRONMENT | variables, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("words,code", [
    (("a", "from=soon"), "from is 'soon'"),
    (("a", "limit=1", "limit=2"), "the parameter 'limit' appears twice"),
    (("a", "=1"), "there is no parameter ''"),
    (("a\nb",), "the identifier 'a\\u{A}b' holds a control character"),
])
def test_an_error_goes_to_standard_error(words, code):
    done = run(*words)
    assert done.returncode == 1 and done.stdout == ""
    # Log lines come first.
    assert json.loads(done.stderr.splitlines()[-1])["error"]["message"].startswith(code)


def test_the_envelope_is_the_answer_of_the_function():
    done = run("a", "from=soon", "--envelope")
    answer = json.loads(done.stdout)
    assert done.returncode == 1 and answer["statusCode"] == 400
    assert json.loads(answer["body"])["error"]["code"] == "BadRequest"


def test_a_placeholder_is_no_key():
    done = run("a", API_KEY="changeme")
    assert done.returncode == 1 and '"NoKeyConfigured"' in done.stderr and done.stdout == ""


@pytest.mark.parametrize("words,message", [
    ((), "name an identifier"), (("a", "from"), "'from' is not NAME=VALUE"), (("--envelop", "a"), "there is no option --envelop"),
])
def test_a_wrong_command_line_is_explained(words, message):
    done = run(*words)
    assert done.returncode == 1 and message in done.stderr and done.stdout == ""


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("word", ["--help", "-h"])
def test_the_help_needs_no_variable(program, word):
    done = subprocess.run([BUILD / program, word], env={}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and done.stderr == "" and done.stdout.startswith(f"Usage: {program}")


@pytest.mark.parametrize("function", ["QueueFunction", "FetchFunction", "APIFunction", "WriteFunction"])
def test_a_function_tells_its_version_and_where_it_runs(function):
    def told(word):
        done = subprocess.run([BUILD / function, word], env={}, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0 and done.stderr == ""
        return done.stdout
    program = subprocess.run([BUILD / "local-cloud", "--version"], env={}, capture_output=True, text=True, timeout=300)
    assert told("--version") == program.stdout.replace("local-cloud", function)
    assert told("--help") == (
        f"Usage: {function}\nIt runs on Lambda or under the local cloud, which name AWS_LAMBDA_RUNTIME_API, and takes no options.\n")


@pytest.mark.parametrize("program,words", [("local-queue", ()), ("local-api", ("a",)), ("read-series", ()), ("local-generate", ())])
def test_without_a_region_the_error_names_it(program, words):
    environment = {name: value for name, value in ENVIRONMENT.items() if name != "AWS_REGION"} | {"HOME": "/nonexistent"}
    done = subprocess.run([BUILD / program, *words], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1 and "set AWS_REGION" in done.stderr and done.stdout == ""


@pytest.mark.parametrize("program,words,named", [
    ("local-queue", ("--dry-run",), "there is no option --dry-run"), ("local-queue", ("extra",), "'extra' is one word too many"),
    ("read-series", ("a", "b"), "'b' is one word too many"), ("read-series", ("--from", "a"), "there is no option --from"),
])
def test_words_that_are_not_understood_are_refused(program, words, named):
    variables = {"IDENTIFIER_TABLE": "t", "IDENTIFIER_QUEUE": "http://127.0.0.1:1/q"}
    done = subprocess.run([BUILD / program, *words], env=ENVIRONMENT | variables, capture_output=True, text=True, timeout=300)
    # The error comes first, and the help after it: nothing ran.
    assert done.returncode == 1 and done.stderr.startswith(named) and f"Usage: {program}" in done.stderr and done.stdout == ""


def test_an_equals_sign_is_one_whatever_comes_after_it():
    done = run("a", "frm=\u0301v")
    assert done.returncode == 1 and "there is no parameter 'frm'" in done.stderr


@pytest.mark.parametrize("program", PROGRAMS)
def test_output_that_is_lost_is_a_failure(program):
    with open("/dev/full", "w") as full:
        done = subprocess.run([BUILD / program, "--help"], env={}, stdout=full, stderr=subprocess.PIPE, text=True, timeout=300)
    assert done.returncode == 1 and done.stderr == "standard output cannot be written: No space left on device\n"
