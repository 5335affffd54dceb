// The picture of a view: a panel for each measure, one below the other, with one axis of times and one cursor.

import { h, fill } from './dom.js';
import * as format from './format.js';
import * as gestures from './gestures.js';
import { Panel } from './panel.js';

/** @returns {{render, preview, area, width, end}} */
export function makeChart(place, { onRange, onReset }) {
  const time = h('output.chart-time', { 'aria-live': 'off' });
  const key = h('p.chart-key', {},
    h('span', {}, h('i.solid'), 'history'), h('span', {}, h('i.dashed'), 'forecast'), h('span.band-key', { hidden: true }, h('i.band'), 'lowest to highest in a bin'));
  const panelsPlace = h('div.panels');
  const line = h('div.cursor', { hidden: true });
  const nowMark = h('span.now-mark', { hidden: true }, 'now');
  const surface = h('div.surface', {
    tabindex: '0', role: 'application', 'aria-roledescription': 'chart', 'aria-describedby': 'chart-help',
  }, line);
  const spoken = h('p.unseen', { role: 'status' });
  const help = h('p.unseen', { id: 'chart-help' }, 'Arrow keys move the cursor, Shift and arrow keys the range; plus and minus change its width; 0 goes back.');
  const stage = h('div.stage', {}, panelsPlace, surface, nowMark);
  fill(place, h('div.chart-head', {}, key, time), stage, spoken, help);

  let view = { panels: [], from: 0, to: 1, now: 0 }, panels = [], speakTimer = null;

  const area = () => {
    const first = panels[0]?.panel.area;
    return first ? { left: first.x, width: Math.max(first.w, 1) } : { left: 54, width: Math.max(stage.clientWidth - 60, 50) };
  };

  gestures.listen(surface, { area, range: () => ({ from: view.from, to: view.to }) }, {
    preview, range: onRange, reset: onReset, cursor: showCursor,
  });

  function render(next) {
    view = next;
    while (panels.length > view.panels.length) {
      const last = panels.pop();
      last.panel.end();
      last.root.remove();
    }
    while (panels.length < view.panels.length) panels.push(makePanel());
    const height = heightOf(view.panels.length);
    view.panels.forEach(({ measure, lines }, index) => {
      const one = panels[index], isLast = index === view.panels.length - 1;
      one.title.textContent = measure;
      one.plot.style.height = `${height + (isLast ? 18 : 0)}px`;
      one.panel.draw({ lines, from: view.from, to: view.to, hasTimes: isLast });
      one.panel.resize();
    });
    place.querySelector('.band-key').hidden = !view.isBinned;
    surface.setAttribute('aria-label', view.summary);
    placeNow();
    showCursor(null, false);
  }

  function makePanel() {
    const title = h('h2'), values = h('p.values'), plot = h('div.plot');
    const root = h('div.panel', {}, h('div.panel-head', {}, title, values), plot);
    panelsPlace.append(root);
    return { root, title, values, plot, panel: new Panel(plot, () => view.now) };
  }

  function preview({ from, to }) {
    view = { ...view, from, to };
    for (const { panel } of panels) panel.pan(from, to);
    placeNow();
  }

  function placeNow() {
    const { left, width } = area();
    const part = (view.now - view.from) / (view.to - view.from);
    nowMark.hidden = part < 0.02 || part > 0.98 || !panels.length;
    nowMark.style.left = `${left + part * width}px`;
  }

  /** Tells the values at a place, or without one the newest that are known. */
  function showCursor(x, isByKey) {
    const { left, width } = area();
    const isShown = x !== null && panels.length > 0 && x >= left - 2 && x <= left + width + 2;
    line.hidden = !isShown;
    const at = isShown ? view.from + ((x - left) / width) * (view.to - view.from) : view.now;
    if (isShown) line.style.left = `${x}px`;
    time.classList.toggle('is-zone', !isShown);
    time.textContent = isShown ? format.full(at) : format.zone;
    const words = [];
    view.panels.forEach(({ measure, lines }, index) => {
      fill(panels[index].values, lines.map((one) => {
        const point = nearest(one.points, at, isShown);
        const name = view.isCompared ? one.name : '';
        const band = point && one.isBinned && point[2] !== point[3] ? ` ${format.number(point[2])} to ${format.number(point[3])}` : '';
        if (point) words.push(`${measure}${name ? ` of ${name}` : ''} ${format.number(point[1])}${point[4] ? ', forecast' : ''}`);
        return h('span', { class: one.color }, h('i.dot'), name ? h('span.of', {}, name) : null,
          h('b', {}, point ? format.number(point[1]) : '–'), band ? h('small', {}, band) : null, point?.[4] ? h('small', {}, ' forecast') : null);
      }));
    });
    clearTimeout(speakTimer);
    if (isShown && isByKey) speakTimer = setTimeout(() => { spoken.textContent = `${format.full(at)}: ${words.join('; ')}`; }, 250);
  }

  const size = new ResizeObserver(() => {
    for (const { panel } of panels) panel.resize();
    placeNow();
  });
  size.observe(stage);
  const onTheme = () => render(view);
  addEventListener('themechange', onTheme);

  return {
    render, preview,
    /** Pixels that points can stand in. */
    get width() { return area().width; },
    end() {
      size.disconnect();
      removeEventListener('themechange', onTheme);
      for (const { panel } of panels) panel.end();
    },
  };
}

/** Of one panel, pixels: together they take about half of the window. */
function heightOf(panels) {
  const [least, part, most] = panels === 1 ? [300, 0.46, 640] : panels === 2 ? [190, 0.25, 360] : [150, 0.18, 280];
  return Math.round(Math.min(Math.max(innerHeight * part, least), most));
}

/** The point next to an instant; of the newest values, the last one that is not ahead of it. */
function nearest(points, at, isEither) {
  let low = 0, high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle][0] <= at) low = middle + 1; else high = middle;
  }
  const before = points[low - 1], after = points[low];
  if (!isEither) return before ?? after;
  if (!before || !after) return before ?? after;
  return at - before[0] <= after[0] - at ? before : after;
}
