// The rows that are seen, as a table.

import { h, fill } from './dom.js';
import * as format from './format.js';
import { empty } from './states.js';

const pageSize = 50;

/** @param {Array} reads what is seen of each series @param {Set} names the measures that are shown */
export function makeRows(place) {
  let rows = [], columns = [], texts = new Set(), start = 0, isCompared = false, note = '';

  function show(reads, isShown, now) {
    isCompared = reads.length > 1;
    rows = reads.flatMap(({ id, rows }) => rows.map((row) => ({ id, ...row }))).sort((one, other) => one.time - other.time);
    columns = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))].filter(isShown);
    texts = new Set(columns.filter((name) => rows.some(({ values }) => typeof values[name] === 'string')));
    const bins = [...new Set(reads.filter(({ bin }) => bin).map(({ bin }) => format.length(bin.width)))];
    note = bins.length ? `Each row is a bin of ${bins.join(' or ')}, with its mean, lowest and highest value. Zoom in for the rows as they are stored.` : 'The rows as they are stored. Where several fetches gave a row, it is that of the newest.';
    // The page that has the newest history.
    const newest = rows.findLastIndex(({ origin }) => origin === 'history');
    start = Math.floor(Math.max(newest, 0) / pageSize) * pageSize;
    draw();
  }

  function draw() {
    if (!rows.length) { fill(place, empty('No rows in this range', 'Move or widen the range above the chart.')); return; }
    const page = rows.slice(start, start + pageSize);
    const end = start + page.length;
    const turn = (by) => { start = Math.min(Math.max(start + by, 0), Math.floor((rows.length - 1) / pageSize) * pageSize); draw(); };
    fill(place,
      h('p.note', {}, note),
      h('div.table', { tabindex: '0', role: 'region', 'aria-label': 'Rows' }, h('table', {},
        h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Time'), isCompared ? h('th', { scope: 'col' }, 'Series') : null, h('th', { scope: 'col' }, 'Origin'),
          columns.map((name) => h(texts.has(name) ? 'th' : 'th.number', { scope: 'col' }, name)))),
        h('tbody', {}, page.map((row) => h('tr', { class: row.origin }, h('td', {}, h('time', { datetime: new Date(row.time).toISOString() }, format.stamp(row.time))),
          isCompared ? h('td', {}, row.id) : null, h('td', {}, row.origin),
          columns.map((name) => cell(name, row.values[name]))))))),
      h('div.pager', {},
        h('button', { type: 'button', disabled: start === 0, onclick: () => turn(-pageSize) }, 'Earlier'),
        h('span', { role: 'status' }, `${format.count(start + 1)} to ${format.count(end)} of ${format.count(rows.length)}`),
        h('button', { type: 'button', disabled: end >= rows.length, onclick: () => turn(pageSize) }, 'Later')));
  }

  /** As its column's head stands: texts on the left, numbers on the right. */
  const cell = (name, value) => (typeof value === 'string' ? h('td', { title: value }, value) : h(texts.has(name) ? 'td' : 'td.number', { title: value === undefined ? null : String(value) }, format.cell(value)));

  return { show };
}
