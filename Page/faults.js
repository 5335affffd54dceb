// The view *Faults*: faults on purpose, on and off, their rules, and how often each struck.

import { h, fill } from './dom.js';
import * as format from './format.js';
import { empty } from './states.js';
import { area, ask, frame, problem, redraw, table, watch } from './console.js';

const storageKey = 'fault-rules';
const example = `# JSON does, too. See "Faults on purpose" in docs/local-cloud.md.
faults:
  - { fault: throttling, service: dynamodb, probability: 0.2 }
  - { fault: latency, service: timestream, milliseconds: [200, 800], every: 3 }
`;

export function mount(root) {
  const body = frame(root, 'Faults', 'Let services fail on purpose, to see how clients take it. Functions are struck whoever invokes them; the rest of what this page asks is spared.');
  const state = h('p', { role: 'status' }), told = h('div', {}), list = h('section', { 'aria-label': 'Rules that count now' });
  const field = area('Rules', { id: 'fault-rules', rows: '10', 'aria-describedby': 'fault-help', onkeydown: onKey });
  field.value = localStorage.getItem(storageKey) ?? example;
  const on = h('button.primary', { type: 'submit' }, 'Turn on');
  const off = h('button', { type: 'button', onclick: () => change('DELETE') }, 'Turn off');
  body.append(h('form.stack', { onsubmit: (event) => { event.preventDefault(); change('PUT', field.value); } },
    state, h('label', { for: 'fault-rules' }, 'Rules'), field,
    h('p.note', { id: 'fault-help' }, 'YAML or JSON. Ctrl and Enter turns them on.'), told, h('div.row', {}, on, off)),
  list);

  let isOn = false;
  const watched = watch(list, {
    name: 'rules',
    read: (signal) => ask('GET', 'faults', { signal }),
    every: 2000,
    draw: ({ faults, seed }, place) => {
      isOn = faults.length > 0;
      fill(state, h('b', {}, isOn ? 'On' : 'Off'), isOn ? ` with ${format.count(faults.length)} ${faults.length === 1 ? 'rule' : 'rules'}, seed ${seed}` : ': nothing fails on purpose.');
      fill(on, isOn ? 'Use these rules' : 'Turn on');
      off.disabled = !isOn;
      if (!isOn) { fill(place, empty('No rules', 'Turn rules on, and see here how often each strikes.')); return; }
      redraw(place, table('Rules', ['Rule', { name: 'Requests', number: true }, { name: 'Struck', number: true }], faults.map(({ requests, struck, ...rule }) => [
        h('code', {}, Object.entries(rule).map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`).join(', ')), format.count(requests), format.count(struck)])));
    },
  });

  async function change(method, text) {
    on.disabled = off.disabled = true;
    try {
      await ask(method, 'faults', { body: text });
      if (text !== undefined) localStorage.setItem(storageKey, text);
      fill(told);
      field.removeAttribute('aria-invalid');
    } catch (error) {
      fill(told, problem(error));
      field.setAttribute('aria-invalid', 'true');
    }
    on.disabled = false;
    off.disabled = !isOn;
    await watched.again();
  }

  function onKey(event) {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    change('PUT', field.value);
  }

  return { show() {}, unmount() { watched.stop(); } };
}
