-- Readings that are far from what their device usually measures, the farthest first: the z-score is the distance from the mean, in
-- standard deviations.
-- @table table sensors: the table of the readings
-- @measure name temperature: what is measured
-- @past duration 1d: how far back to look for such readings
-- @baseline duration 7d: how far back the mean and the deviation are taken
-- @threshold number 2: the least z-score, whatever its sign
WITH usual AS (
  SELECT device_id, avg({measure}) AS mean, stddev({measure}) AS deviation
  FROM {table}
  WHERE time >= ago({baseline}) AND {measure} IS NOT NULL
  GROUP BY device_id
)
SELECT r.time, r.device_id, r.{measure} AS value, (r.{measure} - u.mean) / u.deviation AS z
FROM {table} AS r
JOIN usual AS u ON u.device_id = r.device_id
WHERE r.time >= ago({past}) AND u.deviation > 0 AND abs(r.{measure} - u.mean) / u.deviation > {threshold}
ORDER BY abs(r.{measure} - u.mean) / u.deviation DESC, r.time, r.device_id
