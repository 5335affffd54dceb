// The view *Tables*: DynamoDB's items, filtered and paged, and one of them edited.

import * as router from './router.js';
import { h, fill } from './dom.js';
import * as format from './format.js';
import { empty, failed, loading } from './states.js';
import { call, confirmed, frame, problem, table as makeTable } from './console.js';
import { editItem } from './table-item.js';

const pageSize = 50;
/** Requests that one page makes at most: a filter may pass many items before it finds one. */
const mostRequests = 20;
const operators = { '=': (name, value) => `${name} = ${value}`, 'begins with': (name, value) => `begins_with(${name}, ${value})`, contains: (name, value) => `contains(${name}, ${value})`, '<': (name, value) => `${name} < ${value}`, '>': (name, value) => `${name} > ${value}`, exists: (name) => `attribute_exists(${name})` };

/** A value of DynamoDB's JSON in short: a text as it is, others as JSON has them. */
export function short(value) {
  if (value === undefined) return '';
  const [[type, content]] = Object.entries(value);
  return ['S', 'N', 'B', 'BOOL'].includes(type) ? String(content) : type === 'NULL' ? 'null' : JSON.stringify(content);
}

export function mount(root) {
  const body = frame(root, 'Tables', 'DynamoDB’s items. An item is changed only if nobody else has changed it meanwhile.');
  const chooser = h('select', { id: 'table', onchange: () => router.go(router.write('tables', { t: chooser.value })) });
  const name = h('input', { id: 'filter-name', autocomplete: 'off', spellcheck: 'false', placeholder: 'attribute' });
  const operator = h('select', { 'aria-label': 'How to compare' }, Object.keys(operators).map((one) => h('option', {}, one)));
  const value = h('input', { 'aria-label': 'Value', autocomplete: 'off', spellcheck: 'false', placeholder: 'value' });
  const kind = h('select', { 'aria-label': 'Kind of value' }, h('option', { value: 'S' }, 'text'), h('option', { value: 'N' }, 'number'));
  const told = h('div', { role: 'status' }), items = h('section', { 'aria-label': 'What the table has' });
  const add = h('button', { type: 'button', disabled: true, onclick: () => editItem({ table: chosen, keys, item: null, done: changed }) }, 'New item');
  body.append(
    h('div.row', {}, h('label', { for: 'table' }, 'Table'), chooser, add),
    h('form.row', { onsubmit: (event) => { event.preventDefault(); pages = [null]; read(); } }, h('label', { for: 'filter-name' }, 'Filter'), h('span.grow', {}, name), operator, h('span.grow', {}, value), kind, h('button', { type: 'submit' }, 'Filter')),
    told, items);
  let chosen = null, keys = [], pages = [null], controller = new AbortController(), names = null;

  async function readNames() {
    fill(items, loading('tables'));
    try {
      const found = [];
      let last;
      do {
        const answer = await call('dynamodb', 'ListTables', { ExclusiveStartTableName: last }, controller.signal);
        found.push(...answer.TableNames);
        last = answer.LastEvaluatedTableName;
      } while (last && found.length < 1000);
      names = found;
      fill(chooser, names.map((one) => h('option', { value: one }, one)));
      if (!names.length) fill(items, empty('No tables', 'The stack has none, and no client has made one.'));
      else open();
    } catch (error) {
      if (error.name !== 'AbortError') fill(items, failed(error, readNames));
    }
  }

  async function open() {
    const table = wanted && names.includes(wanted) ? wanted : wanted ? null : names[0];
    add.disabled = true;
    if (table === null) { fill(items, empty('No such table', `There is no table “${wanted}”.`)); return; }
    if (table === chosen) return;
    chosen = chooser.value = table;
    pages = [null];
    fill(told);
    controller.abort();
    const { signal } = controller = new AbortController();
    fill(items, loading('items', 5));
    try {
      const { Table } = await call('dynamodb', 'DescribeTable', { TableName: table }, signal);
      keys = Table.KeySchema.map(({ AttributeName }) => AttributeName);
      add.disabled = false;
      await read();
    } catch (error) {
      if (error.name !== 'AbortError') fill(items, failed(error, () => { chosen = null; open(); }));
    }
  }
  let wanted = null;

  function filter() {
    const attribute = name.value.trim();
    if (!attribute) return {};
    const needsValue = operator.value !== 'exists';
    return {
      FilterExpression: operators[operator.value]('#name', ':value'), ExpressionAttributeNames: { '#name': attribute },
      ...(needsValue ? { ExpressionAttributeValues: { ':value': { [kind.value]: value.value } } } : {}),
    };
  }

  async function read() {
    if (chosen === null) return;
    controller.abort();
    const { signal } = controller = new AbortController();
    items.setAttribute('aria-busy', 'true');
    try {
      let start = pages.at(-1), found = [], requests = 0;
      do {
        const answer = await call('dynamodb', 'Scan', { TableName: chosen, Limit: pageSize, ExclusiveStartKey: start ?? undefined, ConsistentRead: true, ...filter() }, signal);
        found = [...found, ...answer.Items];
        start = answer.LastEvaluatedKey;
        requests += 1;
      } while (start && found.length < pageSize && requests < mostRequests);
      draw(found, start);
    } catch (error) {
      if (error.name !== 'AbortError') fill(items, failed(error, read));
    }
    items.removeAttribute('aria-busy');
  }

  function draw(found, next) {
    const others = [...new Set(found.flatMap(Object.keys))].filter((one) => !keys.includes(one)).sort();
    const columns = [...keys, ...others.slice(0, 12)];
    const turn = (change) => () => { change(); read(); };
    fill(items,
      found.length ? makeTable('Items', [...columns, 'Change'], found.map((item) => [
        ...columns.map((column) => h('span', { title: short(item[column]).slice(0, 500) }, short(item[column]).slice(0, 200))),
        h('span.row', {}, h('button', { type: 'button', 'aria-label': `Edit ${keyWords(item)}`, onclick: () => editItem({ table: chosen, keys, item, done: changed }) }, 'Edit'),
          h('button', { type: 'button', 'aria-label': `Delete ${keyWords(item)}`, onclick: () => remove(item) }, 'Delete'))])) : empty('No items', next ? 'None yet that the filter lets through: look at the next page.' : pages.length > 1 ? 'This page has none.' : 'Nothing is in this table, or the filter lets nothing through.'),
      pages.length > 1 || next ? h('div.pager', {},
        h('button', { type: 'button', disabled: pages.length === 1, onclick: turn(() => pages.pop()) }, 'Before'),
        h('span', { role: 'status' }, `Page ${format.count(pages.length)}`),
        h('button', { type: 'button', disabled: !next, onclick: turn(() => pages.push(next)) }, 'After')) : null);
  }

  const keyWords = (item) => keys.map((one) => short(item[one])).join(', ');

  async function remove(item) {
    if (!await confirmed('Delete this item?', keyWords(item), 'Delete')) return;
    try {
      await call('dynamodb', 'DeleteItem', { TableName: chosen, Key: Object.fromEntries(keys.map((one) => [one, item[one]])), ConditionExpression: 'attribute_exists(#key)', ExpressionAttributeNames: { '#key': keys[0] } });
      changed(`${keyWords(item)} is deleted.`);
    } catch (error) { fill(told, problem(error)); }
  }

  function changed(words) {
    fill(told, h('p', {}, words));
    read();
  }

  readNames();
  return {
    show(route) {
      wanted = route.one('t') ?? null;
      if (names?.length) open();
    },
    unmount() { controller.abort(); },
  };
}
