// Which stretch of time is shown, and whether it follows the clock.

import { h, icons, iconButton } from './dom.js';
import * as format from './format.js';
import { moved, presets } from './range.js';

export function makeToolbar(place, { choose, range, setRange, reset, setLive, tools }) {
  const buttons = new Map(presets.map((preset) => [preset.id, h('button', { type: 'button', 'aria-pressed': 'false', title: preset.title, onclick: () => choose(preset.id) }, preset.name)]));
  const words = h('p.range');
  const live = h('button.live', { type: 'button', 'aria-pressed': 'true', onclick: () => setLive(live.getAttribute('aria-pressed') !== 'true') }, h('i'), h('span', {}, 'Live'));
  const move = (change) => () => setRange(moved(range(), change));
  place.append(
    h('div.segments', { role: 'group', 'aria-label': 'Range' }, [...buttons.values()]),
    h('div.moves', { role: 'group', 'aria-label': 'Move and zoom' },
      iconButton('Earlier', icons.back, move({ by: -0.5 })), iconButton('Later', icons.forward, move({ by: 0.5 })),
      iconButton('Zoom out', icons.minus, move({ times: 2 })), iconButton('Zoom in', icons.add, move({ times: 0.5 })),
      iconButton('Back to the range', icons.reset, reset)),
    live, words, h('div.tools', {}, tools));

  return {
    /** @param {{from, to, preset}} shown @param {number|null} every milliseconds between refreshes; null where it rests */
    show(shown, every, isLive) {
      for (const [id, button] of buttons) button.setAttribute('aria-pressed', String(shown.preset?.id === id));
      const edge = shown.to - shown.from > longRange ? format.date : (time) => `${format.isThisYear(time) ? format.day(time) : format.date(time)}, ${format.clock(time)}`;
      words.textContent = `${edge(shown.from)} – ${edge(shown.to)}`;
      words.title = `Times are those of ${format.zone}`;
      live.setAttribute('aria-pressed', String(isLive));
      live.disabled = !shown.preset;
      live.title = !shown.preset ? 'This range does not follow the clock' : isLive ? `Looks again every ${format.length(every)}` : 'Does not look again';
    },
  };
}

/** Of a longer range the days are enough. */
const longRange = 20 * 86_400_000;
