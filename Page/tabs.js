// Tabs (https://www.w3.org/WAI/ARIA/apg/patterns/tabs/): arrows move between them, the tabulator goes into the one that is open.

import { h } from './dom.js';

/** @param {Array<{id, name}>} entries @returns {{panels: object, select}} the place of each tab's contents by id */
export function makeTabs(place, entries, { onSelect, tools }) {
  const tabs = entries.map(({ id, name }) => h('button', {
    type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': `panel-${id}`, 'aria-selected': 'false', tabindex: '-1', onclick: () => onSelect(id),
  }, name));
  const panels = Object.fromEntries(entries.map(({ id }) => [id, h('div.tab-panel', { id: `panel-${id}`, role: 'tabpanel', 'aria-labelledby': `tab-${id}`, hidden: true })]));
  const onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const index = tabs.indexOf(event.target);
    if (!step || index < 0) return;
    const next = (index + step + tabs.length) % tabs.length;
    onSelect(entries[next].id);
    tabs[next].focus();
  };
  place.append(h('div.tab-bar', {}, h('div.tabs', { role: 'tablist', 'aria-label': 'About this view', onkeydown }, tabs), h('div.tools', {}, tools)), ...Object.values(panels));
  return {
    panels,
    select(id) {
      entries.forEach((entry, index) => {
        const isOpen = entry.id === id;
        tabs[index].setAttribute('aria-selected', String(isOpen));
        tabs[index].tabIndex = isOpen ? 0 : -1;
        panels[entry.id].hidden = !isOpen;
      });
    },
  };
}
