"""The documents: README.md is short, every page is reached, links lead somewhere, and what they tell to type is there."""

import json
import re
import subprocess

import pytest

import documents
from conftest import PROJECT
from documents import PAGES

ALL = "\n".join(documents.text(page) for page in PAGES)
# What stands in code, where it is told to be typed or opened.
CODE = "\n".join(re.findall(r"`[^`\n]+`", ALL) + [block.text for page in PAGES for block in documents.blocks(page) if block.language in ("sh", "console")])
TARGETS = sorted(set(re.findall(r"\bmake ([a-z-]+)", CODE)))
FOLDERS = r"(?<![\w/.-])(?:Infra|local|e2eTest|Tests|docs|Sources)/[\w./-]*\w"


def test_the_readme_is_short():
    assert len(documents.text("README.md").splitlines()) <= 120


@pytest.mark.parametrize("page", PAGES)
def test_a_page_begins_with_what_it_is_for(page):
    lines = documents.text(page).split("\n")
    assert lines[0].startswith("# ") and lines[1] == "" and re.match(r"\w|`|\[", lines[2]), lines[:3]
    assert sum(line.startswith("# ") for line in documents.prose(page).split("\n")) == 1


@pytest.mark.parametrize("page", PAGES)
def test_a_link_leads_somewhere(page):
    folder = (PROJECT / page).parent
    for label, target in documents.links(page):
        assert label, target
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        file = (folder / path).resolve() if path else PROJECT / page
        assert file.exists() and file.is_relative_to(PROJECT), f"{page}: {target}"
        if anchor:
            assert anchor in documents.anchors(str(file.relative_to(PROJECT))), f"{page}: {target}"


def test_every_page_is_in_the_index_and_reached_from_the_readme():
    def reached(page):
        folder = (PROJECT / page).parent
        return {str((folder / target.partition("#")[0]).resolve().relative_to(PROJECT)) for _, target in documents.links(page)
                if not re.match(r"https?://|#", target)}
    assert "docs/README.md" in reached("README.md")
    assert set(PAGES) - reached("docs/README.md") == {"README.md", "docs/README.md"}


def test_every_picture_is_shown_or_made():
    shown = set(re.findall(r"images/([\w.-]+\.png)", ALL))
    assert {"series-light.png"} <= shown <= {path.name for path in (PROJECT / "docs/images").iterdir()}


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_is_there(target):
    done = subprocess.run(["make", "--dry-run", target], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_make_help_has_a_line_for_each_target():
    makefile = (PROJECT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)", makefile, re.MULTILINE)[1].split()
    rules = re.findall(r"^([a-z][\w-]*):(?!=)", makefile, re.MULTILINE)
    # Below another make it would tell of folders.
    for words in (["make", "--no-print-directory"], ["make", "--no-print-directory", "help"]):
        done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, timeout=60)
        told = [line.split(maxsplit=1) for line in done.stdout.splitlines() if line.startswith("  ")]
        assert done.returncode == 0 and [line[0] for line in told] == rules and all(len(line) == 2 for line in told)
        # Those for users come first.
        groups = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
        assert groups == ["To use it:", "To work on it:", "To measure it, and to wear it out:"] and done.stdout.splitlines()[1].startswith("  help ")
    assert sorted(rules) == sorted(phony)


def test_every_target_is_named():
    told = set(re.findall(r"^([a-z-]+):.*##", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    assert {"run", "test", "package"} <= set(TARGETS) and told <= set(TARGETS), told - set(TARGETS)


@pytest.mark.parametrize("path", sorted(set(re.findall(FOLDERS, ALL))))
def test_a_file_is_there(path):
    assert (PROJECT / path).exists() or list(PROJECT.glob(path + "*")), path


@pytest.mark.parametrize("program", sorted(set(re.findall(r"\.build/release/([\w-]+)", ALL))))
def test_a_program_is_built(program):
    assert f'.executableTarget(\n      name: "{program}"' in (PROJECT / "Package.swift").read_text()


def test_other_files_name_pages_and_headings_that_are_there():
    """What the sources, the template and the scripts say of a page: `docs/x.md`, and `docs/x.md, "Heading"`."""
    paths = [path for folder in ("Infra", "Sources", "local", "e2eTest", "Tests", "Page") for path in (PROJECT / folder).rglob("*")
             if path.is_file() and path.suffix in (".swift", ".sh", ".py", ".yaml", ".ts", ".tf", ".md", ".js", ".json")]
    named = 0
    for path in [*paths, PROJECT / "Makefile"]:
        words = path.read_text()
        for page, heading in re.findall(r"\b(docs/[\w-]+\.md)(?:, \"([^\"\n]+)\")?", words):
            if path.name in ("test_documents.py", "test_document_commands.py"):
                continue
            named += 1
            assert (PROJECT / page).exists(), f"{path}: {page}"
            if heading:
                assert re.search(rf"^#+ {re.escape(heading)}$", documents.text(page), re.MULTILINE), f"{path}: {page}, {heading}"
        # The README has no headings to be sent to.
        assert not re.search(r"README, ", words) or path.name == "test_documents.py", path
    assert named > 10


def test_json_is_json():
    found = [block for page in PAGES for block in documents.blocks(page) if block.language == "json"]
    assert len(found) > 10
    for block in found:
        json.loads(block.text)
