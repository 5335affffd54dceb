"""Values that services do not expect, and mutations of what they do."""

import json

TEXTS = [
    "", " ", "\x00", "a\x00b", "\n", "\r\n", "é", "e\u0301", "\u212a", "\ufffe", "\uffff", "𝄞", "\u202e", "'", '"', "\\", "%", "_", "{}", "[]", "null", "-", "--", ";",
    "/", "//", "../../etc/passwd", "arn:aws:sqs:us-east-1:000000000000:fuzz", "arn:", ":", "::::::", "http://[::1", "http://127.0.0.1:1/0/fuzz", "0", "-0", "1e999", "NaN",
    "1e-9223372036854775808", "1e9223372036854775807", "9223372036854775808", "-9223372036854775808", "99999999999999999999999999999999999999", "0.1e-130", "true", "AA=", "====", "A",
    "a" * 256, "a" * 1025, "é" * 5000, "/" * 300, "." * 300, "(" * 400, "$" * 200, "x" * 65_536, "\U0001f600" * 300]
NUMBERS = [
    0, -1, 1, 2, 7, 10, 11, 255, 256, 1000, 65_536, 2**31 - 1, 2**31, -(2**31), 2**53, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64, 10**30, -(10**30), 0.5, -0.0, 1e308, -1e308, 5e-324, 1e-300]


def deep(random, depth):
    value = random.choice([1, "x", None, True, {}, []])
    for _ in range(depth):
        value = [value] if random.random() < 0.5 else {"a": value}
    return value


def leaf(random):
    kind = random.random()
    if kind < 0.45:
        return random.choice(TEXTS)
    if kind < 0.8:
        return random.choice(NUMBERS)
    return random.choice([None, True, False, [], {}, [[]], [{}], {"": ""}, {"N": "1"}, {"S": ""}, {"L": []}, [None] * 30, deep(random, random.choice([2, 5, 20, 31, 33, 90, 127, 129, 300]))])


def places(value, path=()):
    yield path
    if len(path) > 100:
        return
    if isinstance(value, dict):
        for name in value:
            yield from places(value[name], path + (name,))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from places(value[index], path + (index,))


def mutated(random, value):
    """The value with some of its parts replaced, removed, renamed, doubled or multiplied."""
    value = json.loads(json.dumps(value))
    for _ in range(random.choice([0, 1, 1, 1, 2, 3])):
        path = random.choice(list(places(value))[:400])
        if not path:
            continue
        parent = value
        for step in path[:-1]:
            parent = parent[step]
        last, change = path[-1], random.random()
        if change < 0.5:
            parent[last] = leaf(random)
        elif change < 0.65:
            del parent[last]
        elif change < 0.8 and isinstance(parent, dict):
            parent[random.choice(TEXTS)] = parent[last]
        elif change < 0.9 and isinstance(parent, list):
            parent.extend([parent[last]] * random.choice([1, 9, 24, 99, 2000]))
        elif isinstance(parent[last], str):
            text = parent[last]
            place = random.randint(0, len(text))
            parent[last] = text[:place] + random.choice(TEXTS) + text[place:]
        else:
            parent[last] = deep(random, 40)
    return value


def encoded(random, value):
    """The value's JSON, now and then broken, doubled or as deep as nobody writes."""
    body = json.dumps(value, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")
    change = random.random()
    if change < 0.92:
        return body
    place = random.randint(0, len(body))
    return random.choice([
        body[:place], body[:place] + bytes([random.randrange(256)]) + body[place:], body + body, b"\xef\xbb\xbf" + body, b"[" * 100_000, b'{"a":' * 50_000, b"", b"null",
        b'{"a":1e' + b"9" * 5000 + b"}", b'{"x":"\\ud800"}', b'{"x":"\xff\xfe"}', b" " * 70_000 + body, body.replace(b":", b"::", 1)])
