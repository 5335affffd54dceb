"""The documents, read: README.md and the pages of docs, their links, anchors and blocks of code."""

import dataclasses
import functools
import re

from conftest import PROJECT

PAGES = ["README.md", *sorted(str(path.relative_to(PROJECT)) for path in PROJECT.glob("docs/*.md"))]
# The shells and languages whose blocks a reader types or runs; the others show what a file or an answer looks like.
TYPED = {"sh", "console", "python"}


@dataclasses.dataclass(frozen=True)
class Block:
    """A fenced block: where it begins, its language, and the comment before it, such as `run: local` or `needs: aws: a reason`."""

    page: str
    line: int
    language: str
    mark: str | None
    text: str

    @property
    def place(self):
        return f"{self.page}:{self.line}"


@functools.cache
def text(page):
    return (PROJECT / page).read_text()


@functools.cache
def blocks(page):
    found, lines, number = [], text(page).split("\n"), 0
    while number < len(lines):
        fence = re.fullmatch(r"( *)```([\w-]*)", lines[number])
        if not fence:
            number += 1
            continue
        mark = re.fullmatch(r"<!-- (.*) -->", lines[number - 1].strip())
        end = lines.index(fence[1] + "```", number + 1)
        found.append(Block(page, number + 1, fence[2], mark and mark[1], "\n".join(line.removeprefix(fence[1]) for line in lines[number + 1:end]) + "\n"))
        number = end + 1
    return found


@functools.cache
def prose(page):
    """The page without its blocks of code, fenced or indented."""
    without = re.sub(r"^( *)```.*?^\1```$", "", text(page), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"^    .*$", "", without, flags=re.MULTILINE)


def links(page):
    """Labels and targets, but for what stands in code."""
    return re.findall(r"\[([^\]\n]*)\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "`", prose(page)))


@functools.cache
def anchors(page):
    """What GitHub makes of the headings: small letters, blanks as hyphens, other signs left out; the second of a name gets -1."""
    found = []
    for heading in re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        name = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        before = sum(other == name or re.fullmatch(re.escape(name) + r"-\d+", other) is not None for other in found)
        found.append(f"{name}-{before}" if before else name)
    return found
