// The shell: what stands around every view, and which view is shown.

import * as api from './api.js';
import * as keys from './keys.js';
import * as router from './router.js';
import * as theme from './theme.js';
import { h, fill, icon, iconButton, icons } from './dom.js';
import { failed } from './states.js';

/**
 * The views by the name in the address. Each is a module with `mount(root, site)`, which gives
 * `{show(route), unmount()}`: `show` is called at first and whenever the address changes within the view.
 */
const views = {
  series: { title: 'Series', load: () => import('./series.js') },
  sources: { title: 'Sources', load: () => import('./sources.js') },
  query: { title: 'Query', load: () => import('./query.js') },
  tables: { title: 'Tables', load: () => import('./tables.js') },
  queues: { title: 'Queues', load: () => import('./queues.js') },
  functions: { title: 'Functions', load: () => import('./functions.js') },
  schedules: { title: 'Schedules', load: () => import('./schedules.js') },
  faults: { title: 'Faults', load: () => import('./faults.js') },
};

/** Where the page is served, and what it may show: `{name, api, key, views}`. */
async function readSite() {
  const response = await fetch('site.json', { headers: { 'X-Local-Cloud': 'page' }, cache: 'no-store' });
  return response.ok ? await response.json() : { name: '', api: '', key: null, views: [] };
}

export async function start(root) {
  let site;
  try { site = await readSite(); } catch (error) {
    console.warn(error);
    fill(root, h('main', {}, failed({ status: 1, code: 'No answer', message: 'The page’s server does not say where the API is.' }, () => start(root))));
    return;
  }
  api.setBase(site.api);
  if (site.key) keys.offer(site.key);
  const shown = Object.entries(views).filter(([name]) => name === 'series' || site.views.includes(name));
  const links = new Map(shown.map(([name, { title }]) => [name, h('a', { href: router.write(name) }, title)]));
  const main = h('main', { id: 'main', tabindex: '-1' });
  fill(root,
    h('header.top', {},
      h('a.brand', { href: router.write('series') }, brandMark(), h('span', {}, 'timeseries-cache')),
      h('nav', { 'aria-label': 'Views' }, [...links.values()]),
      site.name ? h('span.site', {}, site.name) : null,
      h('div.tools', {}, theme.button(), iconButton('API key', icons.key, () => keys.ask()))),
    main);

  let current = { name: null, view: null };
  async function show() {
    const route = router.read();
    const name = links.has(route.view) ? route.view : 'series';
    for (const [other, link] of links) {
      if (other === name) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    try {
      if (current.name !== name) {
        current.view?.unmount();
        current = { name, view: null };
        const module = await views[name].load();
        if (current.name !== name) return;
        main.replaceChildren();
        current.view = module.mount(main, site);
      }
      current.view?.show(router.read());
    } catch (error) {
      console.warn(error);
      current = { name: null, view: null };
      fill(main, failed({ status: 1, code: 'This view did not open', message: 'Parts of the page did not arrive.' }, show));
    }
  }
  router.listen(show);
  document.addEventListener('click', (event) => {
    if (event.target.closest?.('a[href="#main"]')) {
      event.preventDefault();
      main.focus();
      return;
    }
    // Links within the page go the way of the router, which tells the views at once.
    const link = event.target.closest?.('a[href^="#/"]');
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    router.go(link.getAttribute('href'));
  });
  await show();
}

/** What happened, now, what is predicted. */
const brandMark = () => icon(['M1.5 14l3.2-5.5 3 3.5 3.3-6', 'M11 2v16', 'M11 6l3 3.5 4.5-6'], { class: 'icon brand-mark' });
