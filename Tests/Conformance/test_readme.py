"""What README.md tells to type is there: make's targets, scripts, programs, files."""

import re
import subprocess

import pytest

from conftest import PROJECT

README = (PROJECT / "README.md").read_text()
CODE = "\n".join(re.findall(r"`[^`\n]+`", README) + re.findall(r"```sh\n(.*?)```", README, re.DOTALL))
TARGETS = sorted(set(re.findall(r"\bmake ([a-z-]+)", CODE)))


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_is_there(target):
    done = subprocess.run(["make", "--dry-run", target], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_target_is_named():
    told = set(re.findall(r"^([a-z-]+):.*##", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    assert {"run", "test", "package"} <= set(TARGETS) and told <= set(TARGETS), told - set(TARGETS)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"(?<![\w/])(?:Infra|local|e2eTest|Tests|docs|Sources)/[\w./-]*\w", README))))
def test_a_file_is_there(path):
    assert (PROJECT / path).exists() or list(PROJECT.glob(path + "*")), path


@pytest.mark.parametrize("program", sorted(set(re.findall(r"\.build/release/([\w-]+)", README))))
def test_a_program_is_built(program):
    assert f'.executableTarget(\n      name: "{program}"' in (PROJECT / "Package.swift").read_text()
