-- The newest readings of all devices, newest first.
-- @table table sensors: the table of the readings
-- @past duration 1h: how far back to look
-- @rows integer 20: the most rows
SELECT time, device_id, location, temperature, humidity, pressure, vibration
FROM {table}
WHERE time >= ago({past})
ORDER BY time DESC, device_id
LIMIT {rows}
