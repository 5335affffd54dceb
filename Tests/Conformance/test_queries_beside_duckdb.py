"""Generated queries, run by the local cloud and by DuckDB on the same rows: joins, grouping, windows, nulls, ends of months, negative and
huge numbers. The seed is fixed; SEED and COUNT may be set.

The two differ by design, which the generator goes around: DuckDB divides integers with //, sorts nulls last only when told, gives an
interval another form, counts whole months of a date's difference without Joda's rule for the last day of a month, and gives null for
count_if over nulls alone, where Trino gives 0.
"""

import datetime
import math
import os
import random

import duckdb
import pytest

SEED = int(os.environ.get("SEED", "20261120"))
COUNT = int(os.environ.get("COUNT", "1000"))
TIMES = ["2024-01-31 10:00:00", "2024-02-29 00:00:00", "2023-12-31 23:59:59", "1969-12-31 23:59:59", "1970-01-01 00:00:00", "2024-03-31 12:30:00", "2100-02-28 01:02:03"]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, *options):
        return self.random.choice(options)

    def relation(self, alias):
        """k VARCHAR, n BIGINT, v DOUBLE, t TIMESTAMP, with nulls."""
        rows = []
        for number in range(self.random.randint(1, 7)):
            cells = [
                self.pick("'a'", "'b'", "'c'", "''", "NULL"),
                self.pick("0", "1", "-1", "7", "-7", str(self.random.randint(-50, 50)), "4000000000", "NULL"),
                self.pick("0.5", "-2.25", "1e3", "-1e-3", "3e0", "1e15", "NULL"),
                self.pick(*(f"TIMESTAMP '{time}'" for time in TIMES), "NULL")]
            # The first row has no nulls: it gives the columns their types.
            if number == 0:
                cells = ["'a'", "5000000000", "1.5e0", f"TIMESTAMP '{TIMES[0]}'"]
            rows.append("(" + ", ".join(cells) + ")")
        return f"(VALUES {', '.join(rows)}) AS {alias}(k, n, v, t)"

    def number(self, alias, depth=0):
        if depth > 2 or self.random.random() < 0.4:
            return self.pick(f"{alias}.n", f"{alias}.v", "2", "-3", "0.5e0")
        a, b = self.number(alias, depth + 1), self.number(alias, depth + 1)
        return self.pick(
            f"({a} + {b})", f"({a} - {b})", f"abs({a})", f"(- {a})", f"coalesce({a}, {b})", f"CASE WHEN {a} > {b} THEN {a} ELSE {b} END",
            f"nullif({a}, {b})", f"({alias}.v * {b})", f"(CAST({a} AS DOUBLE) / 4e0)", f"floor(CAST({a} AS DOUBLE))", f"sign({alias}.n)", f"({alias}.n % 5)")

    def condition(self, alias, depth=0):
        if depth > 1 or self.random.random() < 0.5:
            a, b = self.number(alias, 2), self.number(alias, 2)
            return self.pick(
                f"{a} < {b}", f"{a} = {b}", f"{a} IS NULL", f"{alias}.k IN ('a', 'c')", f"{alias}.k LIKE '%a%'", f"{a} BETWEEN -5 AND {b}",
                f"{alias}.t >= TIMESTAMP '{self.pick(*TIMES)}'", f"{alias}.k IS DISTINCT FROM 'b'", f"{alias}.n NOT IN (1, 7)")
        a, b = self.condition(alias, depth + 1), self.condition(alias, depth + 1)
        return self.pick(f"({a} AND {b})", f"({a} OR {b})", f"NOT ({a})")

    def time(self, alias):
        unit = self.pick("year", "month", "quarter", "week", "day", "hour", "minute")
        return self.pick(
            f"date_trunc('{unit}', {alias}.t)", f"year({alias}.t)", f"month({alias}.t)", f"day({alias}.t)", f"hour({alias}.t)", f"quarter({alias}.t)", f"week({alias}.t)",
            f"{alias}.t + INTERVAL '{self.random.randint(-40, 40)}' {self.pick('day', 'hour', 'month', 'year')}", f"CAST({alias}.t AS DATE)")

    def text(self, alias):
        return self.pick(
            f"upper({alias}.k)", f"length({alias}.k)", f"({alias}.k || 'x')", f"replace({alias}.k, 'a', 'bb')", f"substr({alias}.k || 'xyz', 2, 2)", f"reverse({alias}.k || 'q')",
            f"coalesce({alias}.k, 'none')", f"strpos({alias}.k, 'b')", f"lpad(coalesce({alias}.k, ''), 3, '*')")

    def aggregate(self, alias):
        return self.pick(
            "count(*)", f"count({alias}.v)", f"count(DISTINCT {alias}.k)", f"min({alias}.n)", f"max({alias}.t)", f"sum({alias}.n)", f"avg({alias}.n)", f"sum({alias}.n) FILTER (WHERE {alias}.v > 0)",
            f"stddev({alias}.n)", f"var_pop({alias}.n)", f"max({alias}.k)", f"count_if(coalesce({alias}.n, 0) > 0)", f"bool_or({alias}.n > 1)")

    def window(self, alias):
        order = f"ORDER BY {alias}.n NULLS LAST, {alias}.v NULLS LAST, {alias}.k NULLS LAST, {alias}.t NULLS LAST"
        frame = self.pick("", " ROWS BETWEEN 1 PRECEDING AND CURRENT ROW", " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING", " ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING")
        partition = self.pick("", f"PARTITION BY {alias}.k ")
        return self.pick(
            f"row_number() OVER ({partition}{order})", f"rank() OVER ({partition}ORDER BY {alias}.n NULLS LAST)", f"dense_rank() OVER ({partition}ORDER BY {alias}.k NULLS LAST)",
            f"lag({alias}.n) OVER ({partition}{order})", f"sum({alias}.n) OVER ({partition}{order}{frame})", f"count({alias}.v) OVER ({partition}{order}{frame})",
            f"first_value({alias}.k) OVER ({partition}{order}{frame})", f"max({alias}.n) OVER ({partition}{order}{frame})")

    def query(self):
        kind = self.pick("plain", "plain", "time", "text", "group", "group", "join", "window", "subquery", "set")
        a = self.relation("a")
        where = self.pick("", f" WHERE {self.condition('a')}")
        if kind == "plain":
            return f"SELECT {self.number('a')}, {self.number('a')}, {self.condition('a')} FROM {a}{where}"
        if kind == "time":
            return f"SELECT {self.time('a')}, {self.time('a')} FROM {a}{where}"
        if kind == "text":
            return f"SELECT {self.text('a')}, {self.text('a')} FROM {a}{where}"
        if kind == "group":
            having = self.pick("", " HAVING count(*) > 1", " HAVING max(a.n) IS NOT NULL")
            return f"SELECT a.k, {self.aggregate('a')}, {self.aggregate('a')} FROM {a}{where} GROUP BY a.k{having}"
        if kind == "join":
            join = self.pick("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")
            return f"SELECT a.k, b.k, a.n, b.v FROM {a} {join} {self.relation('b')} ON a.k = b.k{self.pick('', ' AND a.n <= b.n')}"
        if kind == "window":
            return f"SELECT a.k, a.n, {self.window('a')} FROM {a}{where}"
        if kind == "subquery":
            b = self.relation("b")
            return self.pick(
                f"SELECT a.k, (SELECT max(b.n) FROM {b} WHERE b.k = a.k) FROM {a}", f"SELECT a.n FROM {a} WHERE EXISTS (SELECT 1 FROM {b} WHERE b.n = a.n)",
                f"SELECT a.n FROM {a} WHERE a.k IN (SELECT b.k FROM {b})", f"WITH w AS (SELECT k, sum(n) AS s FROM {a} GROUP BY k) SELECT w.k, w.s, b.n FROM w LEFT JOIN {b} ON w.k = b.k")
        return f"SELECT a.k, a.n FROM {a} {self.pick('UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT')} SELECT b.k, b.n FROM {self.relation('b')}"


def text(value):
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f") + "000"
    return str(value)


def same(one, other):
    if one == other:
        return True
    try:
        return one is not None and other is not None and math.isclose(float(one), float(other), rel_tol=1e-9, abs_tol=1e-9)
    except ValueError:
        # DuckDB's date_trunc of a day and more is a date: the same instant.
        return one == f"{other} 00:00:00.000000000"


def key(row):
    def rank(cell):
        try:
            return (1, round(float(cell), 6), "")
        except ValueError:
            return (2, 0, cell.removesuffix(" 00:00:00.000000000"))
    return [(0, 0, "") if cell is None else rank(cell) for cell in row]


def test_generated_queries_have_the_same_answers(client):
    query = client("timestream-query")
    duck = duckdb.connect()
    generator = Generator(SEED)
    differences = []
    for number in range(COUNT):
        sql = generator.query()
        try:
            theirs = [[text(cell) for cell in row] for row in duck.execute(sql).fetchall()]
        except duckdb.Error as error:
            pytest.fail(f"DuckDB does not take {sql}: {error}")
        try:
            mine = [[None if cell.get("NullValue") else cell["ScalarValue"] for cell in row["Data"]] for row in query.query(QueryString=sql)["Rows"]]
        except (query.exceptions.ValidationException, query.exceptions.QueryExecutionException) as error:
            differences.append((number, sql, str(error), theirs))
            continue
        mine, theirs = sorted(mine, key=key), sorted(theirs, key=key)
        if len(mine) != len(theirs) or not all(same(a, b) for left, right in zip(mine, theirs) for a, b in zip(left, right)):
            differences.append((number, sql, mine, theirs))
    for difference in differences[:5]:
        print(*difference, sep="\n  ")
    assert not differences
