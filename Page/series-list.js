// The list of series: those that fail first, each with its kind, last value, span and status.

import * as api from './api.js';
import * as keys from './keys.js';
import { h, fill, icon, icons } from './dom.js';
import * as format from './format.js';
import { empty, failed, loading } from './states.js';

/** So many are read by themselves; more on demand. */
const readAtOnce = 5000;
const pageSize = 1000;
const refreshedEvery = 30_000;
/** The last values of so many series are asked for at once, in an address of so many characters. */
const latestAtOnce = 50, longestAddress = 6000;

/**
 * A name as people tell series apart: of one that is written the measurement, and below it the values of its tags. The tags' names are there for
 * whoever hears or copies the name, which stays whole.
 */
function named({ identifier, kind }) {
  const [, measurement, rest] = /^((?:\\.|[^\\,])+)((?:,(?:\\.|[^\\,=])+=(?:\\.|[^\\,])+)+)$/su.exec(identifier) ?? [];
  if (kind !== 'written' || !rest) return identifier;
  const tags = [...rest.matchAll(/(,(?:\\.|[^\\,=])+=)((?:\\.|[^\\,])+)/gsu)];
  return [h('span.measurement', {}, measurement), h('span.tags', {}, tags.map(([, key, value]) => h('span', {}, h('span.unseen', {}, key), value)))];
}

/** @returns {{load, mark, entries, unmount}} */
export function mountList(root, { addressOf, toggle, onLoaded }) {
  const search = h('input', { type: 'search', id: 'search', placeholder: 'Search series', 'aria-label': 'Search series', autocomplete: 'off', spellcheck: 'false', oninput: () => { filter(); askForPrefix(); } });
  const summary = h('p.note', { role: 'status' });
  const items = h('ul.items', { onkeydown: onListKey });
  const more = h('button.more', { type: 'button', hidden: true, onclick: () => read(readAtOnce) }, 'Read more series');
  root.append(h('div.search', {}, icon(icons.search), search), summary, items, more);

  let entries = new Map(), rows = new Map(), latest = new Map(), pages = new Map(), turn = 0, next = null, chosen = [], generation = 0, controller = new AbortController();
  const watcher = new IntersectionObserver((changes) => changes.forEach(({ target, isIntersecting }) => {
    if (isIntersecting) { watcher.unobserve(target); wanted.add(target.dataset.id); askSoon(); }
  }), { root: null, rootMargin: '200px' });
  const wanted = new Set();
  let timer = null, prefixTimer = null, clock = setInterval(refresh, refreshedEvery);

  async function load() {
    controller.abort();
    controller = new AbortController();
    generation += 1;
    entries = new Map();
    pages = new Map();
    next = null;
    fill(items, h('li', {}, loading('series', 6)));
    await read(readAtOnce);
  }

  /** Reads a page, and remembers which series it had: those that are no more vanish. */
  async function readPage(query) {
    const mine = generation;
    const page = await api.get('v1/series', { limit: pageSize, ...query }, controller.signal).catch((error) => { throw error.status === 404 ? api.foreign() : error; });
    if (!Array.isArray(page.series)) throw api.foreign();
    if (mine !== generation) return page;
    const key = JSON.stringify(query), found = new Set(page.series.map(({ identifier }) => identifier)), before = pages.get(key)?.identifiers ?? [];
    // Where the page does not reach the next one's, what stood behind the last one that is still there may have moved there.
    const last = page.series.at(-1)?.identifier, isWhole = !page.next || entries.has(last) && !before.includes(last);
    const gone = before.slice(0, isWhole ? before.length : before.findLastIndex((one) => found.has(one)) + 1).filter((one) => !found.has(one));
    for (const identifier of gone) {
      entries.delete(identifier);
      latest.delete(identifier);
    }
    for (const entry of page.series) entries.set(entry.identifier, entry);
    pages.set(key, { query, identifiers: [...found] });
    return page;
  }

  async function read(most, query = {}) {
    const mine = generation;
    try {
      const end = entries.size + most;
      do {
        const page = await readPage({ cursor: next ?? undefined, ...query });
        if (mine !== generation) return;
        if (!query.prefix) next = page.next;
        draw();
        if (query.prefix || !page.next) break;
      } while (entries.size < end);
      onLoaded(sorted());
    } catch (error) {
      if (error.name === 'AbortError' || mine !== generation) return;
      summary.textContent = '';
      fill(items, h('li', {}, failed(error, load)));
      keys.askAfter(error);
    }
  }

  /** What is not read yet is found by how it begins. */
  function askForPrefix() {
    clearTimeout(prefixTimer);
    if (next && search.value) prefixTimer = setTimeout(() => read(pageSize, { prefix: search.value }), 250);
  }

  const isSeen = (element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return bottom > Math.max(top, 0) && top < innerHeight;
  };

  /** Status and last values of those that are seen and, in turn, of one page of the others. */
  async function refresh() {
    if (document.hidden) return;
    const mine = generation;
    const seen = new Set([...rows].filter(([, element]) => isSeen(element)).map(([identifier]) => identifier));
    const all = [...pages.values()];
    turn += 1;
    try {
      for (const [index, { query, identifiers }] of all.entries()) {
        if (index === turn % all.length || identifiers.some((one) => seen.has(one))) await readPage(query);
        if (mine !== generation) return;
      }
      draw();
    } catch (error) {
      if (error.name !== 'AbortError') summary.textContent = error.message;
    }
  }

  const isFailing = ({ status }) => status?.failing ?? false;
  const sorted = () => [...entries.values()].sort((one, other) => isFailing(other) - isFailing(one) || (one.identifier < other.identifier ? -1 : 1));

  function draw() {
    watcher.disconnect();
    const focused = document.activeElement, focusedId = focused?.closest?.('.items li')?.dataset.id;
    const before = rows;
    rows = new Map(sorted().map((entry) => {
      const known = before.get(entry.identifier), text = JSON.stringify(entry);
      return [entry.identifier, known?.text === text ? known : Object.assign(row(entry), { text })];
    }));
    place([...rows.values()]);
    mark(chosen);
    filter();
    if (document.activeElement !== focused) rows.get(focusedId)?.querySelector(focused.localName).focus();
    for (const element of rows.values()) watcher.observe(element);
    more.hidden = !next;
  }

  /** Puts the rows in their order; those that stand there already are left alone. */
  function place(elements) {
    const kept = new Set(elements);
    for (const element of [...items.children]) if (!kept.has(element)) element.remove();
    let at = items.firstElementChild;
    for (const element of elements) {
      if (element === at) at = at.nextElementSibling;
      else items.insertBefore(element, at);
    }
  }

  function row(entry) {
    const { identifier, kind, source, bucket, status } = entry;
    const value = h('span.value'), age = h('span.age');
    const from = kind === 'source' ? source : bucket;
    const history = status?.history, facts = h('span.facts');
    const tellFacts = (newest) => fill(facts, [kind === 'source' ? 'fetched' : kind, from, history ? format.span(history.from, Math.max(history.to, newest)) : 'no history yet'].filter(Boolean).join(' · '));
    tellFacts(-Infinity);
    const element = h('li', { data: { id: identifier }, class: isFailing(entry) ? 'is-failing' : null },
      h('a', { href: addressOf(identifier), tabindex: '-1' },
        h('span.name', { title: identifier }, named(entry)), value, facts, age,
        isFailing(entry) ? h('span.reason', {}, h('b', {}, 'Failing'), ` ${status.lastError?.message ?? 'without a reason'}`) : null),
      h('button.icon-button.add', { type: 'button', tabindex: '-1', 'aria-pressed': 'false', 'aria-label': `Compare ${identifier}`, title: 'Compare', onclick: () => toggle(identifier) }, icon(icons.add)));
    element.showLatest = (row) => {
      const [measure, found] = Object.entries(row?.values ?? {}).find(([, one]) => typeof one === 'number') ?? Object.entries(row?.values ?? {})[0] ?? [];
      fill(value, found === undefined ? '' : format.number(found));
      fill(age, row ? `${measure ?? ''} ${format.ago(row.time)}` : '');
      if (row) age.title = format.full(row.time);
      if (row?.origin === 'history') tellFacts(row.time);
    };
    if (latest.has(identifier)) element.showLatest(latest.get(identifier));
    return element;
  }

  function askSoon() { timer ??= setTimeout(askLatest, 30); }

  async function askLatest() {
    timer = null;
    const ids = [];
    let size = 0;
    for (const id of wanted) {
      if (ids.length === latestAtOnce || size + api.encode(id).length > longestAddress && ids.length) break;
      size += api.encode(id).length + 4;
      ids.push(id);
      wanted.delete(id);
    }
    if (!ids.length) return;
    try {
      const answer = await api.get('v1/latest', { id: ids }, controller.signal);
      for (const { identifier, row } of answer.series) {
        latest.set(identifier, row);
        rows.get(identifier)?.showLatest(row);
      }
    } catch (error) {
      // The list is of use without them.
      if (error.name !== 'AbortError') summary.textContent = `Last values: ${error.message}`;
    }
    if (wanted.size) askSoon();
  }

  function filter() {
    const text = search.value.trim().toLowerCase();
    let shown = 0, failing = 0;
    for (const [identifier, element] of rows) {
      const isFound = identifier.toLowerCase().includes(text);
      element.hidden = !isFound;
      if (isFound) { shown += 1; failing += isFailing(entries.get(identifier)); }
    }
    const all = next ? `${format.count(entries.size)} read` : format.count(entries.size);
    summary.textContent = [text ? `${format.count(shown)} of ${all}` : `${all} series`, failing ? `${failing} failing` : ''].filter(Boolean).join(', ');
    items.querySelector('.nothing')?.remove();
    if (!rows.size) {
      fill(items, h('li.nothing', {}, empty('No series yet', 'Register one that a source knows, with the admin key, or write to one:'), h('pre', {}, `curl -X PUT -H "x-api-key: $ADMIN_KEY" \\\n  '${api.address('v1/series/greenwich')}'`)));
    } else if (!shown) items.append(h('li.nothing', {}, empty('Nothing found', `No series has “${search.value.trim()}” in its name.`)));
    setEntrance();
  }

  /** One link of the list is reached by the tabulator, the others by arrows. */
  function setEntrance(link) {
    const all = [...items.querySelectorAll('li:not([hidden]) > a')];
    const entrance = link ?? all.find((one) => one.tabIndex === 0) ?? all.find((one) => one.getAttribute('aria-current')) ?? all[0];
    for (const one of items.querySelectorAll('[tabindex="0"]')) one.tabIndex = -1;
    if (!entrance) return;
    entrance.tabIndex = 0;
    entrance.nextElementSibling.tabIndex = 0;
  }

  function onListKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    const all = [...items.querySelectorAll('li:not([hidden]) > a')];
    const place = all.indexOf(event.target.closest('li')?.querySelector('a'));
    const link = all[Math.max(0, Math.min(all.length - 1, place + step))];
    if (!link) return;
    event.preventDefault();
    setEntrance(link);
    link.focus();
  }

  function mark(identifiers) {
    chosen = identifiers;
    for (const [identifier, element] of rows) {
      const [link, button] = element.children;
      const isChosen = chosen.includes(identifier);
      if (isChosen) link.setAttribute('aria-current', 'true'); else link.removeAttribute('aria-current');
      link.href = addressOf(identifier);
      button.setAttribute('aria-pressed', String(isChosen));
      fill(button, icon(isChosen ? icons.check : icons.add));
    }
  }

  const onSlash = (event) => {
    if (event.key !== '/' || event.altKey || event.ctrlKey || event.metaKey || event.target.matches('input, textarea, select')) return;
    event.preventDefault();
    search.focus();
  };
  addEventListener('keydown', onSlash);
  load();

  return {
    load, mark,
    get entries() { return sorted(); },
    unmount() {
      controller.abort();
      watcher.disconnect();
      [timer, prefixTimer].forEach(clearTimeout);
      clearInterval(clock);
      removeEventListener('keydown', onSlash);
    },
  };
}
