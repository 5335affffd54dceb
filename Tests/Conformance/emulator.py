"""AWS's own runtime interface emulator, which the package aws-sam-cli carries."""

import contextlib
import http.client
import json
import pathlib
import platform
import shutil
import socket
import stat
import subprocess

from conftest import PACKAGES, TOOLS, wait_until


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def install(folder):
    """Copies the emulator for this processor, so that it may be run."""
    machine = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
    packaged = next((TOOLS / "sam").glob(f"lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-{machine}"))
    program = pathlib.Path(folder) / "aws-lambda-rie"
    shutil.copy(packaged, program)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


class Emulator:
    def __init__(self, process, port, log):
        self.process, self.port, self.log = process, port, log

    def invoke(self, event):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        connection.request("POST", "/2015-03-31/functions/function/invocations", json.dumps(event))
        return json.loads(connection.getresponse().read())

    def children(self):
        return subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split()

    def libraries(self):
        """The shared libraries that the function has loaded, by their paths as the host sees them."""
        maps = pathlib.Path(f"/proc/{self.children()[0]}/maps").read_text()
        return {line.split()[-1] for line in maps.splitlines() if ".so" in line}


@contextlib.contextmanager
def running(environment, folder, *command, root=None):
    """Starts the emulator on a function's command, in a root of its own where one is given."""
    program = install(root or folder)
    invoke, runtime = free_port(), free_port()
    environment = environment | {"AWS_LAMBDA_FUNCTION_TIMEOUT": "20", "AWS_LAMBDA_FUNCTION_NAME": "emulated"}
    # With /proc, as on Lambda: libdispatch looks at its threads there. The mount goes with the process.
    enter = ["unshare", "--mount", "sh", "-c", 'mount --rbind /proc "$0/proc" && exec chroot "$0" /aws-lambda-rie "$@"', root]
    prefix = enter if root else [program]
    log = open(pathlib.Path(folder) / "log", "w+")
    process = subprocess.Popen(
        [*prefix, "--runtime-interface-emulator-address", f"127.0.0.1:{invoke}", "--runtime-api-address", f"127.0.0.1:{runtime}", *command],
        env=environment, stdout=log, stderr=log)

    def listening():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", invoke)) == 0
    try:
        wait_until(listening)
        yield Emulator(process, invoke, pathlib.Path(folder) / "log")
    finally:
        process.terminate()
        process.wait(timeout=300)
        log.seek(0)
        # Shown where the test fails.
        print(log.read())
        log.close()


def message(*identifiers):
    return {"Records": [{"messageId": "m", "eventSource": "aws:sqs", "body": json.dumps({"identifiers": identifiers})}]}


def api_request(key, path):
    """What an HTTP API makes of a request, as far as the function looks."""
    return {
        "version": "2.0", "rawPath": "/prod" + path, "rawQueryString": "from=now-1h&to=now", "headers": {"x-api-key": key},
        "requestContext": {"stage": "prod", "http": {"method": "GET", "path": "/prod" + path}}}


def unpack(function, folder):
    """A package as Lambda unpacks it; Python's zipfile would drop the right to run."""
    subprocess.run(["unzip", "-q", PACKAGES / f"{function}.zip", "-d", folder], check=True)
