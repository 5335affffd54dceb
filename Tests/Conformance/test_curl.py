"""Infra/curl.sh where Debian's archive does not answer, or is not known: an `apt-get` and compilers that are not the real ones."""

import os
import shutil
import subprocess

import pytest

from conftest import PROJECT

# Answers as apt does where FOLDER/archive is there, and as it does without network where it is not.
APT = r"""#!/usr/bin/env bash
echo "$*" >>"$STUB/calls"
case "$*" in
  indextargets*) [ ! -f "$STUB/known" ] || echo "http://mirror.test/debian/ bookworm main" ;;
  *indextargets*) [ ! -f "$STUB/updated" ] || echo "http://mirror.test/debian/ bookworm main" ;;
  *update) [ -d "$STUB/archive" ] && touch "$STUB/updated" || { echo "E: Could not resolve 'mirror.test'" >&2; exit 100; } ;;
  *--print-uris*curl) echo "NOTICE: kept in Git"; echo "'http://mirror.test/c.dsc' curl_1.dsc 5 SHA256:$(echo -n curl1 | sha256sum | cut -d' ' -f1)" ;;
  *--print-uris*) echo "'http://mirror.test/s.deb' libssl-dev_1%3a3_amd64.deb 4 SHA256:$(echo -n ssl3 | sha256sum | cut -d' ' -f1)" ;;
  *--download-only*) cp "$STUB"/archive/*.dsc . ;;
  *download*) cp "$STUB"/archive/*.deb . ;;
esac
"""
TAKES_APART = '#!/bin/sh\necho "it is broken" >&2\nexit 1\n'


@pytest.fixture
def curl(tmp_path):
    """Runs the script in a checkout of its own."""
    (tmp_path / "Infra").mkdir()
    shutil.copy(PROJECT / "Infra/curl.sh", tmp_path / "Infra")
    stubs = {"apt-get": APT, "dpkg-source": TAKES_APART, "dpkg-deb": TAKES_APART, "dpkg-architecture": "#!/bin/sh\necho some-machine\n"}
    for name, text in stubs.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "STUB": str(tmp_path)}
    return lambda: subprocess.run([tmp_path / "Infra/curl.sh"], env=environment, capture_output=True, text=True, timeout=300)


def put(folder, curl="curl1", has_lists=True):
    if has_lists:
        (folder / "known").touch()
    (folder / "archive").mkdir()
    (folder / "archive/curl_1.dsc").write_text(curl)
    (folder / "archive/libssl-dev_1%3a3_amd64.deb").write_text("ssl3")


def built(folder):
    """Puts a finished build where the script looks for it."""
    made, = folder.glob(".build/curl/*")
    (made / "lib/pkgconfig").mkdir(parents=True, exist_ok=True)
    (made / "lib/pkgconfig/libcurl.pc").touch()
    return made / "lib/pkgconfig"


def test_an_archive_that_apt_does_not_know(curl):
    done = curl()
    assert done.returncode != 0 and "sudo apt-get update" in done.stderr and done.stdout == ""


def test_an_archive_that_never_answered(curl, tmp_path):
    (tmp_path / "known").touch()
    done = curl()
    assert done.returncode != 0 and "Could not resolve" in done.stderr and "nothing was brought from it before" in done.stderr


def test_a_file_that_is_not_what_the_lists_say(curl, tmp_path):
    put(tmp_path, curl="other")
    done = curl()
    assert done.returncode != 0 and "curl_1.dsc: FAILED" in done.stderr and "not what Debian's lists say" in done.stderr


def test_a_build_that_fails_is_told_and_not_taken(curl, tmp_path):
    put(tmp_path)
    for _ in range(2):
        done = curl()
        assert done.returncode != 0 and "it is broken" in done.stderr and "could not be built" in done.stderr and done.stdout == ""


def test_a_machine_whose_lists_were_thrown_away_asks_for_them(curl, tmp_path):
    put(tmp_path, has_lists=False)
    assert "could not be built" in curl().stderr
    built(tmp_path)
    assert curl().returncode == 0


def test_without_an_answer_what_was_brought_before_is_taken_and_told(curl, tmp_path):
    put(tmp_path)
    curl()
    folder = built(tmp_path)
    done = curl()
    assert (done.returncode, done.stdout) == (0, f"{folder}\n"), done.stderr
    assert done.stderr == "  curl 1\n  libssl-dev 1:3\n"
    shutil.rmtree(tmp_path / "archive")
    done = curl()
    assert (done.returncode, done.stdout) == (0, f"{folder}\n"), done.stderr
    assert "does not answer (E: Could not resolve 'mirror.test'); taking the versions of" in done.stderr
    # Debian's own keys and no others, source and binaries.
    assert (tmp_path / ".build/debian/sources.list").read_text() == "".join(
        f"{kind} [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.test/debian/ bookworm main\n"
        for kind in ("deb", "deb-src"))
