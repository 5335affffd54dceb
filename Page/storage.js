// What the browser keeps for the page. Some let a page keep nothing: then it forgets.

const guarded = (name) => {
  const attempt = (use) => { try { return use(globalThis[name]); } catch { return null; } };
  return {
    get: (key) => attempt((storage) => storage.getItem(key)),
    set: (key, value) => attempt((storage) => storage.setItem(key, value)),
    remove: (key) => attempt((storage) => storage.removeItem(key)),
  };
};

/** Until the tab is closed. */
export const session = guarded('sessionStorage');
/** For ever. */
export const local = guarded('localStorage');
