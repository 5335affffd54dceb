// The key lives in this module's memory or, if asked, in the tab's session storage: never in an address, never on the disk.

import { h } from './dom.js';
import { session } from './storage.js';

const storageKey = 'api-key';
let key = session.get(storageKey) ?? '', spare = '';

export const current = () => key;

/** @param {boolean} isKept whether the tab remembers it when the page is loaded again */
export function set(value, isKept = false) {
  key = value;
  if (value && isKept) session.set(storageKey, value);
  else session.remove(storageKey);
  dispatchEvent(new Event('keychange'));
}

/** Whether a header can hold it. */
const isSendable = (text) => /^[\x21-\x7e]+$/.test(text);

/** Takes the key that the server of the page gives, unless the tab has one: then once that is refused. */
export function offer(value) {
  if (key) spare = value;
  else set(value);
}

/** Asks for a key where that is why a request failed. */
export function askAfter(error) {
  if (!error.isKeyMissing) return;
  const other = spare;
  spare = '';
  if (other && other !== key) set(other);
  else ask(key ? 'This key is not right.' : '');
}

/** Opens the dialog that asks for a key. @param {string} reason why it is asked for */
export function ask(reason = '') {
  if (document.querySelector('dialog.key')) return;
  const field = h('input', { id: 'key', type: 'password', autocomplete: 'off', spellcheck: 'false', required: true, 'aria-describedby': 'key-note key-problem' });
  const keeps = h('input', { id: 'key-kept', type: 'checkbox' });
  const problem = h('p.problem', { id: 'key-problem', role: 'alert' }, reason);
  keeps.checked = session.get(storageKey) !== null;
  const form = h('form', { onsubmit: submit },
    h('h2', { id: 'key-title' }, 'API key'),
    h('p.note', { id: 'key-note' }, 'It is kept only in this page, and is never part of a link.'),
    h('label', { for: 'key' }, 'Key'), field, problem,
    h('label.inline', {}, keeps, 'Remember until this tab is closed'),
    h('div.actions', {},
      key ? h('button', { type: 'button', onclick: () => { set(''); dialog.close(); } }, 'Forget the key') : null,
      h('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel'),
      h('button.primary', { type: 'submit' }, 'Use the key')));
  const dialog = h('dialog.key', { 'aria-labelledby': 'key-title', onclose: () => dialog.remove() }, form);
  document.body.append(dialog);
  dialog.showModal();
  field.focus();

  function submit(event) {
    event.preventDefault();
    const value = field.value.trim();
    if (!isSendable(value)) {
      problem.textContent = 'A key has letters, digits and signs, without blanks: look whether all of it was copied.';
      field.focus();
      return;
    }
    set(value, keeps.checked);
    dialog.close();
  }
}
