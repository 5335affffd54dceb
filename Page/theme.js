// Light or dark: as the system has it, unless the person chose.

import { iconButton, icon, icons } from './dom.js';
import { local } from './storage.js';

const storageKey = 'theme';
const system = matchMedia('(prefers-color-scheme: dark)');

let picked = null;
const chosen = () => picked ?? local.get(storageKey);
export const isDark = () => (chosen() ?? (system.matches ? 'dark' : 'light')) === 'dark';

function apply() {
  if (chosen()) document.documentElement.dataset.theme = chosen();
  dispatchEvent(new Event('themechange'));
}

export function button() {
  const element = iconButton('Dark colours', icons.moon, () => {
    picked = isDark() ? 'light' : 'dark';
    local.set(storageKey, picked);
    apply();
  });
  const show = () => {
    const name = isDark() ? 'Light colours' : 'Dark colours';
    element.setAttribute('aria-label', name);
    element.title = name;
    element.replaceChildren(icon(isDark() ? icons.sun : icons.moon));
  };
  addEventListener('themechange', show);
  show();
  return element;
}

system.addEventListener('change', apply);
apply();

const probe = document.createElement('span');

/** The colour of a variable of the style sheet, as a canvas takes it. */
export function color(name) {
  if (!probe.isConnected) {
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}
