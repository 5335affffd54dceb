// The view *Query*: Timestream's SQL beside what there is to ask of.

import * as router from './router.js';
import { h, fill, icons, iconButton } from './dom.js';
import * as format from './format.js';
import { loading } from './states.js';
import { area, call, frame } from './console.js';
import { makeTree } from './query-tree.js';
import { makeResult } from './query-result.js';
import * as kept from './query-kept.js';
import { examples } from './query-examples.js';

/** Rows that are read of one answer, and the most that a page has. */
const mostRows = 10_000;
/** Of Timestream's prices: US dollars per GB that a query scans (https://aws.amazon.com/timestream/pricing/). */
const dollarsPerGB = 0.01;
/** Where the tables are, unless the tree says otherwise. */
const usualDatabase = 'TimeSeriesDB';

export function mount(root) {
  const body = frame(root, 'Query', 'Timestream’s SQL, run by the local cloud. Times are in UTC.');
  const field = area('SQL', { id: 'sql', rows: '9', wrap: 'off', placeholder: 'SELECT * FROM "TimeSeriesDB"."sensors" WHERE time > ago(1d) LIMIT 10', 'aria-describedby': 'sql-help', onkeydown: onKey, oninput: () => field.removeAttribute('aria-invalid') });
  const run = h('button.primary', { type: 'submit' }, 'Run'), stop = h('button', { type: 'button', hidden: true, onclick: () => controller.abort() }, 'Stop');
  const trouble = h('div', { role: 'alert' }), facts = h('p.note', { role: 'status' }), result = h('section', { 'aria-label': 'Result' });
  const lists = h('div.kept');
  const tree = h('section.tree', { 'aria-label': 'Databases' });
  body.classList.add('query');
  body.append(tree, h('div.stack', {},
    h('form.stack', { onsubmit: (event) => { event.preventDefault(); start(); } },
      h('label', { for: 'sql' }, 'SQL'), field,
      h('div.row', {}, run, stop, h('button', { type: 'button', onclick: save }, 'Save this query'), h('span.note', { id: 'sql-help' }, 'Ctrl and Enter runs it.'))),
    trouble, facts, result, lists));
  let controller = new AbortController(), isRunning = false, shown = null, database = usualDatabase;
  const ends = makeTree(tree, { insert, ask: (sql) => { field.value = sql; start(); }, found: (name) => { database = name; drawLists(); } });

  function insert(text) {
    field.setRangeText(text, field.selectionStart, field.selectionEnd, 'end');
    field.focus();
  }

  function onKey(event) {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    start();
  }

  async function start() {
    const sql = field.value;
    if (isRunning || !sql.trim()) return;
    router.go(router.write('query', { sql: sql.length < 4000 ? sql : undefined }), { replaces: true });
    isRunning = true;
    const { signal } = controller = new AbortController();
    run.disabled = true;
    stop.hidden = false;
    shown?.end();
    shown = null;
    fill(trouble);
    fill(facts, 'Running');
    fill(result, loading('rows', 5));
    field.removeAttribute('aria-invalid');
    const began = performance.now();
    try {
      const answer = await read(sql, signal);
      const took = performance.now() - began;
      fill(facts, words(answer, took));
      shown = makeResult(result, answer);
      kept.remember(sql, `${format.count(answer.rows.length)} ${answer.rows.length === 1 ? 'row' : 'rows'}`);
    } catch (error) {
      fill(facts);
      fill(result);
      if (error.name === 'AbortError') fill(facts, 'Stopped.');
      else {
        tell(error, sql);
        kept.remember(sql, 'failed');
      }
    }
    isRunning = false;
    run.disabled = false;
    stop.hidden = true;
    drawLists();
  }

  /** All pages of an answer, up to as many rows as can be looked at. */
  async function read(sql, signal) {
    const rows = [];
    let answer, token;
    do {
      answer = await call('timestream', 'Query', { QueryString: sql, NextToken: token }, signal);
      for (const row of answer.Rows) rows.push(row.Data);
      token = answer.NextToken;
    } while (token && rows.length < mostRows);
    // What is left is given back: its memory is for other queries.
    if (token) call('timestream', 'CancelQuery', { QueryId: answer.QueryId }).catch((error) => console.warn(error));
    return { columns: answer.ColumnInfo, rows, status: answer.QueryStatus, isCut: Boolean(token) };
  }

  function words({ rows, status, isCut }, took) {
    const dollars = status.CumulativeBytesMetered / 1e9 * dollarsPerGB;
    return [
      isCut ? `the first ${format.count(rows.length)} rows` : `${format.count(rows.length)} ${rows.length === 1 ? 'row' : 'rows'}`, format.length(took),
      `${format.bytes(status.CumulativeBytesScanned)} scanned`, `${format.bytes(status.CumulativeBytesMetered)} metered`,
      dollars ? `on AWS $${dollars.toPrecision(2)} at $${dollarsPerGB} per GB` : 'free on AWS',
    ].join(' · ');
  }

  /** An error stands below the line that it is in, and the field's cursor at its place. */
  function tell(error, sql) {
    const place = /line (\d+):(\d+)/.exec(error.message);
    const lines = sql.split('\n'), line = place ? lines[place[1] - 1] : undefined;
    fill(trouble, h('p.problem', {}, h('b', {}, error.code), ` ${error.message}`));
    if (line === undefined) return;
    // Columns count characters; the mark stands below one, whatever its width is in another script.
    const characters = [...line], before = characters.slice(0, place[2] - 1).join('');
    trouble.append(h('pre.marked', {}, `${before}`, h('mark', {}, characters[place[2] - 1] ?? ' '), characters.slice(place[2]).join('')));
    const start = lines.slice(0, place[1] - 1).reduce((sum, one) => sum + one.length + 1, 0) + before.length;
    field.setAttribute('aria-invalid', 'true');
    field.focus();
    field.setSelectionRange(start, start + (characters[place[2] - 1]?.length ?? 0));
  }

  function save() {
    const sql = field.value.trim();
    if (!sql) return;
    const name = h('input', { id: 'query-name', required: true, maxlength: '80', autocomplete: 'off' });
    const dialog = h('dialog', { 'aria-labelledby': 'save-title', onclose: () => dialog.remove() },
      h('form', { onsubmit: (event) => { event.preventDefault(); kept.save(name.value.trim() || sql.slice(0, 40), sql); drawLists(); dialog.close(); } },
        h('h2', { id: 'save-title' }, 'Save this query'), h('p.note', {}, 'It is kept in this browser.'), h('label', { for: 'query-name' }, 'Name'), name,
        h('div.actions', {}, h('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel'), h('button.primary', { type: 'submit' }, 'Save'))));
    document.body.append(dialog);
    dialog.showModal();
  }

  function drawLists() {
    const use = (sql) => () => { field.value = sql; field.focus(); };
    const list = (title, entries) => (entries.length ? h('details', { open: title !== 'History' }, h('summary', {}, title), h('ul', {}, entries)) : null);
    fill(lists,
      list('Saved queries', kept.saved().map(({ name, sql }) => h('li', {}, h('button.quiet', { type: 'button', title: sql, onclick: use(sql) }, name), iconButton(`Forget ${name}`, icons.close, () => { kept.forget(name); drawLists(); })))),
      list('Examples', examples(database).map(({ name, words, sql }) => h('li', {}, h('button.quiet', { type: 'button', title: sql, onclick: use(sql) }, name), h('span.note', {}, words)))),
      list('History', kept.history().map(({ sql, time, outcome }) => h('li', {}, h('button.quiet', { type: 'button', title: sql, onclick: use(sql) }, sql.replace(/\s+/g, ' ').slice(0, 120)), h('span.note', {}, `${format.stamp(time)}, ${outcome}`)))));
  }
  drawLists();

  return {
    show(route) {
      const sql = route.one('sql');
      if (sql !== undefined && sql !== field.value) field.value = sql;
      else if (!field.value) field.value = kept.history()[0]?.sql ?? '';
    },
    unmount() {
      controller.abort();
      ends();
      shown?.end();
    },
  };
}
