"""A local cloud for the session, and boto3 clients that find it through AWS_ENDPOINT_URL alone."""

import contextlib
import os
import pathlib
import subprocess
import time
import urllib.request

import boto3
import pytest

BUILD = pathlib.Path(os.environ["BUILD"]).resolve()
TOOLS = pathlib.Path(os.environ["TOOLS"]).resolve()
PACKAGES = pathlib.Path(os.environ.get("PACKAGES", "build")).resolve()
PROJECT = pathlib.Path(__file__).resolve().parents[2]
CLIENT_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
}


# The files that take longest, which begin first where several processes run: one that began last would run alone at the end.
LONGEST = (
    "test_template", "test_library", "test_schedules", "test_protocols", "test_second_project", "test_client_powertools",
    "test_fetch_memory", "test_fuzz_cloud", "test_cloudformation", "test_packages", "test_local_cloud", "test_faults")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


class Cloud:
    """A local-cloud process; its outputs are attributes of `outputs`."""

    def __init__(self, *options, build=BUILD):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.process = subprocess.Popen(
            [build / "local-cloud", "--port", "0", *(options or ["--ephemeral"])], stdout=subprocess.PIPE, text=True,
            env=environment)
        self.address = self.process.stdout.readline().strip()
        self.outputs = {}
        for line in self.process.stdout:
            if line == "ready\n":
                break
            name, _, value = line.strip().partition("=")
            self.outputs[name] = value

    @property
    def hydration(self):
        """What the end-to-end run asks for, as the reference names it."""
        return self.environment | {
            "API_ENDPOINT": self.outputs["APIUrl"], "ID_TABLE": self.outputs["IDTableName"],
            "QUEUE_LAMBDA_NAME": self.outputs["QueueingLambdaName"], "API_KEY": self.outputs["ApiKey"]}

    @property
    def variables(self):
        """What the functions ask for, beside what every client does."""
        names = {
            "HISTORY_STORE": "HistoryStoreName", "HISTORY_TABLE": "HistoryChunkTableName", "FORECAST_LAYOUT": "ForecastLayoutName",
            "IDENTIFIER_TABLE": "IdentifierTableName", "IDENTIFIER_QUEUE": "IdentifierQueueUrl", "TS_DB_NAME": "HistoryDatabaseName",
            "TS_TABLE_NAME": "HistoryTableName", "FUTURE_TABLE": "ForecastTableName", "SOURCES_SSM_ID": "SourcesParameterName",
            "API_KEY_SSM_ID": "SourceKeyParameterName", "API_SSM_ID": "ApiKeyParameterName",
            "KEYS_SSM_ID": "AccessKeysParameterName", "WRITE_QUEUE": "WriteQueueUrl", "DEAD_LETTER_QUEUE": "DeadLetterQueueUrl"}
        return {variable: self.outputs[output] for variable, output in names.items() if output in self.outputs}

    @property
    def stores(self):
        """Those that say where history and forecast are."""
        names = ("HISTORY_STORE", "HISTORY_TABLE", "TS_DB_NAME", "TS_TABLE_NAME", "FUTURE_TABLE", "FORECAST_LAYOUT")
        return {name: value for name, value in self.variables.items() if name in names}

    @property
    def environment(self):
        """What a program needs to use this cloud as it would use AWS."""
        return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_ENDPOINT_URL": self.address} | CLIENT_ENVIRONMENT

    def get(self, path, **headers):
        request = urllib.request.Request(self.outputs["ApiEndpoint"] + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=300) as response:
                return response.status, response.headers, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=300)


@contextlib.contextmanager
def running(*options):
    cloud = Cloud(*options)
    try:
        yield cloud
    finally:
        cloud.process.kill()
        cloud.process.wait()


@pytest.fixture(scope="session")
def cloud():
    started = Cloud()
    yield started
    assert started.stop() == 0


@pytest.fixture(scope="session")
def client(cloud):
    """Makes boto3 clients as a user's program would, with nothing but environment variables."""
    os.environ.update(CLIENT_ENVIRONMENT)
    os.environ["AWS_ENDPOINT_URL"] = cloud.address
    return lambda service, **arguments: boto3.client(service, **arguments)


def wait_until(condition, seconds=300):
    """Looks until a condition holds; a hang becomes a failure."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen within %s seconds" % seconds)
