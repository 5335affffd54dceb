/// Arrays, rows, time series, lambdas, quantifiers, NaN, TRY and limits: answers worked out by DuckDB where it has the same, else by hand.
enum QueryListCases {
  typealias Case = QueryTests.Case

  private static let group0: [Case] = [
    Case(
      sql: "SELECT array[1, 2, 3], array['a', null], array[], array[1, 2.5]",
      columns: ["_col0:ARRAY<INTEGER>", "_col1:ARRAY<VARCHAR>", "_col2:ARRAY<UNKNOWN>", "_col3:ARRAY<DOUBLE>"],
      rows: ["[1, 2, 3]|[a, ∅]|[]|[1.0, 2.5]"]),
    Case(
      sql: "SELECT array[1,2,3][2], element_at(array[1,2,3], -1), element_at(array[1], 5), cardinality(array[1,2])",
      columns: ["_col0:INTEGER", "_col1:INTEGER", "_col2:INTEGER", "_col3:BIGINT"],
      rows: ["2|3|∅|2"]),
    Case(
      sql:
        "SELECT array_distinct(array[1,2,2,3]), array_intersect(array[1,2,3], array[3,4,5]), array_union(array[1,2,3], array[3,4,5]), array_except(array[1,2,3], array[3,4,5])",
      columns: ["_col0:ARRAY<INTEGER>", "_col1:ARRAY<INTEGER>", "_col2:ARRAY<INTEGER>", "_col3:ARRAY<INTEGER>"],
      rows: ["[1, 2, 3]|[3]|[1, 2, 3, 4, 5]|[1, 2]"]),
    Case(
      sql:
        "SELECT array_join(array[1,2,3], ';', ''), array_join(array['a',null,'b'], ','), array_join(array[1.5,null], '-', 'x')",
      columns: ["_col0:VARCHAR", "_col1:VARCHAR", "_col2:VARCHAR"],
      rows: ["1;2;3|a,b|1.5-x"]),
    Case(
      sql: "SELECT array_max(array[1,5,2]), array_min(array['b','a']), array_max(array[1,null]), array_min(array[])",
      columns: ["_col0:INTEGER", "_col1:VARCHAR", "_col2:INTEGER", "_col3:UNKNOWN"],
      rows: ["5|a|∅|∅"]),
    Case(
      sql:
        "SELECT array_position(array[3,4,5,9], 5), array_remove(array[3,4,5,9], 4), array_sort(array[6,null,8,2]), arrays_overlap(array[6,8], array[8])",
      columns: ["_col0:BIGINT", "_col1:ARRAY<INTEGER>", "_col2:ARRAY<INTEGER>", "_col3:BOOLEAN"],
      rows: ["3|[3, 5, 9]|[2, 6, 8, ∅]|true"]),
    Case(
      sql: "SELECT concat(array[1], array[2.5], array[3]), array[1] || 2, 0 || array[1], array[1] || array[2] || 3",
      columns: ["_col0:ARRAY<DOUBLE>", "_col1:ARRAY<INTEGER>", "_col2:ARRAY<INTEGER>", "_col3:ARRAY<INTEGER>"],
      rows: ["[1.0, 2.5, 3.0]|[1, 2]|[0, 1]|[1, 2, 3]"]),
    Case(
      sql:
        "SELECT repeat('a', 3), reverse(array[1,2,3]), reverse('abc'), sequence(3, 8), sequence(3, 15, 2), sequence(3,1)",
      columns: [
        "_col0:ARRAY<VARCHAR>", "_col1:ARRAY<INTEGER>", "_col2:VARCHAR", "_col3:ARRAY<BIGINT>", "_col4:ARRAY<BIGINT>",
        "_col5:ARRAY<BIGINT>",
      ],
      rows: ["[a, a, a]|[3, 2, 1]|cba|[3, 4, 5, 6, 7, 8]|[3, 5, 7, 9, 11, 13, 15]|[3, 2, 1]"]),
    Case(
      sql: "SELECT sequence('2023-04-02 19:26:12.941000000','2023-04-10 19:26:12.941000000',2d)",
      columns: ["_col0:ARRAY<TIMESTAMP>"],
      rows: [
        "[2023-04-02 19:26:12.941000000, 2023-04-04 19:26:12.941000000, 2023-04-06 19:26:12.941000000, 2023-04-08 19:26:12.941000000, 2023-04-10 19:26:12.941000000]"
      ]),
    Case(
      sql: "SELECT slice(array[6,8,2,9,3], 1, 3), slice(array[1,2,3], -2, 2), slice(array[1], 5, 1)",
      columns: ["_col0:ARRAY<INTEGER>", "_col1:ARRAY<INTEGER>", "_col2:ARRAY<INTEGER>"],
      rows: ["[6, 8, 2]|[2, 3]|[]"]),
    Case(
      sql: "SELECT zip(array[6,8,2], array['x','y'])",
      columns: ["_col0:ARRAY<ROW<INTEGER, VARCHAR>>"],
      rows: ["[(6, x), (8, y), (2, ∅)]"]),
    Case(
      sql:
        "SELECT flatten(array[array[1,2], array[3], null]), ngrams(array['a','b','c'], 2), combinations(array[1,2,3], 2)",
      columns: ["_col0:ARRAY<INTEGER>", "_col1:ARRAY<ARRAY<VARCHAR>>", "_col2:ARRAY<ARRAY<INTEGER>>"],
      rows: ["[1, 2, 3]|[[a, b], [b, c]]|[[1, 2], [1, 3], [2, 3]]"]),
    Case(
      sql: "SELECT contains(array[1,2], 2), contains(array[1,null], 3), contains(array[1], 3)",
      columns: ["_col0:BOOLEAN", "_col1:BOOLEAN", "_col2:BOOLEAN"],
      rows: ["true|∅|false"]),
    Case(
      sql:
        "SELECT transform(array[1,2,3], x -> x * 2 + 0.5), filter(array[5,-6,null,7], x -> x > 0), reduce(array[5,20,50], 0, (s, x) -> s + x, s -> s)",
      columns: ["_col0:ARRAY<DOUBLE>", "_col1:ARRAY<INTEGER>", "_col2:INTEGER"],
      rows: ["[2.5, 4.5, 6.5]|[5, 7]|75"]),
    Case(
      sql:
        "SELECT reduce(array[5,6,10,20], cast(row(0.0, 0) as row(sum double, count integer)), (s, x) -> cast(row(x + s.sum, s.count + 1) as row(sum double, count integer)), s -> s.sum / s.count)",
      columns: ["_col0:DOUBLE"],
      rows: ["10.25"]),
    Case(
      sql: "SELECT reduce(array[], 7, (s, x) -> s, s -> s), reduce(array[1,2], 0, (s, x) -> s + x * 1.5, s -> s)",
      columns: ["_col0:INTEGER", "_col1:DOUBLE"],
      rows: ["7|4.5"]),
    Case(
      sql:
        "SELECT any_match(array[1,2], x -> x > 1), all_match(array[1,2], x -> x > 1), none_match(array[1,2], x -> x > 5), any_match(array[null], x -> x > 1), all_match(array[], x -> x > 1)",
      columns: ["_col0:BOOLEAN", "_col1:BOOLEAN", "_col2:BOOLEAN", "_col3:BOOLEAN", "_col4:BOOLEAN"],
      rows: ["true|false|true|∅|true"]),
    Case(
      sql:
        "SELECT zip_with(array[1,3,5], array['a','b'], (x, y) -> (y, x)), zip_with(array[1,2], array[3,4], (x, y) -> x + y)",
      columns: ["_col0:ARRAY<ROW<VARCHAR, INTEGER>>", "_col1:ARRAY<INTEGER>"],
      rows: ["[(a, 1), (b, 3), (∅, 5)]|[4, 6]"]),
    Case(
      sql:
        "SELECT id, array_agg(v), transform(array_agg(v), x -> x * 2), cardinality(filter(array_agg(v), x -> x > 0)) FROM § GROUP BY id ORDER BY id",
      columns: ["id:VARCHAR", "_col1:ARRAY<DOUBLE>", "_col2:ARRAY<DOUBLE>", "_col3:BIGINT"],
      rows: ["a|[1.5, -2.0, 1.0E10]|[3.0, -4.0, 2.0E10]|2", "b|[0.001, 100.0]|[0.002, 200.0]|2"]),
    Case(
      sql: "SELECT id, reduce(array_agg(v), 0.0, (s, x) -> s + x, s -> s), sum(v) FROM § GROUP BY id ORDER BY id",
      columns: ["id:VARCHAR", "_col1:DOUBLE", "_col2:DOUBLE"],
      rows: ["a|9.9999999995E9|9.9999999995E9", "b|100.001|100.001"]),
  ]

  private static let group1: [Case] = [
    Case(
      sql: "SELECT id, transform(array[1,2], x -> x + v) FROM § ORDER BY v",
      columns: ["id:VARCHAR", "_col1:ARRAY<DOUBLE>"],
      rows: [
        "a|[-1.0, 0.0]", "b|[1.001, 2.001]", "a|[2.5, 3.5]", "b|[101.0, 102.0]", "a|[1.0000000001E10, 1.0000000002E10]",
      ]),
    Case(
      sql: "SELECT id, x FROM § CROSS JOIN UNNEST(array[v, 0]) AS t(x) WHERE n IS NOT NULL ORDER BY id, x",
      columns: ["id:VARCHAR", "x:DOUBLE"],
      rows: ["a|-2.0", "a|0.0", "a|0.0", "a|1.5", "b|0.0", "b|0.001"]),
    Case(
      sql: "SELECT * FROM UNNEST(array[1,2], array['a']) WITH ORDINALITY AS t(n, s, i)",
      columns: ["n:INTEGER", "s:VARCHAR", "i:BIGINT"],
      rows: ["1|a|1", "2|∅|2"]),
    Case(
      sql: "SELECT x FROM UNNEST(array[array[1,2],array[3]]) AS a(l) CROSS JOIN UNNEST(a.l) AS b(x) ORDER BY x",
      columns: ["x:INTEGER"],
      rows: ["1", "2", "3"]),
    Case(
      sql: "SELECT id, x FROM § LEFT JOIN UNNEST(filter(array[v], y -> y > 50)) AS t(x) ON true ORDER BY id, x",
      columns: ["id:VARCHAR", "x:DOUBLE"],
      rows: ["a|1.0E10", "a|∅", "a|∅", "b|100.0", "b|∅"]),
    Case(
      sql:
        "WITH s AS (SELECT id, create_time_series(time, v) AS ts FROM § GROUP BY id) SELECT id, t.value FROM s CROSS JOIN UNNEST(ts) AS t ORDER BY id, t.time",
      columns: ["id:VARCHAR", "value:DOUBLE"],
      rows: ["a|1.5", "a|-2.0", "a|1.0E10", "b|0.001", "b|100.0"]),
    Case(
      sql:
        "WITH s AS (SELECT create_time_series(from_unixtime(t), v) AS ts FROM (VALUES (0, 35.0), (2, 45.3), (1, 38.2)) AS x(t, v)) SELECT ts, interpolate_linear(ts, from_milliseconds(500)), interpolate_linear(ts, from_milliseconds(1500)), interpolate_locf(ts, from_milliseconds(1500)), interpolate_fill(ts, from_milliseconds(1500), 7.0), interpolate_fill(ts, from_milliseconds(1000), 7.0), derivative_linear(ts, 1s), integral_trapezoidal(ts), integral_trapezoidal(ts, 1m) FROM s",
      columns: [
        "ts:TIMESERIES<DOUBLE>", "_col1:DOUBLE", "_col2:DOUBLE", "_col3:DOUBLE", "_col4:DOUBLE", "_col5:DOUBLE",
        "_col6:TIMESERIES<DOUBLE>", "_col7:DOUBLE", "_col8:DOUBLE",
      ],
      rows: [
        "{1970-01-01 00:00:00.000000000=35.0, 1970-01-01 00:00:01.000000000=38.2, 1970-01-01 00:00:02.000000000=45.3}|36.6|41.75|38.2|7.0|38.2|{1970-01-01 00:00:01.000000000=3.200000000000003, 1970-01-01 00:00:02.000000000=7.099999999999994}|78.35|1.3058333333333332"
      ]),
    Case(
      sql:
        "SELECT interpolate_spline_cubic(create_time_series(from_unixtime(t), v), from_unixtime(5)) FROM (VALUES (0, 0.0), (10, 10.0), (20, 0.0)) AS x(t, v)",
      columns: ["_col0:DOUBLE"],
      rows: ["6.875"]),
    Case(
      sql:
        "SELECT correlate_pearson(a, b), correlate_spearman(a, c) FROM (SELECT create_time_series(from_unixtime(t), 1.0*x) a, create_time_series(from_unixtime(t), 1.0*y) b, create_time_series(from_unixtime(t), 1.0*z) c FROM (VALUES (1,1,2,1),(2,2,4,8),(3,3,6,27)) AS q(t,x,y,z))",
      columns: ["_col0:DOUBLE", "_col1:DOUBLE"],
      rows: ["1.0|1.0"]),
    Case(
      sql:
        "SELECT max(v, 2), min(v, 2), max_by(id, v, 2), min_by(v, time, 1), approx_percentile(v, array[0.0, 0.5, 1.0]), approx_percentile(v, 0.5) FROM §",
      columns: [
        "_col0:ARRAY<DOUBLE>", "_col1:ARRAY<DOUBLE>", "_col2:ARRAY<VARCHAR>", "_col3:ARRAY<DOUBLE>",
        "_col4:ARRAY<DOUBLE>", "_col5:DOUBLE",
      ],
      rows: ["[1.0E10, 100.0]|[-2.0, 0.001]|[a, b]|[1.5]|[-2.0, 1.5, 1.0E10]|1.5"]),
    Case(
      sql:
        #"SELECT split('a,b,,c', ','), split('a,b,c', ',', 2), regexp_split('1a 2b 14m', '\s*[a-z]+\s*'), regexp_extract_all('1a 2b 14m', '(\d+)([a-z]+)', 2)"#,
      columns: ["_col0:ARRAY<VARCHAR>", "_col1:ARRAY<VARCHAR>", "_col2:ARRAY<VARCHAR>", "_col3:ARRAY<VARCHAR>"],
      rows: ["[a, b, , c]|[a, b,c]|[1, 2, 14, ]|[a, b, m]"]),
    Case(
      sql: "SELECT strpos('abab', 'b', 2), strrpos('abab', 'b'), hamming_distance('abc', 'abd'), bit_count(19, 8)",
      columns: ["_col0:BIGINT", "_col1:BIGINT", "_col2:BIGINT", "_col3:BIGINT"],
      rows: ["4|4|1|3"]),
    Case(
      sql:
        "SELECT date_parse('2019-10-20 10:20:20','%Y-%m-%d %H:%i:%s'), parse_datetime('2019-12-29 10:10 PST','uuuu-LL-dd HH:mm z'), format_datetime(parse_datetime('1968-01-13 12','yyyy-MM-dd HH'),'yyyy-MM-dd HH')",
      columns: ["_col0:TIMESTAMP", "_col1:TIMESTAMP", "_col2:VARCHAR"],
      rows: ["2019-10-20 10:20:20.000000000|2019-12-29 18:10:00.000000000|1968-01-13 12"]),
    Case(
      sql:
        "SELECT day('2019-10-12 23:10:34.000000000'), bin('2022-06-17 10:15:20', 5m), to_unixtime('2022-06-17 17:44:43.771000000')",
      columns: ["_col0:BIGINT", "_col1:TIMESTAMP", "_col2:DOUBLE"],
      rows: ["12|2022-06-17 10:15:00.000000000|1.6554878837710001E9"]),
    Case(
      sql:
        "SELECT cast(array[1,2] as array(varchar)), cast(row(1, 'a') as row(x bigint, y varchar)).y, (1, 2) = (1, 2), (1,2.5) IN ((1,2.5))",
      columns: ["_col0:ARRAY<VARCHAR>", "_col1:VARCHAR", "_col2:BOOLEAN", "_col3:BOOLEAN"],
      rows: ["[1, 2]|a|true|true"]),
    Case(
      sql: "SELECT id FROM § WHERE (id, n) IN (('a', 7), ('b', 1))",
      columns: ["id:VARCHAR"],
      rows: ["a"]),
    Case(
      sql:
        "SELECT double '0.5', bigint '7', last_value(n) IGNORE NULLS OVER (PARTITION BY id ORDER BY time) FROM § ORDER BY id, time",
      columns: ["_col0:DOUBLE", "_col1:BIGINT", "_col2:BIGINT"],
      rows: ["0.5|7|7", "0.5|7|-7", "0.5|7|-7", "0.5|7|9223372036854775807", "0.5|7|9223372036854775807"]),
    Case(
      sql: "SELECT id, reduce(array_agg(v), 0.0, (s, x) -> s + x, s -> s), sum(v) FROM § GROUP BY id ORDER BY id",
      columns: ["id:VARCHAR", "_col1:DOUBLE", "_col2:DOUBLE"],
      rows: ["a|9.9999999995E9|9.9999999995E9", "b|100.001|100.001"]),
    Case(
      sql: "SELECT id, reduce(array_agg(v), min(v), (s, x) -> if(x > s, x, s), s -> s) FROM § GROUP BY id ORDER BY id",
      columns: ["id:VARCHAR", "_col1:DOUBLE"],
      rows: ["a|1.0E10", "b|100.0"]),
    Case(
      sql:
        "SELECT reduce(array[5,20,null,50], 0, (s, x) -> s + x, s -> s), reduce(null, 0, (s, x) -> s, s -> s), reduce(array[1], null, (s, x) -> x, s -> s)",
      columns: ["_col0:INTEGER", "_col1:INTEGER", "_col2:INTEGER"],
      rows: ["∅|∅|1"]),
  ]

  private static let group2: [Case] = [
    Case(
      sql: "SELECT transform(array[array[1,2],array[3]], a -> reduce(a, 0, (s, x) -> s + x, s -> s * cardinality(a)))",
      columns: ["_col0:ARRAY<BIGINT>"],
      rows: ["[6, 3]"]),
    Case(
      sql:
        "SELECT id, transform(array[1,2], x -> reduce(array[v, 1], 0, (s, y) -> s + y * x, s -> s)) FROM § ORDER BY v",
      columns: ["id:VARCHAR", "_col1:ARRAY<DOUBLE>"],
      rows: [
        "a|[-1.0, -2.0]", "b|[1.001, 2.002]", "a|[2.5, 5.0]", "b|[101.0, 202.0]",
        "a|[1.0000000001E10, 2.0000000002E10]",
      ]),
    Case(
      sql: "SELECT array_agg(id) FILTER (WHERE v > 0), array_agg(n) FROM § WHERE id = 'a'",
      columns: ["_col0:ARRAY<VARCHAR>", "_col1:ARRAY<BIGINT>"],
      rows: ["[a, a]|[7, -7, ∅]"]),
    Case(
      sql: "SELECT array_agg(v) FROM § WHERE id = 'none'",
      columns: ["_col0:ARRAY<DOUBLE>"],
      rows: ["∅"]),
    Case(
      sql: "SELECT count(DISTINCT array[id]), approx_distinct(row(id, site)) FROM §",
      columns: ["_col0:BIGINT", "_col1:BIGINT"],
      rows: ["2|2"]),
    Case(
      sql: "SELECT array[id, site] AS k, count(*) FROM § GROUP BY array[id, site] ORDER BY count(*)",
      columns: ["k:ARRAY<VARCHAR>", "_col1:BIGINT"],
      rows: ["[b, north]|2", "[a, north]|3"]),
    Case(
      sql: "SELECT DISTINCT array[site] FROM §",
      columns: ["_col0:ARRAY<VARCHAR>"],
      rows: ["[north]"]),
    Case(
      sql: "SELECT array[1] UNION SELECT array[1.0] UNION ALL SELECT array[2.5]",
      columns: ["_col0:ARRAY<DOUBLE>"],
      rows: ["[1.0]", "[2.5]"]),
    Case(
      sql:
        "SELECT coalesce(null, array[1]), if(false, array[1], array[2.5]), CASE WHEN true THEN array['a'] END, nullif(array[1], array[1])",
      columns: ["_col0:ARRAY<INTEGER>", "_col1:ARRAY<DOUBLE>", "_col2:ARRAY<VARCHAR>", "_col3:ARRAY<INTEGER>"],
      rows: ["[1]|[2.5]|[a]|∅"]),
    Case(
      sql:
        "SELECT id, array_agg(v) OVER (PARTITION BY id ORDER BY time ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM § ORDER BY id, time",
      columns: ["id:VARCHAR", "_col1:ARRAY<DOUBLE>"],
      rows: ["a|[1.5]", "a|[1.5, -2.0]", "a|[-2.0, 1.0E10]", "b|[0.001]", "b|[0.001, 100.0]"]),
    Case(
      sql:
        "WITH s AS (SELECT id, array_agg(v) l FROM § GROUP BY id) SELECT id, (SELECT sum(x) FROM UNNEST(l) AS u(x)) FROM s ORDER BY id",
      columns: ["id:VARCHAR", "_col1:DOUBLE"],
      rows: ["a|9.9999999995E9", "b|100.001"]),
    Case(
      sql:
        "WITH s AS (SELECT id, create_time_series(time, v) ts FROM § GROUP BY id) SELECT id, cardinality(filter(ts, p -> p.value > 1)), reduce(ts, 0.0, (a, p) -> a + p.value, a -> a), element_at(transform(ts, p -> p.time), 1) = (SELECT min(time) FROM § q WHERE q.id = s.id) FROM s ORDER BY id",
      columns: ["id:VARCHAR", "_col1:BIGINT", "_col2:DOUBLE", "_col3:BOOLEAN"],
      rows: ["a|2|9.9999999995E9|true", "b|1|100.001|true"]),
    Case(
      sql: "SELECT typeof(create_time_series(time, n)), typeof(array[1]), typeof(row(1, 'a')) FROM § WHERE n = 7",
      columns: ["_col0:VARCHAR", "_col1:VARCHAR", "_col2:VARCHAR"],
      rows: ["timeseries(bigint)|array(integer)|row(integer, varchar)"]),
    Case(
      sql: "SELECT filter(create_time_series(time, v), x -> x.value > 0) FROM § WHERE id = 'b'",
      columns: ["_col0:TIMESERIES<DOUBLE>"],
      rows: ["{2027-01-15 05:00:00.000000000=0.001, 2027-01-15 08:00:00.000000000=100.0}"]),
    Case(
      sql:
        "SELECT interpolate_locf(create_time_series(time, s), sequence(min(time), max(time), 1h)) FROM § WHERE s IS NOT NULL",
      columns: ["_col0:TIMESERIES<VARCHAR>"],
      rows: [
        "{2027-01-15 05:00:00.000000000=x%y, 2027-01-15 06:00:00.000000000=x%y, 2027-01-15 07:00:00.000000000=Zoë}"
      ]),
    Case(
      sql:
        "SELECT interpolate_fill(create_time_series(time, n), sequence(min(time), max(time), 30m), 0) FROM § WHERE id = 'a' AND n IS NOT NULL",
      columns: ["_col0:TIMESERIES<BIGINT>"],
      rows: ["{2027-01-15 05:00:00.000000000=7, 2027-01-15 05:30:00.000000000=0, 2027-01-15 06:00:00.000000000=-7}"]),
    Case(
      sql:
        "SELECT interpolate_linear(create_time_series(time, n), sequence(min(time) - 30m, max(time) + 30m, 30m)) FROM § WHERE id = 'a' AND n IS NOT NULL",
      columns: ["_col0:TIMESERIES<DOUBLE>"],
      rows: [
        "{2027-01-15 04:30:00.000000000=∅, 2027-01-15 05:00:00.000000000=7.0, 2027-01-15 05:30:00.000000000=0.0, 2027-01-15 06:00:00.000000000=-7.0, 2027-01-15 06:30:00.000000000=∅}"
      ]),
    Case(
      sql:
        "SELECT interpolate_fill(create_time_series(time, v), sequence(min(time), max(time), 10000ms), sqrt(-1)) FROM § WHERE id = 'none'",
      columns: ["_col0:TIMESERIES<DOUBLE>"],
      rows: ["∅"]),
    Case(
      sql: "SELECT non_negative_derivative_linear(create_time_series(time, v), 1h) FROM § WHERE id = 'a'",
      columns: ["_col0:TIMESERIES<DOUBLE>"],
      rows: ["{2027-01-15 07:00:00.000000000=1.0000000002E10}"]),
    Case(
      sql:
        "SELECT correlate_spearman(create_time_series(time, v), create_time_series(time, v * v)) FROM § WHERE id = 'a'",
      columns: ["_col0:DOUBLE"],
      rows: ["0.5"]),
  ]

  private static let group3: [Case] = [
    Case(
      sql: "SELECT id, t.* FROM § CROSS JOIN UNNEST(array[row(n, ok)]) AS t(a, b) WHERE n IS NOT NULL ORDER BY id, n",
      columns: ["id:VARCHAR", "a:BIGINT", "b:BOOLEAN"],
      rows: ["a|-7|false", "a|7|true", "b|9223372036854775807|∅"]),
    Case(
      sql: "SELECT u FROM § t, UNNEST(array[t.id, t.site]) AS x(u) GROUP BY u ORDER BY u",
      columns: ["u:VARCHAR"],
      rows: ["a", "b", "north"]),
    Case(
      sql: "SELECT x, y FROM UNNEST(array[1,2]) AS a(x), UNNEST(sequence(1, x)) AS b(y) ORDER BY x, y",
      columns: ["x:INTEGER", "y:BIGINT"],
      rows: ["1|1", "2|1", "2|2"]),
    Case(
      sql: "SELECT EXISTS (SELECT 1 FROM UNNEST(array[n]) AS z(k) WHERE k = 7) FROM § ORDER BY v",
      columns: ["_col0:BOOLEAN"],
      rows: ["false", "false", "true", "false", "false"]),
    Case(
      sql: "SELECT try(array[1][5]), try(element_at(array[1], 0)), try_cast(array['1','x'] as array(integer))",
      columns: ["_col0:INTEGER", "_col1:INTEGER", "_col2:ARRAY<INTEGER>"],
      rows: ["∅|∅|[1, ∅]"]),
    Case(
      sql:
        "SELECT date_format(timestamp '2022-06-17 09:05:03.123456789', '%a %b %c %d %e %f %H %h %i %j %k %l %M %m %p %r %s %T %v %W %x %Y %y %%')",
      columns: ["_col0:VARCHAR"],
      rows: ["Fri Jun 6 17 17 123456 09 09 05 168 9 9 June 06 AM 09:05:03 AM 03 09:05:03 24 Friday 2022 2022 22 %"]),
    Case(
      sql:
        "SELECT format_datetime(timestamp '2022-06-17 19:05:03.123456789', 'EEEE EEE MMMM MMM yyyy-MM-dd hh:mm:ss.SSS a Z ZZ z D e w x ''o''''clock''')",
      columns: ["_col0:VARCHAR"],
      rows: ["Friday Fri June Jun 2022-06-17 07:05:03.123 PM +0000 +00:00 UTC 168 5 24 2022 o'clock"]),
    Case(
      sql:
        "SELECT date_parse('7 Mar 1998 5:07:09 PM', '%e %b %Y %l:%i:%s %p'), date_parse('98-060', '%y-%j'), parse_datetime('20220617T0830+0200', 'yyyyMMdd''T''HHmmZ')",
      columns: ["_col0:TIMESTAMP", "_col1:TIMESTAMP", "_col2:TIMESTAMP"],
      rows: ["1998-03-07 17:07:09.000000000|1998-03-01 00:00:00.000000000|2022-06-17 06:30:00.000000000"]),
    Case(
      sql: "SELECT try(date_parse('2023-366', '%Y-%j')), date_parse('2024-366', '%Y-%j')",
      columns: ["_col0:TIMESTAMP", "_col1:TIMESTAMP"], rows: ["∅|2024-12-31 00:00:00.000000000"]),
    Case(
      sql: "SELECT regexp_replace('foobar', '(o+)', '[$1]'), 'a' || null, array['a'] || null",
      columns: ["_col0:VARCHAR", "_col1:VARCHAR", "_col2:ARRAY<VARCHAR>"],
      rows: ["f[oo]bar|∅|∅"]),
    Case(
      sql: "SELECT array[timestamp '2020-01-01', date '2020-01-02'], array[1h, 2d], array[true, null]",
      columns: ["_col0:ARRAY<TIMESTAMP>", "_col1:ARRAY<INTERVAL_DAY_TO_SECOND>", "_col2:ARRAY<BOOLEAN>"],
      rows: [
        "[2020-01-01 00:00:00.000000000, 2020-01-02 00:00:00.000000000]|[0 01:00:00.000000000, 2 00:00:00.000000000]|[true, ∅]"
      ]),
    Case(
      sql: "SELECT array_sort(array[2.5, 1, null]), array_sort(array['b','a']), array_distinct(array[null, null, 1])",
      columns: ["_col0:ARRAY<DOUBLE>", "_col1:ARRAY<VARCHAR>", "_col2:ARRAY<INTEGER>"],
      rows: ["[1.0, 2.5, ∅]|[a, b]|[∅, 1]"]),
    Case(
      sql:
        "SELECT cast(array[1.6, null] as array(bigint)), cast(null as array(integer)), cast(array[] as array(varchar))",
      columns: ["_col0:ARRAY<BIGINT>", "_col1:ARRAY<INTEGER>", "_col2:ARRAY<VARCHAR>"],
      rows: ["[2, ∅]|∅|[]"]),
    Case(
      sql: "SELECT zip(array[1], array[2, 3], array['x']), reverse(array[]), slice(sequence(1, 9), 2, 3)",
      columns: ["_col0:ARRAY<ROW<INTEGER, INTEGER, VARCHAR>>", "_col1:ARRAY<UNKNOWN>", "_col2:ARRAY<BIGINT>"],
      rows: ["[(1, 2, x), (∅, 3, ∅)]|[]|[2, 3, 4]"]),
    Case(
      sql:
        "SELECT array[1, 2] IS NULL, array[1,null] IS NOT DISTINCT FROM array[1,null], array[1] IN (array[2], array[1])",
      columns: ["_col0:BOOLEAN", "_col1:BOOLEAN", "_col2:BOOLEAN"],
      rows: ["false|true|true"]),
    Case(
      sql:
        "SELECT cardinality(array_agg(x)), element_at(array_agg(x), 150) FROM UNNEST(array[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63,64,65,66,67,68,69,70,71,72,73,74,75,76,77,78,79,80,81,82,83,84,85,86,87,88,89,90,91,92,93,94,95,96,97,98,99,100,101,102,103,104,105,106,107,108,109,110,111,112,113,114,115,116,117,118,119,120,121,122,123,124,125,126,127,128,129,130,131,132,133,134,135,136,137,138,139,140,141,142,143,144,145,146,147,148,149,150]) AS t(x)",
      columns: ["_col0:BIGINT", "_col1:INTEGER"],
      rows: ["150|150"]),
    Case(
      sql: "SELECT 11.7 = ANY (VALUES 12.0,13.5,11.7), 17 < ALL (VALUES 19,20,15), 50 >= SOME (VALUES 53,77,27)",
      columns: ["_col0:BOOLEAN", "_col1:BOOLEAN", "_col2:BOOLEAN"],
      rows: ["true|false|true"]),
    Case(
      sql:
        "SELECT 1 < ALL (SELECT 2 WHERE false), 1 = ANY (SELECT 2 WHERE false), 1 < ALL (VALUES 2, null), 3 < ALL (VALUES 2, null), 2 = ANY (VALUES null, 2), 1 <> ALL (VALUES 2, 3)",
      columns: ["_col0:BOOLEAN", "_col1:BOOLEAN", "_col2:BOOLEAN", "_col3:BOOLEAN", "_col4:BOOLEAN", "_col5:BOOLEAN"],
      rows: ["true|false|∅|false|true|true"]),
    Case(
      sql: "SELECT id, v FROM § x WHERE v >= ALL (SELECT y.v FROM § y WHERE y.id = x.id) ORDER BY id",
      columns: ["id:VARCHAR", "v:DOUBLE"],
      rows: ["a|1.0E10", "b|100.0"]),
    Case(
      sql:
        "SELECT id, array_agg(v ORDER BY v DESC), array_agg(n ORDER BY n NULLS FIRST, v), array_agg(s ORDER BY time DESC) FROM § GROUP BY id ORDER BY id",
      columns: ["id:VARCHAR", "_col1:ARRAY<DOUBLE>", "_col2:ARRAY<BIGINT>", "_col3:ARRAY<VARCHAR>"],
      rows: ["a|[1.0E10, 1.5, -2.0]|[∅, -7, 7]|[Zoë, ∅, x%y]", "b|[100.0, 0.001]|[∅, 9223372036854775807]|[∅, ∅]"]),
    Case(
      sql: "SELECT array_agg(id ORDER BY id DESC, v), sum(v ORDER BY time) FROM §",
      columns: ["_col0:ARRAY<VARCHAR>", "_col1:DOUBLE"],
      rows: ["[b, b, a, a, a]|1.0000000099501E10"]),
  ]

  private static let group4: [Case] = [
    Case(
      sql: "SELECT sqrt(-1), nan(), 0e0 / 0e0, ln(-1), infinity() - infinity(), cast('NaN' AS double)",
      columns: ["_col0:DOUBLE", "_col1:DOUBLE", "_col2:DOUBLE", "_col3:DOUBLE", "_col4:DOUBLE", "_col5:DOUBLE"],
      rows: ["NaN|NaN|NaN|NaN|NaN|NaN"]),
    Case(
      sql:
        "SELECT is_nan(sqrt(-1)), is_nan(1.0), is_finite(nan()), is_finite(1.0), is_infinite(-infinity()), is_nan(cast(null as double))",
      columns: ["_col0:BOOLEAN", "_col1:BOOLEAN", "_col2:BOOLEAN", "_col3:BOOLEAN", "_col4:BOOLEAN", "_col5:BOOLEAN"],
      rows: ["true|false|false|true|true|∅"]),
    Case(
      sql:
        "SELECT nan() = nan(), nan() <> nan(), nan() > 1, nan() < 1, nan() BETWEEN 0 AND 1, 1.0 > nan(), nan() IS NULL",
      columns: [
        "_col0:BOOLEAN", "_col1:BOOLEAN", "_col2:BOOLEAN", "_col3:BOOLEAN", "_col4:BOOLEAN", "_col5:BOOLEAN",
        "_col6:BOOLEAN",
      ],
      rows: ["false|true|false|false|false|false|false"]),
    Case(
      sql:
        "SELECT nan() + 1, 1 - nan(), -nan(), nan() * 0, abs(nan()), nan() / 2, round(nan()), nan() % 2, power(nan(), 0)",
      columns: [
        "_col0:DOUBLE", "_col1:DOUBLE", "_col2:DOUBLE", "_col3:DOUBLE", "_col4:DOUBLE", "_col5:DOUBLE", "_col6:DOUBLE",
        "_col7:DOUBLE", "_col8:DOUBLE",
      ],
      rows: ["NaN|NaN|NaN|NaN|NaN|NaN|NaN|NaN|1.0"]),
    Case(
      sql: "SELECT sum(x), avg(x), max(x), min(x), count(x), stddev(x) FROM (VALUES (1.0), (nan()), (null)) AS t(x)",
      columns: ["_col0:DOUBLE", "_col1:DOUBLE", "_col2:DOUBLE", "_col3:DOUBLE", "_col4:BIGINT", "_col5:DOUBLE"],
      rows: ["NaN|NaN|NaN|1.0|2|NaN"]),
    Case(
      sql: "SELECT x FROM (VALUES (1.0), (nan()), (null), (infinity()), (-1.0)) AS t(x) ORDER BY x",
      columns: ["x:DOUBLE"],
      rows: ["-1.0", "1.0", "Infinity", "NaN", "∅"]),
    Case(
      sql: "SELECT x FROM (VALUES (1.0), (nan()), (-1.0)) AS t(x) ORDER BY x DESC",
      columns: ["x:DOUBLE"],
      rows: ["NaN", "1.0", "-1.0"]),
    Case(
      sql:
        "SELECT count(*), count(DISTINCT x) FROM (VALUES (nan()), (nan()), (1.0)) AS t(x) GROUP BY is_nan(x) ORDER BY 1",
      columns: ["_col0:BIGINT", "_col1:BIGINT"],
      rows: ["1|1", "2|1"]),
    Case(
      sql:
        "SELECT x, sum(x) OVER (ORDER BY i ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), avg(x) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND CURRENT ROW) FROM (VALUES (1, 1.0), (2, sqrt(-1)), (3, 2.0), (4, 3.0)) AS t(i, x) ORDER BY i",
      columns: ["x:DOUBLE", "_col1:DOUBLE", "_col2:DOUBLE"],
      rows: ["1.0|1.0|1.0", "NaN|NaN|NaN", "2.0|NaN|2.0", "3.0|5.0|3.0"]),
    Case(
      sql:
        "SELECT array[nan(), 1.0], array_sort(array[nan(), 1.0, null]), greatest(1.0, nan()), least(1.0, nan()), coalesce(nan(), 1.0), cast(nan() AS varchar), array[nan()][1] + 1",
      columns: [
        "_col0:ARRAY<DOUBLE>", "_col1:ARRAY<DOUBLE>", "_col2:DOUBLE", "_col3:DOUBLE", "_col4:DOUBLE", "_col5:VARCHAR",
        "_col6:DOUBLE",
      ],
      rows: ["[NaN, 1.0]|[1.0, NaN, ∅]|NaN|1.0|NaN|NaN|NaN"]),
    Case(
      sql:
        "WITH s AS (SELECT avg(v) AS m, stddev(v) AS d FROM § WHERE v = 100) SELECT (v - m) / coalesce(d, 0), abs((v - m) / coalesce(d, 0)) > 2 FROM §, s WHERE w = 5",
      columns: ["_col0:DOUBLE", "_col1:BOOLEAN"],
      rows: ["NaN|false"]),
    Case(
      sql: "SELECT try_cast(nan() AS bigint), sign(nan()), floor(nan()), is_nan(element_at(array[1.0, nan()], 2))",
      columns: ["_col0:BIGINT", "_col1:DOUBLE", "_col2:DOUBLE", "_col3:BOOLEAN"],
      rows: ["∅|NaN|NaN|true"]),
    Case(
      sql:
        "SELECT try(coalesce(1/0, 5)), try(if(1/0 is null,'x','y')), try(cast('a' as bigint) is null), try(array[1, 1/0]), try(1 + try(1/0)), coalesce(try(1/0), 7), try(1/1)",
      columns: [
        "_col0:INTEGER", "_col1:VARCHAR", "_col2:BOOLEAN", "_col3:ARRAY<INTEGER>", "_col4:INTEGER", "_col5:INTEGER",
        "_col6:INTEGER",
      ],
      rows: ["∅|∅|∅|∅|∅|7|1"]),
    Case(
      sql: "SELECT id, try(7 / (n - 7)), try(coalesce(7 / (n - 7), 1)) FROM § WHERE n IS NOT NULL ORDER BY id, n",
      columns: ["id:VARCHAR", "_col1:BIGINT", "_col2:BIGINT"],
      rows: ["a|0|0", "a|∅|∅", "b|0|0"]),
    Case(
      sql:
        "SELECT try(2147483647 + 1), try(9223372036854775807 + 1), coalesce(try(2147483647 * 2), -1), try(date_add('year', 1000, now()))",
      columns: ["_col0:INTEGER", "_col1:BIGINT", "_col2:INTEGER", "_col3:TIMESTAMP"],
      rows: ["∅|∅|-1|∅"]),
    Case(
      sql: "SELECT try(transform(array[n], x -> 1 / (x - 7))) FROM § WHERE n = 7",
      columns: ["_col0:ARRAY<BIGINT>"],
      rows: ["∅"]),
    Case(
      sql:
        "SELECT cast(4503599627370497e0 as bigint), cast(0.49999999999999994 as bigint), cast(-1.5 as bigint), cast(-2.5e0 as integer)",
      columns: ["_col0:BIGINT", "_col1:BIGINT", "_col2:BIGINT", "_col3:INTEGER"],
      rows: ["4503599627370497|0|-2|-3"]),
    Case(
      sql:
        "SELECT cardinality(split('a'||chr(13)||chr(10)||'b', chr(10))), cardinality(split('e'||chr(769)||'x','e')), contains(array['é'], 'e'||chr(769)), cardinality(array_distinct(array['é','e'||chr(769)])), upper('straße'), length('a'||chr(0)||'b')",
      columns: ["_col0:BIGINT", "_col1:BIGINT", "_col2:BOOLEAN", "_col3:BIGINT", "_col4:VARCHAR", "_col5:BIGINT"],
      rows: ["2|2|false|2|STRAßE|3"]),
    Case(
      sql:
        #"SELECT regexp_replace('abc','(?<n>b)','[${n}]'), regexp_replace('abc','(b)(c)','$2$1'), regexp_replace('abc', 'b', '\$'), regexp_replace('aaa', 'a', 'b')"#,
      columns: ["_col0:VARCHAR", "_col1:VARCHAR", "_col2:VARCHAR", "_col3:VARCHAR"],
      rows: ["a[b]c|acb|a$c|bbb"]),
    Case(
      sql:
        "SELECT array_join(array[1,null,2], ',', ''), array_join(array[1,null,2], ','), split_part('abc','',2), position('b' IN 'abc')",
      columns: ["_col0:VARCHAR", "_col1:VARCHAR", "_col2:VARCHAR", "_col3:BIGINT"],
      rows: ["1,,2|1,2|b|2"]),
  ]

  private static let group5: [Case] = [
    Case(
      sql:
        "SELECT date_add('hour', 2, time '23:00:00'), date_diff('minute', time '10:00', time '11:30'), parse_duration('1 day'), last_day_of_month(date '2262-03-01')",
      columns: ["_col0:TIME", "_col1:BIGINT", "_col2:INTERVAL_DAY_TO_SECOND", "_col3:DATE"],
      rows: ["01:00:00.000000000|90|1 00:00:00.000000000|2262-03-31"]),
    Case(
      sql: "SELECT -9223372036854775808, 9007199254740993 = 9007199254740992e0",
      columns: ["_col0:BIGINT", "_col1:BOOLEAN"],
      rows: ["-9223372036854775808|true"]),
    Case(
      sql: "SELECT id, avg(v) AS a FROM § GROUP BY id ORDER BY a + 1 DESC",
      columns: ["id:VARCHAR", "a:DOUBLE"],
      rows: ["a|3.3333333331666665E9", "b|50.0005"]),
    Case(
      sql: "SELECT v AS y, -v AS z FROM § ORDER BY abs(y), z",
      columns: ["y:DOUBLE", "z:DOUBLE"],
      rows: ["0.001|-0.001", "1.5|-1.5", "-2.0|2.0", "100.0|-100.0", "1.0E10|-1.0E10"]),
    Case(
      sql: "SELECT (((SELECT 1) + 1) + 1), ((SELECT 2)), (SELECT 3 UNION (SELECT 3))",
      columns: ["_col0:INTEGER", "_col1:INTEGER", "_col2:INTEGER"],
      rows: ["3|2|3"]),
    Case(
      sql:
        "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9 UNION ALL SELECT 10 UNION ALL SELECT 11 UNION ALL SELECT 12 UNION ALL SELECT 13 UNION ALL SELECT 14 UNION ALL SELECT 15 UNION ALL SELECT 16 UNION ALL SELECT 17 UNION ALL SELECT 18 UNION ALL SELECT 19 UNION ALL SELECT 20",
      columns: ["_col0:INTEGER"],
      rows: [
        "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20",
      ]),
    Case(
      sql: "(SELECT 1 UNION ALL SELECT 1) EXCEPT SELECT 2 UNION ALL (SELECT 3 ORDER BY 1 LIMIT 1)",
      columns: ["_col0:INTEGER"],
      rows: ["1", "3"]),
    Case(
      sql:
        "SELECT n+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1-5*2, v+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1-5*2 FROM § WHERE n = 7",
      columns: ["_col0:BIGINT", "_col1:DOUBLE"],
      rows: ["37|31.5"]),
    Case(
      sql: "SELECT n - (n - 1) - (2 - n), v - (v - 1) - (2 - v), 2 * n + 3 * n, (n + 1) * 2 FROM § WHERE n = 7",
      columns: ["_col0:BIGINT", "_col1:DOUBLE", "_col2:BIGINT", "_col3:BIGINT"],
      rows: ["6|0.5|35|16"]),
    Case(
      sql: "SELECT timestamp '2024-01-01 00:00:00' + 2h - 30m, 1h + 30m - 10s, 2 * 1h, 1d / 2, 1h * 0.5",
      columns: [
        "_col0:TIMESTAMP", "_col1:INTERVAL_DAY_TO_SECOND", "_col2:INTERVAL_DAY_TO_SECOND",
        "_col3:INTERVAL_DAY_TO_SECOND", "_col4:INTERVAL_DAY_TO_SECOND",
      ],
      rows: [
        "2024-01-01 01:30:00.000000000|0 01:29:50.000000000|0 02:00:00.000000000|0 12:00:00.000000000|0 00:30:00.000000000"
      ]),
    Case(
      sql: "SELECT id, (SELECT max(q.v) FROM § q WHERE q.id = x.id) FROM § x GROUP BY id ORDER BY id",
      columns: ["id:VARCHAR", "_col1:DOUBLE"],
      rows: ["a|1.0E10", "b|100.0"]),
    Case(
      sql: "SELECT id, avg(v) AS v FROM § GROUP BY id ORDER BY avg(v) DESC",
      columns: ["id:VARCHAR", "v:DOUBLE"],
      rows: ["a|3.3333333331666665E9", "b|50.0005"]),
    Case(
      sql: "SELECT id, count(*) AS n FROM § GROUP BY id ORDER BY n + max(v), id",
      columns: ["id:VARCHAR", "n:BIGINT"],
      rows: ["b|2", "a|3"]),
    Case(
      sql: "SELECT id, max(v) AS m FROM § GROUP BY id ORDER BY -m, lower(id)",
      columns: ["id:VARCHAR", "m:DOUBLE"],
      rows: ["a|1.0E10", "b|100.0"]),
    Case(
      sql: "SELECT v AS a, n AS v FROM § WHERE n IS NOT NULL ORDER BY v + 0",
      columns: ["a:DOUBLE", "v:BIGINT"],
      rows: ["-2.0|-7", "1.5|7", "0.001|9223372036854775807"]),
    Case(
      sql: "SELECT id, rank() OVER (ORDER BY v) AS r FROM § ORDER BY -r",
      columns: ["id:VARCHAR", "r:BIGINT"],
      rows: ["a|5", "b|4", "a|3", "b|2", "a|1"]),
    Case(
      sql: "SELECT 1 AS x INTERSECT SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 2 EXCEPT SELECT 1",
      columns: ["x:INTEGER"],
      rows: ["2"]),
    Case(
      sql: "SELECT 1 UNION ALL SELECT 1 INTERSECT SELECT 1",
      columns: ["_col0:INTEGER"],
      rows: ["1", "1"]),
    Case(
      sql:
        "SELECT interpolate_linear(ts, timestamp '1950-01-01 00:00:00'), integral_trapezoidal(ts, 1d), cardinality(derivative_linear(ts, 1d)), interpolate_spline_cubic(ts, timestamp '1950-01-01 00:00:00') = interpolate_linear(ts, timestamp '1950-01-01 00:00:00') FROM (SELECT create_time_series(t, v) ts FROM (VALUES (timestamp '1700-01-01 00:00:00', 2e0), (timestamp '2200-01-01 00:00:00', 2e0)) x(t, v))",
      columns: ["_col0:DOUBLE", "_col1:DOUBLE", "_col2:BIGINT", "_col3:BOOLEAN"],
      rows: ["2.0|365242.0|1|true"]),
    Case(
      sql: "SELECT 7 AS c, 5 AS k, v FROM (VALUES 10,20,30) t(v) ORDER BY (SELECT abs(v - k*4)) LIMIT 1",
      columns: ["c:INTEGER", "k:INTEGER", "v:INTEGER"],
      rows: ["7|5|20"]),
  ]

  private static let group6: [Case] = [
    Case(
      sql:
        "SELECT nan() IN (nan()), nan() IN (SELECT nan()), nan() NOT IN (nan()), 1.0 IN (SELECT 1), 2.0 IN (SELECT null), 1 IN (SELECT 1.0), 3 NOT IN (SELECT 1.5)",
      columns: [
        "_col0:BOOLEAN", "_col1:BOOLEAN", "_col2:BOOLEAN", "_col3:BOOLEAN", "_col4:BOOLEAN", "_col5:BOOLEAN",
        "_col6:BOOLEAN",
      ],
      rows: ["false|false|true|true|∅|true|true"]),
    Case(
      sql: "SELECT geometric_mean(x), geometric_mean(abs(v)) FROM §, (VALUES 1) AS t(x) WHERE n = 7",
      columns: ["_col0:DOUBLE", "_col1:DOUBLE"],
      rows: ["1.0|1.5"]),
    Case(
      sql:
        "SELECT approx_percentile(x, w, 0.5) OVER (ORDER BY k ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM (VALUES (1,5e0,0),(2,5e0,1),(3,7e0,1)) t(k,x,w) ORDER BY k",
      columns: ["_col0:DOUBLE"],
      rows: ["∅", "5.0", "5.0"]),
    Case(
      sql: "SELECT a = 0 OR 6/a > 1, a <> 0 AND 6/a > 1, NOT (a = 0 OR 6/a > 1) FROM (VALUES 0, 1) t(a) ORDER BY a",
      columns: ["_col0:BOOLEAN", "_col1:BOOLEAN", "_col2:BOOLEAN"],
      rows: ["true|false|false", "true|true|false"]),
    Case(
      sql: "SELECT filter(array[0,1,9], x -> x <> 0 AND 6/x > 1), try(true OR 1/0=1), try(false AND 1/0=1)",
      columns: ["_col0:ARRAY<INTEGER>", "_col1:BOOLEAN", "_col2:BOOLEAN"],
      rows: ["[1]|true|false"]),
    Case(
      sql: "SELECT count(*) FROM (VALUES 0, 1, 2) t(a) GROUP BY a <> 0 AND 6/a > 3 ORDER BY 1",
      columns: ["_col0:BIGINT"],
      rows: ["1", "2"]),
    Case(
      sql: "SELECT null OR 1/1=1, null AND 1/1=0, (null OR 1/1=0) IS NULL, (null AND 1/1=1) IS NULL",
      columns: ["_col0:BOOLEAN", "_col1:BOOLEAN", "_col2:BOOLEAN", "_col3:BOOLEAN"],
      rows: ["true|false|true|true"]),
    Case(
      sql:
        "SELECT id, sum(n) > ALL (SELECT 1), max(v) = ANY (VALUES 100, 7) FROM § WHERE id = 'a' OR w = 5 GROUP BY id ORDER BY id",
      columns: ["id:VARCHAR", "_col1:BOOLEAN", "_col2:BOOLEAN"],
      rows: ["a|false|false", "b|∅|true"]),
    Case(
      sql: "SELECT id FROM § GROUP BY id HAVING max(v) >= ALL (SELECT v FROM §)",
      columns: ["id:VARCHAR"],
      rows: ["a"]),
    Case(
      sql: "SELECT id, row_number() OVER (ORDER BY id, time) <= ALL (VALUES 2, 3) FROM § ORDER BY id, time",
      columns: ["id:VARCHAR", "_col1:BOOLEAN"],
      rows: ["a|true", "a|true", "a|false", "b|false", "b|false"]),
    Case(
      sql:
        "SELECT 'a' < ANY (VALUES 'b', 'A'), time '10:00' >= ALL (VALUES time '09:00', time '10:00'), 9007199254740993 = ANY (VALUES 9007199254740992)",
      columns: ["_col0:BOOLEAN", "_col1:BOOLEAN", "_col2:BOOLEAN"],
      rows: ["true|true|false"]),
    Case(
      sql:
        "SELECT try(abs(-9223372036854775808)), try(-x), try(ago(interval '9999' year)), abs(-5), -y FROM (VALUES (-9223372036854775808, 3)) t(x, y)",
      columns: ["_col0:BIGINT", "_col1:BIGINT", "_col2:TIMESTAMP", "_col3:INTEGER", "_col4:INTEGER"],
      rows: ["∅|∅|∅|5|-3"]),
    Case(
      sql:
        "SELECT a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a+a-a*2 FROM (VALUES 1.5e0) t(a)",
      columns: ["_col0:DOUBLE"],
      rows: ["57.0"]),
    Case(
      sql:
        "SELECT strpos('añbñ', 'ñ', 2), strrpos('aaa', 'aa'), strpos('aaaa', 'aa', 2), strpos('abc', 'x', 1), strpos('añb', 'b', 1)",
      columns: ["_col0:BIGINT", "_col1:BIGINT", "_col2:BIGINT", "_col3:BIGINT", "_col4:BIGINT"],
      rows: ["4|2|2|0|3"]),
    Case(
      sql: "SELECT d - nan() - 1, d * nan() + 1, d + 1 - 2 FROM (SELECT v AS d FROM § WHERE n = 7)",
      columns: ["_col0:DOUBLE", "_col1:DOUBLE", "_col2:DOUBLE"],
      rows: ["NaN|NaN|0.5"]),
  ]

  static let all: [Case] = group0 + group1 + group2 + group3 + group4 + group5 + group6

  static let errors: [(sql: String, message: String)] = [
    ("SELECT array[1, 'a']", "line 1:8: All ARRAY elements must be the same type"),
    ("SELECT array[1,2][0]", "SQL array indices start at 1"),
    ("SELECT array[1,2][3]", "Array subscript must be less than or equal to array length: 3 > 2"),
    ("SELECT array[1,2][-1]", "Array subscript is negative: -1"),
    ("SELECT array[1]['a']", "line 1:16: '[]' cannot be applied to array(integer), varchar"),
    ("SELECT 5[1]", "line 1:9: '[]' cannot be applied to integer, integer"),
    ("SELECT (1,2)[3]", "line 1:14: a row's subscript must be a number from 1 to 2"),
    ("SELECT element_at(array[1], 0)", "SQL array indices start at 1"),
    ("SELECT element_at(1, 1)", "line 1:8: Unexpected parameters (integer, integer) for function element_at"),
    ("SELECT slice(array[1], 0, 1)", "SQL array indices start at 1"),
    ("SELECT slice(array[1], 1, -1)", "length must be greater than or equal to 0"),
    ("SELECT sequence(1, 5, 0)", "step must not be zero"),
    (
      "SELECT sequence(5, 1, 1)",
      "sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start"
    ),
    ("SELECT sequence(1, 20000)", "result of sequence function must not have more than 10000 entries"),
    ("SELECT repeat(1, 100001)", "count argument of repeat function must be less than or equal to 100000"),
    ("SELECT repeat(1, -1)", "count argument of repeat function must be greater than or equal to 0"),
    ("SELECT ngrams(array[1], 0)", "N must be positive"),
    ("SELECT combinations(array[1], 6)", "combination size must not exceed 5: 6"),
    (
      "SELECT array_sort(array[array[1]])",
      "line 1:8: Unexpected parameters (array(array(integer))) for function array_sort"
    ),
    (
      "SELECT array_max(array[(1, 2)])",
      "line 1:8: Unexpected parameters (array(row(integer, integer))) for function array_max"
    ),
    ("SELECT array_max(1)", "line 1:8: Unexpected parameters (integer) for function array_max"),
    ("SELECT transform(array[1], x -> y)", "line 1:33: Column 'y' does not exist"),
    (
      "SELECT transform(array[1], (x, y) -> x)",
      "line 1:8: Unexpected parameters (array(integer), function) for function transform"
    ),
    ("SELECT transform(array[1], (x, x) -> x)", "line 1:28: Lambda arguments must have distinct names"),
    ("SELECT transform(1, x -> x)", "line 1:8: Unexpected parameters (integer, function) for function transform"),
    ("SELECT transform(array[1])", "line 1:8: Unexpected parameters (array(integer)) for function transform"),
    ("SELECT filter(array[1], x -> x)", "line 1:30: Unexpected lambda result integer for function filter"),
    ("SELECT abs(x -> x)", "line 1:8: Unexpected parameters (function) for function abs"),
    ("SELECT nope(x -> x)", "line 1:8: Function 'nope' not registered"),
    ("SELECT x -> x", "line 1:10: mismatched input '->'."),
    (
      "SELECT transform(array[1], x -> max(x))",
      "line 1:33: Lambda expression cannot contain aggregations, window functions or grouping operations: [max]"
    ),
    (
      "SELECT transform(array[v], x -> max(v)) FROM §",
      "line 1:33: Lambda expression cannot contain aggregations, window functions or grouping operations: [max]"
    ),
    (
      "SELECT id, transform(array[1], x -> x + v) FROM § GROUP BY id",
      "line 1:41: 'v' must be an aggregate expression or appear in GROUP BY clause"
    ),
    (
      "SELECT transform(sequence(1, count(*)), x -> x) FROM §",
      "line 1:30: 'count' within a call with a lambda is not supported by the local cloud: put it into a WITH"
    ),
    ("SELECT transform(array['a'], x -> x + 1)", "line 1:37: '+' cannot be applied to varchar, integer"),
    ("SELECT transform(array[1], x -> x.value)", "line 1:33: Column 'x.value' does not exist"),
    (
      "SELECT reduce(array[1], 0, (s, x) -> 'a', s -> s)",
      "line 1:38: Unexpected lambda result varchar for function reduce"
    ),
    (
      "SELECT reduce(array[1], 0, s -> s, s -> s)",
      "line 1:8: Unexpected parameters (array(integer), integer, function, function) for function reduce"
    ),
    ("SELECT row(1, 2).x", "line 1:17: Field 'x' does not exist in row(integer, integer)"),
    (
      "SELECT cast(row(1, 2) as row(a integer, b integer)).c",
      "line 1:52: Field 'c' does not exist in row(a integer, b integer)"
    ),
    ("SELECT id.x FROM §", "line 1:8: Column 'id.x' does not exist"),
    (
      "SELECT create_time_series(v, time) FROM §",
      "line 1:8: Unexpected parameters (double, timestamp) for function create_time_series"
    ),
    (
      "SELECT create_time_series(time, array[v]) FROM §",
      "line 1:8: Unexpected parameters (timestamp, array(double)) for function create_time_series"
    ),
    ("SELECT create_time_series(time, n) FROM § WHERE id = 'a'", "Value for create_time_series must not be null"),
    (
      "SELECT interpolate_linear(create_time_series(time, s), array[time]) FROM § GROUP BY time",
      "line 1:8: Unexpected parameters (timeseries(varchar), array(timestamp)) for function interpolate_linear"
    ),
    (
      "SELECT interpolate_linear(create_time_series(time, v), 5) FROM §",
      "line 1:8: Unexpected parameters (timeseries(double), integer) for function interpolate_linear"
    ),
    (
      "SELECT derivative_linear(create_time_series(time, v), 1month) FROM §",
      "line 1:8: Unexpected parameters (timeseries(double), interval year to month) for function derivative_linear"
    ),
    (
      "SELECT derivative_linear(create_time_series(time, v), 0s) FROM §",
      "the interval of derivative_linear must be positive"
    ),
    (
      "SELECT derivative_linear(create_time_series(time, v), 1s) FROM §",
      "a derivative needs one point at a time; found two at 2027-01-15 05:00:00.000000000"
    ),
    (
      "SELECT correlate_pearson(create_time_series(time, v), create_time_series(time + 1h, v)) FROM § WHERE id = 'b'",
      "correlate_pearson needs two series with the same times: interpolate them first"
    ),
    (
      "SELECT interpolate_spline_cubic(create_time_series(time, v), array[now()]) FROM § WHERE w = 5",
      "interpolate_spline_cubic needs at least two points; found 1"
    ),
    (
      "SELECT integral_trapezoidal(v) FROM §",
      "line 1:8: Unexpected parameters (double) for function integral_trapezoidal"
    ),
    ("SELECT * FROM UNNEST(1) AS t(x)", "line 1:22: Cannot unnest type: integer"),
    (
      "SELECT * FROM UNNEST(array[1]) AS t(x, y)",
      "line 1:15: Column alias list has 2 entries but 't' has 1 columns available"
    ),
    (
      "SELECT * FROM § RIGHT JOIN UNNEST(array[v]) AS t(x) ON true",
      "line 1:71: RIGHT JOIN involving UNNEST is not supported"
    ),
    ("SELECT * FROM UNNEST(array[1]) AS t(x) WHERE x = 'a'", "line 1:48: '=' cannot be applied to integer, varchar"),
    (
      "SELECT id FROM § ORDER BY array[v]",
      "line 1:70: Type array(double) is not orderable, and therefore cannot be used in ORDER BY"
    ),
    (
      "SELECT array[v] FROM § ORDER BY 1",
      "line 1:76: Type array(double) is not orderable, and therefore cannot be used in ORDER BY"
    ),
    ("SELECT array[1] < array[2]", "line 1:17: '<' cannot be applied to array(integer), array(integer)"),
    ("SELECT array[1] = array['a']", "line 1:17: '=' cannot be applied to array(integer), array(varchar)"),
    ("SELECT array[1] || 'a'", "line 1:20: '||' cannot be applied to array(integer), varchar"),
    ("SELECT max(array[v]) FROM §", "line 1:8: Unexpected parameters (array(double)) for function max"),
    (
      "SELECT greatest(array[1], array[2])",
      "line 1:8: Unexpected parameters (array(integer), array(integer)) for function greatest"
    ),
    ("SELECT max(v, 0) FROM §", "second argument of max_n/min_n must be positive"),
    ("SELECT max_by(v, v, 0) FROM §", "third argument of max_by/min_by must be a positive integer"),
    (
      "SELECT max_by(id, v, 10001) FROM §",
      "third argument of max_by/min_by must be less than or equal to 10000; found 10001"
    ),
    ("SELECT approx_percentile(v, 1.5) FROM §", "Percentile must be between 0 and 1"),
    ("SELECT approx_percentile(v, array[0.5, null]) FROM §", "Percentile cannot be null"),
    (
      "SELECT approx_percentile(id, 0.5) FROM §",
      "line 1:8: Unexpected parameters (varchar, double) for function approx_percentile"
    ),
    (
      "SELECT lag(v) IGNORE NULLS OVER (ORDER BY time) FROM §",
      "line 1:8: IGNORE NULLS of lag is not supported by the local cloud"
    ),
    ("SELECT cast(array[1] as varchar)", "line 1:8: Cannot cast array(integer) to varchar"),
    ("SELECT cast(array['x'] as array(integer))", "Cannot cast 'x' to INT"),
    ("SELECT cast(1 as array(integer))", "line 1:8: Cannot cast integer to array(integer)"),
    ("SELECT cast(1 as thing)", "line 1:8: Unknown type: thing"),
    (
      "SELECT cast(row(1) as row(a integer, b integer))",
      "line 1:8: Cannot cast row(integer) to row(a integer, b integer)"
    ),
    ("SELECT split('a', '')", "The delimiter may not be the empty string"),
    ("SELECT split('a', ',', 0)", "Limit must be positive"),
    ("SELECT strpos('a', 'a', 0)", "'instance' must be a positive number."),
    ("SELECT hamming_distance('a', 'ab')", "The input strings to hamming_distance function must have the same length"),
    (
      "SELECT bit_count(19, 2)",
      "Number must be representable with the bits specified. 19 can not be represented with 2 bits"
    ),
    ("SELECT regexp_extract_all('a', '(a)', 2)", "Pattern has 1 groups. Cannot access group 2"),
    ("SELECT date_parse('2020', '%D')", "%D not currently supported in date format string"),
    ("SELECT date_parse('2020-13-01', '%Y-%m-%d')", #"Invalid format: "2020-13-01""#),
    ("SELECT date_parse('x', '%Y')", #"Invalid format: "x" is malformed at "x""#),
    ("SELECT parse_datetime('2020', 'B')", "Illegal pattern component: B"),
    ("SELECT @p", "line 1:8: The query parameter '@p' has no value"),
    ("SELECT array[1", "line 1:15: mismatched input '<EOF>'. Expecting: ']'"),
    ("SELECT filter(array[1], x ->)", "line 1:29: mismatched input ')'. Expecting: an expression"),
    (
      "SELECT transform(array[1], x -> transform(array[1], y -> transform(array[1], z -> transform(array[1], a -> transform(array[1], b -> transform(array[1], c -> transform(array[1], d -> transform(array[1], e -> transform(array[1], f -> transform(array[1], g -> transform(array[1], h -> h)))))))))))",
      "line 1:283: lambdas are nested deeper than 10"
    ),
    ("SELECT double 'x'", "Cannot cast 'x' to DOUBLE"),
    (
      "SELECT timestamp '2022-01-02 00:00:00' - timestamp '2022-01-01 00:00:00'",
      "line 1:40: '-' cannot be applied to timestamp, timestamp"
    ),
    ("SELECT date '2022-01-02' - date '2022-01-01'", "line 1:26: '-' cannot be applied to date, date"),
    ("SELECT 1 = ANY (1, 2)", "line 1:17: mismatched input '1'. Expecting: a query"),
    ("SELECT 1 = ANY (SELECT 1, 2)", "line 1:10: Multiple columns returned by subquery are not yet supported. Found 2"),
    ("SELECT 1 = ALL (VALUES 'a')", "line 1:10: '=' cannot be applied to integer, varchar"),
    ("SELECT abs(1 ORDER BY 1)", "line 1:8: DISTINCT, FILTER and ORDER BY can only be applied to aggregations: abs"),
    (
      "SELECT array_agg(DISTINCT v ORDER BY v) FROM §",
      "line 1:8: DISTINCT with ORDER BY is not supported by the local cloud: array_agg"
    ),
    ("SELECT array_agg(v ORDER BY array[v]) FROM §", "line 1:29: Type array(double) is not orderable"),
    ("SELECT cast(nan() AS bigint)", "Cannot cast NaN to bigint"),
    ("SELECT cast(infinity() AS integer)", "Cannot cast Infinity to integer"),
    (
      "SELECT sequence(0, -9223372036854775807 - 1, -1)",
      "result of sequence function must not have more than 10000 entries"
    ),
    ("SELECT width_bucket(infinity(), 0, infinity(), 5)", "second bound must be finite"),
    ("SELECT date_trunc('day', timestamp '1677-09-21 00:12:44')", "the time lies outside 1677 to 2262"),
    ("SELECT date_trunc('week', timestamp '1677-09-22 00:00:00')", "the time lies outside 1677 to 2262"),
    ("SELECT cast(2147483647 + 1 as bigint)", "integer addition overflow: 2147483647 + 1"),
    ("SELECT 2147483647 + 1 > 0", "integer addition overflow: 2147483647 + 1"),
    ("SELECT 9223372036854775807 + 1", "bigint addition overflow: 9223372036854775807 + 1"),
    ("SELECT -9223372036854775807 - 2", "bigint subtraction overflow: -9223372036854775807 - 2"),
    ("SELECT 3037000500 * 3037000500", "bigint multiplication overflow: 3037000500 * 3037000500"),
    ("SELECT from_milliseconds(9223372036854775807)", "bigint multiplication overflow: 9223372036854775807 * 1000000"),
    ("SELECT from_unixtime(1e30)", "the time lies outside 1677 to 2262"),
    ("SELECT 1d * 200000", "interval overflow"),
    ("SELECT 1d * 1e30", "interval overflow"),
    ("SELECT timestamp '2262-04-11 00:00:00' + 10d", "bigint addition overflow: 9223286400000000000 + 864000000000000"),
    ("SELECT date '2300-01-01'", "line 1:8: '2300-01-01' is not a valid date literal"),
    ("SELECT date '2262-04-11' + 1d", "the time lies outside 1677 to 2262"),
    ("SELECT bin(time, to_milliseconds(time) * 0s) FROM §", "the second argument of bin must be a positive interval"),
    ("SELECT bin(time, ok) FROM §", "line 1:8: Unexpected parameters (timestamp, boolean) for function bin"),
    ("SELECT codepoint('ab')", "Input string must be a single character string"),
    ("SELECT regexp_replace('abc','b','$7')", "Illegal replacement sequence: unknown group 7"),
    ("SELECT regexp_replace('abc','b','$')", "Illegal replacement sequence: $"),
    (
      "SELECT levenshtein_distance(rpad('a',2000,'a'), rpad('b',2000,'b'))",
      "The combined inputs for Levenshtein distance are too large"
    ),
    ("SELECT 7 / (n - 7) FROM §", "Division by zero"),
    (
      "SELECT id, (SELECT max(q.v) FROM § q WHERE q.n = x.n) FROM § x GROUP BY id",
      "line 1:12: 'n' must be an aggregate expression or appear in GROUP BY clause"
    ),
    (
      "SELECT id FROM § x GROUP BY id HAVING EXISTS (SELECT 1 FROM § q WHERE q.v = x.v)",
      "line 1:82: 'v' must be an aggregate expression or appear in GROUP BY clause"
    ),
    (
      "SELECT (SELECT max(t.v) FROM (VALUES 1) u(y)) FROM § t",
      "line 1:16: an aggregation over columns of an outer query alone is not supported: max"
    ),
    (
      "WITH t AS (SELECT 1 AS a), T AS (SELECT 2 AS a) SELECT * FROM t",
      "line 1:28: WITH query name 'T' specified more than once"
    ),
    (
      "WITH a0 AS (SELECT 1 AS x), a1 AS (SELECT l.x FROM a0 l JOIN a0 r ON l.x = r.x), a2 AS (SELECT l.x FROM a1 l JOIN a1 r ON l.x = r.x), a3 AS (SELECT l.x FROM a2 l JOIN a2 r ON l.x = r.x), a4 AS (SELECT l.x FROM a3 l JOIN a3 r ON l.x = r.x), a5 AS (SELECT l.x FROM a4 l JOIN a4 r ON l.x = r.x), a6 AS (SELECT l.x FROM a5 l JOIN a5 r ON l.x = r.x), a7 AS (SELECT l.x FROM a6 l JOIN a6 r ON l.x = r.x), a8 AS (SELECT l.x FROM a7 l JOIN a7 r ON l.x = r.x), a9 AS (SELECT l.x FROM a8 l JOIN a8 r ON l.x = r.x), b0 AS (SELECT l.x FROM a9 l JOIN a9 r ON l.x = r.x), b1 AS (SELECT l.x FROM b0 l JOIN b0 r ON l.x = r.x), b2 AS (SELECT l.x FROM b1 l JOIN b1 r ON l.x = r.x), b3 AS (SELECT l.x FROM b2 l JOIN b2 r ON l.x = r.x), b4 AS (SELECT l.x FROM b3 l JOIN b3 r ON l.x = r.x) SELECT * FROM b4",
      "line 1:688: the common tables use each other more than 20000 times"
    ),
    ("SELECT try(max(1/(n-7))) FROM §", "Division by zero"),
    ("SELECT position('b' 'abc')", "line 1:21: mismatched input ''abc''. Expecting: 'IN'"),
    ("SELECT try(sum(a/(a-1)) OVER ()) FROM (VALUES 1,2,3) t(a)", "Division by zero"),
    ("SELECT last_day_of_month(date '2262-04-11')", "the time lies outside 1677 to 2262"),
    ("SELECT date(from_nanoseconds(-9223372036854775807))", "the time lies outside 1677 to 2262"),
    ("SELECT abs(-9223372036854775808)", "Value -9223372036854775808 is out of range for abs(bigint)"),
    ("SELECT -x FROM (VALUES -9223372036854775808) t(x)", "bigint subtraction overflow: 0 - -9223372036854775808"),
    ("SELECT 1 = ANY (SELECT array[1])", "line 1:10: '=' cannot be applied to integer, array(integer)"),
    ("SELECT array[1] < ANY (SELECT array[1])", "line 1:17: '<' cannot be applied to array(integer), array(integer)"),
  ]
}
