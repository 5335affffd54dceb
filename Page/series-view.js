// The chosen series: picture, statistics, rows, and how programs get the same.

import * as keys from './keys.js';
import { makeChart } from './chart.js';
import { csv, fileName, save } from './csv.js';
import { read, stepOf } from './data.js';
import { h, fill, icon, icons } from './dom.js';
import * as format from './format.js';
import { refreshEvery, resolve } from './range.js';
import { makeRows } from './rows.js';
import { makeHead } from './series-head.js';
import { copyButton, makeShare } from './share.js';
import { empty, failed, loading } from './states.js';
import { makeStatistics } from './statistics.js';
import { makeTabs } from './tabs.js';
import { makeToolbar } from './toolbar.js';

/** So many measures are drawn where nobody chose. */
const drawnAtFirst = 4;
/** Milliseconds after which it is asked again how a series fares, one that fails, and what failed for a reason that may pass: those of these statuses. */
const toldAgain = 120_000, toldFailing = 30_000, askedAgain = 10_000;
const passing = [0, 429, 503];
const tabEntries = [{ id: 'rows', name: 'Rows' }, { id: 'use', name: 'Use this view' }];

export function mountDetail(root, { change }) {
  const places = {
    head: h('header.series-head'), toolbar: h('div.toolbar', { role: 'toolbar', 'aria-label': 'Range of time' }), measures: h('div.measures', { role: 'group', 'aria-label': 'Measures' }),
    picture: h('div.picture'), message: h('div.message'), notes: h('div.notes'), statistics: h('section.statistics', { 'aria-label': 'Statistics of this range' }), tabs: h('section.more'),
  };
  const nothing = h('div.nothing-chosen', {}, empty('No series chosen', 'Choose one in the list.'));
  const body = h('div.body', { hidden: true }, Object.values(places));
  root.append(nothing, body);

  // Whoever looks at the same series in the same moment asks the same, which is answered once.
  const range = () => resolve(asked, Math.floor(Date.now() / every()) * every());
  const head = makeHead(places.head, { remove: (id) => change({ s: asked.chosen.filter((one) => one !== id) }) });
  const toolbar = makeToolbar(places.toolbar, {
    choose: (id) => change({ range: id, from: undefined, to: undefined }), range, setRange, reset, setLive,
    tools: copyButton(() => location.href, 'Copy link', icons.link),
  });
  const chart = makeChart(places.picture, { onRange: setRange, onReset: reset });
  const statistics = makeStatistics(places.statistics);
  const tabs = makeTabs(places.tabs, tabEntries, {
    onSelect: (id) => change({ tab: id === 'rows' ? undefined : id }, { replaces: true }),
    tools: h('button.quiet', { type: 'button', onclick: saveView }, icon(icons.save), h('span', {}, 'CSV of this view')),
  });
  const rows = makeRows(tabs.panels.rows);
  const share = makeShare(tabs.panels.use);

  let asked = { chosen: [] }, reads = [], names = [], controller = new AbortController(), timer = null, headTimer = null, isLive = true, headController = new AbortController();

  function setRange({ from, to }) { change({ from, to }); }
  function reset() { change({ from: undefined, to: undefined }); }

  function setLive(value) {
    isLive = value;
    if (isLive) {
      load();
      showHead();
      return;
    }
    clearTimeout(timer);
    showToolbar();
  }

  const key = ({ chosen, range, from, to }) => JSON.stringify([chosen, range, from, to]);

  function show(next) {
    const [before, isOther] = [asked, asked.chosen.join('\n') !== next.chosen.join('\n')];
    asked = next;
    body.hidden = !asked.chosen.length;
    nothing.hidden = !body.hidden;
    tabs.select(tabEntries.some(({ id }) => id === asked.tab) ? asked.tab : 'rows');
    if (!asked.chosen.length) {
      stop();
      stopHead();
      return;
    }
    if (isOther) {
      reads = [];
      names = [];
    }
    if (isOther || key(before) !== key(asked)) load(isOther); else draw();
  }

  /** Asks how the series fare, and again after a while: sooner where one fails, which somebody may be mending. */
  async function showHead(wasFailing = false) {
    stopHead();
    headController = new AbortController();
    const { signal } = headController;
    const isFailing = await head.show(asked.chosen, stepOf, signal);
    if (signal.aborted) return;
    tellAgain(isFailing);
    if (wasFailing && !isFailing) load(!reads.length);
  }

  function tellAgain(isFailing) {
    headTimer = setTimeout(() => (document.hidden || !isLive ? tellAgain(isFailing) : showHead(isFailing)), isFailing ? toldFailing : Math.max(every(), toldAgain));
  }

  function stopHead() {
    headController.abort();
    clearTimeout(headTimer);
  }

  function stop() {
    controller.abort();
    clearTimeout(timer);
  }

  async function load(isOther = false) {
    stop();
    controller = new AbortController();
    const { signal } = controller;
    const shown = range();
    showToolbar();
    if (isOther) showHead();
    if (isOther) {
      places.picture.hidden = true;
      fill(places.message, loading('the series', 7));
    } else chart.preview(shown);
    places.picture.setAttribute('aria-busy', 'true');
    // The plot is measured where it will stand, also before anything is in it.
    const pixels = Math.max((root.clientWidth || 800) - 110, 100);
    const found = await Promise.all(asked.chosen.map(async (id) => {
      try { return await read(id, { ...shown, pixels }, signal); } catch (error) { return { id, error }; }
    }));
    if (signal.aborted) return;
    const failures = found.filter(({ error }) => error);
    reads = found.filter(({ error }) => !error);
    places.picture.setAttribute('aria-busy', 'false');
    fill(places.notes, failures.length && reads.length ? failures.map(({ id, error }) => h('p.problem', {}, `${id}: ${error.message}`)) : '');
    if (failures.length) keys.askAfter(failures[0].error);
    if (!reads.length) {
      places.picture.hidden = places.tabs.hidden = true;
      places.statistics.replaceChildren();
      const { error } = failures[0];
      fill(places.message, error.status === 404 ? empty('No rows yet', error.message) : failed(error, () => load(true)));
    } else draw(shown);
    head.tell(stepOf, reads[0]?.baseline ?? null);
    schedule(failures.some(({ error }) => passing.includes(error.status)));
  }

  const measures = () => {
    const wanted = names.filter((name) => asked.m?.includes(name));
    return wanted.length ? wanted : names.slice(0, drawnAtFirst);
  };

  /** Whether a column of the rows is seen: a bin's have the name of the measure and what was made of it. */
  function isShown(column) {
    const shown = measures();
    const bare = reads.some(({ bin }) => bin) ? column.replace(/_(avg|min|max)$/, '') : column;
    return shown.includes(column) || shown.includes(bare) || reads.some(({ texts }) => texts.has(bare));
  }

  async function saveView({ currentTarget: button }) {
    if (button.ariaBusy === 'true') return;
    button.ariaBusy = 'true';
    const names = measures();
    try {
      const text = await csv(reads, ({ measures, texts }) => [...names.filter((name) => measures.has(name)), ...texts]);
      save(fileName(asked.chosen), text);
    } catch (error) {
      if (error.name !== 'AbortError') fill(places.notes, h('p.problem', { role: 'alert' }, `The file was not written: ${error.message}`));
    }
    button.ariaBusy = 'false';
  }

  const colorOf = (id, measure) => `c${1 + (asked.chosen.length > 1 ? asked.chosen.indexOf(id) : names.indexOf(measure)) % 8}`;

  function draw(shown = range()) {
    if (!reads.length) return;
    for (const { measures } of reads) for (const name of measures.keys()) if (!names.includes(name)) names.push(name);
    const drawn = measures();
    places.tabs.hidden = false;
    drawMeasures(drawn);
    const now = Date.now();
    const panels = drawn.map((measure) => ({
      measure,
      lines: reads.filter((one) => one.measures.has(measure)).map(({ id, bin, measures, switches }) => ({
        name: id, points: measures.get(measure), step: bin?.width ?? stepOf(id), color: colorOf(id, measure), isBinned: bin !== null, isStepped: switches.has(measure),
      })),
    })).filter(({ lines }) => lines.length);
    const isEmpty = !panels.length;
    places.picture.hidden = isEmpty;
    fill(places.message, isEmpty ? nothingHere() : '');
    const bins = reads.filter(({ bin }) => bin);
    // The chart takes its width from the page, so it is drawn once it is seen.
    if (!isEmpty) chart.render({
      panels, from: shown.from, to: shown.to, now, isCompared: asked.chosen.length > 1, isBinned: bins.length > 0,
      summary: `${drawn.join(', ')} of ${asked.chosen.join(', ')}, ${format.date(shown.from)} to ${format.date(shown.to)}`,
    });
    statistics.show(reads.map(({ id }) => id), drawn.map((name) => ({ name, color: (id) => colorOf(id, name) })), shown);
    rows.show(reads, isShown, now);
    share.show({
      ids: asked.chosen, measures: (id) => drawn.filter((name) => reads.find((one) => one.id === id)?.measures.has(name)), bins: new Map(bins.map(({ id, bin }) => [id, bin])),
      from: shown.preset?.from ?? new Date(shown.from).toISOString(), to: shown.preset?.to ?? new Date(shown.to).toISOString(),
    });
    showToolbar(shown);
  }

  function nothingHere() {
    const hasText = reads.some(({ texts }) => texts.size);
    return empty(hasText ? 'Only texts in this range' : 'Nothing in this range', hasText ? 'They are among the rows below.' : 'The series has rows at other times.',
      h('button', { type: 'button', onclick: () => change({ range: '1y', from: undefined, to: undefined }) }, 'Look at a year'));
  }

  function drawMeasures(drawn) {
    places.measures.hidden = names.length < 2;
    const isLast = (name) => drawn.length === 1 && drawn[0] === name;
    const focused = document.activeElement?.dataset?.measure;
    fill(places.measures, names.map((name) => h('button.measure', {
      type: 'button', data: { measure: name }, 'aria-pressed': String(drawn.includes(name)), ...(isLast(name) ? { 'aria-disabled': 'true', title: 'One measure is always shown' } : {}),
      onclick: () => isLast(name) || change({ m: drawn.includes(name) ? drawn.filter((one) => one !== name) : names.filter((one) => one === name || drawn.includes(one)) }, { replaces: true }),
    }, h('i.dot', { class: asked.chosen.length > 1 ? 'dot' : `dot ${colorOf('', name)}` }), name)));
    [...places.measures.children].find((one) => one.dataset.measure === focused)?.focus();
  }

  const every = () => Math.min(...asked.chosen.map((id) => refreshEvery(stepOf(id), reads.find((one) => one.id === id)?.bin?.width)));
  function showToolbar(shown = range()) { toolbar.show(shown, every(), isLive && shown.preset !== null); }

  /** @param {boolean} isPassing whether something failed that may be well in a moment */
  function schedule(isPassing) {
    clearTimeout(timer);
    if (!isPassing && !(isLive && range().preset)) return;
    timer = setTimeout(() => (document.hidden ? schedule(isPassing) : load(!reads.length)), isPassing ? Math.min(every(), askedAgain) : every());
  }

  return {
    show,
    reload() { if (asked.chosen.length) load(true); },
    unmount() {
      stop();
      stopHead();
      chart.end();
      statistics.end();
    },
  };
}
