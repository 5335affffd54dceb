"""The zips of `make package`, under AWS's runtime interface emulator in the root of an older Debian: with nothing of ours
installed, over TLS, with the authorities where Amazon Linux and Debian keep them. They carry a libcurl of their own, so what
sources need of it is tried here: compression, kept connections, HTTP/2, proxies, certificates that must be refused."""

import contextlib
import datetime
import ipaddress
import json
import os
import pathlib
import platform
import shutil
import ssl
import subprocess
import urllib.request
import zipfile

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import emulator
from conftest import PACKAGES, TOOLS, Cloud
from emulator import api_request, message

ROOT = TOOLS / "bullseye"
FUNCTIONS = ["FetchFunction", "WriteFunction", "APIFunction", "QueueFunction"]
BUNDLES = {"Amazon Linux": "etc/pki/tls/certs/ca-bundle.crt", "Debian": "etc/ssl/certs/ca-certificates.crt"}
# What the runtime provided.al2023 brings: its C library, and GCC's runtime.
RUNTIME = ("libc.", "libm.", "libdl.", "librt.", "libpthread.", "libresolv.", "ld-linux", "libstdc++", "libgcc_s", "libnss_")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_package_is_what_lambda_wants(function):
    with zipfile.ZipFile(PACKAGES / f"{function}.zip") as archive:
        names = archive.namelist()
        assert names[0] == "bootstrap"
        page = {name.removeprefix("page/") for name in names[1:]}
        assert ({"index.html", "index.html.gz", "files.txt", "dygraph.js"} <= page) if function == "APIFunction" else not page
        assert all(info.date_time == (1980, 1, 1, 0, 0, 0) for info in archive.infolist())
        assert archive.getinfo("bootstrap").external_attr >> 16 & 0o111, "Lambda wants a file that may run"
    assert (PACKAGES / f"{function}.zip").stat().st_size <= 8_000_000


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
    run.write_text(f"#!/bin/sh\nexec /opt/loader/{dynamic.name} --library-path /opt/loader /var/task/bootstrap\n")
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
    ("WriteFunction", lambda key: {"device_id": "packaged", "temperature": 21.5}, lambda answer: answer == {"written": 1}),
    ("QueueFunction", lambda key: {}, lambda answer: answer["identifiers"] >= 0),
])
def test_a_package_answers_in_an_old_root_over_tls(tls_cloud, root, authorities, tmp_path, function, event, is_good, where):
    unpack(function, root)
    authorities(where, tls_cloud.outputs["AWS_CA_BUNDLE"])
    with emulator.running(tls_cloud.environment | tls_cloud.variables, tmp_path, "/opt/loader/run", "handler", root=root) as running:
        assert is_good(running.invoke(event(tls_cloud.outputs["ApiKey"])))
        for path in running.libraries():
            path = pathlib.Path("/") / path.removeprefix(str(root)).lstrip("/")
            assert path.is_relative_to("/opt/loader") and path.name.startswith(RUNTIME), path


def certificate(folder, *names, expired=False):
    """A key, and a certificate that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    day, now = datetime.timedelta(days=1), datetime.datetime.now(datetime.timezone.utc)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "source")])
    built = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - 2 * day).not_valid_after(now + (-day if expired else day))
        .add_extension(x509.SubjectAlternativeName(names), critical=False).sign(key, hashes.SHA256()))
    (folder / "key.pem").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    (folder / "certificate.pem").write_bytes(built.public_bytes(serialization.Encoding.PEM))


class Source:
    def __init__(self, folder, protocol):
        command = ["node", pathlib.Path(__file__).with_name("source.mjs"), folder / "key.pem", folder / "certificate.pem", protocol]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.ports = json.loads(self.process.stdout.readline())

    def stop(self):
        """What it was asked."""
        self.process.terminate()
        return [json.loads(line) for line in self.process.communicate(timeout=300)[0].splitlines()]


@contextlib.contextmanager
def source(folder, protocol="http/1.1"):
    started = Source(folder, protocol)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.stop()


def fetch(cloud, root, folder, url, identifier, **variables):
    """One fetch of a series from a source; gives the function's answer and its log."""
    description = {
        "url": url + "/{identifier}?page=1", "rows": "/rows", "time": {"at": "/time", "format": "milliseconds"},
        "measures": {"value": "/value"}, "next": "/next", "attempts": 1}
    environment = cloud.environment | cloud.variables | {"SOURCES": json.dumps({"default": description})} | variables
    del environment["SOURCES_SSM_ID"]
    unpack("FetchFunction", root)
    with emulator.running(environment, folder, "/opt/loader/run", "handler", root=root) as running:
        answer = running.invoke(message(identifier))
        return answer, running.log.read_text()


def values(cloud, identifier):
    request = urllib.request.Request(
        cloud.outputs["ApiEndpoint"] + f"v1/series/{identifier}?from=now-1h&to=now%2B1h", headers={"x-api-key": cloud.outputs["ApiKey"]})
    context = ssl.create_default_context(cafile=cloud.outputs["AWS_CA_BUNDLE"])
    with urllib.request.urlopen(request, timeout=300, context=context) as response:
        return [row["values"]["value"] for row in json.load(response)["rows"]]


def trust(cloud, folder, authorities):
    bundle = folder / "bundle.pem"
    bundle.write_bytes(pathlib.Path(cloud.outputs["AWS_CA_BUNDLE"]).read_bytes() + (folder / "certificate.pem").read_bytes())
    authorities("Amazon Linux", bundle)


LOOPBACK, NAMED = x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("source.test")


@pytest.mark.parametrize("name,protocol,url,proxied", [
    ("tls", "http/1.1", "https://127.0.0.1:{tls}", []),
    ("two", "h2", "https://127.0.0.1:{tls}", []),
    ("tunnel", "http/1.1", "https://source.test", ["source.test:443"]),
    ("proxy", "http/1.1", "http://source.test", ["http://source.test/proxy"] * 2),
])
def test_a_packaged_libcurl_speaks_with_sources(tls_cloud, root, authorities, tmp_path, name, protocol, url, proxied):
    certificate(tmp_path, LOOPBACK, NAMED)
    trust(tls_cloud, tmp_path, authorities)
    with source(tmp_path, protocol) as started:
        proxy = f"http://127.0.0.1:{started.ports['proxy']}"
        variables = {"http_proxy": proxy, "https_proxy": proxy} if proxied else {}
        answer, _ = fetch(tls_cloud, root, tmp_path, url.format(**started.ports), name, **variables)
        asked = started.stop()
    assert answer == {"batchItemFailures": []}
    # What was compressed was read: a row of each page.
    assert values(tls_cloud, name) == [1, 2]
    assert [request["proxy"] for request in asked if "proxy" in request] == proxied
    pages = [request for request in asked if "page" in request]
    assert [request["page"] for request in pages] == [1, 2]
    assert {request["version"] for request in pages} == {"2.0" if protocol == "h2" else "1.1"}
    assert {request["accepts"] for request in pages} == {"deflate, gzip"}
    assert {request["connections"] for request in pages} == {1 if url.startswith("https") else 0}, "the connection is kept"


@pytest.mark.parametrize("names,expired,is_known", [
    ([x509.DNSName("elsewhere.test")], False, True), ([LOOPBACK], True, True), ([LOOPBACK], False, False),
], ids=["of another host", "expired", "of an unknown authority"])
def test_a_packaged_libcurl_refuses_a_certificate(tls_cloud, root, authorities, tmp_path, names, expired, is_known):
    certificate(tmp_path, *names, expired=expired)
    if is_known:
        trust(tls_cloud, tmp_path, authorities)
    else:
        authorities("Amazon Linux", tls_cloud.outputs["AWS_CA_BUNDLE"])
    with source(tmp_path) as started:
        answer, log = fetch(tls_cloud, root, tmp_path, f"https://127.0.0.1:{started.ports['tls']}", "refused")
        asked = started.stop()
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m"}]} and "is not trusted" in log
    assert asked == []


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
    done = subprocess.run(["/usr/sbin/chroot", root, "/" + str(task.relative_to(root)) + "/bootstrap"], env={}, capture_output=True, text=True)
    assert done.returncode != 0 and "version `GLIBC_2.3" in done.stderr, (platform.machine(), done.stderr)
