// How programs get exactly what is seen: curl, Python and Grafana. A key is never in it.

import * as api from './api.js';
import { h, fill, icon, icons } from './dom.js';

/** The parameter `measures`. Names with a comma cannot be asked for by a list of names: then all are. */
export const namesOf = (names) => (names.length && names.every((name) => name && !name.includes(',')) ? names.join(',') : undefined);

const whereKeyIs = 'For the local cloud, eval "$(.build/release/local-cloud env)" sets it; for a stack, it is in the parameter that the output ApiKeyParameterName names.';

/**
 * The texts of a view. @param {object} view `ids`, `measures(id)`, `from` and `to` as they are asked for, `bins` by id
 * @returns {Array<{name, note, text}>}
 */
export function snippets({ ids, measures, from, to, bins }) {
  const address = (id) => api.address('v1/rows', {
    id, from, to, bin: bins.get(id)?.text, aggregate: bins.get(id) ? 'avg,min,max' : undefined, measures: namesOf(measures(id)), limit: 50_000, format: 'csv', shape: 'flat',
  });
  const single = ids.map((id) => `curl --compressed -H "x-api-key: $ApiKey" \\\n  '${address(id)}'`);
  const python = `import os, pandas

frames = [pandas.read_csv(url, parse_dates=["time"], storage_options={"x-api-key": os.environ["ApiKey"]}) for url in [
${ids.map((id) => `    ${JSON.stringify(address(id))},`).join('\n')}
]]
pandas.concat(frames).pivot(index="time", columns=["series", "measure"], values="value").plot()`;
  return [
    { name: 'curl', note: `ApiKey is a variable with your key. ${whereKeyIs}`, text: single.join('\n\n') },
    { name: 'Python', note: `With pandas. ApiKey is a variable of the environment. ${whereKeyIs}`, text: python },
    { name: 'Grafana', note: `A data source of the type Prometheus at ${api.address('').replace(/\/$/, '')}, with the header “Authorization: Bearer” and your key. From ${from} to ${to}.`, text: promQL(ids, measures, bins) },
  ];
}

const quoted = (text) => `"${text.replace(/[\\"]/g, (one) => `\\${one}`).replaceAll('\n', '\\n')}"`;

/** A line for each measure. A series with few rows is looked back for in a bin, or in an hour. */
function promQL(ids, measures, bins) {
  return ids.flatMap((id) => measures(id).map((measure) => {
    const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(measure) ? '' : `__name__=${quoted(measure)},`;
    const bin = bins.get(id);
    const text = `${name ? '' : measure}{${name}series=${quoted(id)}}`;
    return bin ? `avg_over_time(${text}[${bin.text}])` : `last_over_time(${text}[1h])`;
  })).join('\n');
}

export function makeShare(place) {
  return {
    show(view) {
      fill(place, snippets(view).map(({ name, note, text }) => {
        const code = h('code', {}, text);
        return h('div.snippet', {}, h('h2', {}, name), h('p.note', {}, note), h('pre', { tabindex: '0', role: 'region', 'aria-label': name }, code), copyButton(() => code.textContent, `Copy for ${name}`));
      }));
    },
  };
}

/** A button that copies a text and says so. */
export function copyButton(text, name, drawing = icons.copy) {
  const label = h('span', {}, name);
  const button = h('button.quiet', { type: 'button', async onclick() {
    try {
      await navigator.clipboard.writeText(text());
      label.textContent = 'Copied';
    } catch {
      label.textContent = 'The browser does not let the page copy';
    }
    setTimeout(() => { label.textContent = name; }, 2000);
  } }, icon(drawing), label);
  return button;
}
