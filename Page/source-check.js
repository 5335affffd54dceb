// What a source gives by a description: what was asked, what was read, and what was never found. Nothing is stored.

import { h, fill } from './dom.js';
import * as format from './format.js';
import { loading } from './states.js';
import { area, ask, problem, readable, table } from './console.js';

/**
 * @param {{draft: function, key: function, onIdentifier: function(string)}} of `draft` is the description as it is written, `key` names the
 * parameter that has the key
 */
export function makeCheck({ draft, key, onIdentifier }) {
  const identifier = h('input', { id: 'check-identifier', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', required: true, onchange: () => onIdentifier(identifier.value) });
  const attributes = area('Attributes of its item', { id: 'check-attributes', rows: '2', placeholder: '{"latitude": "48.86"}', 'aria-describedby': 'attributes-help' });
  // It stays in this field: no link, no storage and no log has it.
  const secret = h('input', { id: 'check-key', type: 'password', autocomplete: 'new-password', spellcheck: 'false', 'aria-describedby': 'key-help' });
  const button = h('button.primary', { type: 'submit' }, 'Check'), end = h('button', { type: 'button', hidden: true, onclick: () => controller.abort() }, 'Stop');
  const told = h('div', { role: 'status', 'aria-live': 'polite' }), result = h('div.stack'), keyHelp = h('p.note', { id: 'key-help' });
  const element = h('section.stack.source-check', { 'aria-label': 'Check' }, h('h2', {}, 'Check'),
    h('form.stack', { 'aria-label': 'What to ask', onsubmit: (event) => { event.preventDefault(); run(); } },
      h('label', { for: 'check-identifier' }, 'Identifier'), identifier,
      h('label', { for: 'check-attributes' }, 'Attributes of its item'), attributes,
      h('p.note', { id: 'attributes-help' }, 'JSON. Empty: those of its item, where it is registered.'),
      h('label', { for: 'check-key' }, 'Key'), secret, keyHelp,
      h('div.row', {}, button, end)),
    told, result);
  let controller = new AbortController(), made = { of: null, series: [] };

  /** `isReadable` is false where the attributes are no JSON. */
  function question() {
    const text = attributes.value.trim();
    let given;
    if (text) try { given = JSON.parse(text); } catch { given = undefined; }
    return { identifier: identifier.value, attributes: given, key: secret.value || undefined, isReadable: !text || given !== undefined };
  }

  async function run() {
    if (button.disabled || !element.querySelector('form').reportValidity()) return;
    const { isReadable, ...asked } = question();
    onIdentifier(asked.identifier);
    if (!isReadable) { fill(told, problem({ status: 0, message: 'The attributes are no JSON.' })); attributes.focus(); return; }
    const { signal } = controller = new AbortController(), description = draft();
    made = { of: null, series: [] };
    button.disabled = true;
    end.hidden = false;
    fill(told, h('p', {}, 'Asking the source.'));
    fill(result, loading('the answer', 5));
    try {
      const report = await ask('POST', 'sources/check', { body: JSON.stringify({ ...description, ...asked }), signal });
      made = { of: subject(asked.identifier, description), series: report.series };
      fill(told, h(report.isGood ? 'p' : 'p.problem', {}, h('b', {}, words(report))));
      fill(result, show(report));
    } catch (error) {
      fill(result);
      fill(told, error.name === 'AbortError' ? h('p', {}, 'Stopped.') : problem(error));
    }
    button.disabled = false;
    end.hidden = true;
  }

  return {
    element, run, question,
    /** The series that the rows of the last check make; none where they are the identifier's own, or it had another one or another description. */
    made: (identifier, description) => (made.of === subject(identifier, description) ? made.series : []),
    setIdentifier(value) {
      if (value && value !== identifier.value) identifier.value = value;
      const name = key();
      fill(keyHelp, name ? `Empty: the one of ${name}, or of the description’s keyParameter.` : 'Empty: the one of the description’s keyParameter.');
    },
    stop() { controller.abort(); },
  };
}

/** What a check is of. Blanks between the members of a description make no other one of it. */
const subject = (identifier, { name, text }) => JSON.stringify([identifier, name, readable(text)]);
const times = (count) => (count === 1 ? 'once' : `${format.count(count)} times`);
const plural = (count, noun) => `${format.count(count)} ${noun}${count === 1 ? '' : 's'}`;

function words({ isGood, failure, faultCount, measures, lackingTime, rows, samples, pages, next }) {
  const lostNext = next === false ? 'the link to the next page was never found' : null;
  if (isGood) {
    const told = rows === 0 ? 'The source answered, but no row was read: is the identifier right, and does the window have rows?'
      : `${samples ? 'All is well' : 'No row has both a time and a value'}: ${plural(samples, 'sample')} in ${plural(rows, 'row')} of ${plural(pages, 'page')}.`;
    return lostNext ? `${told} But ${lostNext}.` : told;
  }
  const missing = measures.filter(({ isFound }) => !isFound).length;
  return [
    failure ? 'The source could not be read to its end' : null, faultCount ? `${plural(faultCount, 'fault')}` : null,
    lackingTime && !lackingTime.isFound ? `the time was never found at ${lackingTime.name}` : null,
    missing ? `${plural(missing, 'measure')} ${missing === 1 ? 'was' : 'were'} never found` : null, lostNext,
  ].filter(Boolean).join('; ') + '.';
}

/** How often a place was found, and why what was there could not be read. */
function found({ values, blanks, unreadable, reason, isFound }) {
  if (!isFound) return h('b.problem', {}, 'never found');
  if (!unreadable) return times(values);
  return h('span.wrapped', {}, times(values + unreadable), ', ', h('b.problem', {}, values + blanks ? `${times(unreadable)} unreadable` : 'unreadable'), `: ${reason}`);
}

/** A report in full. */
function show(report) {
  const { asked, values, measures, lackingTime, faults, failure, series } = report;
  const more = report.seriesCount - series.length, unread = report.faultCount - faults.length;
  return [
    failure || faults.length ? h('section', { 'aria-label': 'Faults' }, h('h3', {}, 'Faults'),
      h('ul.faults', {}, [failure, ...faults].filter(Boolean).map(({ place, reason }) => h('li.problem', {}, h('b', {}, place), `: ${reason}`))),
      unread > 0 ? h('p.note', {}, `and ${format.count(unread)} more`) : null) : null,
    measures.length ? table('Measures', ['Measure', 'Found', { name: 'Without a value', number: true }], measures.map((measure) => [
      h('span.wrapped', {}, measure.name), found(measure), measure.blanks ? format.count(measure.blanks) : ''])) : null,
    h('h3', {}, 'What was read'),
    h('dl.facts-list', {},
      fact('Asked for', `${format.stamp(report.from)} to ${format.stamp(report.to)}`), fact('Pages', format.count(report.pages)), fact('Rows', format.count(report.rows)),
      fact('With a time and a value', format.count(report.samples)), lackingTime ? fact(`Time at ${lackingTime.name}`, found(lackingTime)) : null, report.seriesCount ? fact('Series', format.count(report.seriesCount)) : null,
      report.next === null ? null : fact('Link to the next page', report.next ? 'found' : 'found on no page')),
    h('dl.facts-list.wide', {}, fact('First sample', h('code', {}, report.first ?? 'none')), fact('Last sample', h('code', {}, report.last ?? 'none'))),
    series.length ? h('ul.made', { 'aria-label': 'Series that the rows make' }, series.map((one) => h('li', {}, one)), more > 0 ? h('li.note', {}, `and ${format.count(more)} more`) : null) : null,
    h('h3', {}, 'What was asked'),
    table('What was asked', ['Page', 'Address', 'Status', { name: 'Bytes', number: true }, { name: 'Took', number: true }], asked.map(({ page, url, status, bytes, milliseconds }) => [
      page === 0 ? 'first' : format.count(page), h('code.wrapped', {}, url), status === null ? 'no answer' : String(status), bytes === null ? '' : format.count(bytes), milliseconds === null ? '' : format.length(milliseconds)])),
    values.length ? h('dl.facts-list', {}, values.map(({ name, value }) => fact(`The first request’s ${name}`, value))) : null,
  ];
}

const fact = (name, value) => h('div', {}, h('dt', {}, name), h('dd', {}, value));
