"""Generated patterns, matched by the local cloud and by Python's re against the same texts. The seed is fixed; SEED and COUNT may be set.

Where Java and Python differ the generator goes around: Python knows one line terminator, \\n, and ^ under (?m) also matches after the last one;
after an empty match it looks for another at the same place; and where an iteration of a loop is empty, Java counts it for all that are missing
and keeps its groups. So what may be empty stands in no group and is not counted.
"""

import os
import random
import re

import pytest

SEED = int(os.environ.get("SEED", "20261122"))
COUNT = int(os.environ.get("COUNT", "1200"))
BATCH = 60
LETTERS = ["a", "a", "b", "b", "c", "é", "σ", "_", "7"]
TEXT = LETTERS + ["A", "B", "É", "Σ", "ς", "-", " ", "\n", "😀"]
CLASSES = ["[ab]", "[^a]", "[b-é]", "[^b-c]", r"[\w-]", r"[^\s7]", r"\w", r"\W", r"\d", r"\D", r"\s", r"\S", ".", r"\.", r"[\]a]"]
ANCHORS = ["^", "$", r"\b", r"\A"]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, *options):
        return self.random.choice(options)

    def quantifier(self, depth):
        # Loops within loops take Python long.
        least = self.random.randint(0, 2)
        if depth > 1:
            return self.pick("?", f"{{{least}}}", f"{{{least},{least + 1}}}") + self.pick("", "?")
        counts = self.pick(f"{{{least}}}", f"{{{least},}}", f"{{{least},{least + self.random.randint(0, 2)}}}")
        return self.pick("*", "+", "?", counts) + self.pick("", "", "?")

    def part(self, depth):
        """A part and whether it may match nothing."""
        kind = self.random.randint(0, 9 if depth else 5)
        if kind == 0 and self.random.random() < 0.5:
            return self.pick(*ANCHORS), True
        if kind < 4:
            part, empty = self.pick(*LETTERS), False
        elif kind < 6:
            part, empty = self.pick(*CLASSES), False
        else:
            inner, empty = self.choice(depth - 1)
            part = (self.pick("(", "(", "(?:") if not empty else "(?:") + inner + ")"
        if self.random.random() < 0.55:
            return part, empty
        quantifier = self.pick("*", "+", "?") + self.pick("", "?") if empty else self.quantifier(depth)
        return part + quantifier, empty or quantifier[0] in "*?" or quantifier.startswith("{0")

    def sequence(self, depth):
        parts = [self.part(depth) for _ in range(self.random.randint(1, 3))]
        return "".join(part for part, _ in parts), all(empty for _, empty in parts)

    def choice(self, depth):
        branches = [self.sequence(depth) for _ in range(self.pick(1, 1, 1, 2, 3))]
        if self.random.random() < 0.05:
            branches.insert(self.random.randint(0, len(branches)), ("", True))
        return "|".join(branch for branch, _ in branches), any(empty for _, empty in branches)

    def pattern(self):
        return self.pick("", "", "", "(?i)", "(?s)", "(?m)", "(?im)") + self.choice(self.random.randint(0, 2))[0]

    def text(self):
        text = "".join(self.pick(*TEXT[:self.pick(3, 9, len(TEXT))]) for _ in range(self.random.randint(0, 8)))
        return text.rstrip("\n")


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def value(datum):
    if datum.get("NullValue"):
        return None
    if "ArrayValue" in datum:
        return [value(item) for item in datum["ArrayValue"]]
    return datum["ScalarValue"]


def beside(pattern, text, group):
    """What the five functions answer, as Python's re has it."""
    matches, place = [], 0
    while place <= len(text) and (match := re.compile(pattern).search(text, place)):
        matches.append(match)
        place = match.end() + (not match[0])
    ends = [0] + [match.end() for match in matches]
    starts = [match.start() for match in matches] + [len(text)]
    between = [text[end:start] for end, start in zip(ends, starts)]
    replaced = between[0] + "".join(f"<{match[0]}>{part}" for match, part in zip(matches, between[1:]))
    return ["true" if matches else "false", matches[0][group] if matches else None, [match[group] for match in matches], replaced, between]


def test_patterns_match_what_python_matches(client):
    generator, query = Generator(SEED), client("timestream-query")
    cases = []
    for _ in range(COUNT):
        pattern = generator.pattern()
        cases.append((pattern, generator.text(), generator.random.randint(0, re.compile(pattern).groups)))
    different, matched = [], 0
    for start in range(0, COUNT, BATCH):
        batch = cases[start:start + BATCH]
        rows = ", ".join(f"({number}, {quoted(pattern)}, {quoted(text)}, {group})" for number, (pattern, text, group) in enumerate(batch))
        answer = query.query(QueryString=(
            "SELECT regexp_like(t, p), regexp_extract(t, p, g), regexp_extract_all(t, p, g), regexp_replace(t, p, '<$0>'), regexp_split(t, p) "
            f"FROM (VALUES {rows}) AS cases(i, p, t, g) ORDER BY i"))
        assert len(answer["Rows"]) == len(batch)
        for case, row in zip(batch, answer["Rows"]):
            found, expected = [value(datum) for datum in row["Data"]], beside(*case)
            matched += expected[0] == "true"
            if found != expected:
                different.append((case, found, expected))
    assert not different, f"SEED={SEED}: {len(different)} differ, the shortest:\n" + "\n".join(
        f"{case}\n  cloud  {found}\n  python {expected}" for case, found, expected in sorted(different, key=lambda item: len(item[0][0] + item[0][1]))[:10])
    # Most patterns are found somewhere, and not all everywhere.
    assert COUNT * 0.5 < matched < COUNT


@pytest.mark.parametrize("pattern", ["a**", "a+*", "a{2}{3}", "*a", "(a", "a)", "[b-a]", "{", r"\p{Nothing}", "(?=a)", "a*+", r"(a)\1"])
def test_what_is_no_pattern_is_refused(client, pattern):
    query = client("timestream-query")
    with pytest.raises(query.exceptions.ClientError, match="Invalid regular expression"):
        query.query(QueryString=f"SELECT regexp_like('aa', {quoted(pattern)})")
