// An item of DynamoDB in a dialog, as its JSON. It is changed only if what was read is still there as it was.

import { h, fill } from './dom.js';
import { area, call, problem } from './console.js';

const byName = (item) => Object.fromEntries(Object.entries(item).sort(([one], [other]) => (one < other ? -1 : 1)));

/** An expression has at most 4,096 bytes and 300 operators, of which each attribute takes up to 33 bytes and two. */
const mostCompared = 100;

/**
 * The update that changes what was edited and leaves what somebody else has added, on the condition that every attribute is as it was
 * read, and that those which are new are not there. Of an item with many attributes only the key and those that were edited are compared.
 */
function update(item, changed, keys) {
  const names = {}, values = {}, conditions = [], sets = [], removals = [];
  const isEdited = (name) => !Object.hasOwn(item, name) || !Object.hasOwn(changed, name) || JSON.stringify(changed[name]) !== JSON.stringify(item[name]);
  const all = [...new Set([...Object.keys(item), ...Object.keys(changed)])];
  const compared = all.length > mostCompared ? all.filter((name) => keys.includes(name) || isEdited(name)) : all;
  for (const [index, name] of compared.entries()) {
    const [placeholder, before, after] = [`#n${index}`, `:b${index}`, `:a${index}`];
    names[placeholder] = name;
    const wasThere = Object.hasOwn(item, name);
    if (wasThere) values[before] = item[name];
    conditions.push(wasThere ? `${placeholder} = ${before}` : `attribute_not_exists(${placeholder})`);
    if (!Object.hasOwn(changed, name)) removals.push(placeholder);
    else if (isEdited(name)) {
      values[after] = changed[name];
      sets.push(`${placeholder} = ${after}`);
    }
  }
  const clauses = [sets.length && `SET ${sets.join(', ')}`, removals.length && `REMOVE ${removals.join(', ')}`].filter(Boolean);
  return {
    UpdateExpression: clauses.join(' ') || undefined, ConditionExpression: conditions.join(' AND '),
    ExpressionAttributeNames: names, ExpressionAttributeValues: values,
  };
}

/** @param {{table: string, keys: Array<string>, item: object|null, done: function(string)}} what null makes an item */
export function editItem({ table, keys, item, done }) {
  const field = area('Item', { id: 'item', rows: '16' });
  field.value = JSON.stringify(item ? byName(item) : Object.fromEntries(keys.map((one) => [one, { S: '' }])), null, 2);
  const told = h('div', {}), button = h('button.primary', { type: 'submit' }, 'Save');
  const dialog = h('dialog.wide', { 'aria-labelledby': 'item-title', onclose: () => dialog.remove() },
    h('form', { onsubmit: save },
      h('h2', { id: 'item-title' }, item ? 'Change an item' : 'A new item'), h('label', { for: 'item' }, 'Item'), field,
      h('p.note', {}, 'DynamoDB’s JSON: {"name": {"S": "a text"}, "count": {"N": "12"}}'), told,
      h('div.actions', {}, h('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel'), button)));
  document.body.append(dialog);
  dialog.showModal();

  async function save(event) {
    event.preventDefault();
    let changed;
    try { changed = JSON.parse(field.value); } catch (error) { return tell({ status: 0, message: `This is no JSON: ${error.message}` }); }
    if (changed === null || typeof changed !== 'object' || Array.isArray(changed)) return tell({ status: 0, message: 'An item is an object of attributes.' });
    const isOther = item && keys.some((one) => JSON.stringify(changed[one]) !== JSON.stringify(item[one]));
    if (isOther) return tell({ status: 0, message: `The key (${keys.join(', ')}) stays: make a new item, and delete this one.` });
    button.disabled = true;
    try {
      if (item) {
        const key = Object.fromEntries(keys.map((one) => [one, item[one]]));
        await call('dynamodb', 'UpdateItem', { TableName: table, Key: key, ...update(item, changed, keys) });
      } else {
        const isNew = { ConditionExpression: 'attribute_not_exists(#key)', ExpressionAttributeNames: { '#key': keys[0] } };
        await call('dynamodb', 'PutItem', { TableName: table, Item: changed, ...isNew });
      }
      dialog.close();
      done(item ? 'The item is changed.' : 'The item is made.');
    } catch (error) {
      const isTaken = error.code === 'ConditionalCheckFailedException';
      tell(isTaken ? { status: 0, message: item ? 'Somebody has changed or deleted this item meanwhile. Close this, and look at it again.' : 'There is an item with this key already.' } : error);
    }
    button.disabled = false;
  }

  function tell(error) {
    fill(told, problem(error));
    field.setAttribute('aria-invalid', 'true');
    field.focus();
  }
}
