"""A local cloud for a measurement, with its data in a folder that outlives no run."""

import os
import pathlib
import subprocess
import time

BUILD = pathlib.Path(os.environ["BUILD"]).resolve()


class BenchCloud:
    """A local-cloud process with parameters of the template; its outputs are in `outputs`."""

    def __init__(self, folder, **parameters):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        given = [word for name, value in parameters.items() for word in ("--parameter", f"{name}={value}")]
        self.process = subprocess.Popen(
            [BUILD / "local-cloud", "--port", "0", "--data", folder, *given], stdout=subprocess.PIPE, text=True, env=environment)
        self.address = self.process.stdout.readline().strip()
        self.told_address = time.monotonic()
        assert self.address, "the local cloud did not start"
        self.outputs = {}
        for line in self.process.stdout:
            if line == "ready\n":
                break
            name, _, value = line.strip().partition("=")
            self.outputs[name] = value

    def stop(self):
        """Ends it, and fails where it did not end well."""
        self.process.terminate()
        status = self.process.wait(timeout=60)
        assert status == 0, f"the local cloud ended with status {status}"
