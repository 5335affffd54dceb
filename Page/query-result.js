// The rows of a query: as a table, and as a chart where there are times and numbers.

import { h, fill } from './dom.js';
import * as format from './format.js';
import { Panel } from './panel.js';
import { empty } from './states.js';
import { field, save } from './csv.js';
import { makeTabs } from './tabs.js';
import { table } from './console.js';

const pageSize = 200, mostLines = 8;
const numeric = new Set(['DOUBLE', 'BIGINT', 'INTEGER']);

/** A value as people read it; of lists, rows and series of times their own form. */
export function text(value) {
  if (value.NullValue) return null;
  if (value.ScalarValue !== undefined) return value.ScalarValue;
  if (value.ArrayValue) return `[${value.ArrayValue.map(text).join(', ')}]`;
  if (value.RowValue) return `(${value.RowValue.Data.map(text).join(', ')})`;
  if (value.TimeSeriesValue) return `[${value.TimeSeriesValue.map((point) => `${point.Time} ${text(point.Value)}`).join(', ')}]`;
  return JSON.stringify(value);
}

const instant = (value) => Date.parse(`${value.slice(0, 23).replace(' ', 'T')}Z`);

/** @returns {{end: function}} */
export function makeResult(place, { columns, rows }) {
  const names = columns.map(({ Name }, index) => Name ?? `_col${index}`);
  const types = columns.map(({ Type }) => Type.ScalarType);
  fill(place);
  if (!rows.length) {
    fill(place, empty('No rows', columns.length ? `The query has an answer with ${names.length === 1 ? 'a column' : `${names.length} columns`}, and no rows.` : 'The query has no answer to show.'));
    return { end() {} };
  }
  const time = types.indexOf('TIMESTAMP'), numbers = types.flatMap((type, index) => (numeric.has(type) ? [index] : []));
  const entries = [{ id: 'table', name: 'Table' }, ...(time >= 0 && numbers.length ? [{ id: 'lines', name: 'Chart' }] : [])];
  let graph = null;
  const { panels, select } = makeTabs(place, entries, {
    onSelect: (id) => { select(id); if (id === 'lines') graph ??= chart(panels.lines, lines()); },
    tools: h('button', { type: 'button', onclick: () => save('query.csv', [names, ...rows.map((row) => row.map((value) => text(value) ?? ''))].map((row) => row.map(field).join(',')).join('\r\n') + '\r\n') }, 'CSV'),
  });
  select('table');
  draw(0);

  function draw(start) {
    const cells = (row) => row.map((value) => {
      const words = text(value);
      return words === null ? h('i.note', {}, 'null') : h('span', { title: words.length > 40 ? words.slice(0, 2000) : null }, words.length > 500 ? `${words.slice(0, 500)}…` : words);
    });
    const end = Math.min(start + pageSize, rows.length);
    fill(panels.table,
      table('Rows', columns.map((_, index) => ({ name: names[index], number: numeric.has(types[index]) })), rows.slice(start, end).map(cells)),
      rows.length > pageSize ? h('div.pager', {},
        h('button', { type: 'button', disabled: start === 0, onclick: () => draw(Math.max(0, start - pageSize)) }, 'Before'),
        h('span', { role: 'status' }, `${format.count(start + 1)} to ${format.count(end)} of ${format.count(rows.length)}`),
        h('button', { type: 'button', disabled: end === rows.length, onclick: () => draw(end) }, 'After')) : null);
  }

  /** A line for each number of each group of the texts beside it. */
  function lines() {
    const groups = new Map();
    const labels = types.flatMap((type, index) => (type === 'VARCHAR' ? [index] : []));
    for (const row of rows) {
      const at = text(row[time]);
      if (at === null) continue;
      const group = labels.map((index) => text(row[index]) ?? '').join(', ');
      for (const index of numbers) {
        const value = text(row[index]);
        if (value === null) continue;
        const name = [group, numbers.length > 1 || !group ? names[index] : ''].filter(Boolean).join(' ');
        if (!groups.has(name)) groups.set(name, []);
        groups.get(name).push([instant(at), Number(value), Number(value), Number(value), false]);
      }
    }
    return [...groups].map(([name, points]) => ({ name, points: points.sort((one, other) => one[0] - other[0]) }));
  }

  return { end() { graph?.end(); } };
}

function chart(place, all) {
  const shown = all.slice(0, mostLines).map((line, index) => ({ ...line, color: `c${index + 1}` }));
  const plot = h('div.plot.query-plot', { role: 'img', 'aria-label': `A chart of ${shown.map(({ name }) => name).join(', ')}` });
  fill(place, h('p.query-key', {}, shown.map(({ name, color }) => h('span', { class: color }, h('i.dot'), name)), all.length > mostLines ? h('span', {}, `and ${format.count(all.length - mostLines)} more that are not drawn`) : null), plot);
  const times = shown.flatMap(({ points }) => points.map(([at]) => at));
  const from = times.reduce((one, other) => Math.min(one, other), Infinity), to = times.reduce((one, other) => Math.max(one, other), -Infinity);
  const panel = new Panel(plot, () => to + 1);
  const draw = () => panel.draw({ lines: shown, from: from === to ? from - 1000 : from, to: from === to ? to + 1000 : to, hasTimes: true });
  draw();
  addEventListener('themechange', draw);
  const size = new ResizeObserver(() => panel.resize());
  size.observe(plot);
  return { end() { removeEventListener('themechange', draw); size.disconnect(); panel.end(); } };
}
