"""What the programs that this project unites and Grafana's data source ask of Timestream, in the same constructs, on data that fit; the answers are
DuckDB's on the same rows, the types are the service's.

DuckDB's dialect is near enough: a few macros and the literals of intervals are all that is translated.
"""

import datetime
import math
import re
import time

import duckdb
import pytest

MINUTE = 60_000
#: Half a minute beside the full one, so that no bound of a query falls onto a row.
NEWEST = int(time.time() * 1000) // MINUTE * MINUTE - 30_000
HOSTS = [
    (service, f"{service}-{number}", region, f"{region}-cell-{number % 2}", f"{region}-cell-{number % 2}-silo-1", f"{region}-{number % 3}")
    for region in ("us-east-1", "eu-west-1") for service in ("apollo", "zeus") for number in range(3)]
PLACE = ("microservice_name", "instance_name", "region", "cell", "silo", "availability_zone")


def host_rows():
    """Dimensions, measure name, minutes ago, type and value of each record of the table of hosts."""
    for position, host in enumerate(HOSTS):
        place = dict(zip(PLACE, host))
        machine = place | {"instance_type": "m5.large" if position % 2 else "r5.large", "os_version": "AL2"}
        process = place | {"process_name": "server", "jdk_version": f"JDK_{11 + position % 2 * 6}"}
        for step in range(12):
            ago = step * 5
            wave = 50 + 45 * math.sin(position + step / 3)
            yield machine, "cpu_user", ago, "DOUBLE", round(wave, 3)
            yield machine, "cpu_system", ago, "DOUBLE", round(wave / 7, 3)
            yield machine, "memory_used", ago, "DOUBLE", round(100 - wave / 2, 3)
            yield machine, "disk_io_reads", ago, "DOUBLE", round(wave * 3, 3)
            yield process, "gc_pause", ago, "DOUBLE", round(abs(math.cos(position * step)) * 30, 3)
            yield process, "task_completed", ago, "BIGINT", (position * 37 + step * 11) % 250
            yield process, "task_end_state", ago, "VARCHAR", ("SUCCESS_WITH_RESULT", "SUCCESS_WITH_NO_RESULT", "ERROR")[(position + step) % 3]


def water_rows():
    for temperature, start in (("hot", 1000), ("cold", 5000)):
        for step in range(30):
            yield {"service": "water", "location": "home", "water_temperature": temperature}, "volume", step * 20, "BIGINT", start - step * (3 if temperature == "hot" else 7)


def series_rows():
    for identifier in ("11111", "2549"):
        for step in range(20):
            yield {"identifier": identifier}, "cpu", step * 60, "VARCHAR", str((int(identifier) + step * 17) % 101)


def sensor_rows():
    for device in range(3):
        for step in range(40):
            heat = 22 + math.sin(device + step) * 2 + (15 if (device, step) == (1, 7) else 0)
            yield {"device_id": f"sensor-{device}", "location": "hall"}, "metrics", step * 3, "MULTI", {"temperature": round(heat, 3), "humidity": 50 + step % 7}


TABLES = {"hosts": host_rows, "water": water_rows, "series": series_rows, "sensors": sensor_rows}


@pytest.fixture(scope="module")
def engines(client):
    """The query client, and DuckDB with the same rows."""
    write = client("timestream-write")
    write.create_database(DatabaseName="dash-boards")
    duck = duckdb.connect()
    duck.execute("SET TimeZone = 'UTC'; CREATE SCHEMA \"dash-boards\"")
    duck.execute("CREATE MACRO bin(t, i) AS time_bucket(i, t, TIMESTAMP '1970-01-01')")
    duck.execute("CREATE MACRO from_milliseconds(n) AS epoch_ms(CAST(n AS BIGINT))")
    duck.execute("CREATE MACRO from_unixtime(n) AS make_timestamp(CAST(n AS BIGINT) * 1000000)")
    duck.execute("CREATE MACRO approx_percentile(x, p) AS quantile_disc(x, p)")
    duck.execute("CREATE MACRO approx_distinct(x) AS count(DISTINCT x)")
    duck.execute("CREATE MACRO create_time_series(t, x) AS list({'t': t, 'x': x} ORDER BY t)")
    duck.execute("CREATE MACRO to_iso8601(t) AS strftime(t, '%Y-%m-%dT%H:%M:%S.%f000')")
    for table, rows in TABLES.items():
        write.create_table(DatabaseName="dash-boards", TableName=table, RetentionProperties={"MemoryStoreRetentionPeriodInHours": 1000, "MagneticStoreRetentionPeriodInDays": 1})
        rows = list(rows())
        records = []
        for dimensions, name, ago, kind, value in rows:
            record = {"Dimensions": [{"Name": key, "Value": text} for key, text in dimensions.items()], "MeasureName": name, "Time": str(NEWEST - ago * MINUTE), "MeasureValueType": kind}
            if kind == "MULTI":
                record["MeasureValues"] = [{"Name": key, "Value": str(number), "Type": "BIGINT" if isinstance(number, int) else "DOUBLE"} for key, number in value.items()]
            else:
                record["MeasureValue"] = str(value)
            records.append(record)
        for start in range(0, len(records), 100):
            write.write_records(DatabaseName="dash-boards", TableName=table, Records=records[start:start + 100])
        names = list(dict.fromkeys(key for dimensions, *_ in rows for key in dimensions))
        if rows[0][3] == "MULTI":
            measures = {key: "BIGINT" if isinstance(number, int) else "DOUBLE" for key, number in rows[0][4].items()}
        else:
            measures = {f"measure_value::{kind.lower()}": kind for kind in dict.fromkeys(row[3] for row in rows)}
        columns = [f"{name} VARCHAR" for name in names] + ["measure_name VARCHAR", "time TIMESTAMP"] + [f'"{name}" {kind}' for name, kind in measures.items()]
        duck.execute(f'CREATE TABLE "dash-boards".{table} ({", ".join(columns)})')
        cells = [
            [dimensions.get(key) for key in names] + [name, datetime.datetime.fromtimestamp((NEWEST - ago * MINUTE) / 1000, datetime.timezone.utc).replace(tzinfo=None)]
            + [value[key] if kind == "MULTI" else value if key.endswith(kind.lower()) else None for key in measures]
            for dimensions, name, ago, kind, value in rows]
        duck.executemany(f'INSERT INTO "dash-boards".{table} VALUES ({", ".join("?" * len(columns))})', cells)
    return client("timestream-query"), duck


RANGE = f"time BETWEEN from_milliseconds({NEWEST - 50 * MINUTE}) AND from_milliseconds({NEWEST + 1})"
UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def translated(sql):
    now = f"TIMESTAMP '{datetime.datetime.fromtimestamp(time.time(), datetime.timezone.utc):%Y-%m-%d %H:%M:%S.%f}'"
    sql = re.sub(r"measure_value::(\w+)", r'"measure_value::\1"', sql.replace('"measure_value', "measure_value").replace('::bigint"', "::bigint"))
    sql = re.sub(r"\b(\d+)(ms|s|m|h|d)\b", lambda found: f"INTERVAL '{found[1]} {UNITS[found[2]]}'", sql)
    sql = re.sub(r"\bago\s*\(([^()]*)\)", rf"({now} - \1)", sql)
    return sql.replace("now()", now)


QUERIES = [
    # The cache that this project comes from: an alias that hides the column in ORDER BY.
    ("the series of an identifier", "VARCHAR VARCHAR VARCHAR",
     "SELECT identifier, measure_value::varchar AS cpu, concat(to_iso8601(time), 'Z') AS time FROM \"dash-boards\".series WHERE identifier = '2549' AND time BETWEEN ago(96h) AND now() ORDER BY time DESC"),
    # The recipe for sensors.
    ("the latest readings", "VARCHAR TIMESTAMP DOUBLE", "SELECT device_id, time, temperature FROM \"dash-boards\".sensors WHERE time >= ago(1h) ORDER BY time DESC, device_id LIMIT 10"),
    ("all of one device", "VARCHAR VARCHAR VARCHAR TIMESTAMP DOUBLE BIGINT", "SELECT * FROM \"dash-boards\".sensors WHERE device_id = 'sensor-1' ORDER BY time"),
    ("a trend in bins", "VARCHAR TIMESTAMP DOUBLE DOUBLE DOUBLE",
     "SELECT device_id, bin(time, 10m) AS slot, AVG(temperature) AS mean, MIN(temperature) AS low, MAX(temperature) AS high FROM \"dash-boards\".sensors WHERE time >= ago(1d) GROUP BY device_id, bin(time, 10m) ORDER BY slot, device_id"),
    ("anomalies by z-score", "VARCHAR TIMESTAMP DOUBLE DOUBLE",
     "WITH norm AS (SELECT device_id, AVG(temperature) AS mean, STDDEV(temperature) AS spread FROM \"dash-boards\".sensors WHERE time >= ago(7d) GROUP BY device_id) "
     "SELECT s.device_id, s.time, s.temperature, ABS((s.temperature - n.mean) / n.spread) AS z FROM \"dash-boards\".sensors s JOIN norm n ON s.device_id = n.device_id "
     "WHERE s.time >= ago(1h) AND ABS((s.temperature - n.mean) / n.spread) > 2 ORDER BY z DESC"),
    ("a single measure beside a mean", "VARCHAR DOUBLE",
     "WITH m AS (SELECT instance_name, avg(measure_value::double) AS mean, stddev(measure_value::double) AS spread FROM \"dash-boards\".hosts WHERE measure_name = 'cpu_user' GROUP BY instance_name) "
     "SELECT s.instance_name, (s.measure_value::double - m.mean) / m.spread AS z FROM \"dash-boards\".hosts s JOIN m ON s.instance_name = m.instance_name WHERE s.measure_name = 'cpu_user' AND ABS((s.measure_value::double - m.mean) / m.spread) > 1.2 ORDER BY z DESC, 1"),
    ("a summary of devices", "VARCHAR BIGINT BIGINT TIMESTAMP TIMESTAMP",
     "SELECT device_id, COUNT(*) AS readings, COUNT(DISTINCT measure_name) AS kinds, MIN(time) AS first, MAX(time) AS last FROM \"dash-boards\".sensors GROUP BY device_id ORDER BY device_id"),
    # Line protocol.
    ("ten rows of what was migrated", "VARCHAR VARCHAR VARCHAR TIMESTAMP DOUBLE BIGINT", "SELECT * FROM \"dash-boards\".\"sensors\" WHERE humidity > 54 ORDER BY time, device_id LIMIT 10"),
    # Water meters.
    ("hot and cold by the hour", "TIMESTAMP BIGINT BIGINT",
     "SELECT bin(time, 1h) AS hour, MAX(CASE WHEN water_temperature = 'cold' THEN measure_value::bigint ELSE NULL END) AS cold, MAX(CASE WHEN water_temperature = 'hot' THEN measure_value::bigint ELSE NULL END) AS hot "
     "FROM \"dash-boards\".water WHERE service IN ('water', 'gas') AND time >= ago(1d) GROUP BY bin(time, 1h) ORDER BY hour"),
    ("the first and the last of a month", "VARCHAR BIGINT BIGINT",
     "SELECT water_temperature, MAX_BY(measure_value::bigint, time) AS newest, MIN_BY(measure_value::bigint, time) AS oldest FROM \"dash-boards\".water WHERE time BETWEEN ago(30d) AND now() GROUP BY water_temperature ORDER BY 1"),
    # The dashboard's back end.
    ("everything, grouped by all", "VARCHAR VARCHAR VARCHAR TIMESTAMP BIGINT TIMESTAMP",
     "SELECT service, water_temperature, measure_name, time, measure_value::bigint, MAX(time) AS \"most_recent_time\" FROM \"dash-boards\".water WHERE time BETWEEN ago(365d) AND now() GROUP BY service, water_temperature, measure_name, time, measure_value::bigint ORDER BY time, 2"),
    # Grafana: the health check, then what its bundled dashboards do.
    ("the health check", "INTEGER", "SELECT 1"),
    ("hosts by service, a column each", "BIGINT BIGINT BIGINT",
     f"SELECT CASE WHEN microservice_name = 'apollo' THEN n ELSE NULL END AS apollo, CASE WHEN microservice_name = 'zeus' THEN n ELSE NULL END AS zeus, CASE WHEN microservice_name = 'hera' THEN n ELSE NULL END AS hera "
     f"FROM (SELECT microservice_name, SUM(n) AS n FROM (SELECT microservice_name, COUNT(DISTINCT instance_name) AS n FROM \"dash-boards\".hosts WHERE {RANGE} AND measure_name = 'cpu_user' AND region = 'us-east-1' GROUP BY region, cell, silo, availability_zone, microservice_name) GROUP BY microservice_name)"),
    ("the share of busy hosts", "DOUBLE",
     f"SELECT ROUND(COUNT(IF(p90 > 80, 1, NULL)) * 100 / CAST(COUNT(*) AS DOUBLE)) AS busy FROM (SELECT instance_name, approx_percentile(measure_value::double, 0.9) AS p90 FROM \"dash-boards\".hosts WHERE {RANGE} AND measure_name = 'cpu_user' GROUP BY region, cell, silo, availability_zone, microservice_name, instance_name)"),
    ("pauses of the hosts with the most memory in use", "VARCHAR VARCHAR VARCHAR VARCHAR VARCHAR VARCHAR VARCHAR DOUBLE DOUBLE DOUBLE DOUBLE DOUBLE",
     f"WITH used AS (SELECT region, cell, silo, availability_zone, microservice_name, instance_name, BIN(time, 5m) AS slot, MAX(measure_value::double) AS most FROM \"dash-boards\".hosts WHERE {RANGE} AND measure_name = 'memory_used' AND region = 'us-east-1' GROUP BY region, cell, silo, availability_zone, microservice_name, instance_name, BIN(time, 5m)), "
     "per_service AS (SELECT region, cell, silo, microservice_name, APPROX_PERCENTILE(most, 0.95) AS p95 FROM used GROUP BY region, cell, silo, microservice_name), "
     "ranked AS (SELECT region, cell, silo, microservice_name, DENSE_RANK() OVER (PARTITION BY region, cell, silo ORDER BY p95 DESC) AS rank FROM per_service), "
     "high AS (SELECT r.region, r.cell, r.silo, r.microservice_name, m.instance_name, APPROX_PERCENTILE(most, 0.95) AS p95 FROM ranked r INNER JOIN used m ON r.region = m.region AND r.cell = m.cell AND r.silo = m.silo AND r.microservice_name = m.microservice_name WHERE r.rank = 1 GROUP BY r.region, r.cell, r.silo, r.microservice_name, m.instance_name), "
     "hosts AS (SELECT region, cell, silo, microservice_name, instance_name, DENSE_RANK() OVER (PARTITION BY region, cell, silo, microservice_name ORDER BY p95 DESC) AS rank FROM high) "
     "SELECT t.region, t.cell, t.silo, t.microservice_name, t.instance_name, t.process_name, t.jdk_version, MIN(measure_value::double) AS least, ROUND(AVG(measure_value::double), 2) AS mean, ROUND(STDDEV(measure_value::double), 2) AS spread, "
     "ROUND(APPROX_PERCENTILE(measure_value::double, 0.5), 2) AS p50, ROUND(APPROX_PERCENTILE(measure_value::double, 0.99), 2) AS p99 "
     "FROM hosts r INNER JOIN \"dash-boards\".hosts t ON r.region = t.region AND r.cell = t.cell AND r.silo = t.silo AND r.microservice_name = t.microservice_name AND r.instance_name = t.instance_name "
     f"WHERE {RANGE} AND measure_name = 'gc_pause' AND rank = 1 GROUP BY t.region, t.cell, t.silo, t.microservice_name, t.instance_name, t.process_name, t.jdk_version ORDER BY 1, 2, 3, 4, 5"),
    ("memory by the hour", "VARCHAR VARCHAR VARCHAR TIMESTAMP BIGINT DOUBLE DOUBLE DOUBLE",
     f"SELECT region, cell, microservice_name, BIN(time, 1h) AS hour, COUNT(DISTINCT instance_name) AS hosts, ROUND(AVG(measure_value::double), 2) AS mean, ROUND(APPROX_PERCENTILE(measure_value::double, 0.9), 2) AS p90, ROUND(APPROX_PERCENTILE(measure_value::double, 0.99), 2) AS p99 "
     f"FROM \"dash-boards\".hosts WHERE {RANGE} AND measure_name = 'memory_used' AND microservice_name = 'zeus' GROUP BY region, cell, microservice_name, BIN(time, 1h) ORDER BY p99 DESC, 1, 2, 4"),
    ("measures side by side", "TIMESTAMP DOUBLE DOUBLE DOUBLE",
     f"SELECT BIN(time, 1m) AS slot, AVG(CASE WHEN measure_name = 'cpu_user' THEN measure_value::double ELSE NULL END) AS usr, AVG(CASE WHEN measure_name = 'cpu_system' THEN measure_value::double ELSE NULL END) AS sys, AVG(CASE WHEN measure_name = 'cpu_idle' THEN measure_value::double ELSE NULL END) AS idle "
     f"FROM \"dash-boards\".hosts WHERE {RANGE} AND measure_name IN ('cpu_user', 'cpu_system', 'cpu_idle') AND instance_type = 'm5.large' AND os_version = 'AL2' GROUP BY BIN(time, 1m) ORDER BY slot desc"),
    ("hosts that do little", "BIGINT",
     f"SELECT COUNT(*) AS \"IdleHosts\" FROM (SELECT region, instance_name FROM \"dash-boards\".hosts WHERE {RANGE} AND measure_name = 'cpu_user' AND microservice_name = 'apollo' GROUP BY region, cell, silo, availability_zone, microservice_name, instance_name HAVING approx_percentile(measure_value::double, 0.9) < 80)"),
    ("how tasks ended", "VARCHAR BIGINT",
     f"SELECT measure_value::varchar AS task_end_state, COUNT(*) AS tasks FROM \"dash-boards\".hosts WHERE {RANGE} AND measure_name = 'task_end_state' AND region = 'us-east-1' GROUP BY measure_value::varchar ORDER BY 2 DESC, 1"),
    ("the three series with the longest pauses", "VARCHAR VARCHAR VARCHAR TIMESERIES<DOUBLE>",
     f"SELECT\n\tsilo, microservice_name, instance_name,\n\tCREATE_TIME_SERIES(time, measure_value::double) AS gc_pause\nFROM \"dash-boards\".hosts WHERE {RANGE} AND measure_name = 'gc_pause' AND region = 'eu-west-1' GROUP BY region,\n\tcell, silo, availability_zone, microservice_name, instance_name, process_name, jdk_version\t\t\nORDER BY AVG(measure_value::double) DESC LIMIT 3"),
    ("a column of another type is empty", "TIMESTAMP DOUBLE DOUBLE",
     f"SELECT BIN(time, 60000ms) AS slot, ROUND(AVG(measure_value::bigint), 2) AS mean, ROUND(APPROX_PERCENTILE(measure_value::double, 0.9), 2) AS p90 FROM \"dash-boards\".hosts WHERE {RANGE} AND measure_name = 'disk_io_reads' AND instance_name = 'zeus-2' GROUP BY BIN(time, 60000ms) ORDER BY slot desc"),
    ("grouping in place of distinct", "VARCHAR VARCHAR VARCHAR VARCHAR VARCHAR VARCHAR VARCHAR",
     "SELECT region, cell, silo, availability_zone, microservice_name, instance_type, instance_name FROM \"dash-boards\".hosts WHERE measure_name = 'cpu_user' GROUP BY region, cell, silo, availability_zone, microservice_name, instance_type, instance_name ORDER BY region, cell, silo, availability_zone, microservice_name, instance_type, instance_name"),
    ("different hosts", "VARCHAR VARCHAR VARCHAR VARCHAR BIGINT",
     f"SELECT region, cell, silo, availability_zone, approx_distinct(microservice_name || instance_name) AS hosts FROM \"dash-boards\".hosts WHERE {RANGE} AND measure_name = 'cpu_user' GROUP BY region, cell, silo, availability_zone ORDER BY region, cell, silo, availability_zone"),
    ("a null where a time could be", "VARCHAR TIMESTAMP",
     "SELECT measure_name, CASE WHEN measure_name = 'task_completed' THEN (SELECT NULL) ELSE time END FROM \"dash-boards\".hosts WHERE instance_name = 'zeus-0' AND region = 'eu-west-1' ORDER BY 1, time LIMIT 40"),
    ("a measure by its name", "TIMESTAMP BIGINT", f"select time, measure_value::bigint from \"dash-boards\".hosts where {RANGE} and measure_value::bigint > 240 order by time asc, 2 limit 10"),
    # AWS's samples. The means are rounded: some hours' are the same but for the order in which they are summed, and rank alike.
    ("the three busiest hours of each service", "VARCHAR TIMESTAMP BIGINT DOUBLE",
     "WITH per_host AS (SELECT microservice_name, instance_name, BIN(time, 15m) AS slot, ROUND(AVG(measure_value::double), 6) AS mean FROM \"dash-boards\".hosts WHERE measure_name = 'cpu_user' GROUP BY instance_name, microservice_name, BIN(time, 15m)), "
     "per_service AS (SELECT microservice_name, HOUR(slot) AS hour, BIN(slot, 24h) AS day, APPROX_PERCENTILE(mean, 0.95) AS p95 FROM per_host GROUP BY HOUR(slot), BIN(slot, 24h), microservice_name), "
     "ranked AS (SELECT microservice_name, day, hour, p95, DENSE_RANK() OVER (PARTITION BY microservice_name, day ORDER BY p95 DESC) AS rank FROM per_service) "
     "SELECT microservice_name, day, hour AS hour, p95 FROM ranked WHERE rank <= 3 ORDER BY microservice_name, day, rank ASC, hour"),
    ("a common table with a limit, and a set operation in parentheses", "VARCHAR VARCHAR VARCHAR TIMESTAMP DOUBLE BIGINT",
     "WITH one AS (SELECT * FROM \"dash-boards\".sensors WHERE time BETWEEN now() - 12h AND now() ORDER BY time DESC, device_id LIMIT 1), other AS (SELECT t.* FROM \"dash-boards\".sensors t INNER JOIN one c ON c.device_id = t.device_id ORDER BY t.time LIMIT 1) "
     "SELECT * FROM ((SELECT * FROM other) UNION (SELECT * FROM one)) ORDER BY time DESC"),
    ("a bound that is the lesser of two", "TIMESTAMP DOUBLE",
     f"SELECT BIN(time, 60000ms) AS slot, AVG(measure_value::double) AS mean FROM \"dash-boards\".hosts WHERE time > from_unixtime({(NEWEST - 30 * MINUTE) // 1000}) and time < LEAST(from_unixtime({(NEWEST + 60 * MINUTE) // 1000}), now()-1m) AND measure_name = 'cpu_user' GROUP BY BIN(time, 60000ms) ORDER BY slot"),
    ("a name that hides a column in ORDER BY alone", "TIMESTAMP DOUBLE",
     "SELECT BIN(time, 10m) AS time, ROUND(AVG(measure_value::double), 3) AS cpu FROM \"dash-boards\".hosts WHERE measure_name = 'cpu_user' AND instance_name = 'zeus-1' GROUP BY BIN(time, 10m) ORDER BY time ASC"),
    ("distinct with parentheses", "VARCHAR", "select distinct(location) from \"dash-boards\".sensors"),
]


def type_name(kind):
    if "TimeSeriesMeasureValueColumnInfo" in kind:
        return f"TIMESERIES<{type_name(kind['TimeSeriesMeasureValueColumnInfo']['Type'])}>"
    return kind["ScalarType"]


def of_cloud(cell, kind):
    if cell.get("NullValue"):
        return None
    if kind.startswith("TIMESERIES"):
        return [(datetime.datetime.fromisoformat(point["Time"][:26]), float(point["Value"]["ScalarValue"])) for point in cell["TimeSeriesValue"]]
    text = cell["ScalarValue"]
    return {"DOUBLE": float, "BIGINT": int, "INTEGER": int, "TIMESTAMP": lambda text: datetime.datetime.fromisoformat(text[:26])}.get(kind, str)(text)


def of_duck(cell):
    return [(point["t"], point["x"]) for point in cell] if isinstance(cell, list) else cell


def same(one, other):
    if isinstance(one, float) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-12)
    return one == other


@pytest.mark.parametrize("types, sql", [query[1:] for query in QUERIES], ids=[query[0] for query in QUERIES])
def test_queries(engines, types, sql):
    query, duck = engines
    answer = query.query(QueryString=sql)
    assert [type_name(column["Type"]) for column in answer["ColumnInfo"]] == types.split(" ")
    found = [[of_cloud(cell, kind) for cell, kind in zip(row["Data"], types.split(" "))] for row in answer["Rows"]]
    expected = [[of_duck(cell) for cell in row] for row in duck.execute(translated(sql)).fetchall()]
    assert expected
    if "order by" not in sql.lower():
        found, expected = (sorted(rows, key=repr) for rows in (found, expected))
    assert len(found) == len(expected)
    for mine, theirs in zip(found, expected):
        assert all(same(*pair) for pair in zip(mine, theirs)), (mine, theirs)


def test_metadata(engines):
    query, _ = engines

    def rows(sql):
        return [[cell.get("ScalarValue") for cell in row["Data"]] for row in query.query(QueryString=sql)["Rows"]]

    assert ["dash-boards"] in rows("SHOW DATABASES") and rows("SHOW DATABASES LIKE 'dash%'") == [["dash-boards"]]
    assert rows('SHOW TABLES FROM "dash-boards"') == [["hosts"], ["sensors"], ["series"], ["water"]]
    assert rows('SHOW MEASURES FROM "dash-boards".sensors') == [["metrics", "multi", None]]
    measures = query.query(QueryString='SHOW MEASURES FROM "dash-boards".hosts')
    assert [row["Data"][0]["ScalarValue"] for row in measures["Rows"]] == ["cpu_system", "cpu_user", "disk_io_reads", "gc_pause", "memory_used", "task_completed", "task_end_state"]
    # Each measure with the dimensions that occurred with it alone, in the table's order.
    assert [cell["RowValue"]["Data"][0]["ScalarValue"] for cell in measures["Rows"][3]["Data"][2]["ArrayValue"]] == sorted([*PLACE, "process_name", "jdk_version"], key=[row[0] for row in rows('DESCRIBE "dash-boards".hosts')].index)
    assert [row[1:] for row in rows('DESCRIBE "dash-boards".hosts')][-5:] == [
        ["varchar", "MEASURE_NAME"], ["timestamp", "TIMESTAMP"], ["double", "MEASURE_VALUE"], ["bigint", "MEASURE_VALUE"], ["varchar", "MEASURE_VALUE"]]


def test_gaps_are_filled(engines):
    """Interpolation within one aggregation, as dashboards ask for it; the last value before each instant is worked out here."""
    query, _ = engines
    sql = (
        "WITH b AS (SELECT BIN(time, 60000ms) AS slot, SUM(measure_value::double) AS v FROM \"dash-boards\".hosts WHERE measure_name = 'cpu_user' AND instance_name = 'zeus-0' AND region = 'us-east-1' GROUP BY BIN(time, 60000ms) ORDER BY slot) "
        "SELECT INTERPOLATE_LOCF(CREATE_TIME_SERIES(slot, v), SEQUENCE(min(slot), max(slot), 60000ms)) AS filled, INTERPOLATE_FILL(CREATE_TIME_SERIES(slot, v), SEQUENCE(min(slot), max(slot), 60000ms), sqrt(-1)) AS gaps FROM b")
    filled, gaps = [
        [(point["Time"], point["Value"].get("ScalarValue")) for point in cell["TimeSeriesValue"]] for cell in query.query(QueryString=sql)["Rows"][0]["Data"]]
    known = {ago: value for dimensions, name, ago, _, value in host_rows() if (name, dimensions["instance_name"], dimensions["region"]) == ("cpu_user", "zeus-0", "us-east-1")}
    assert [float(value) for _, value in filled] == [known[-(-ago // 5) * 5] for ago in range(55, -1, -1)]
    assert [value for _, value in gaps] == [str(known[ago]) if ago in known else "NaN" for ago in range(55, -1, -1)]


def test_what_grafana_cannot_show_is_no_error(engines):
    query, _ = engines
    empty = query.query(QueryString="SELECT instance_name, create_time_series(time, measure_value::double), avg(measure_value::bigint) FROM \"dash-boards\".hosts WHERE measure_name = 'nothing' GROUP BY instance_name")
    assert empty["Rows"] == [] and [type_name(column["Type"]) for column in empty["ColumnInfo"]] == ["VARCHAR", "TIMESERIES<DOUBLE>", "DOUBLE"]
    assert "NullValue" in query.query(QueryString="SELECT create_time_series(time, measure_value::double) FROM \"dash-boards\".hosts WHERE measure_name = 'nothing'")["Rows"][0]["Data"][0]
