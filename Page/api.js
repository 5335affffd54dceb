// Asks the API. One place knows where it is, sends the key and reads errors.

import * as keys from './keys.js';

/** Why a request failed, in words for people. */
export class APIError extends Error {
  constructor(status, code, message, advice = '') {
    super(message);
    Object.assign(this, { status, code, advice });
  }

  get isKeyMissing() { return this.status === 401; }
}

let base = document.baseURI;

/** @param {string} address relative to the page */
export function setBase(address) { base = new URL(address, document.baseURI.split('#')[0]).href; }

/** Everything but what RFC 3986 lets stand is encoded: such a text is safe between a shell's quotes too. */
export const encode = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

/** The address of a request. @param {object} query an array is a parameter that is repeated; undefined leaves one out */
export function address(path, query = {}) {
  const pairs = Object.entries(query).flatMap(([name, value]) => [value].flat().filter((one) => one !== undefined && one !== null).map((one) => `${name}=${encode(one)}`));
  return base + path + (pairs.length ? `?${pairs.join('&')}` : '');
}

/** The JSON of an answer. @throws {APIError} */
export async function get(path, query, signal) {
  const response = await ask(path, query, signal);
  try { return await response.json(); } catch (error) {
    throw error instanceof SyntaxError ? foreign() : error;
  }
}

/** Why an answer is none of the cache's. */
export const foreign = () => new APIError(1, 'Another API', 'This stack’s API is not the cache’s.', `It is asked at ${base}.`);

/** An answer. @throws {APIError} */
export async function ask(path, query, signal) {
  const key = keys.current();
  let response;
  try {
    response = await fetch(address(path, query), { headers: key ? { 'x-api-key': key } : {}, signal, credentials: 'omit' });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new APIError(0, 'Unreachable', 'The API does not answer.', 'Is it running, and is this machine online? The page tries again by itself.');
  }
  if (response.ok) return response;
  throw await failure(response);
}

async function failure(response) {
  let code = `${response.status}`, message = response.statusText || `status ${response.status}`;
  try {
    const body = await response.json();
    ({ code = code, message = message } = body.error ?? body);
  } catch { /* A gateway's own page: its status says enough. */ }
  const advice = { 401: 'Give a key that is right.', 403: 'Use a key that allows it.', 429: 'The page asks again in a moment.', 503: 'The page asks again in a moment.', 504: 'Look at a shorter range.' }[response.status] ?? '';
  return new APIError(response.status, String(code), String(message), advice);
}
