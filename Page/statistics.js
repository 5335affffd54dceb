// The strip of statistics of what is seen.

import * as api from './api.js';
import { h, fill } from './dom.js';
import * as format from './format.js';
import { loading } from './states.js';

export function makeStatistics(place) {
  let controller = new AbortController(), timer = null, isFirst = true;

  /** @param {Array} measures `{name, color(id)}` of those that are shown */
  function show(ids, measures, { from, to }) {
    controller.abort();
    controller = new AbortController();
    clearTimeout(timer);
    if (isFirst) fill(place, loading('statistics', 2));
    isFirst = false;
    place.setAttribute('aria-busy', 'true');
    // Whoever moves on does not wait for these.
    timer = setTimeout(() => read(ids, measures, { from, to }, controller.signal), 150);
  }

  async function read(ids, measures, range, signal) {
    const answers = await Promise.all(ids.map(async (id) => {
      try { return { id, ...(await api.get('v1/statistics', { id, ...range }, signal)) }; } catch (error) { return { id, error, measures: [] }; }
    }));
    if (signal.aborted) return;
    place.removeAttribute('aria-busy');
    const cards = measures.flatMap(({ name, color }) => answers.flatMap(({ id, measures: found, outliersAreCut }) =>
      found.filter(({ measure }) => measure === name).map((one) => card({ ...one, outliersAreCut }, color(id), ids.length > 1 ? id : ''))));
    const failures = answers.filter(({ error }) => error).map(({ id, error }) => h('p.problem', {}, `Statistics of ${id}: ${error.message}`));
    fill(place, cards, failures, cards.length || failures.length ? null : h('p.note', {}, 'Nothing to count in this range.'));
  }

  const card = (found, color, of) => h('div.card', {},
    h('h2', {}, h('i.dot', { class: color }), h('span', {}, found.measure, of ? h('small', {}, of) : null)),
    h('dl', {}, [
      ['mean', number(found.mean)], ['lowest', number(found.minimum)], ['highest', number(found.maximum)],
      ['deviation', number(found.deviation)], ['rows', format.count(found.count)],
      ['outliers', `${format.count(found.outliers.length)}${found.outliers.length && found.outliersAreCut ? '+' : ''}`, 'Values that are more than three deviations away from the mean'],
    ].map(([name, value, title]) => h('div', { title }, h('dt', {}, name), h('dd', {}, value)))));

  return { show, end() { controller.abort(); clearTimeout(timer); } };
}

const number = (value) => format.number(typeof value === 'boolean' ? String(value) : value);
