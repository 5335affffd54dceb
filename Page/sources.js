// The view *Sources*: a description edited with its check beside it, then kept where the functions read it, and fetched by.

import * as router from './router.js';
import { h, fill } from './dom.js';
import { failed, loading } from './states.js';
import { area, ask, frame, problem, readable } from './console.js';
import { templates } from './source-templates.js';
import { makeCheck } from './source-check.js';
import { makeFetch } from './source-fetch.js';

/** What was typed and not saved, by the description's name; of a new one by the empty name. It lasts as long as the page. */
const drafts = new Map();
const fresh = '';
/** Milliseconds without a letter after which the server is asked whether the description can be read. */
const pause = 400;

export function mount(root) {
  const body = frame(root, 'Sources', 'Where series come from. Edit a description, check what its source gives by it, save it, then register a series and fetch it.');
  const place = h('div.watched');
  body.append(place);
  let state = null, chosen = null, wanted, identifier, parts = null, controller = new AbortController(), hasEnded = false;

  /** @param {function=} prepare is called once the descriptions are read, before one of them is shown */
  async function read(prepare) {
    controller.abort();
    const { signal } = controller = new AbortController();
    if (!parts) fill(place, loading('descriptions', 6));
    try {
      state = await ask('GET', 'sources', { signal });
      parts ??= draw();
      parts.check.setIdentifier(identifier);
      prepare?.();
      choose();
      return true;
    } catch (error) {
      if (error.name === 'AbortError') return false;
      if (parts) fill(parts.told, problem(error));
      else fill(place, failed(error, () => read()));
      return false;
    }
  }

  const saved = (name) => state.sources.find((one) => one.name === name);
  /** Somebody may have deleted a description that has a draft here. */
  const isThere = (name) => saved(name) !== undefined || drafts.has(name);
  const typed = () => ({ name: parts.name.value, text: parts.field.value });
  const original = (name) => readable(saved(name)?.text ?? '{}');

  function draw() {
    const chooser = h('select', { id: 'source', onchange: onChoice });
    const copy = h('button', { type: 'button', onclick: onCopy }, 'Copy');
    const name = h('input', { id: 'source-name', autocomplete: 'off', spellcheck: 'false', maxlength: '255', required: true, oninput: onInput });
    const field = area('Description', { id: 'description', rows: '20', 'aria-describedby': 'description-fault description-help', oninput: onInput, onkeydown: onKey });
    const fault = h('div', { id: 'description-fault', role: 'status' }), told = h('div', { role: 'status' });
    const save = h('button.primary', { type: 'submit' }, 'Save'), undo = h('button', { type: 'button', onclick: onUndo }, 'Undo changes');
    const check = makeCheck({ draft: typed, key: () => state.key, onIdentifier: (identifier) => go({ i: identifier }) });
    const fetching = makeFetch({
      question: check.question, source: () => (saved(chosen) ? chosen : null), isChanged: () => !saved(chosen) || field.value !== original(chosen),
      made: (identifier) => check.made(identifier, { name: chosen, text: original(chosen) }),
    });
    fill(place,
      h('div.row', {}, h('label', { for: 'source' }, 'Source'), chooser, copy),
      h('div.source', {},
        h('form.stack.source-text', { 'aria-label': 'The description', onsubmit: (event) => { event.preventDefault(); onSave(); } },
          h('label', { for: 'source-name' }, 'Name'), name, h('label', { for: 'description' }, 'Description'), field, fault,
          h('p.note', { id: 'description-help' }, 'JSON. Write {key} where the key goes, never the key itself. Ctrl and Enter checks.'),
          h('div.row', {}, save, undo), told),
        check.element, fetching.element));
    return { chooser, copy, name, field, fault, told, save, undo, check, fetching };
  }

  const go = (changes) => router.go(router.write('sources', { d: chosen || undefined, i: parts.check.question().identifier, ...changes }), { replaces: true });

  /** Shows the description that the address names, else what is being made, else the first. */
  function choose() {
    const first = state.sources[0]?.name ?? fresh;
    const next = isThere(wanted) ? wanted : wanted !== undefined ? null : drafts.has(fresh) ? fresh : isThere(chosen) ? chosen : first;
    open(next ?? first);
    if (next === null) fill(parts.told, problem({ status: 0, message: `There is no description “${wanted}” in ${state.parameter}.` }));
  }

  function open(name) {
    const isOther = name !== chosen;
    chosen = name;
    if (name === fresh && !drafts.has(fresh)) drafts.set(fresh, { name: '', text: templates[0].text });
    const { chooser, field, copy, undo } = parts;
    const unsaved = [...drafts.keys()].filter((one) => !saved(one));
    const option = (value, words) => h('option', { value, selected: value === `d:${chosen}` }, words);
    fill(chooser,
      h('optgroup', { label: `In ${state.parameter}` }, state.sources.map((one) => option(`d:${one.name}`, drafts.has(one.name) ? `${one.name} (changed)` : one.name))),
      unsaved.length ? h('optgroup', { label: 'Not saved' }, unsaved.map((one) => option(`d:${one}`, drafts.get(one).name || 'a new one'))) : null,
      h('optgroup', { label: 'A new one, from' }, templates.map((one, index) => option(`t:${index}`, one.name))));
    copy.disabled = chosen === fresh;
    parts.name.readOnly = chosen !== fresh;
    const draft = drafts.get(chosen);
    if (isOther) {
      parts.name.value = draft?.name ?? chosen;
      field.value = draft?.text ?? original(chosen);
      fill(parts.told);
      look();
    }
    undo.disabled = !draft;
    parts.fetching.show();
  }

  function onChoice() {
    const [kind, value] = [parts.chooser.value.slice(0, 1), parts.chooser.value.slice(2)];
    if (kind === 't') begin('', templates[value].text);
    else if (value === fresh) begin(drafts.get(fresh).name, drafts.get(fresh).text);
    else router.go(router.write('sources', { d: value, i: parts.check.question().identifier }));
  }

  function begin(name, text) {
    drafts.set(fresh, { name, text });
    chosen = wanted = undefined;
    router.go(router.write('sources', { i: parts.check.question().identifier }));
    open(fresh);
    parts.name.focus();
  }

  const onCopy = () => begin(`${chosen}-copy`, parts.field.value);

  function onUndo() {
    drafts.delete(chosen);
    const name = saved(chosen) ? chosen : state.sources[0]?.name ?? fresh;
    chosen = undefined;
    open(name);
    parts.field.focus();
  }

  // What is wrong

  let timer = null;
  function onInput() {
    const draft = typed();
    const isSame = saved(chosen) && draft.text === original(chosen);
    if (isSame) drafts.delete(chosen);
    else drafts.set(chosen, draft);
    open(chosen);
    clearTimeout(timer);
    timer = setTimeout(look, pause);
  }

  async function look() {
    clearTimeout(timer);
    const draft = { name: parts.name.value || 'name', text: parts.field.value };
    try {
      const { fault } = await ask('POST', 'sources/fault', { body: JSON.stringify(draft), signal: controller.signal });
      if (parts.field.value === draft.text) tell(fault);
    } catch (error) {
      if (error.name !== 'AbortError') fill(parts.fault, problem(error));
    }
  }

  /** The server's words; where it knows the place in the text, a way there. */
  function tell(fault) {
    const { field } = parts;
    if (!fault) {
      field.removeAttribute('aria-invalid');
      fill(parts.fault);
      return;
    }
    field.setAttribute('aria-invalid', 'true');
    const show = () => {
      const start = new TextDecoder().decode(new TextEncoder().encode(field.value).slice(0, fault.offset)).length;
      field.focus();
      field.setSelectionRange(start, start + 1);
    };
    fill(parts.fault, h('p.problem', {}, fault.offset === null ? h('b', {}, fault.place) : h('button.quiet', { type: 'button', title: 'Go there', onclick: show }, fault.place), ` ${fault.reason}`));
  }

  function onKey(event) {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    parts.check.run();
  }

  // Save

  async function onSave() {
    const { save, told } = parts;
    if (save.disabled) return;
    const draft = typed(), edited = chosen;
    if (edited === fresh && saved(draft.name)) { fill(told, problem({ status: 0, message: `There is a description “${draft.name}” already: choose it above to change it.` })); return; }
    save.disabled = true;
    fill(told);
    try {
      const { version } = await ask('PUT', 'sources', { body: JSON.stringify({ ...draft, version: state.version, key: parts.check.question().key }) });
      let isShown = false;
      if (hasEnded) settle(edited, draft);
      else if (await read(() => { isShown = settle(edited, draft); })) {
        if (isShown) router.go(router.write('sources', { d: draft.name, i: parts.check.question().identifier }), { replaces: true });
        fill(told, h('p', {}, `${isShown ? 'Saved' : `“${draft.name}” is saved`}: ${state.parameter} has version ${version}. The functions that run read it at their next start, which Fetch brings about.`,
          isShown && drafts.has(draft.name) ? ' What you typed meanwhile is not saved.' : ''));
      }
    } catch (error) {
      fill(told, chosen === edited ? null : h('p', {}, `“${draft.name}” was not saved.`), problem(error), error.status === 409 ? h('button', { type: 'button', onclick: again }, 'Read it again, and keep what I typed') : null);
    }
    save.disabled = false;
  }

  /**
   * What was saved is no draft any more; what was typed meanwhile is one of what is saved now.
   *
   * @returns {boolean} whether what was saved is what is shown
   */
  function settle(edited, sent) {
    const isShown = chosen === edited && !hasEnded, now = isShown ? typed() : drafts.get(edited);
    // Another name is another description.
    if (now?.name !== sent.name) return false;
    drafts.delete(edited);
    const isMore = now.text !== sent.text;
    if (isMore) drafts.set(sent.name, now);
    // What was typed stays in its field as it is; what is as it was saved is shown anew.
    if (isShown) [chosen, wanted] = [isMore ? sent.name : null, sent.name];
    return isShown;
  }

  async function again() {
    const keep = () => { if (chosen !== fresh && !saved(chosen)) drafts.set(chosen, typed()); };
    if (!await read(keep)) return;
    const name = parts.name.value;
    fill(parts.told, h('p', {}, `Read again: ${state.parameter} has version ${state.version}. `,
      saved(name) ? `Save puts what you typed in the place of “${name}”.` : `It has no “${name}”: Save makes it of what you typed.`));
    parts.save.focus();
  }

  read();
  return {
    show(route) {
      wanted = route.one('d');
      identifier = route.one('i');
      if (!parts) return;
      parts.check.setIdentifier(identifier);
      choose();
    },
    unmount() {
      hasEnded = true;
      clearTimeout(timer);
      controller.abort();
      parts?.check.stop();
      parts?.fetching.stop();
    },
  };
}
