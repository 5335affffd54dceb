"""The zips of `make package`, under AWS's runtime interface emulator in the root of an older Debian: with nothing of ours
installed, over TLS, with the authorities where Amazon Linux and Debian keep them."""

import os
import pathlib
import platform
import shutil
import subprocess
import zipfile

import pytest

import emulator
from conftest import PACKAGES, TOOLS, Cloud
from emulator import api_request, message

ROOT = TOOLS / "bullseye"
FUNCTIONS = ["FetchFunction", "APIFunction", "QueueFunction"]
BUNDLES = {"Amazon Linux": "etc/pki/tls/certs/ca-bundle.crt", "Debian": "etc/ssl/certs/ca-certificates.crt"}
# What the runtime provided.al2023 brings: its C library, and GCC's runtime.
RUNTIME = ("libc.", "libm.", "libdl.", "librt.", "libpthread.", "libresolv.", "ld-linux", "libstdc++", "libgcc_s", "libnss_")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_package_is_what_lambda_wants(function):
    with zipfile.ZipFile(PACKAGES / f"{function}.zip") as archive:
        names = archive.namelist()
        assert names == sorted(names) and "bootstrap" in names and "lib/libcurl.so.4" in names
        assert all(info.date_time == (1980, 1, 1, 0, 0, 0) for info in archive.infolist())
        assert all(info.external_attr >> 16 & 0o111 for info in archive.infolist()), "Lambda wants files that may run"


@pytest.fixture(scope="module")
def tls_cloud():
    started = Cloud("--ephemeral", "--tls")
    yield started
    assert started.stop() == 0


@pytest.fixture(scope="module")
def root():
    """The old root, with a C library that is new enough beside its own, whose 2.31 is too old for what this machine builds."""
    if os.getuid() != 0 or not ROOT.exists():
        pytest.skip("only root may make and enter another root")
    shutil.rmtree(ROOT / "var/task", ignore_errors=True)
    assert not list(ROOT.glob("**/libcurl*")) and not list(ROOT.glob("**/libsqlite3*")), "nothing of ours is installed"
    loader = ROOT / "opt/loader"
    shutil.rmtree(loader, ignore_errors=True)
    loader.mkdir(parents=True)
    listed = subprocess.run(["ldd", PACKAGES / "FetchFunction/bootstrap"], capture_output=True, text=True, check=True).stdout
    for word in listed.split():
        if word.startswith("/") and pathlib.Path(word).name.startswith(RUNTIME):
            shutil.copy(word, loader)
    (dynamic,) = loader.glob("ld-linux*")
    run = loader / "run"
    run.write_text(f"#!/bin/sh\nexec /opt/loader/{dynamic.name} --library-path /var/task/lib:/opt/loader /var/task/bootstrap\n")
    run.chmod(0o755)
    yield ROOT
    shutil.rmtree(loader)
    shutil.rmtree(ROOT / "var/task", ignore_errors=True)


@pytest.fixture
def authorities(root):
    """Puts a bundle in one place, and takes it away again."""
    placed = []

    def place(where, certificate):
        for bundle in BUNDLES.values():
            assert not (root / bundle).exists()
        target = root / BUNDLES[where]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(certificate, target)
        placed.append(target)
    yield place
    for target in placed:
        target.unlink()


def unpack(function, root):
    task = root / "var/task"
    shutil.rmtree(task, ignore_errors=True)
    emulator.unpack(function, task)
    return task


@pytest.mark.parametrize("where", BUNDLES)
@pytest.mark.parametrize("function,event,is_good", [
    ("FetchFunction", lambda key: message("packaged"), lambda answer: answer == {"batchItemFailures": []}),
    ("APIFunction", lambda key: api_request(key, "/v1/series/packaged"), lambda answer: answer["statusCode"] == 200),
    ("QueueFunction", lambda key: {}, lambda answer: answer["identifiers"] >= 0),
])
def test_a_package_answers_in_an_old_root_over_tls(tls_cloud, root, authorities, tmp_path, function, event, is_good, where):
    unpack(function, root)
    authorities(where, tls_cloud.outputs["AWS_CA_BUNDLE"])
    with emulator.running(tls_cloud.environment | tls_cloud.variables, tmp_path, "/opt/loader/run", "handler", root=root) as running:
        assert is_good(running.invoke(event(tls_cloud.outputs["ApiKey"])))
        for path in running.libraries():
            path = pathlib.Path("/") / path.removeprefix(str(root)).lstrip("/")
            assert path.is_relative_to("/var/task/lib") or (path.is_relative_to("/opt/loader") and path.name.startswith(RUNTIME)), path
            assert "Foundation" not in path.name


def test_without_its_authority_the_cloud_is_not_believed(tls_cloud, root, tmp_path):
    unpack("QueueFunction", root)
    with emulator.running(tls_cloud.environment | tls_cloud.variables, tmp_path, "/opt/loader/run", "handler", root=root) as running:
        answer = running.invoke({})
        assert "errorMessage" in answer and "certificate" in answer["errorMessage"].lower(), answer


def test_the_old_root_is_older_than_what_the_gate_lets_through(root):
    """The gate says 2.34; a system with 2.31 alone must refuse, or the gate would guard nothing."""
    task = unpack("QueueFunction", root)
    assert (root / "etc/debian_version").read_text().startswith("11.")
    ldd = subprocess.run(["/usr/sbin/chroot", root, "ldd", "--version"], capture_output=True, text=True).stdout
    assert "2.31" in ldd.splitlines()[0]
    done = subprocess.run(["/usr/sbin/chroot", root, "/" + str(task.relative_to(root)) + "/bootstrap"], env={"LD_LIBRARY_PATH": "/var/task/lib"}, capture_output=True, text=True)
    assert done.returncode != 0 and "version `GLIBC_2.3" in done.stderr, (platform.machine(), done.stderr)
