// The view *Schedules*: when each is due next, and a way to run it now.

import { h, fill } from './dom.js';
import * as format from './format.js';
import { empty } from './states.js';
import { ask, frame, problem, redraw, table, watch } from './console.js';

export function mount(root) {
  const body = frame(root, 'Schedules', 'What the stack sends by itself, and when. Times are yours; expressions count in UTC.');
  const told = h('div', { role: 'status' }), list = h('section', { 'aria-label': 'All schedules' });
  body.append(told, list);
  const watched = watch(list, {
    name: 'schedules',
    read: async (signal) => (await ask('GET', 'status', { signal })).schedules,
    draw: (schedules, place) => {
      if (!schedules.length) { fill(place, empty('No schedules', 'The stack sends nothing by itself.')); return; }
      redraw(place, table('Schedules', ['Schedule', 'When', 'Next', 'Sends to', 'Now'], schedules.map((one) => [
        h('b', {}, one.name), one.expression, next(one), one.target,
        h('button', { type: 'button', data: { key: `${one.name} ${one.target}` }, 'aria-label': `Run ${one.name} now`, onclick: (event) => run(one, event.target) }, 'Run now'),
      ])));
    },
  });
  // What a time is away from now changes by itself.
  const clock = setInterval(() => {
    for (const place of list.querySelectorAll('time')) fill(place, when(Date.parse(place.dateTime)));
  }, 1000);

  const when = (time) => `${format.full(time)}, ${format.ago(time)}`;
  const next = (one) => (one.next ? h('time', { datetime: one.next }, when(Date.parse(one.next))) : 'never again');

  async function run(one, button) {
    button.disabled = true;
    try {
      await ask('POST', `schedules/${encodeURIComponent(one.name)}/run`, { query: { target: one.target }, body: '' });
      fill(told, h('p', {}, `${one.name} ran at ${format.seconds(Date.now())}: ${one.target} has its event.`));
    } catch (error) { fill(told, problem(error)); }
    button.disabled = false;
    button.focus();
  }

  return { show() {}, unmount() { clearInterval(clock); watched.stop(); } };
}
