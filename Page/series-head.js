// What stands above the picture: which series it is, where it comes from, and how it fares.

import * as api from './api.js';
import { h, fill, icon, iconButton, icons } from './dom.js';
import * as format from './format.js';
import * as router from './router.js';

export function makeHead(place, { remove }) {
  const title = h('h1');
  const facts = h('p.facts');
  const problems = h('div.problems');
  let entry = null, ending = null;
  fill(place,
    h('a.back', { href: router.write('series') }, icon(icons.back), 'All series'), title, facts, problems);

  /** @returns whether one of them fails */
  async function show(chosen, stepOf, signal) {
    if (!chosen.includes(entry?.identifier) || chosen.length > 1) {
      entry = ending = null;
      fill(facts);
      fill(problems);
    }
    fill(title, chosen.length === 1 ? chosen[0] : chosen.map((id, index) =>
      h('span.chip', { class: `chip c${index + 1}` }, h('i.dot'), h('span', {}, id), iconButton(`Take ${id} out`, icons.close, () => remove(id)))));
    title.classList.toggle('many', chosen.length > 1);
    title.classList.toggle('long', chosen.length === 1 && chosen[0].length > 40);
    const found = await Promise.all(chosen.map(async (id) => {
      try { return await api.get('v1/status', { id }, signal); } catch (error) { return { identifier: id, error }; }
    }));
    if (signal.aborted) return false;
    entry = chosen.length === 1 ? { ...found[0], identifier: chosen[0] } : null;
    tell(stepOf, ending);
    const failing = found.filter(({ status }) => status?.failing);
    fill(problems, failing.map(banner));
    return failing.length > 0;
  }

  /** @param {number|null} newest where its history ends, which is known sooner than it is written down */
  function tell(stepOf, newest = null) {
    ending = newest;
    if (entry) fill(facts, sentence(entry, stepOf(entry.identifier), newest));
  }

  function sentence({ kind, source, bucket, status, error }, step, newest) {
    if (error) return error.status === 404 ? 'Not registered: what is stored of it is shown until it expires.' : `How it fares is not known: ${error.message}`;
    return [
      kind === 'source' ? `Fetched from ${source ?? 'the default source'}` : `Written to ${bucket ?? 'a bucket'}`,
      step ? `a row every ${format.length(step)}` : null,
      status?.history ? `history from ${format.date(status.history.from)} to ${format.ago(Math.max(status.history.to, newest ?? status.history.to))}` : null,
      status?.lastRun && kind === 'source' ? `last run ${format.ago(status.lastRun)}` : null,
      status?.nextRun ? `next ${format.ago(status.nextRun)}` : null,
    ].filter(Boolean).join(', ');
  }

  const banner = ({ identifier, status }) => h('div.banner', { role: 'status' },
    h('b', {}, `${identifier} is failing`),
    h('p', {}, status.lastError?.message ?? 'Its last run gave no reason.'),
    h('p.note', {}, [
      status.lastError ? `Failed ${format.ago(status.lastError.time)}` : null,
      status.lastSuccess ? `last went well ${format.ago(status.lastSuccess)}` : 'never went well',
    ].filter(Boolean).join(', ')));

  return { show, tell };
}
