"""SQL: mutations of the tests' queries, and calls of every function that the documentation lists."""

import pathlib
import re

PROJECT = pathlib.Path(__file__).resolve().parents[3]
PIECES = [
    "(", ")", ",", "'", '"', "--", "/*", "*/", ";", "::", ".", "*", "SELECT ", " FROM ", " JOIN ", " ON ", " NULL ", " CASE WHEN ", " END ", "WITH a AS (", " UNION ", " OVER (",
    " 1e999 ", "99999999999999999999", "1h", "-", "NOT ", " IN (", " EXISTS (", "cast(", " AS ", "interval '1' ", "date '", "\0", "é", "𝄞", "\n", "@p", "->", "[", "]", " GROUP BY ",
    " ORDER BY ", " LIMIT 9223372036854775808", "row_number() OVER (", "bin(time, ", "CROSS JOIN UNNEST(", " LATERAL ", " GROUPING SETS ", " TABLESAMPLE ", " OFFSET 5"]
ARGUMENTS = [
    "1", "0", "-1", "NULL", "2147483647", "-2147483648", "9223372036854775807", "(-9223372036854775807 - 1)", "1e308", "-1e308", "0e0", "nan()", "infinity()", "-infinity()", "5e-324",
    "''", "'a'", "'é'", "'e\u0301'", "'a,b,c'", "'2024-02-30'", "'%'", "'('", "'(a+)+$'", "'1e5'", "'{\"a\":[1]}'", "true", "false", "time", "id", "v", "n", "s", "ok",
    "TIMESTAMP '2024-01-31 10:00:00'", "TIMESTAMP '9999-12-31 23:59:59.999999999'", "TIMESTAMP '0001-01-01 00:00:00'", "DATE '2024-02-29'", "1h", "0s", "-1d", "9999999999d",
    "INTERVAL '1' MONTH", "INTERVAL '-9999' YEAR", "from_unixtime(1e308)", "ARRAY[]", "ARRAY[1, 2, NULL]", "ARRAY['a', NULL]", "ARRAY[1e0, nan()]", "ARRAY[ARRAY[1], ARRAY[]]",
    "sequence(1, 3)", "ROW(1, 'a')", "x -> x", "(x, y) -> x + y", "x -> x > 1", "s -> s", "map(ARRAY[1], ARRAY[2])", "now()", "'day'", "'millisecond'", "'nothing'", "'%Y-%m-%d'",
    "'yyyy-MM-dd'", "repeat('a', 100000)", "count(*)", "max(v)", "interpolate_linear(create_time_series(time, v), ago(1h))", "create_time_series(time, v)", "(SELECT 1)", "*"]
HEAVY = [
    "SELECT count(*)" + "+(SELECT count(*)" * 13 + ")" * 13, "SELECT " + "(" * 2000 + "1" + ")" * 2000, "SELECT " + "-" * 3000 + "1", "SELECT " + "NOT " * 3000 + "true",
    "SELECT " + " OR ".join(f"n = {number}" for number in range(20_000)) + " FROM §", "SELECT " + "+".join(["1"] * 30_000),
    "SELECT " + "+".join("(SELECT " + "+".join(["1"] * 190) + ")" for _ in range(60)), "SELECT " + "CASE WHEN true THEN " * 500 + "1" + " END" * 500,
    "WITH " + ", ".join(f"a{n} AS (SELECT * FROM {'§' if n == 0 else f'a{n - 1} x CROSS JOIN a{n - 1} y'})" for n in range(12)) + " SELECT count(*) FROM a11",
    "SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(x) CROSS JOIN UNNEST(sequence(1, 10000)) b(y) CROSS JOIN UNNEST(sequence(1, 10000)) c(z)",
    "SELECT regexp_like(repeat('a', 30000), '(a+)+$b')", "SELECT regexp_replace(repeat('a', 20000), '(a|aa)+$', 'x')", "SELECT repeat('x', 1000000000)", "SELECT rpad('x', 2147483647, 'yz')",
    "SELECT reduce(sequence(1, 10000), '', (s, x) -> s || repeat('y', 1000), s -> length(s))", "SELECT array_agg(repeat('x', 10000)) FROM UNNEST(sequence(1, 10000)) t(i)",
    "SELECT sum(x) OVER (ORDER BY x ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), stddev(x) OVER (ORDER BY x) FROM UNNEST(sequence(1, 10000)) t(x)",
    "SELECT " + ", ".join(f"n AS c{n}" for n in range(3000)) + " FROM §", "SELECT * FROM § GROUP BY " + ", ".join(str(n) for n in range(1, 300)),
    "SELECT width_bucket(1e308, -1e308, 1e308, 10)", "SELECT lag(n, -1) OVER (ORDER BY n) FROM §", "SELECT sequence(TIMESTAMP '9999-12-01', TIMESTAMP '9999-12-31', INTERVAL '1' MONTH)",
    "SELECT x LIKE '" + "%a" * 200 + "' FROM (SELECT repeat('a', 10000) x)", "SELECT split(repeat(',', 100000), ',')", "SELECT * FROM ((SELECT 1 x) a JOIN (SELECT 1 x) b ON a.x = b.x)"]


def corpus():
    """The queries of the unit tests: their texts that begin as a query does."""
    found = []
    for file in sorted((PROJECT / "Tests").rglob("*.swift")):
        for text in re.findall(r'"((?:SELECT|WITH|select|with)\b(?:[^"\\\n]|\\.)*)"', file.read_text()):
            if "\\(" not in text:
                found.append(text.replace("\\\\", "\\").replace('\\"', '"'))
    return found


def functions():
    """The names that the documentation lists as supported."""
    names = []
    for line in (PROJECT / "docs/timestream-sql.md").read_text().splitlines():
        if line.startswith("| ") and "`" in line:
            names += re.findall(r"`(\w+)`", line.split("|")[2])
    return sorted(set(names))


class Queries:
    def __init__(self, random, table):
        self.random, self.table = random, table
        self.seeds, self.functions = corpus(), functions()
        assert len(self.seeds) > 200 and len(self.functions) > 100

    def call(self, depth=0):
        random = self.random
        arguments = [self.call(depth + 1) if depth < 2 and random.random() < 0.25 else random.choice(ARGUMENTS) for _ in range(random.choice([0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5]))]
        text = f"{random.choice(self.functions)}({'DISTINCT ' if random.random() < 0.03 else ''}{', '.join(arguments)})"
        if random.random() < 0.08:
            text += random.choice([" OVER ()", " OVER (PARTITION BY id ORDER BY time)", " OVER (ORDER BY v ROWS BETWEEN 3 PRECEDING AND 1 FOLLOWING)", " FILTER (WHERE v > 0)"])
        return text

    def mutation(self):
        random, text = self.random, self.random.choice(self.seeds)
        for _ in range(max(1, random.randint(-6, 6))):
            place = random.randint(0, len(text))
            end = min(len(text), place + random.randint(0, 12))
            change = random.randrange(5)
            if change == 0:
                text = text[:place] + text[end:]
            elif change == 1:
                text = text[:place] + random.choice(PIECES) + text[place:]
            elif change == 2:
                text = text[:place] + text[place:end] * random.randint(1, 50) + text[end:]
            elif change == 3:
                other = random.choice(self.seeds)
                text = text[:place] + other[random.randint(0, len(other)):] + text[place:]
            else:
                text = text[:place] + chr(random.randrange(1, 0x2FF)) + text[place + 1:]
        return text[:20_000]

    def query(self):
        kind = self.random.random()
        if kind < 0.5:
            text = "SELECT " + self.call() + self.random.choice(["", "", " FROM §", " FROM §", " FROM § GROUP BY id", " FROM § ORDER BY 1 LIMIT 3"])
        elif kind < 0.97:
            text = self.mutation()
        else:
            text = self.random.choice(HEAVY)
        return text.replace("§", self.table)
