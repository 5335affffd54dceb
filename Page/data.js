// Reads what a view shows: of each series the rows, or bins of them that are a pixel wide.

import * as api from './api.js';
import { binFor, earliest, latest, mostPoints } from './range.js';

/** Milliseconds between two rows of a series, as they were last seen. */
const steps = new Map();
/** Bins of this length and more are asked for before the rows are known. */
const longBin = 1_800_000;
export const stepOf = (identifier) => steps.get(identifier);

/**
 * @typedef {object} Read one series in a range
 * @property {string} id
 * @property {{width: number, text: string}|null} bin null where these are the rows themselves
 * @property {object} query what the API was asked
 * @property {number|null} baseline where history ends
 * @property {Array} rows as the API gave them
 * @property {Map<string, Array>} measures the points of each that can be drawn: `[time, value, low, high, isForecast]`
 * @property {Set<string>} texts the measures that cannot
 * @property {Set<string>} switches the measures that are true or false
 */

/** Of bins whole ones are asked for: one that is cut would show the mean of a part. */
const rounded = (from, to, bin) => (bin ? {
  from: Math.max(Math.floor(from / bin.width) * bin.width, earliest), to: Math.min(Math.ceil(to / bin.width) * bin.width - 1, latest),
} : { from, to });

/** @returns {Promise<Read>} */
export async function read(id, { from, to, pixels }, signal) {
  const step = steps.get(id);
  let bin = binFor(to - from, pixels, step);
  if (step === undefined) {
    // Nothing is known of it yet. Most series have more rows in a long range than there are pixels.
    const binned = bin.width >= longBin ? await page(id, from, to, bin, mostPoints, signal) : null;
    if (binned && binned.rows.length * bin.width > (to - from) / 2) return parsed(id, query(id, from, to, bin), bin, binned);
    const first = await page(id, from, to, null, mostPoints, signal);
    learn(id, first.rows);
    if (!first.next && binFor(to - from, pixels, steps.get(id)) === null) return parsed(id, query(id, from, to, null), null, first);
    if (binned) return parsed(id, query(id, from, to, bin), bin, binned);
  }
  let answer = await page(id, from, to, bin, mostPoints, signal);
  // Rows may stand closer than they did.
  if (!bin && answer.next) {
    bin = binFor(to - from, pixels);
    answer = await page(id, from, to, bin, mostPoints, signal);
  }
  // A wide answer ends before its limit.
  while (answer.next) {
    const more = await api.get('v1/rows', { ...query(id, from, to, bin), limit: mostPoints, cursor: answer.next }, signal);
    answer = { ...answer, rows: [...answer.rows, ...more.rows], next: answer.rows.length < mostPoints ? more.next : null };
  }
  if (!bin) learn(id, answer.rows);
  return parsed(id, query(id, from, to, bin), bin, answer);
}

const query = (id, from, to, bin) => ({ id, ...rounded(from, to, bin), bin: bin?.text, aggregate: bin ? 'avg,min,max' : undefined });
const page = (id, from, to, bin, limit, signal) => api.get('v1/rows', { ...query(id, from, to, bin), limit }, signal);

function learn(id, rows) {
  if (rows.length < 3) return;
  const gaps = rows.slice(1).map((row, index) => row.time - rows[index].time).sort((one, other) => one - other);
  steps.set(id, gaps[gaps.length >> 1]);
}

const isBinned = /_(avg|min|max)$/;

function parsed(id, query, bin, { rows, baseline }) {
  const measures = new Map(), texts = new Set(), switches = new Set();
  for (const { time, values, origin } of rows) {
    // A bin that history ends in is told to be forecast, but has measured rows.
    const isForecast = origin === 'forecast' && !(bin && baseline !== null && time <= baseline);
    for (const name in values) {
      if (bin) {
        const measure = name.replace(isBinned, '');
        if (typeof values[name] === 'string') texts.add(measure);
        // Each measure is read once: at its mean or, of what has none, at its largest.
        if (typeof values[name] === 'string' || name !== `${measure}_avg` && (name !== `${measure}_max` || `${measure}_avg` in values)) continue;
        add(measure, time, values[name], values[`${measure}_min`], values[`${measure}_max`], isForecast);
      } else if (typeof values[name] === 'string') texts.add(name);
      else {
        if (typeof values[name] === 'boolean') switches.add(name);
        add(name, time, values[name], values[name], values[name], isForecast);
      }
    }
  }
  return { id, query, bin, baseline, rows, measures, texts, switches };

  function add(measure, time, value, low, high, isForecast) {
    const points = measures.get(measure);
    const point = [time, Number(value), Number(low), Number(high), isForecast];
    if (points) points.push(point); else measures.set(measure, [point]);
  }
}
