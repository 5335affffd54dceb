-- What each device has sent: how many readings, how many of the four measures, the first and the last time.
-- @table table sensors: the table of the readings
-- @past duration 7d: how far back to look
SELECT device_id, count(*) AS readings,
  IF(count(temperature) > 0, 1, 0) + IF(count(humidity) > 0, 1, 0) + IF(count(pressure) > 0, 1, 0) + IF(count(vibration) > 0, 1, 0) AS measures,
  min(time) AS first, max(time) AS last
FROM {table}
WHERE time >= ago({past}) AND device_id IS NOT NULL
GROUP BY device_id
ORDER BY device_id
