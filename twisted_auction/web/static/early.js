/**
 * Opens the socket, and says the first words, while the other modules are still on their way: a
 * phone on a slow network reads the price one or two round trips earlier.
 *
 * The page's root element names the page's place in its room: `<html data-place="seat">` to bid,
 * `"watch"` to watch; without it the page says its first words itself.
 *
 * @typedef {{say: string, room?: string}} PageFrame
 */

/** The address of the socket. */
export const URL_OF_SOCKET = `${location.protocol.replace("http", "ws")}//${location.host}/live`;

/** The room of this page's address; the first one of the house if the address has none. */
export const ROOM = /^\/room\/([\w-]+)/.exec(location.pathname)?.[1] ?? "main";

/** A storage that may be missing or full: then nothing is remembered. @param {() => Storage} storage */
const careful = (storage) => ({
  /** @param {string} key @returns {string|null} */
  get(key) {
    try {
      return storage().getItem(key);
    } catch {
      return null;
    }
  },
  /** @param {string} key @param {string|null} value null to forget it */
  set(key, value) {
    try {
      if (value === null) {
        storage().removeItem(key);
      } else {
        storage().setItem(key, value);
      }
    } catch {
      // Without a storage, the page works until it is closed.
    }
  },
});

/** What this tab remembers until it is closed. */
export const tab = careful(() => sessionStorage);
/** What this browser remembers. */
export const device = careful(() => localStorage);

/** What a join link adds to the address of the page that it leads to (web/pages.py). */
const JOINED = "#joined";

/**
 * The pass code that was typed in this tab; null if a join link was opened later, in any tab. The
 * browser sends the code of the link itself.
 */
export const typedPass = {
  get: () => (tab.get("joined") === device.get("joined") ? tab.get("pass") : null),
  /** @param {string|null} code */
  set(code) {
    tab.set("pass", code);
    tab.set("joined", device.get("joined"));
  },
};

if (location.hash === JOINED) {
  device.set("joined", String(Math.random()));
  history.replaceState(null, "", location.pathname + location.search);
}

/** The words with which a connection begins. @returns {PageFrame[]} */
export function firstWords() {
  const { place } = document.documentElement.dataset;
  const pass = typedPass.get();
  const ticket = place === "seat" ? tab.get(`ticket ${ROOM}`) : null;
  /** @type {PageFrame[]} */
  const words = pass === null ? [] : [{ say: `PASS ${pass}` }];
  if (ticket !== null) words.push({ say: `RESUME ${ticket}`, room: ROOM });
  else if (place !== undefined) words.push({ say: `WATCH ${ROOM}` });
  return words;
}

/** The first socket, what it has said, and what came before somebody listened. */
export const early = {
  socket: new WebSocket(URL_OF_SOCKET),
  said: /** @type {PageFrame[]|null} */ (null),
  data: /** @type {string[]} */ ([]),
};

early.socket.onopen = () => {
  early.said = firstWords();
  for (const frame of early.said) {
    early.socket.send(JSON.stringify(frame));
  }
};
early.socket.onmessage = (event) => early.data.push(event.data);
