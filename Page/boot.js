// The first module: makes sure that text stays text, then starts the page. Where a part did not arrive, it tries again.

// What a library hands to innerHTML becomes text: the browser refuses every other way to make markup of a string.
globalThis.trustedTypes?.createPolicy('default', {
  createHTML: (text) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`),
});

const triesKey = 'page-tries';
const mostTries = 3;

try {
  if (!globalThis.Dygraph) throw new Error('the charts did not load');
  const { start } = await import('./app.js');
  await start(document.getElementById('app'));
  count(0);
} catch (error) {
  console.warn('the page did not start', error);
  const tries = count();
  // A server that starts many small processes at once may refuse some of the first requests. What has arrived is kept.
  if (tries < mostTries) setTimeout(() => location.reload(), 500 * tries);
  else tellFailure();
}

/** How often the page was loaded; where the browser keeps nothing, often enough. */
function count(tries) {
  try {
    tries ??= Number(sessionStorage.getItem(triesKey) ?? 0) + 1;
    if (tries) sessionStorage.setItem(triesKey, tries);
    else sessionStorage.removeItem(triesKey);
    return tries;
  } catch { return mostTries; }
}

function tellFailure() {
  count(0);
  const text = document.createElement('p');
  text.className = 'starting';
  text.role = 'alert';
  text.textContent = 'Parts of the page did not arrive. Load it again in a moment.';
  document.getElementById('app').replaceChildren(text);
}
