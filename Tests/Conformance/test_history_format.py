"""Chunks of history, read by another program: a decoder written from docs/history-format.md alone."""

import json
import re
import struct
import subprocess
import zlib

import pytest

from conftest import BUILD, PROJECT

MASK = (1 << 64) - 1


def wrap(value):
    """A sum of 64-bit numbers, signed."""
    value &= MASK
    return value - (1 << 64) if value >> 63 else value


def unzigzag(value):
    return value >> 1 ^ -(value & 1)


def bits_of(value):
    return struct.unpack("<Q", struct.pack("<d", value))[0]


def of_bits(value):
    return struct.unpack("<d", struct.pack("<Q", value & MASK))[0]


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        assert count <= len(self.data) - self.at, "too short"
        self.at += count
        return self.data[self.at - count:self.at]

    def byte(self):
        return self.take(1)[0]

    def number(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def signed(self):
        return unzigzag(self.number())

    def text(self):
        return self.take(self.number()).decode()


def contents(data):
    reader = Reader(data)
    match reader.byte():
        case 0x01:
            return data[1:]
        case 0x81:
            length = reader.number()
            inflate = zlib.decompressobj(-15)
            body = inflate.decompress(data[reader.at:])
            assert inflate.eof and not inflate.unused_data and len(body) == length
            return body
        case other:
            raise AssertionError(f"format {other}")


def value(reader, before):
    match reader.byte():
        case 0 | 1 as truth:
            return ("b", truth)
        case 2:
            return ("i", reader.signed())
        case 3:
            return ("s", reader.text().encode())
        case 4:
            return ("d", struct.unpack("<Q", reader.take(8))[0])
        case 5 | 6 | 7 as same:
            return before[same - 5]
        case 8:
            exponent, number = reader.signed(), reader.signed()
            # Exact, and rounded once by the division or the multiplication of whole numbers.
            return ("d", bits_of(float(number * 2**exponent) if exponent >= 0 else number / 2**-exponent))
        case decimal if 16 <= decimal <= 38:
            return ("d", bits_of(reader.signed() / 10.0 ** (decimal - 16)))
        case near if 64 <= near <= 86:
            number, distance = reader.signed(), reader.signed()
            return ("d", bits_of(number / 10.0 ** (near - 64)) + distance & MASK)
        case other:
            raise AssertionError(f"value {other}")


def read_head(data):
    reader = Reader(contents(data))
    head = {"count": reader.number(), "first": None, "last": None, "measures": []}
    if head["count"]:
        head["first"] = reader.signed()
        head["last"] = head["first"] + reader.number()
    for _ in range(reader.number()):
        measure = {"name": reader.text()}
        flags = reader.byte()
        measure["count"] = reader.number() if flags & 1 else head["count"]
        measure["numbers"] = reader.number() if flags & 2 else measure["count"]
        values = []
        if flags & 32:
            kind, least = reader.byte(), reader.signed()
            for number in [least] + [wrap(least + reader.number()) for _ in range(3)]:
                values.append(("i", number) if kind == 2 else ("d", bits_of(float(number) / 10.0 ** (kind - 16))))
        else:
            for _ in range(4):
                values.append(value(reader, values))
        measure["values"] = values
        measure["whole"] = reader.signed() if flags & 4 else 0
        measure["sum"] = value(reader, []) if flags & 8 else None
        measure["compensation"] = value(reader, [])[1] if flags & 16 else 0
        head["measures"].append(measure)
    assert reader.at == len(reader.data)
    return head


def planes(data, width, count):
    numbers = [0] * count
    for plane in range(width):
        for index, byte in enumerate(data.take(count)):
            numbers[index] |= byte << 8 * plane
    return numbers


def integers(count, meta, data):
    if not count:
        return []
    method = meta.byte()
    order, width = method & 3, method >> 2
    base = meta.signed()
    if order == 0:
        return [wrap(base + number) for number in planes(data, width, count)]
    if order == 1:
        values = [base]
        for number in planes(data, width, count - 1):
            values.append(wrap(values[-1] + unzigzag(number)))
        return values
    assert order == 2
    change = meta.signed()
    values = [base, wrap(base + change)]
    for number in planes(data, width, count - 2):
        change = wrap(change + unzigzag(number))
        values.append(wrap(values[-1] + change))
    return values


def bitmap(data, count):
    bytes_ = data.take((count + 7) // 8)
    return [bytes_[index // 8] >> index % 8 & 1 for index in range(count)]


def doubles(count, meta, data):
    method = meta.byte()
    if method <= 22:
        return [bits_of(float(number) / 10.0**method) for number in integers(count, meta, data)]
    if method == 32:
        shape = meta.byte()
        before, values = 0, []
        for number in planes(data, shape >> 4, count):
            before ^= number << 8 * (shape & 15) & MASK
            values.append(before)
        return values
    assert method == 33
    upper = integers(count, meta, data)
    kept = meta.byte()
    pairs = data.take((count + 1) // 2)
    lower = planes(data, kept, count)
    return [
        upper[index] << 52 | (pairs[index // 2] >> 4 * (index % 2) & 15) << 48 | lower[index] << 8 * (6 - kept)
        for index in range(count)
    ]


def read_rows(head_bytes, rows_bytes):
    """Each row as time, nanoseconds, version, and measures as name and value."""
    head = read_head(head_bytes)
    count = head["count"]
    if not count:
        assert not rows_bytes
        return []
    body = Reader(contents(rows_bytes))
    meta = Reader(body.take(body.number()))
    data = Reader(body.data[body.at:])
    has_nanoseconds = meta.byte()
    times = [wrap(time + head["first"]) for time in integers(count, meta, data)]
    nanoseconds = integers(count, meta, data) if has_nanoseconds else [0] * count
    runs = meta.number()
    versions = [wrap(version + head["first"]) for version in integers(runs, meta, data)]
    lengths = integers(runs - 1, meta, data)
    lengths.append(count - sum(lengths))
    versions = [version for version, length in zip(versions, lengths) for _ in range(length)]
    rows = [[time, nanosecond, version, []] for time, nanosecond, version in zip(times, nanoseconds, versions)]
    for measure in head["measures"]:
        method = 16
        seen = {}
        while method & 16:
            method = meta.byte()
            match method >> 2 & 3:
                case 0:
                    present = range(count)
                case 1:
                    present = [row for row, bit in enumerate(bitmap(data, count)) if bit]
                case 2:
                    present = integers(meta.number(), meta, data)
            match method & 3:
                case 0:
                    values = [f"d{bits:x}" for bits in doubles(len(present), meta, data)]
                case 1:
                    values = [f"i{number}" for number in integers(len(present), meta, data)]
                case 2:
                    lengths = integers(meta.number(), meta, data)
                    texts = [data.take(length).hex() for length in lengths]
                    values = [f"s{texts[place]}" for place in integers(len(present), meta, data)]
                case 3:
                    values = [f"b{bit}" for bit in bitmap(data, len(present))]
            assert not seen.keys() & set(present)
            seen.update(zip(present, values))
        assert len(seen) == measure["count"]
        for row in sorted(seen):
            rows[row][3].append([measure["name"].encode().hex(), seen[row]])
    assert meta.at == len(meta.data) and data.at == len(data.data)
    return rows


def neumaier(values):
    total = compensation = 0.0
    for number in values:
        after = total + number
        if abs(after) != float("inf") and after == after:
            compensation += (total - after) + number if abs(total) >= abs(number) else (number - after) + total
        total = after
    return total, compensation


def check_head(head, rows):
    """What the head says is what the rows say."""
    assert head["count"] == len(rows)
    if rows:
        assert (head["first"], head["last"]) == (rows[0][0], rows[-1][0])
    # Rows of one millisecond are one, with the later value of each measure.
    served = {}
    for time, _, _, measures in rows:
        served.setdefault(time, {}).update(measures)
    for measure in head["measures"]:
        name = measure["name"].encode().hex()
        values = [measures[name] for measures in served.values() if name in measures]
        def text(value):
            kind, content = value
            return kind + (f"{content:x}" if kind == "d" else content.hex() if kind == "s" else str(content))
        _, _, first, last = map(text, measure["values"])
        assert (first, last) == (values[0], values[-1])
        numbers = [of_bits(int(text[1:], 16)) for text in values if text[0] == "d"]
        assert measure["numbers"] == sum(text[0] in "di" for text in values)
        assert measure["whole"] == sum(int(text[1:]) for text in values if text[0] == "i")
        # The bits of what is not a number are no part of the format.
        if numbers and all(number == number for number in numbers):
            total, compensation = neumaier(numbers)
            assert (measure["sum"][1], measure["compensation"]) == (bits_of(total), bits_of(compensation))
        if all(text[0] == "d" for text in values) and all(number == number for number in numbers):
            least, greatest = (of_bits(value[1]) for value in measure["values"][:2])
            assert (least, greatest) == (min(numbers), max(numbers))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_another_program_reads_chunks_from_the_page_alone(seed):
    printed = subprocess.run(
        [BUILD / "benchmark-chunks", "--print", "--seed", str(seed)], check=True, capture_output=True, text=True).stdout
    chunks = [json.loads(line) for line in printed.splitlines()]
    assert len(chunks) > 25
    for chunk in chunks:
        head, rows = bytes.fromhex(chunk["head"]), bytes.fromhex(chunk["rows"])
        assert read_rows(head, rows) == chunk["expected"]
        check_head(read_head(head), chunk["expected"])


def test_the_example_of_the_page():
    page = (PROJECT / "docs/history-format.md").read_text()
    head, rows = (
        bytes.fromhex("".join(re.findall(r"^    ((?:[0-9a-f]{2} ?)+)", block, re.MULTILINE)))
        for block in page.split("## 7.")[1].split("`rows`:"))
    start = 1_767_225_600_000
    assert [[time - start, version, dict(measures)] for time, _, version, measures in read_rows(head, rows)] == [
        [0, 1_767_226_500_000, {b"on".hex(): "b1", b"temperature".hex(): f"d{bits_of(21.5):x}"}],
        [300_000, 1_767_226_500_000, {b"on".hex(): "b0", b"temperature".hex(): f"d{bits_of(21.6):x}"}],
        [600_000, 1_767_226_500_000, {b"temperature".hex(): f"d{bits_of(21.4):x}"}],
    ]
