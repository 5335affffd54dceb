// What stands where data will be, are not, or could not be had.

import { h } from './dom.js';

/** Grey lines in the place of what is being loaded. */
export const loading = (name, lines = 3) =>
  h('div.skeleton', { role: 'status' }, h('span.unseen', {}, `Loading ${name}`), Array.from({ length: lines }, () => h('i', { 'aria-hidden': 'true' })));

export const empty = (title, text, ...more) => h('div.state', {}, h('h2', {}, title), h('p', {}, text), more);

/** @param {APIError} error @param {Function} again asks again */
export const failed = (error, again) =>
  h('div.state.failed', { role: 'alert' },
    h('h2', {}, error.status ? `${error.code}` : 'No answer'),
    h('p', {}, error.message), error.advice ? h('p.note', {}, error.advice) : null,
    again ? h('button', { type: 'button', onclick: again }, 'Try again') : null);
