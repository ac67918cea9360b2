/**
 * One browser in the house: the socket, the state, and the page that shows it.
 *
 * @typedef {import("./state.js").State} State
 * @typedef {import("./state.js").Frame} Frame
 */

import { ROOM, URL_OF_SOCKET, device, early, firstWords, tab, typedPass } from "./early.js";
import { Live } from "./live.js";
import { unanswered } from "./room.js";
import { NO_SUCH_TICKET, initial, reduce } from "./state.js";

export { ROOM, device, tab };

/** Farewells after which the seat is still there. */
const KEEPS_SEAT = new Set(["auctioneer_closes", "came_back"]);

/** A page in a browser. */
export class Browser {
  /**
   * @param {(state: State, now: number) => void} show draws the page; called at most once a frame
   * @param {(frame: Frame, browser: Browser) => void} [heard] is told each frame after the state
   */
  constructor(show, heard = () => {}) {
    this.state = initial();
    this.show = show;
    this.heard = heard;
    this.isDrawing = false;
    /** @type {WebSocket|null} */ let first = early.socket;
    this.live = new Live({
      url: URL_OF_SOCKET,
      tell: (frame) => this.tell(frame),
      begin: () => this.#begin(),
      open: (url) => {
        const socket = first ?? new WebSocket(url);
        first = null;
        return socket;
      },
      now: () => performance.now(),
      later: (callback, ms) => window.setTimeout(callback, ms),
      cancel: (timer) => window.clearTimeout(timer),
      random: Math.random,
    });
  }

  /** Connect. Call it once the page can draw any state. */
  start() {
    const line = tab.get(`said ${ROOM}`);
    if (line !== null) {
      this.tell({ room: ROOM, unconfirmed: JSON.parse(line) });
    }
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") {
        this.live.wake();
      }
    });
    window.addEventListener("online", () => this.live.wake());
    window.addEventListener("offline", () => this.live.doubt());
    window.addEventListener("pageshow", (event) => event.persisted && this.live.wake());
    this.live.start();
  }

  /** Say words to the lobby, or in a room. @param {string} text @param {string} [room] */
  say(text, room) {
    return this.live.say(text, room);
  }

  /** Say a pass code, and remember it in this tab. @param {string} code */
  pass(code) {
    typedPass.set(code);
    return this.say(`PASS ${code}`);
  }

  /** Take a frame of the server, the page or the socket. @param {Frame} frame */
  tell(frame) {
    this.state = reduce(this.state, frame, performance.now());
    this.#remember(frame);
    this.heard(frame, this);
    this.draw();
  }

  /** Draw the page soon. */
  draw() {
    if (this.isDrawing) {
      return;
    }
    this.isDrawing = true;
    requestAnimationFrame(() => {
      this.isDrawing = false;
      this.show(this.state, performance.now());
    });
  }

  #begin() {
    const said = early.said;
    early.said = null;
    if (said === null) {
      for (const { say } of firstWords()) {
        this.say(say);
      }
      return;
    }
    for (const frame of said) {
      this.tell(frame);
    }
    // What came while the modules were loading.
    for (const data of early.data.splice(0)) {
      this.live.hear(data);
    }
  }

  /** Keep tickets, and lines without an answer, for the next connection or page. @param {Frame} frame */
  #remember(frame) {
    if ("letter" in frame && frame.room === undefined) {
      const isLost = frame.letter.some((m) => m.type === "not_done" && m.text === NO_SUCH_TICKET);
      if (isLost) {
        this.#forget(ROOM);
      }
      if (this.state.passRefusal !== null) {
        typedPass.set(null);
      }
    }
    const name = "room" in frame ? frame.room : ROOM;
    const room = name === undefined ? undefined : this.state.rooms[name];
    if (name === undefined || room === undefined) {
      return;
    }
    // A tab that takes its seat back from another window has forgotten the ticket.
    if ("say" in frame && /^RESUME\b/i.test(frame.say)) tab.set(`ticket ${name}`, room.ticket);
    if ("letter" in frame && frame.letter.some(({ type }) => type === "ticket_is")) {
      tab.set(`ticket ${name}`, room.ticket);
      device.set(`ticket ${name}`, room.ticket);
    }
    const isOver = "letter" in frame && frame.ended === true;
    if (isOver && room.farewell?.type === "came_back") {
      tab.set(`ticket ${name}`, null);
    } else if (isOver && !KEEPS_SEAT.has(room.farewell?.type ?? "")) {
      this.#forget(name);
    }
    const line = unanswered(room);
    tab.set(`said ${name}`, line === null ? null : JSON.stringify(line));
  }

  /** @param {string} name of a room */
  #forget(name) {
    for (const storage of [tab, device]) {
      storage.set(`ticket ${name}`, null);
    }
  }
}
