// How numbers, times and lengths of time are written for people.

const numbers = new Intl.NumberFormat('en', { maximumSignificantDigits: 5 });
const large = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 4 });
const counts = new Intl.NumberFormat('en');

/** A value, short enough to read at a glance. */
export function number(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (typeof value !== 'number') return String(value);
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-4) return value.toExponential(2);
  return (size >= 1e6 ? large : numbers).format(value).replace('-', '\u2212');
}

/** A value in a table: all of it. */
export const cell = (value) => (value === undefined || value === null ? '' : String(value));

const sizes = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** Bytes, in units of a thousand. */
export function bytes(value) {
  const step = Math.min(Math.floor(Math.log10(Math.max(value, 1)) / 3), sizes.length - 1);
  return `${numbers.format(Math.round(value / 1000 ** step * 10) / 10)}\u00a0${sizes[step]}`;
}

export const count = (value) => counts.format(value);

const dateFormats = {};
const dateFormat = (name, options) => (dateFormats[name] ??= new Intl.DateTimeFormat('en-GB', options));

export const clock = (time) => dateFormat('clock', { hour: '2-digit', minute: '2-digit' }).format(time);
export const seconds = (time) => dateFormat('seconds', { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(time);
export const day = (time) => dateFormat('day', { day: 'numeric', month: 'short' }).format(time);
export const month = (time) => dateFormat('month', { month: 'short', year: 'numeric' }).format(time);
export const date = (time) => dateFormat('date', { day: 'numeric', month: 'short', year: 'numeric' }).format(time);
export const weekday = (time) => dateFormat('weekday', { weekday: 'short', day: 'numeric', month: 'short' }).format(time);
export const stamp = (time) => `${date(time)}, ${seconds(time)}`;
export const full = (time) => `${weekday(time)} ${new Date(time).getFullYear()}, ${seconds(time)}`;

/** The time zone in which times are shown, such as `Europe/Berlin`. */
export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

const units = [['d', 86_400_000], ['h', 3_600_000], ['min', 60_000], ['s', 1000]];

/** A length of time in its largest unit: `5 min`. */
export function length(milliseconds) {
  for (const [name, size] of units) {
    if (milliseconds >= size) {
      const value = milliseconds / size;
      return `${value < 3 && (name === 'h' || name === 'd') ? Math.round(value * 10) / 10 : Math.round(value)}\u00a0${name}`;
    }
  }
  return `${Math.round(milliseconds)}\u00a0ms`;
}

/** How long ago, or how long until. */
export function ago(time, now = Date.now()) {
  const distance = now - time;
  if (Math.abs(distance) < 1000) return 'now';
  return distance > 0 ? `${length(distance)} ago` : `in ${length(-distance)}`;
}

/** The first and the last instant of something, as short as they can be told apart; an end of today is left out. */
export function span(from, to, now = Date.now()) {
  if (now - to > 86_400_000) return `${date(from)} – ${date(to)}`;
  if (to - from < 2 * 86_400_000) return `${length(Math.max(to - from, 0))} of history`;
  return `since ${date(from)}`;
}

export const isThisYear = (time) => new Date(time).getFullYear() === new Date().getFullYear();
