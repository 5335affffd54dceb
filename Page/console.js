// What the console's views share: asking the local cloud below `/_local-cloud`, looking again, tables, and a place for messages.

import { h, fill } from './dom.js';
import { APIError } from './api.js';
import { failed, loading } from './states.js';

const root = new URL('_local-cloud/', document.baseURI.split('#')[0]).href;

/**
 * The JSON of an answer. The header is one that a page of another site cannot send.
 *
 * @param {{body: string, query: object, signal: AbortSignal}} options
 * @throws {APIError}
 */
export async function ask(method, path, { body, query = {}, signal } = {}) {
  const parameters = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== undefined && value !== null));
  let response;
  try {
    response = await fetch(`${root}${path}${parameters.size ? `?${parameters}` : ''}`, { method, body, signal, headers: { 'X-Local-Cloud': 'page' }, credentials: 'omit', cache: 'no-store' });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new APIError(0, 'Unreachable', 'The local cloud does not answer.', 'Does it still run?');
  }
  const text = await response.text();
  let answer = {};
  try { answer = JSON.parse(text); } catch { /* What is no JSON has its status. */ }
  if (response.ok) return answer;
  const code = String(answer.__type ?? response.status).split('#').pop();
  throw new APIError(response.status, code, String(answer.message ?? answer.Message ?? (response.statusText || code)));
}

/** An operation of a service, with its own input and answer. */
export const call = (service, operation, input, signal) => ask('POST', `call/${service}/${operation}`, { body: JSON.stringify(input), signal });

/** The error in a line, for a place that has other contents, too. */
export const problem = (error) => h('p.problem', { role: 'alert' }, error.status >= 400 && !/^\d+$/.test(error.code) ? `${error.code}: ${error.message}` : error.message);

/** The frame of a view: its heading, a sentence, and the place for its contents. */
export function frame(place, title, words, ...tools) {
  const body = h('div.console-body');
  place.append(h('div.console', {}, h('header.console-head', {}, h('div', {}, h('h1', {}, title), h('p.note', {}, words)), tools.length ? h('div.tools', {}, tools) : null), body));
  document.title = `${title} · timeseries-cache`;
  return body;
}

/**
 * Puts contents in the place of others, and the focus where it was: on what has the same `data-key`.
 */
export function redraw(place, ...contents) {
  const key = place.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  fill(place, ...contents);
  if (key !== undefined) [...place.querySelectorAll('[data-key]')].find((one) => one.dataset.key === key)?.focus();
}

/**
 * Reads something, draws it, and looks again from time to time. What could not be read again stays, and the place says why.
 *
 * @param {{name: string, read: function(AbortSignal): Promise, draw: function(*), every: number}} what milliseconds; 0 does not look again
 * @returns {{again: function, stop: function}}
 */
export function watch(place, { name, read, draw, every = 3000 }) {
  const contents = h('div.watched'), trouble = h('div', {});
  fill(place, trouble, contents);
  fill(contents, loading(name, 4));
  let controller = new AbortController(), timer = null, last = null, hasStopped = false;

  async function again() {
    controller.abort();
    const mine = controller = new AbortController();
    clearTimeout(timer);
    try {
      const answer = await read(mine.signal);
      if (mine !== controller || hasStopped) return;
      fill(trouble);
      const text = JSON.stringify(answer);
      // What is the same is not drawn again: who reads or types there is left alone.
      if (text !== last) draw(answer, contents);
      last = text;
    } catch (error) {
      if (error.name === 'AbortError' || mine !== controller || hasStopped) return;
      if (last === null) fill(contents, failed(error, () => { fill(contents, loading(name, 4)); again(); }));
      else fill(trouble, problem(error));
    }
    if (every && !hasStopped) timer = setTimeout(() => (document.hidden ? onHidden() : again()), every);
  }
  const onHidden = () => document.addEventListener('visibilitychange', again, { once: true });
  again();
  return {
    again,
    stop() {
      hasStopped = true;
      controller.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', again);
    },
  };
}

/** @param {Array<string|{name, number}>} columns @param {Array<Array>} rows of cells: nodes or texts */
export function table(label, columns, rows) {
  const heads = columns.map((one) => (typeof one === 'string' ? { name: one } : one));
  return h('div.table', { tabindex: '0', role: 'region', 'aria-label': label }, h('table', {},
    h('thead', {}, h('tr', {}, heads.map(({ name, number }) => h(number ? 'th.number' : 'th', { scope: 'col' }, name)))),
    h('tbody', {}, rows.map((row) => h('tr', { class: row.current ? 'current' : null }, (row.cells ?? row).map((cell, index) => h(heads[index]?.number ? 'td.number' : 'td', {}, cell)))))));
}

/** JSON with a line for each member; another text as it is. */
export function readable(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

/** A block of text that scrolls, and can be reached by keys. */
export const block = (label, text) => h('pre', { tabindex: '0', role: 'region', 'aria-label': label }, text);

/** A field for longer texts. */
export const area = (label, attributes = {}) => h('textarea', { 'aria-label': label, spellcheck: 'false', autocomplete: 'off', autocapitalize: 'off', ...attributes });

/** Asks before something is done that cannot be undone. @returns {Promise<boolean>} */
export function confirmed(title, words, action) {
  return new Promise((resolve) => {
    let answer = false;
    const dialog = h('dialog', { 'aria-labelledby': 'confirm-title', onclose: () => { dialog.remove(); resolve(answer); } },
      h('form', { onsubmit: (event) => { event.preventDefault(); answer = true; dialog.close(); } },
        h('h2', { id: 'confirm-title' }, title), h('p', {}, words),
        h('div.actions', {}, h('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel'), h('button.primary', { type: 'submit' }, action))));
    document.body.append(dialog);
    dialog.showModal();
  });
}
