// Which stretch of time is shown, and how wide the bins of it are.

const second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;

/** The stretches that roll with the clock. */
export const presets = [
  { id: '6h', name: '6 h', title: '6 hours back and ahead', back: 6 * hour, ahead: 6 * hour, from: 'now-6h', to: 'now+6h' },
  { id: '24h', name: '24 h', title: 'A day back and ahead', back: day, ahead: day, from: 'now-24h', to: 'now+24h' },
  { id: '7d', name: '7 d', title: '7 days back, 2 ahead', back: 7 * day, ahead: 2 * day, from: 'now-7d', to: 'now+2d' },
  { id: '30d', name: '30 d', title: '30 days back, 3 ahead', back: 30 * day, ahead: 3 * day, from: 'now-30d', to: 'now+3d' },
  { id: '1y', name: '1 y', title: 'A year back, a week ahead', back: 365 * day, ahead: 7 * day, from: 'now-365d', to: 'now+7d' },
];

export const defaultRange = '24h';
/** A measure is drawn with at most so many points. */
export const mostPoints = 2000;
const shortest = 2 * second;
const longest = 200 * 365 * day;
/** The years that the API takes. */
export const earliest = -377_705_116_800_000;
export const latest = 253_402_300_799_999;

/**
 * The range that a link's parameters ask for.
 *
 * @returns {{from: number, to: number, preset: object|null}} milliseconds; with a preset, those of this moment
 */
export function resolve({ range, from, to }, now = Date.now()) {
  const [start, end] = [Number(from), Number(to)];
  if (from && to && Number.isFinite(start) && Number.isFinite(end) && start < end) return { ...bounded(start, end), preset: null };
  const preset = presets.find(({ id }) => id === range) ?? presets.find(({ id }) => id === defaultRange);
  return { from: now - preset.back, to: now + preset.ahead, preset };
}

/** A range within what there is, not too short to be seen and not too long to be asked for. */
export function bounded(from, to) {
  const width = Math.min(Math.max(to - from, shortest), longest);
  const middle = (from + to) / 2;
  const start = Math.min(Math.max(Math.round(middle - width / 2), earliest), latest - Math.round(width));
  return { from: start, to: start + Math.round(width) };
}

/** The range moved by a part of its width, and made so many times as wide around a place in it (0 is its start, 1 its end). */
export function moved({ from, to }, { by = 0, times = 1, around = 0.5 }) {
  const width = to - from;
  const center = from + width * around;
  return bounded(center - width * times * around + width * by, center + width * times * (1 - around) + width * by);
}

const widths = [
  ...[1, 2, 5, 10, 15, 30].map((count) => [count * second, `${count}s`]),
  ...[1, 2, 5, 10, 15, 20, 30].map((count) => [count * minute, `${count}m`]),
  ...[1, 2, 3, 4, 6, 8, 12].map((count) => [count * hour, `${count}h`]),
  ...[1, 2, 4, 7, 14, 28, 56, 112, 224, 366].map((count) => [count * day, `${count}d`]),
];

/**
 * The bins in which a range is asked for: the narrowest that are at least a pixel wide.
 *
 * @param {number} step milliseconds between two rows, where it is known
 * @returns {{width: number, text: string}|null} null where the rows themselves are no more than the pixels
 */
export function binFor(width, pixels, step) {
  const points = Math.max(Math.min(Math.floor(pixels), mostPoints), 50);
  if (step && width / step <= points) return null;
  const [size, text] = widths.find(([size]) => width / size <= points - 1) ?? widths.at(-1);
  return step && size <= step ? null : { width: size, text };
}

/** How often a series is looked at again: as often as it has rows or, where they are wider, bins; within five seconds and five minutes. */
export const refreshEvery = (step, bin = 0) => Math.min(Math.max(step ?? minute, bin, 5 * second), 5 * minute);
