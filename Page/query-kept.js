// Queries that this browser keeps: those that ran, and those that were saved under a name.

const historyKey = 'query-history', savedKey = 'query-saved';
const mostHistory = 50, mostSaved = 100, longest = 20_000;

function read(key) {
  try {
    const entries = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(entries) ? entries.filter((one) => typeof one?.sql === 'string') : [];
  } catch { return []; }
}

function write(key, entries) {
  // A full store is no reason to stop: what was there before stays.
  try { localStorage.setItem(key, JSON.stringify(entries)); } catch (error) { console.warn('the browser keeps no more', error); }
}

export const history = () => read(historyKey);
export const saved = () => read(savedKey);

/** @param {string} outcome in a word or two */
export function remember(sql, outcome) {
  if (sql.length > longest) return;
  write(historyKey, [{ sql, outcome, time: Date.now() }, ...history().filter((one) => one.sql !== sql)].slice(0, mostHistory));
}

export function save(name, sql) {
  write(savedKey, [...saved().filter((one) => one.name !== name), { name, sql: sql.slice(0, longest) }].sort((one, other) => (one.name < other.name ? -1 : 1)).slice(0, mostSaved));
}

export const forget = (name) => write(savedKey, saved().filter((one) => one.name !== name));
