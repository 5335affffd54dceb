-- What counters that only grow have counted, in bins of time. A counter that is smaller than before was reset, and counts from zero.
-- The first reading of the range only says where its counter stood.
-- @table table water: the table of the counters
-- @counter name id: the tag that tells counters apart
-- @measure name value: the counter's reading
-- @past duration 1d: how far back to look
-- @bin duration 1h: how long a bin is
WITH steps AS (
  SELECT {counter} AS counter, time, {measure} AS reading, lag({measure}) OVER (PARTITION BY {counter} ORDER BY time) AS previous
  FROM {table}
  WHERE time >= ago({past}) AND {measure} IS NOT NULL
)
SELECT counter, bin(time, {bin}) AS bin, sum(IF(reading < previous, reading, reading - previous)) AS consumption
FROM steps
WHERE previous IS NOT NULL
GROUP BY counter, bin(time, {bin})
ORDER BY counter, bin
