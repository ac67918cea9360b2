/** Small helpers for pages. */

/**
 * The element with this id, which the page must have.
 * @param {string} id
 * @returns {any}
 */
export function at(id) {
  const found = document.getElementById(id);
  if (found === null) {
    throw new Error(`the page has no #${id}`);
  }
  return found;
}

/**
 * Set an element's text, if it differs: a live region that is set again is read again.
 * @param {Element} node
 * @param {string} text
 */
export function write(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

/**
 * Show or hide an element.
 * @param {Element} node
 * @param {boolean} isShown
 */
export function reveal(node, isShown) {
  /** @type {HTMLElement} */ (node).hidden = !isShown;
}

/**
 * Show a picture once it is there: a broken one is never shown.
 * @param {HTMLImageElement} node
 * @param {string} address empty for none
 */
export function picture(node, address) {
  if (node.dataset.address === address) return;
  node.dataset.address = address;
  reveal(node, false);
  node.onload = () => reveal(node, true);
  node.onerror = () => reveal(node, false);
  if (address === "") node.removeAttribute("src");
  else node.src = address;
}

/**
 * A new element.
 * @param {string} name
 * @param {{[attribute: string]: string|boolean|EventListener}} [attributes] a function is a listener
 *     for the event of that name; false leaves the attribute out
 * @param {...(Node|string)} children
 * @returns {HTMLElement}
 */
export function make(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      node.addEventListener(key, value);
    } else if (value !== false) {
      node.setAttribute(key, value === true ? "" : value);
    }
  }
  node.append(...children);
  return node;
}

/**
 * Fill the page from a table of texts: the elements with `data-text="bid.submit"`, and the
 * accessible names of those with `data-label`, and the hints in fields with `data-hint`.
 * @param {{[key: string]: any}} texts
 */
export function label(texts) {
  document.documentElement.lang = texts.code;
  const text = (/** @type {string|null} */ path) =>
    (path ?? "").split(".").reduce((table, key) => table[key], /** @type {any} */ (texts));
  for (const node of document.querySelectorAll("[data-text]")) {
    write(node, text(node.getAttribute("data-text")));
  }
  for (const [mark, attribute] of [["data-label", "aria-label"], ["data-hint", "placeholder"]]) {
    for (const node of document.querySelectorAll(`[${mark}]`)) {
      node.setAttribute(String(attribute), text(node.getAttribute(String(mark))));
    }
  }
}

/**
 * Minutes and seconds, such as 0:42 or 1:05:00.
 * @param {number} ms
 */
export function countdown(ms) {
  const seconds = Math.ceil(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  if (h >= 24) return `${Math.floor(h / 24)} d ${h % 24} h`; // the same in all languages of the page
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
