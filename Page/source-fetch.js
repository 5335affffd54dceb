// The first fetch by a description: its series registered, then fetched as the schedule would have it fetched.

import * as api from './api.js';
import * as keys from './keys.js';
import * as router from './router.js';
import { h, fill } from './dom.js';
import * as format from './format.js';
import { ask, problem } from './console.js';

/** Milliseconds between two looks at a series' status. */
const pause = 500;
/** Milliseconds that a message may wait beside the function's own time. */
const patience = 60_000;

/**
 * @param {{question: function, source: function, isChanged: function, made: function}} of `source` is the name of the saved description,
 * null where there is none yet; `made` gives the series that a check of an identifier found, by what is saved
 */
export function makeFetch({ question, source, isChanged, made }) {
  const register = h('button', { type: 'button', onclick: () => run(onRegister) }, 'Register'), start = h('button', { type: 'button', onclick: () => run(onFetch) }, 'Fetch');
  const note = h('p.note'), told = h('div', { role: 'status', 'aria-live': 'polite' });
  const element = h('section.stack.source-fetch', { 'aria-label': 'Register and fetch' }, h('h2', {}, 'Register and fetch'), note, h('div.row', {}, register, start), told);
  let controller = new AbortController(), isBusy = false;

  function show() {
    const name = source();
    fill(note, name === null ? 'Save the description: the functions use what is saved.'
      : isChanged() ? 'What you typed is not saved: the functions use what is.' : 'The identifier above, with its attributes. Fetch restarts the functions, so that they read the description as it is saved.');
    register.disabled = start.disabled = isBusy || name === null;
  }

  async function run(work) {
    const asked = question();
    if (isBusy) return;
    if (!asked.identifier) { fill(told, problem({ status: 0, message: 'Give an identifier above.' })); return; }
    if (!asked.isReadable) { fill(told, problem({ status: 0, message: 'The attributes are no JSON.' })); return; }
    const { signal } = controller = new AbortController();
    isBusy = true;
    fill(told);
    show();
    try { await work(asked, signal); } catch (error) {
      if (error.name !== 'AbortError') fill(told, problem(error));
      if (error.isKeyMissing) keys.askAfter(error);
    }
    isBusy = false;
    show();
  }

  async function onRegister({ identifier, attributes }, signal) {
    await ask('POST', 'sources/register', { body: JSON.stringify({ identifier, source: source(), attributes }), signal });
    fill(told, h('p', {}, h('b', {}, identifier), ` is registered with the source ${source()}.`));
  }

  const statusOf = (identifier, signal) => api.get('v1/status', { id: identifier }, signal);

  async function onFetch({ identifier }, signal) {
    // Somebody may check another identifier while this one is fetched.
    const series = made(identifier);
    let before;
    try { before = await statusOf(identifier, signal); } catch (error) {
      if (error.status !== 404) throw error;
      fill(told, problem({ status: 0, message: `${identifier} is not registered: register it first.` }));
      return;
    }
    if (before.source !== null && before.source !== source()) {
      fill(told, problem({ status: 0, message: `${identifier} is registered with the source ${before.source}: register it anew to fetch it from ${source()}.` }));
      return;
    }
    const { fetching } = await ask('GET', 'sources', { signal });
    fill(told, h('p', {}, 'Waiting for the fetch function.'));
    const { sent, queue, function: name } = await ask('POST', 'sources/fetch', { body: JSON.stringify({ identifier }), signal });
    const end = performance.now() + (fetching?.timeout ?? 60) * 1000 + patience;
    while (performance.now() < end) {
      const entry = await statusOf(identifier, signal);
      if ((entry.status?.lastRun ?? 0) >= sent) { fill(told, outcome(entry, before, sent, series)); return; }
      await new Promise((resolve) => setTimeout(resolve, pause));
      if (signal.aborted) return;
    }
    fill(told, h('p.problem', {}, `${identifier} has not been fetched yet. Look at `, h('a', { href: router.write('queues', { q: queue }) }, queue), ' and ', h('a', { href: router.write('functions', { f: name, tab: 'log', find: identifier }) }, `the log of ${name}`), '.'));
  }

  /** What was stored, or why nothing was. */
  function outcome({ identifier, status }, before, sent, series) {
    if (status.lastError && status.lastError.time >= sent) return h('p.problem', { role: 'alert' }, h('b', {}, 'Not fetched'), ` ${status.lastError.message}`);
    const stored = status.stored - (before.status?.stored ?? 0), rejected = status.rejected - (before.status?.rejected ?? 0);
    const links = series.length ? series.slice(0, 8) : [identifier];
    return [
      h('p', {}, h('b', {}, `${format.count(stored)} ${stored === 1 ? 'row' : 'rows'} stored`), rejected ? `, ${format.count(rejected)} rejected` : '', status.history ? `; history from ${format.stamp(status.history.from)} to ${format.stamp(status.history.to)}` : '', '.'),
      stored ? h('p.row', {}, links.map((one) => h('a', { href: router.write('series', { s: one }) }, `Chart of ${one}`))) : null,
    ];
  }

  return { element, show, stop() { controller.abort(); } };
}
