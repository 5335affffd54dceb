"""The zips of `make package`, unpacked as Lambda unpacks them, under AWS's runtime interface emulator."""

import json
import os
import pathlib
import subprocess
import zipfile

import pytest

from test_runtime_emulator import api_request, message, running_emulator

PACKAGES = pathlib.Path(os.environ.get("PACKAGES", "build")).resolve()


@pytest.mark.parametrize("function,event,is_good", [
    ("FetchFunction", lambda cloud: message("packaged"), lambda answer: answer == {"batchItemFailures": []}),
    ("APIFunction", lambda cloud: api_request(cloud, "/v1/series/packaged"), lambda answer: answer["statusCode"] == 200),
    ("QueueFunction", lambda cloud: {}, lambda answer: answer["identifiers"] >= 0),
])
def test_a_package_runs_with_its_own_libraries(cloud, tmp_path, function, event, is_good):
    with zipfile.ZipFile(PACKAGES / f"{function}.zip") as archive:
        names = archive.namelist()
        assert names == sorted(names) and "bootstrap" in names and "lib/libcurl.so.4" in names
        assert all(info.date_time == (1980, 1, 1, 0, 0, 0) for info in archive.infolist())
        assert all(info.external_attr >> 16 & 0o111 for info in archive.infolist()), "Lambda wants files that may run"
    task = tmp_path / "task"
    # Python's zipfile drops the right to run, which Lambda keeps.
    subprocess.run(["unzip", "-q", PACKAGES / f"{function}.zip", "-d", task], check=True)
    with running_emulator(cloud, tmp_path, task / "bootstrap", {"LD_LIBRARY_PATH": str(task / "lib")}) as (call, child):
        assert is_good(call(event(cloud)))
        maps = pathlib.Path(f"/proc/{child()[0]}/maps").read_text()
        loaded = {line.split()[-1] for line in maps.splitlines() if ".so" in line}
        foreign = {pathlib.Path(path).name for path in loaded if not path.startswith(str(task))}
        allowed = ("libc.", "libm.", "libdl.", "librt.", "libpthread.", "libresolv.", "ld-linux", "libstdc++", "libgcc_s", "libnss_")
        assert all(name.startswith(allowed) for name in foreign), foreign
        assert not [path for path in loaded if "Foundation" in path]
