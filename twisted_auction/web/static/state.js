/**
 * The whole state of a browser, and the one function that changes it.
 *
 * A page shows a state and nothing else. `reduce` is pure: it is given a frame and the present
 * instant, and returns the next state. A frame is one of:
 *
 * - a frame from the server: `{letter: [messages]}`, with `room` if it is about a room (`*` for all
 *   lots), and with `ended: true` if the seat there has ended;
 * - a frame from the page: `{say: "150", room: "main"}`, or `{say: "LIST"}` for the lobby;
 * - what an earlier page in this tab had said without an answer: `{room, unconfirmed: line}`;
 * - news of the socket: `{link: "connecting"|"live"|"silent"|"gone", retryAt}`.
 *
 * @typedef {import("./protocol").Message} Message
 * @typedef {import("./room.js").Room} Room
 * @typedef {"connecting"|"live"|"silent"|"gone"} Link
 * @typedef {{letter: Message[], room?: string, ended?: boolean}} ServerFrame
 * @typedef {{say: string, room?: string}} PageFrame
 * @typedef {{link: Link, retryAt?: number}} LinkFrame
 * @typedef {{room: string, unconfirmed: import("./unanswered.js").Line}} EarlierFrame
 * @typedef {ServerFrame|PageFrame|LinkFrame|EarlierFrame} Frame
 * @typedef {ReturnType<typeof initial>} State
 */

import { ALL, hearOfLots, nothing } from "./all_lots.js";
import { create, hear, lose, resume, say } from "./room.js";

/** The server's words for a house where only persons may take part (wire/messages.py). */
export const NO_PASS_YET = "say your pass code first: PASS and the code.";
/** The server's words for a wrong pass code (wire/messages.py). */
export const NO_SUCH_PASS = "there is no such pass code.";
/** The server's words for an unknown ticket (server/lobby.py). */
export const NO_SUCH_TICKET = "there is no such ticket.";

/** The server's words for a room that no client can open (house/rooms.py). */
const NO_SUCH_ROOM = "there is no such room.";

/** True if the server has refused a room because there is none. @param {Message|null} m */
export const isNoRoom = (m) => m !== null && m.type === "not_done" && m.text === NO_SUCH_ROOM;

/** The state of a browser that knows nothing yet. */
export const initial = () => ({
  link: {
    is: /** @type {Link} */ ("connecting"),
    /** The instant of the next attempt to connect. */
    retryAt: /** @type {number|null} */ (null),
    /** True once a connection was live. */
    wasLive: false,
  },
  /** The person behind the pass code; null if the server knows none. */
  person: /** @type {{paddle: number, name: string}|null} */ (null),
  /** True if the house asks for a pass code. */
  isPassWanted: false,
  /** True while the answer to a pass code is awaited. That to a wrong one takes its time. */
  isPassSaid: false,
  /** The refusal of a pass code. */
  passRefusal: /** @type {Message|null} */ (null),
  rooms: /** @type {{[name: string]: Room}} */ ({}),
  /** All lots of a sale in which each has a room of its own. */
  lots: nothing(),
  lobby: {
    /** The rooms by the last answer to LIST; null before it. */
    list: /** @type {import("./protocol").RoomIs[]|null} */ (null),
    inUse: 0,
    /** The room that was asked about with SALE. */
    saleOf: "main",
    /** The lobby's refusal of it. */
    refusal: /** @type {Message|null} */ (null),
    /** The time of day in the house when the page asked for it; null before. */
    time: /** @type {import("./protocol").TimeIs|null} */ (null),
    /** The last letter of the lobby, for pages that ask for more. */
    letter: /** @type {Message[]} */ ([]),
  },
});

/**
 * The next state.
 * @param {State} state
 * @param {Frame} frame
 * @param {number} now ms of performance.now()
 * @returns {State}
 */
export function reduce(state, frame, now) {
  if ("link" in frame) {
    return linked(state, frame);
  }
  if ("say" in frame) {
    return said(state, frame);
  }
  if ("unconfirmed" in frame) {
    return inRoom(state, frame.room, (room) => resume(room, frame.unconfirmed));
  }
  const { room: name, letter, ended = false } = frame;
  if (name === undefined) {
    return heardInLobby(state, letter, now);
  }
  if (name === ALL) {
    // The last letter says that the pass code is not valid any more.
    if (ended) return heardInLobby({ ...state, lots: nothing() }, letter, now);
    return { ...state, lots: hearOfLots(state.lots, letter, now) };
  }
  return inRoom(state, name, (room) => hear(room, letter, ended, now));
}

/** @param {State} state @param {string} name @param {(room: Room) => Room} change @returns {State} */
function inRoom(state, name, change) {
  return { ...state, rooms: { ...state.rooms, [name]: change(state.rooms[name] ?? create(name)) } };
}

/** @param {State} state @param {LinkFrame} frame @returns {State} */
function linked(state, { link, retryAt }) {
  const isLive = link === "live" || link === "silent";
  const wasUp = state.link.is === "live" || state.link.is === "silent";
  const next = { ...state, link: { is: link, retryAt: retryAt ?? null, wasLive: state.link.wasLive || isLive } };
  if (link === "gone") next.isPassSaid = false;
  if (isLive || !wasUp) {
    return next;
  }
  const rooms = Object.entries(state.rooms).map(([name, room]) => [name, lose(room)]);
  return { ...next, rooms: Object.fromEntries(rooms) };
}

/** @param {State} state @param {PageFrame} frame @returns {State} */
function said(state, { say: text, room: name }) {
  if (name === undefined) {
    const saleOf = /^SALE +(\S+)/i.exec(text)?.[1] ?? state.lobby.saleOf;
    // HELP is asked for beside other words, and never refused.
    const refusal = /^HELP\b/i.test(text) ? state.lobby.refusal : null;
    const lobby = { ...state.lobby, saleOf, refusal };
    // The page asks for the list of rooms from time to time: the refusal stays until the next code.
    return /^PASS\b/i.test(text) ? { ...state, isPassSaid: true, passRefusal: null, lobby }
      : { ...state, lobby };
  }
  // Words about the place itself are no line in the room.
  const ticket = /^RESUME +(\S+)/i.exec(text)?.[1];
  if (ticket !== undefined) return inRoom(state, name, (room) => ({ ...room, ticket }));
  return /^QUIT\b/i.test(text) ? state : inRoom(state, name, (room) => say(room, text));
}

/** @param {State} state @param {Message[]} letter @param {number} now @returns {State} */
function heardInLobby(state, letter, now) {
  let next = { ...state, lobby: { ...state.lobby, letter } };
  if (letter.some(({ type }) => type === "sale_listed")) {
    if (state.lobby.saleOf === ALL) return { ...next, lots: hearOfLots(state.lots, letter, now) };
    return reduce(next, { room: state.lobby.saleOf, letter }, 0);
  }
  const isList = letter.some(({ type }) => type === "rooms_in_use");
  if (isList) {
    next.lobby.list = [];
  }
  for (const message of letter) {
    next = LOBBY[message.type]?.(next, message) ?? next;
  }
  return next;
}

/** @param {State} state @param {Partial<State["lobby"]>} changes */
const inLobby = (state, changes) => ({ ...state, lobby: { ...state.lobby, ...changes } });

/** @param {State} state @param {Message} m */
const refuse = (state, m) => inLobby(state, { refusal: m });

/**
 * What a message of the lobby means, by its type.
 * @type {{[type: string]: (state: State, m: any) => State}}
 */
export const LOBBY = {
  you_are_paddle: (state, m) => ({
    ...state, person: { paddle: m.paddle, name: m.name },
    isPassWanted: false, isPassSaid: false, passRefusal: null,
  }),
  ask_pass: (state) => ({ ...state, isPassWanted: true }),
  help_pass: (state) => ({ ...state, isPassWanted: state.person === null }),
  pass_withdrawn: (state, m) => ({
    ...refuse(state, m), person: null, isPassWanted: true, passRefusal: m,
  }),
  not_done: (state, m) => {
    if (m.text === NO_PASS_YET) {
      return { ...state, person: null, isPassWanted: true };
    }
    // The server reads nothing else before it has answered a code.
    const isPass = m.text === NO_SUCH_PASS || state.isPassSaid;
    return isPass
      ? { ...state, person: null, isPassWanted: true, isPassSaid: false, passRefusal: m }
      : refuse(state, m);
  },
  room_is: (state, m) =>
    inLobby(state, {
      list: [...(state.lobby.list ?? []), m],
    }),
  time_is: (state, m) => inLobby(state, { time: m }),
  rooms_in_use: (state, m) => inLobby(state, { inUse: m.rooms }),
  server_busy: refuse,
  address_banned: refuse,
  lobby_time_up: refuse,
  too_many_lines: refuse,
  line_too_long: refuse,
  auctioneer_closes: refuse,
};
