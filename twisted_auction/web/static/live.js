/**
 * The one socket of a tab: it connects, listens for silence, and comes back after a cut.
 *
 * Nothing is sent late: `say` refuses words while there is no connection, because a bid that was
 * typed for one price must not arrive at another.
 *
 * @typedef {import("./state.js").Frame} Frame
 * @typedef {object} Tools what the browser has, and tests replace
 * @property {string} url of the socket
 * @property {(frame: Frame) => void} tell is given each frame, of the server, the page and the socket
 * @property {() => void} begin is called on each connection, before any other word
 * @property {(url: string) => WebSocket} open
 * @property {() => number} now ms of performance.now()
 * @property {(callback: () => void, ms: number) => number} later
 * @property {(timer: number) => void} cancel
 * @property {() => number} random from 0 to 1
 */

/** Silence, in ms, after which the page says that it hears nothing, and asks the server. The server
 * says something every 20 s. */
export const QUIET = 25_000;
/** Silence, in ms, after which the page gives the connection up. */
export const SILENCE = 45_000;
/** Ms for a connection to be made. */
export const OPENING = 10_000;
/** The first wait before the next attempt, in ms; it doubles with each failure. */
export const FIRST_WAIT = 500;
/** The longest wait before the next attempt, in ms. A server that starts again within seconds must
 * not lose the Buyers of a lot that ends within a minute. */
export const LONGEST_WAIT = 5_000;
/** The wait, in ms, if the server does not want the page soon. */
export const LATER = 15_000;
/** Codes with which the server ends a socket that is not to come back soon (web/live.py): too much
 * was sent, the address is banned, wrong pass codes, no room now. */
export const NOT_SOON = [4002, 4003, 4004, 4005];
/** Ms for an answer as the page comes back from the background. */
export const ANSWER = 5_000;

/** A socket that connects again by itself. */
export class Live {
  /** @param {Tools} tools */
  constructor(tools) {
    this.tools = tools;
    /** @type {WebSocket|null} */ this.socket = null;
    this.isLive = false;
    this.isQuiet = false;
    this.failures = 0;
    this.heardAt = 0;
    /** @type {number|undefined} */ this.timer = undefined;
  }

  /** Connect, unless there is a connection or an attempt. */
  start() {
    if (this.socket !== null) {
      return;
    }
    this.#wait(OPENING, () => this.#lose());
    this.tools.tell({ link: "connecting" });
    const socket = this.socket = this.tools.open(this.tools.url);
    const isOurs = () => socket === this.socket;
    socket.onopen = () => isOurs() && this.#opened();
    socket.onmessage = (event) => isOurs() && this.hear(event.data);
    socket.onclose = ({ code }) => isOurs() && this.#lose(NOT_SOON.includes(code));
    if (socket.readyState === 1) {
      this.#opened();
    }
  }

  /**
   * Say words to the lobby, or in a room.
   * @param {string} text
   * @param {string} [room]
   * @returns {boolean} false if there is no connection, and nothing was said
   */
  say(text, room) {
    if (!this.isLive || this.socket === null) {
      return false;
    }
    const frame = room === undefined ? { say: text } : { room, say: text };
    this.socket.send(JSON.stringify(frame));
    this.tools.tell(frame);
    return true;
  }

  /** The browser is back: from the background, or on a network. Find out at once what holds. */
  wake() {
    if (this.socket === null) {
      this.failures = 0;
      this.start();
    } else if (this.isLive) {
      this.#ask(ANSWER);
    }
  }

  /** The browser has lost its network. The connection may outlive that: its next word shows it. */
  doubt() {
    if (this.isLive) {
      this.isQuiet = true;
      this.tools.tell({ link: "silent" });
    }
  }

  /** Give the connection up, and connect again at once. */
  restart() {
    this.#drop();
    this.failures = 0;
    this.start();
  }

  /** Give the connection up for good. */
  stop() {
    this.#drop();
    this.tools.tell({ link: "gone" });
  }

  #opened() {
    if (this.isLive) {
      return;
    }
    this.isLive = true;
    this.tools.tell({ link: "live" });
    this.#listen();
    this.tools.begin();
  }

  /** Take the text of a frame from the server. @param {string} data */
  hear(data) {
    this.failures = 0;
    if (this.isQuiet) {
      this.tools.tell({ link: "live" });
    }
    this.#listen();
    const frame = JSON.parse(data);
    if (Array.isArray(frame.letter)) {
      this.tools.tell(frame);
    }
  }

  #listen() {
    this.isQuiet = false;
    this.heardAt = this.tools.now();
    this.#wait(QUIET, () => this.#ask(SILENCE - QUIET));
  }

  /** Ask the server for a word. @param {number} ms to wait for it */
  #ask(ms) {
    // Timers stand still in a sleeping phone: what counts is the time that has gone by.
    if (this.tools.now() - this.heardAt >= SILENCE) {
      ms = Math.min(ms, ANSWER);
    }
    if (this.tools.now() - this.heardAt >= QUIET) {
      this.isQuiet = true;
      this.tools.tell({ link: "silent" });
    }
    this.socket?.send(JSON.stringify({ say: "PING" }));
    this.#wait(ms, () => this.#lose());
  }

  #lose(isNotSoon = false) {
    this.#drop();
    const wait = isNotSoon
      ? LATER : Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.failures);
    // A hall of phones that were cut together must not come back together.
    const ms = wait * (0.5 + this.tools.random() / 2);
    this.failures += 1;
    this.tools.tell({ link: "gone", retryAt: this.tools.now() + ms });
    this.#wait(ms, () => this.start());
  }

  #drop() {
    const socket = this.socket;
    this.socket = null;
    this.isLive = this.isQuiet = false;
    this.#wait(0, null);
    socket?.close();
  }

  /** @param {number} ms @param {(() => void)|null} then the one thing that is waited for */
  #wait(ms, then) {
    if (this.timer !== undefined) {
      this.tools.cancel(this.timer);
    }
    this.timer = then === null ? undefined : this.tools.later(then, ms);
  }
}
