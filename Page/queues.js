// The view *Queues*: counts, messages that are looked at without being taken, dead letters with their reason, and the way back.

import * as router from './router.js';
import { h, fill } from './dom.js';
import * as format from './format.js';
import { empty } from './states.js';
import { ask, block, frame, problem, readable, redraw, table, watch } from './console.js';

export function mount(root) {
  const body = frame(root, 'Queues', 'What waits, what is being worked on, and what was given up. Looking at messages takes none.');
  const list = h('section', { 'aria-label': 'All queues' });
  const told = h('p.note', { role: 'status' });
  const detail = h('section.console-detail', { 'aria-label': 'Messages' });
  body.append(list, told, detail);
  let chosen = null, status = { queues: [], functions: [] }, shown = null;

  const watched = watch(list, {
    name: 'queues',
    read: async (signal) => {
      const { queues, functions } = await ask('GET', 'status', { signal });
      return { queues, functions };
    },
    draw: (answer, place) => { status = answer; draw(place); },
  });

  function draw(place) {
    if (!status.queues.length) { fill(place, empty('No queues', 'The stack has none, and no client has made one.')); return; }
    redraw(place, table('Queues', ['Queue', { name: 'Visible', number: true }, { name: 'In flight', number: true }, { name: 'Delayed', number: true }, 'What for', 'Dead letters'], status.queues.map((queue) => ({
      current: queue.name === chosen,
      cells: [
        h('a', { href: router.write('queues', { q: queue.name }), 'aria-current': queue.name === chosen ? 'true' : null, data: { key: `q:${queue.name}` } }, queue.name),
        format.count(queue.visible), format.count(queue.inFlight), format.count(queue.delayed), purpose(queue), redriveButton(queue),
      ],
    }))));
  }

  const purpose = ({ deadLettersOf, readBy }) => [deadLettersOf.length ? `takes the dead letters of ${deadLettersOf.join(', ')}` : null, readBy.length ? `read by ${readBy.join(', ')}` : null].filter(Boolean).join('; ');

  function redriveButton(queue) {
    if (!queue.deadLettersOf.length) return '';
    if (queue.move?.status === 'RUNNING') return `${format.count(queue.move.moved)} moved so far`;
    return h('button', { type: 'button', disabled: queue.visible === 0, data: { key: `r:${queue.name}` }, 'aria-label': `Send the messages of ${queue.name} back`, onclick: () => redrive(queue) }, 'Send back');
  }

  async function redrive(queue) {
    try {
      const { moves } = await ask('POST', 'redrive', { query: { queue: queue.name } });
      const count = moves.reduce((sum, { messages }) => sum + messages, 0);
      fill(told, count === 1 ? '1 message is on its way back.' : `${format.count(count)} messages are on their way back.`);
    } catch (error) { fill(told, problem(error)); }
    await watched.again();
    if (queue.name === chosen) open();
  }

  // Messages

  function open() {
    shown?.abort();
    shown = new AbortController();
    if (chosen === null) { fill(detail); return; }
    const items = h('div.messages'), more = h('button', { type: 'button', hidden: true }, 'Older messages');
    const again = h('button', { type: 'button', onclick: open }, 'Look again');
    fill(detail, h('div.detail-head', {}, h('h2', {}, chosen), again), items, more);
    let next;
    const { signal } = shown;
    async function read() {
      more.disabled = true;
      try {
        const answer = await ask('GET', `queues/${encodeURIComponent(chosen)}/messages`, { query: { before: next }, signal });
        if (!answer.messages.length && !items.children.length) items.append(empty('No messages', 'Nothing lies in this queue now.'));
        items.append(...answer.messages.map(message));
        next = answer.next;
      } catch (error) {
        if (error.name === 'AbortError') return;
        items.append(problem(error));
      }
      more.disabled = false;
      more.hidden = !next;
    }
    more.addEventListener('click', read);
    read();
  }

  function message(one) {
    const facts = [format.ago(one.sent), one.state, one.received ? `received ${times(one.received)}` : null].filter(Boolean).join(' · ');
    const why = written(one) ?? (one.source ? reason(one) : null);
    return h('details.message-row', {},
      h('summary', {}, h('span.first-line', {}, one.body.slice(0, 300)), h('span.facts', {}, facts), why ? h('span.reason', {}, why) : null),
      h('dl.facts-list', {},
        fact('Sent', format.full(one.sent)), fact('Identifier', one.id), one.source ? fact('From', one.source) : null,
        one.visibleAt ? fact(one.state === 'delayed' ? 'Comes' : 'Comes back', format.full(one.visibleAt)) : null,
        one.attributes.map(({ name, value }) => fact(name, value))),
      block(`Body of ${one.id}`, readable(one.body)),
      one.isWhole ? null : h('p.note', {}, `This is the beginning: the message has ${format.count(one.size)} bytes.`));
  }

  const times = (count) => (count === 1 ? 'once' : `${format.count(count)} times`);
  const fact = (name, value) => h('div', {}, h('dt', {}, name), h('dd', {}, value));

  /** What stands on a dead letter as its reason: EventBridge writes an attribute, Lambda a record of the invocation. */
  function written({ attributes, body }) {
    const attribute = attributes.find(({ name }) => ['ErrorMessage', 'ERROR_MESSAGE'].includes(name))?.value;
    if (attribute !== undefined) return attribute;
    try {
      const words = JSON.parse(body)?.responsePayload?.errorMessage;
      return typeof words === 'string' ? words : undefined;
    } catch { return undefined; }
  }

  /** Why a message was moved: it was received too often, perhaps for the last error of who reads its queue. */
  function reason({ source, received }) {
    const readers = status.queues.find(({ name }) => name === source)?.readBy ?? [];
    const errors = status.functions.filter(({ name, lastError }) => readers.includes(name) && lastError).map(({ name, lastError }) => `the last error of ${name}: ${lastError.message}`);
    return [`received ${times(received)} from ${source}, and never deleted`, ...errors].join('; ');
  }

  return {
    show(route) {
      const name = route.one('q') ?? null;
      const isNew = name !== chosen;
      chosen = name;
      const place = list.querySelector('.watched');
      if (status.queues.length && place) draw(place);
      if (isNew) open();
    },
    unmount() { watched.stop(); shown?.abort(); },
  };
}
