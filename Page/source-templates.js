// Descriptions to begin with, by the shape of a source's answer.

const text = (description) => JSON.stringify(description, null, 2);
const url = 'https://api.example.com/v1/{identifier}?from={from:iso8601}&to={to:iso8601}';

export const templates = [
  { name: 'rows: an array of objects', text: text({ url, past: '24h', future: '24h', rows: '/data', time: '/time', measures: { value: '/value' } }) },
  { name: 'rows, with a key and further pages', text: text({ url, headers: { authorization: 'Bearer {key}' }, past: '24h', future: '24h', rows: '/data', time: { at: '/time', format: 'seconds' }, measures: { value: '/value', state: { at: '/state', type: 'varchar' } }, next: '/links/next' }) },
  { name: 'columns: an object of arrays', text: text({ url: 'https://api.example.com/v1/forecast?latitude={latitude}&longitude={longitude}', past: '24h', future: '24h', columns: '/hourly', time: { at: '/time', utcOffset: '/utc_offset_seconds' }, measures: { temperature: '/temperature' } }) },
  { name: 'a series for each row', text: text({ url: 'https://api.example.com/v1/meters', headers: { authorization: 'Token {key}' }, rows: '', time: 'now', measures: { volume: { at: '/value', type: 'bigint' } }, series: { measurement: 'water', tags: { id: '/id' } }, every: '20m' }) },
  { name: 'the sample of the local cloud: the sun', text: text({ url: `${location.origin}/sample/v1/sun?place={identifier}&from={from:milliseconds}&to={to:milliseconds}`, headers: { 'x-api-key': '{key}' }, past: '24h', future: '24h', rows: '/data', time: '/time', measures: { elevation: '/elevation', irradiance: '/irradiance' } }) },
];
