// Examples of queries: the project's saved queries, with their parameters' usual values.

import { files } from './saved-queries.js';

const quoted = (name) => `"${name.replaceAll('"', '""')}"`;
const leading = /^(?:-- (?!@).*\n)*/;
const declared = /^-- @(\w+) (\w+)(?: ([^:]*))?: .*\n/gm;

/** A parameter's value as SQL: a quoted name, a literal, or as it is. @param {string} database where the tables are */
function literal(type, value, database) {
  if (type === 'table') return `${quoted(database)}.${quoted(value)}`;
  if (type === 'name') return quoted(value);
  return type === 'text' ? `'${value.replaceAll("'", "''")}'` : value;
}

/** @returns {Array<{name: string, words: string, sql: string}>} */
export function examples(database) {
  return Object.entries(files).map(([name, text]) => {
    let sql = text.replace(declared, '').trim();
    for (const [, parameter, type, value] of text.matchAll(declared)) sql = sql.replaceAll(`{${parameter}}`, () => literal(type, value, database));
    return { name, words: leading.exec(text)[0].replace(/^-- /gm, '').replaceAll('\n', ' ').trim(), sql };
  });
}
