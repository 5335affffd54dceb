// The view *Functions*: the last invocations, lines of the log that have a text, and a way to run a function with an event.

import * as router from './router.js';
import { h, fill } from './dom.js';
import * as format from './format.js';
import { empty, failed, loading } from './states.js';
import { makeTabs } from './tabs.js';
import { area, ask, block, frame, problem, readable, redraw, table, watch } from './console.js';

const megabyte = 1 << 20;

export function mount(root) {
  const body = frame(root, 'Functions', 'What ran since the local cloud started, how it went, and what was printed.');
  const list = h('section', { 'aria-label': 'All functions' }), detail = h('section.console-detail', { 'aria-label': 'Chosen function' });
  body.append(list, detail);
  let chosen = null, functions = [], shown = null, tab = 'invocations', find = '';

  const watched = watch(list, {
    name: 'functions',
    read: async (signal) => (await ask('GET', 'status', { signal })).functions,
    draw: (answer, place) => { functions = answer; draw(place); },
  });

  function draw(place) {
    if (!functions.length) { fill(place, empty('No functions', 'The stack has none.')); return; }
    redraw(place, table('Functions', ['Function', { name: 'Invocations', number: true }, { name: 'Failed invocations', number: true }, 'Last', 'Last error'], functions.map(({ name, invocations, failures, last, lastError }) => ({
      current: name === chosen,
      cells: [
        h('a', { href: router.write('functions', { f: name }), 'aria-current': name === chosen ? 'true' : null, data: { key: name } }, name),
        format.count(invocations), format.count(failures),
        last ? `${format.stamp(Date.parse(last.time))}, took ${format.length(last.milliseconds)}` : 'never',
        lastError ? h('span', { title: lastError.message }, lastError.message) : '',
      ],
    }))), h('p.note', {}, 'Identifiers that failed are listed under Series.'));
  }

  async function restart(name, told) {
    try {
      const { now, later } = await ask('POST', `functions/${encodeURIComponent(name)}/restart`);
      const processes = (count) => `${format.count(count)} ${count === 1 ? 'process' : 'processes'}`;
      fill(told, now + later ? `${processes(now)} ended${later ? `, ${processes(later)} after their event` : ''}. The next event starts another.` : 'No process runs. The next event starts one.');
    } catch (error) { fill(told, problem(error)); }
  }

  const go = (changes) => router.go(router.write('functions', { f: chosen, tab, find, ...changes }), { replaces: true });

  function open() {
    shown?.stop();
    shown = null;
    if (chosen === null) { fill(detail); return; }
    const told = h('p.note', { role: 'status' });
    fill(detail, h('div.detail-head', {}, h('h2', {}, chosen), h('button', { type: 'button', title: 'Ends its processes, as AWS does once its configuration has changed', onclick: () => restart(chosen, told) }, 'Restart')), told);
    const { panels, select } = makeTabs(detail, [{ id: 'invocations', name: 'Invocations' }, { id: 'log', name: 'Log' }, { id: 'invoke', name: 'Invoke' }], { onSelect: (id) => go({ tab: id }) });
    const parts = { invocations: makeInvocations(panels.invocations, chosen), log: makeLog(panels.log, chosen, (text) => go({ find: text })), invoke: makeInvoke(panels.invoke, chosen) };
    shown = { select, parts, stop: () => Object.values(parts).forEach((part) => part.stop()) };
  }

  function select() {
    if (!shown) return;
    shown.select(tab);
    for (const [id, part] of Object.entries(shown.parts)) part.show(id === tab, find);
  }

  return {
    show(route) {
      const name = route.one('f') ?? null, isNew = name !== chosen;
      chosen = name;
      tab = ['invocations', 'log', 'invoke'].includes(route.one('tab')) ? route.one('tab') : 'invocations';
      find = route.one('find') ?? '';
      if (functions.length) draw(list.querySelector('.watched'));
      if (isNew) open();
      select();
    },
    unmount() { watched.stop(); shown?.stop(); },
  };
}

function makeInvocations(place, name) {
  let watched = null;
  const results = { ok: 'ok', failed: 'failed', throttled: 'too many', stopped: 'cut short' };
  const draw = ({ invocations, memory }, at) => {
    if (!invocations.length) { fill(at, empty('Not run yet', 'The local cloud has not invoked this function since it started.')); return; }
    redraw(at, table('Last invocations', ['Ended', 'Result', { name: 'Took', number: true }, { name: 'Memory', number: true }, 'Request', 'Error'], invocations.map((one) => [
      format.stamp(Date.parse(one.time)), h(one.result === 'ok' ? 'span' : 'b.problem', {}, results[one.result] ?? one.result), format.length(one.milliseconds),
      one.memory ? `${Math.ceil(one.memory / megabyte)} of ${format.count(memory)} MB` : '–',
      h('a', { href: router.write('functions', { f: name, tab: 'log', find: one.id }), title: 'Its lines in the log', data: { key: one.id } }, one.id),
      one.error ? h('span', { title: one.error }, one.error) : '',
    ])));
  };
  return {
    show(isOpen) {
      if (isOpen && !watched) watched = watch(place, { name: 'invocations', read: (signal) => ask('GET', `functions/${encodeURIComponent(name)}/invocations`, { signal }), draw });
      if (!isOpen) { watched?.stop(); watched = null; fill(place); }
    },
    stop() { watched?.stop(); },
  };
}

function makeLog(place, name, onFind) {
  const field = h('input', { type: 'search', id: 'log-find', placeholder: 'A series, a request, a word', autocomplete: 'off', spellcheck: 'false' });
  const lines = h('div', {});
  place.append(h('form.row', { onsubmit: (event) => { event.preventDefault(); if (field.value === last) read(); else onFind(field.value); } },
    h('label.grow', {}, h('span.unseen', {}, 'Lines that have'), field), h('button', { type: 'submit' }, 'Find')), lines);
  let last = null, controller = new AbortController();

  async function read() {
    controller.abort();
    const { signal } = controller = new AbortController();
    fill(lines, loading('lines'));
    try {
      const answer = await ask('GET', `functions/${encodeURIComponent(name)}/lines`, { query: { find: last }, signal });
      if (!answer.count) { fill(lines, last ? empty('Nothing found', `No line has “${last}”.`) : empty('Nothing printed', 'This function has printed nothing yet.')); return; }
      const words = answer.count > answer.lines.length ? `The last ${format.count(answer.lines.length)} of ${format.count(answer.count)} lines` : `${format.count(answer.count)} ${answer.count === 1 ? 'line' : 'lines'}`;
      fill(lines, h('p.note', { role: 'status' }, words), h('div.log', { tabindex: '0', role: 'region', 'aria-label': 'Lines of the log' }, answer.lines.map(line)));
    } catch (error) {
      if (error.name !== 'AbortError') fill(lines, failed(error, read));
    }
  }

  /** A line of JSON begins with what people look for: its time, level and message. */
  function line(text) {
    let entry = null;
    try { entry = JSON.parse(text); } catch { /* Not every line is JSON. */ }
    const { time, timestamp, level, message, ...others } = entry && typeof entry === 'object' && !Array.isArray(entry) ? entry : {};
    if (message === undefined) return h('p', {}, text);
    const rest = Object.entries(others).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`).join(' ');
    return h('p', { class: /error|critical|fatal/i.test(String(level)) ? 'is-error' : null }, [time ?? timestamp, level].filter(Boolean).join(' '), ' ', h('b', {}, String(message)), rest ? ` ${rest}` : '');
  }

  return {
    show(isOpen, find) {
      if (!isOpen || find === last) return;
      last = find;
      field.value = find;
      read();
    },
    stop() { controller.abort(); },
  };
}

function makeInvoke(place, name) {
  const storageKey = `event ${name}`;
  const field = area('Event', { id: 'event', rows: '8', onkeydown: (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); } } });
  field.value = sessionStorage.getItem(storageKey) ?? '{}';
  const button = h('button.primary', { type: 'submit' }, 'Invoke'), told = h('div', { role: 'status' });
  place.append(h('form.stack', { onsubmit: (event) => { event.preventDefault(); run(); } }, h('label', { for: 'event' }, 'Event'), field, h('p.note', {}, 'JSON. Ctrl and Enter invokes.'), h('div.row', {}, button)), told);
  let controller = new AbortController();

  async function run() {
    if (button.disabled) return;
    const { signal } = controller = new AbortController();
    button.disabled = true;
    fill(told, loading('its answer'));
    sessionStorage.setItem(storageKey, field.value);
    try {
      const answer = await ask('POST', `functions/${encodeURIComponent(name)}/invoke`, { body: field.value, signal });
      fill(told,
        h(answer.error ? 'p.problem' : 'p', {}, answer.error ? h('b', {}, `Failed (${answer.error})`) : h('b', {}, 'Answered'), ` after ${format.length(answer.milliseconds)}, ${format.count(answer.size)} bytes`),
        block('Answer', readable(answer.payload)), h('h3', {}, 'Log'), block('Log of this invocation', answer.log));
    } catch (error) {
      if (error.name !== 'AbortError') fill(told, problem(error));
    }
    button.disabled = false;
  }
  return { show() {}, stop() { controller.abort(); } };
}
