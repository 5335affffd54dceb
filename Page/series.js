// The view *Series*: the list beside the series that are chosen in it.

import * as router from './router.js';
import { h } from './dom.js';
import { mountList } from './series-list.js';
import { mountDetail } from './series-view.js';

/** At most so many series are in one picture: there are as many colours. */
export const mostSeries = 8;

export function mount(root) {
  const listPlace = h('section.series-list', { 'aria-label': 'All series' });
  const detailPlace = h('section.series-detail', { 'aria-label': 'Chosen series' });
  const frame = h('div.series', {}, listPlace, detailPlace);
  root.append(frame);
  const isWide = matchMedia('(min-width: 62rem)');

  const list = mountList(listPlace, { addressOf, toggle, onLoaded: openFirst });
  const detail = mountDetail(detailPlace, { change });
  let chosen = [];
  let parameters = {};

  /** Whoever opens the page sees a chart, not a question. */
  function openFirst(entries) {
    if (chosen.length || !isWide.matches || !entries.length) return;
    const good = entries.find(({ kind, status }) => kind === 'source' && status && !status.failing && status.history);
    router.go(addressOf((good ?? entries[0]).identifier), { replaces: true });
  }

  function addressOf(identifier) {
    return router.write('series', { s: identifier, range: parameters.range, from: parameters.from, to: parameters.to });
  }

  /** Takes a series into the picture, or out of it. */
  function toggle(identifier) {
    const others = chosen.filter((one) => one !== identifier);
    change({ s: others.length < chosen.length ? others : [...chosen, identifier].slice(-mostSeries) });
  }

  /** Changes the address's parameters. */
  function change(changes, options) {
    router.go(router.write('series', { ...parameters, s: chosen, ...changes }), options);
  }

  const onKeys = () => { list.load(); detail.reload(); };
  addEventListener('keychange', onKeys);

  return {
    show(route) {
      chosen = [...new Set(route.all('s'))].slice(0, mostSeries);
      parameters = Object.fromEntries(['range', 'from', 'to', 'm', 'tab'].map((name) => [name, name === 'm' ? route.all(name) : route.one(name)]));
      frame.classList.toggle('has-detail', chosen.length > 0);
      list.mark(chosen);
      detail.show({ chosen, ...parameters });
      document.title = chosen.length ? `${chosen.join(', ')} · timeseries-cache` : 'Series · timeseries-cache';
      if (!chosen.length && list.entries.length) openFirst(list.entries);
    },
    unmount() {
      removeEventListener('keychange', onKeys);
      list.unmount();
      detail.unmount();
    },
  };
}
