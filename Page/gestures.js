// What mouse, fingers and keys do over a chart. Drag chooses a stretch, Shift and drag or a finger moves, two fingers or Ctrl and
// the wheel make it wider or narrower, a double click goes back; all of it by keys, too.

import { h } from './dom.js';
import { moved } from './range.js';

/** A shorter drag is a click. */
const leastDrag = 6;
const cursorStep = 6;

/**
 * @param {HTMLElement} surface lies over the charts and takes the focus
 * @param {object} chart `area()` gives left and width of the plot, `range()` what it shows
 * @param {object} on `preview(range)` while it goes on, `range(range)` at its end, `reset()`, `cursor(x|null, isByKey)`
 */
export function listen(surface, chart, on) {
  const choice = h('div.choice', { hidden: true });
  surface.append(choice);
  const pointers = new Map();
  let start = null, cursor = null;

  const x = (event) => event.clientX - surface.getBoundingClientRect().left;
  const part = (place) => { const { left, width } = chart.area(); return Math.min(Math.max((place - left) / width, 0), 1); };
  const timeAt = (place) => { const { from, to } = chart.range(); return from + part(place) * (to - from); };

  surface.addEventListener('pointerdown', (event) => {
    if (event.button) return;
    surface.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, x(event));
    const kind = pointers.size > 1 ? 'pinch' : event.pointerType === 'touch' || event.shiftKey ? 'move' : 'choose';
    start = { kind, at: x(event), range: chart.range(), places: [...pointers.values()], now: null };
  });

  surface.addEventListener('pointermove', (event) => {
    if (!pointers.has(event.pointerId) || !start) {
      if (event.pointerType !== 'touch') on.cursor(x(event), false);
      return;
    }
    pointers.set(event.pointerId, x(event));
    const { width } = chart.area();
    if (start.kind === 'move') {
      start.now = moved(start.range, { by: (start.at - x(event)) / width });
      on.preview(start.now);
    } else if (start.kind === 'pinch' && pointers.size > 1) {
      const places = [...pointers.values()];
      const before = Math.abs(start.places[0] - start.places[1]), after = Math.abs(places[0] - places[1]);
      start.now = moved(start.range, { times: Math.max(before, 20) / Math.max(after, 20), around: part((places[0] + places[1]) / 2) });
      on.preview(start.now);
    } else if (start.kind === 'choose') {
      const [left, right] = [Math.min(start.at, x(event)), Math.max(start.at, x(event))];
      choice.hidden = right - left < leastDrag;
      choice.style.left = `${left}px`;
      choice.style.width = `${right - left}px`;
      on.cursor(x(event), false);
    }
  });

  const end = (event) => {
    if (!pointers.delete(event.pointerId) || !start || pointers.size) return;
    choice.hidden = true;
    const { kind, at, now } = start;
    if (event.type === 'pointercancel') on.preview(start.range);
    else if (kind !== 'choose') { if (now) on.range(now); else on.cursor(x(event), false); }
    else if (Math.abs(x(event) - at) >= leastDrag) on.range({ from: Math.round(timeAt(Math.min(at, x(event)))), to: Math.round(timeAt(Math.max(at, x(event)))) });
    start = null;
  };
  surface.addEventListener('pointerup', end);
  surface.addEventListener('pointercancel', end);
  surface.addEventListener('pointerleave', () => { if (!start) on.cursor(null, false); });
  surface.addEventListener('dblclick', () => on.reset());

  let wheeled = null, wheelTimer = null;
  surface.addEventListener('wheel', (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    wheeled = moved(wheeled ?? chart.range(), { times: Math.exp(Math.max(-200, Math.min(200, event.deltaY)) / 300), around: part(x(event)) });
    on.preview(wheeled);
    clearTimeout(wheelTimer);
    wheelTimer = setTimeout(() => { on.range(wheeled); wheeled = null; }, 200);
  }, { passive: false });

  surface.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { left, width } = chart.area();
    const moveCursor = (by) => {
      cursor = Math.min(Math.max((cursor ?? left + width / 2) + by, left), left + width);
      on.cursor(cursor, true);
    };
    const actions = {
      ArrowLeft: () => (event.shiftKey ? on.range(moved(chart.range(), { by: -0.25 })) : moveCursor(-cursorStep)),
      ArrowRight: () => (event.shiftKey ? on.range(moved(chart.range(), { by: 0.25 })) : moveCursor(cursorStep)),
      '+': () => on.range(moved(chart.range(), { times: 0.5, around: cursor === null ? 0.5 : part(cursor) })),
      '=': () => actions['+'](),
      '-': () => on.range(moved(chart.range(), { times: 2, around: cursor === null ? 0.5 : part(cursor) })),
      0: () => on.reset(),
      Escape: () => { cursor = null; on.cursor(null, true); },
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  });
  surface.addEventListener('blur', () => { cursor = null; on.cursor(null, false); });
}
