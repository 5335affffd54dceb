// What is seen, as a file of comma-separated values (RFC 4180): the API writes it, with every digit that it has.

import * as api from './api.js';
import { namesOf } from './share.js';

/** A value as a field. */
export const field = (value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

/** A file has at most so many pages of a series, each with at most so many rows: fewer where rows are wide, or the API makes bins of them. */
const mostPages = 20, pageRows = 50_000;
/** A file has at most so many millions of bytes: all of it is in the browser's memory. */
const mostMegabytes = 60;

/**
 * A line for each value.
 *
 * @param {Array} reads what is seen of each series @param {Function} measures the names of those that are, of one of them
 * @throws {APIError}
 */
export async function csv(reads, measures) {
  const decoder = new TextDecoder();
  let text = '', size = 0;
  for (const one of reads) {
    const query = { ...one.query, measures: namesOf(measures(one)), limit: pageRows, format: 'csv', shape: 'flat' };
    let cursor;
    for (let page = 0; page < mostPages && (page === 0 || cursor); page += 1) {
      const response = await api.ask('v1/rows', { ...query, cursor });
      cursor = response.headers.get('X-Next-Cursor') ?? undefined;
      const bytes = await response.arrayBuffer();
      size += bytes.byteLength;
      if (size > mostMegabytes * 1e6) throw new api.APIError(1, 'Too much text', `it would have more than ${mostMegabytes} MB: use a shorter range, or fewer measures.`);
      const lines = decoder.decode(bytes);
      // Each page begins with the names of the columns.
      text += text ? lines.slice(lines.indexOf('\n') + 1) : lines;
    }
    if (cursor) throw new api.APIError(1, 'Too many rows', `${one.id} has more rows here than the page writes to a file: use a shorter range.`);
  }
  return text;
}

/** Hands a file to the browser. */
export function save(name, text, type = 'text/csv;charset=utf-8') {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A file's name of an identifier. */
export const fileName = (ids) => `${ids.join('+').replace(/[^\p{L}\p{N}._=+-]+/gu, '_').slice(0, 80) || 'series'}.csv`;
