// What there is to ask of: databases, their tables, and of a table that is opened the columns.

import { h, fill } from './dom.js';
import { empty, failed, loading } from './states.js';
import { call, problem } from './console.js';

/** Names of one kind that are shown. */
const most = 1000;
const quoted = (name) => `"${name.replaceAll('"', '""')}"`;

/**
 * @param {{insert: function(string), ask: function(string), found: function(string)}} does puts a name where the cursor is, or asks a query; is told the first database
 * @returns {Function} ends it
 */
export function makeTree(place, does) {
  const controller = new AbortController(), { signal } = controller;
  async function all(operation, key, input) {
    const found = [];
    let token;
    do {
      const answer = await call('timestream', operation, { ...input, NextToken: token }, signal);
      found.push(...answer[key]);
      token = answer.NextToken;
    } while (token && found.length < most);
    return found;
  }

  async function read() {
    fill(place, loading('databases', 3));
    try {
      const databases = await all('ListDatabases', 'Databases', {});
      if (!databases.length) { fill(place, empty('No databases', 'They come with the first rows.')); return; }
      does.found(databases[0].DatabaseName);
      const branches = databases.map(({ DatabaseName, TableCount }) => database(DatabaseName, TableCount));
      fill(place, branches);
      if (branches.length === 1) branches[0].open = true;
    } catch (error) {
      if (error.name !== 'AbortError') fill(place, failed(error, read));
    }
  }

  /** A branch that reads what is in it when it is opened. */
  function branch(name, note, load) {
    const contents = h('div.branch');
    const element = h('details', {
      ontoggle: async () => {
        if (!element.open || contents.children.length) return;
        fill(contents, loading(name, 2));
        try { fill(contents, await load()); } catch (error) {
          if (error.name !== 'AbortError') fill(contents, problem(error));
        }
      },
    }, h('summary', {}, name, note ? h('span.note', {}, ` ${note}`) : null), contents);
    return element;
  }

  const database = (name, count) => branch(name, count === 1 ? '1 table' : `${count} tables`, async () => {
    const tables = await all('ListTables', 'Tables', { DatabaseName: name });
    return tables.length ? tables.map(({ TableName }) => table(name, TableName)) : [h('p.note', {}, 'No tables')];
  });

  const table = (database, name) => branch(name, '', async () => {
    const path = `${quoted(database)}.${quoted(name)}`;
    const { Rows } = await call('timestream', 'Query', { QueryString: `DESCRIBE ${path}` }, signal);
    return [
      h('button.quiet', { type: 'button', 'aria-label': `Newest rows of ${name}`, onclick: () => does.ask(`SELECT * FROM ${path}\nWHERE time > ago(1d)\nORDER BY time DESC\nLIMIT 100`) }, 'Newest rows'),
      h('ul', {}, Rows.map(({ Data }) => {
        const [column, type, kind] = Data.map((one) => one.ScalarValue ?? '');
        return h('li', {}, h('button.quiet', { type: 'button', title: 'Put it into the query', onclick: () => does.insert(/^[a-z_]\w*$/i.test(column) ? column : quoted(column)) }, column), h('span.note', {}, `${type}, ${kind.toLowerCase().replaceAll('_', ' ')}`));
      })),
    ];
  });

  read();
  return () => controller.abort();
}
