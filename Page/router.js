// The address of a view: `#/series?s=greenwich&range=24h`. It holds what is seen, and never a key.

/** The view and the parameters of the page's address; of a parameter that is repeated all values. */
export function read(hash = location.hash) {
  const [path, query = ''] = (hash.startsWith('#/') ? hash.slice(2) : '').split('?');
  const parameters = new URLSearchParams(query);
  return { view: path || 'series', all: (name) => parameters.getAll(name), one: (name) => parameters.get(name) ?? undefined };
}

/** @param {object} parameters an array is a parameter that is repeated; undefined leaves one out */
export function write(view, parameters = {}) {
  const pairs = Object.entries(parameters).flatMap(([name, value]) =>
    [value].flat().filter((one) => one !== undefined && one !== null && one !== '').map((one) => [name, one]));
  const query = new URLSearchParams(pairs).toString();
  return `#/${view}${query ? `?${query}` : ''}`;
}

/** Goes to an address. @param {boolean} replaces whether the browser's Back leaves out where it was */
export function go(address, { replaces = false } = {}) {
  if (address === location.hash) return;
  history[replaces ? 'replaceState' : 'pushState'](null, '', address);
  dispatchEvent(new Event('routechange'));
}

/** Calls back whenever the address has changed. */
export function listen(onChange) {
  addEventListener('popstate', onChange);
  addEventListener('routechange', onChange);
}
