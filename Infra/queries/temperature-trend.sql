-- How a measure goes, in bins of time: its average, least and greatest value for each device.
-- @table table sensors: the table of the readings
-- @measure name temperature: what is measured
-- @past duration 1d: how far back to look
-- @bin duration 10m: how long a bin is
SELECT device_id, bin(time, {bin}) AS bin, avg({measure}) AS average, min({measure}) AS least, max({measure}) AS greatest
FROM {table}
WHERE time >= ago({past}) AND {measure} IS NOT NULL
GROUP BY device_id, bin(time, {bin})
ORDER BY device_id, bin
