/** Lists whose rows change: each row keeps its element. */

/** A part of a row, which must be there. @param {Element} node @param {string} selector @returns {Element} */
export function part(node, selector) {
  const found = node.querySelector(selector);
  if (found === null) throw new Error(`a row has no ${selector}`);
  return found;
}

/**
 * Draw a list: each row keeps its element, and so the focus in it.
 * @template T
 * @param {HTMLElement} list
 * @param {T[]} items
 * @param {(item: T) => string} keyOf
 * @param {(item: T) => HTMLElement} create
 * @param {(node: HTMLElement, item: T) => void} update
 */
export function rows(list, items, keyOf, create, update) {
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  const old = new Map(Array.from(list.children, (node) => [/** @type {HTMLElement} */ (node).dataset.key, node]));
  let next = list.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    const node = /** @type {HTMLElement} */ (old.get(key) ?? create(item));
    node.dataset.key = key;
    old.delete(key);
    update(node, item);
    if (node === next) next = node.nextElementSibling;
    else list.insertBefore(node, next);
  }
  for (const node of old.values()) node.remove();
  // A row that is moved loses the focus.
  if (focused instanceof HTMLElement && focused.isConnected && document.activeElement !== focused) focused.focus();
}
