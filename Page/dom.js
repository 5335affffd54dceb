// Elements are made here, and nowhere from a string of markup: text is only ever set as text.

/**
 * Makes an element.
 *
 * @param {string} tag its name, with classes after dots: `p.note`
 * @param {object} attributes `on…` are listeners, `data` goes to the dataset, true is an empty attribute, null and false leave one out
 * @param {...(Node|string|number|null|Array)} children texts become text nodes
 */
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split('.');
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === 'class') element.classList.add(...value.split(' ').filter(Boolean));
    else if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key === 'data') Object.assign(element.dataset, value);
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false).map(toNode));
  return element;
}

const toNode = (child) => (child instanceof Node ? child : document.createTextNode(String(child)));

const svgSpace = 'http://www.w3.org/2000/svg';

/** A drawing of lines, 20 units square. @param {string|Array<string>} paths */
export function icon(paths, extra = {}) {
  const svg = document.createElementNS(svgSpace, 'svg');
  for (const [key, value] of Object.entries({ viewBox: '0 0 20 20', class: 'icon', 'aria-hidden': 'true', ...extra })) svg.setAttribute(key, value);
  for (const path of [paths].flat()) {
    const line = document.createElementNS(svgSpace, 'path');
    line.setAttribute('d', path);
    svg.append(line);
  }
  return svg;
}

export const icons = {
  add: 'M10 4.5v11M4.5 10h11',
  check: 'M4.5 10.5l3.5 3.5 7.5-8',
  close: 'M5.5 5.5l9 9M14.5 5.5l-9 9',
  back: 'M11.5 4.5L6 10l5.5 5.5',
  forward: 'M8.5 4.5L14 10l-5.5 5.5',
  minus: 'M4.5 10h11',
  key: 'M12.5 3.5a4 4 0 1 1-2.6 7L4 16.4V17h3v-2h2v-2l1.2-1.2M13.5 7h.01',
  sun: 'M10 6.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM10 1.8v1.7M10 16.5v1.7M1.8 10h1.7M16.5 10h1.7M4.2 4.2l1.2 1.2M14.6 14.6l1.2 1.2M15.8 4.2l-1.2 1.2M5.4 14.6l-1.2 1.2',
  moon: 'M16.5 12A7 7 0 0 1 8 3.5a6.8 6.8 0 1 0 8.5 8.5z',
  link: 'M8.3 11.7a3 3 0 0 0 4.3 0l3-3a3 3 0 0 0-4.3-4.3l-1 1M11.7 8.3a3 3 0 0 0-4.3 0l-3 3a3 3 0 0 0 4.3 4.3l1-1',
  reset: 'M4 10a6 6 0 1 0 2-4.5M6 2.5v3.2h3.2',
  save: 'M10 3.5v9M6 9l4 4 4-4M4 16.5h12',
  copy: 'M7.5 7.5h8v8h-8zM12.5 7.5v-3h-8v8h3',
  search: 'M9 4a5 5 0 1 1 0 10A5 5 0 0 1 9 4zM12.7 12.7l3.8 3.8',
};

/** A button with a drawing and, for those who do not see it, a name. */
export function iconButton(name, drawing, onclick, more = {}) {
  return h('button.icon-button', { type: 'button', 'aria-label': name, title: name, onclick, ...more }, icon(drawing));
}

/** Puts the children in the place of those that an element has, or leaves it alone where there is nothing new. */
export const fill = (element, ...children) => {
  element.replaceChildren(...children.flat(Infinity).filter(Boolean).map(toNode));
  return element;
};
