/**
 * What the desk knows about one room, and the words that wait for an answer. No elements.
 *
 * The server tells facts, each by a message with a key, and later only those that have changed
 * (docs/protocol.rst, The lots of a sale, and the desk).
 *
 * @typedef {import("./protocol").Message} Message
 * @typedef {{message: any, at: number}} Fact a message, and the instant at which it came
 * @typedef {{room: string, facts: {[kind: string]: {[number: string]: Fact}}}} Desk
 * @typedef {{kind: string, words: string, place: string}} Word
 */

/** The field with the number of each kind of fact. @type {{[kind: string]: string}} */
const NUMBERS = {
  desk_auction: "",
  desk_seat: "paddle",
  desk_bid: "number",
  desk_order: "number",
  sale_lot: "number",
};

/** The kinds of messages that answer one word each. */
const ANSWERS = new Set(["done", "not_done", "pass_code_is", "desk_of"]);

/** A desk that knows nothing yet. @returns {Desk} */
export const empty = () => ({ room: "", facts: {} });

/**
 * The desk after a letter of the lobby.
 * @param {Desk} desk
 * @param {Message[]} letter
 * @param {number} now ms of performance.now()
 * @returns {Desk}
 */
export function follow(desk, letter, now) {
  // The lots in an answer to SALE are not the desk's.
  if (letter.some(({ type }) => type === "sale_listed")) return desk;
  return letter.reduce((next, message) => followOne(next, message, now), desk);
}

/** @param {Desk} desk @param {any} message @param {number} now @returns {Desk} */
function followOne(desk, message, now) {
  if (message.type === "desk_of") return { room: message.room, facts: {} };
  if (message.type === "desk_gone") {
    const { [message.number]: _, ...rest } = desk.facts[message.what] ?? {};
    return { ...desk, facts: { ...desk.facts, [message.what]: rest } };
  }
  const field = NUMBERS[message.type];
  if (field === undefined) return desk;
  const number = field === "" ? 0 : message[field];
  const kind = { ...desk.facts[message.type], [number]: { message, at: now } };
  return { ...desk, facts: { ...desk.facts, [message.type]: kind } };
}

/** All facts of a kind. @param {Desk} desk @param {string} kind @returns {Fact[]} */
const all = (desk, kind) => Object.values(desk.facts[kind] ?? {});

/** The auction; null before it is known. @param {Desk} desk */
export const auctionOf = (desk) => desk.facts.desk_auction?.[0] ?? null;

/** The last bids, the newest first. @param {Desk} desk */
export const bidsOf = (desk) =>
  all(desk, "desk_bid").sort((a, b) => b.message.number - a.message.number);

/** What was done, the newest first. @param {Desk} desk */
export const ordersOf = (desk) =>
  all(desk, "desk_order").sort((a, b) => b.message.number - a.message.number);

const STATES = ["here", "away", "expelled", "absent"];

/** The people: those who are here first, each part by paddle. @param {Desk} desk */
export const seatsOf = (desk) =>
  all(desk, "desk_seat").sort(({ message: a }, { message: b }) =>
    STATES.indexOf(a.state) - STATES.indexOf(b.state) || a.paddle - b.paddle);

/** The lots in the order of the sale. @param {Desk} desk @returns {any[]} */
export const lotsOf = (desk) =>
  all(desk, "sale_lot").map(({ message }) => message).sort((a, b) => a.place - b.place);

/** The name of a person; empty if the desk does not know it. @param {Desk} desk @param {number} paddle */
export const nameOf = (desk, paddle) => desk.facts.desk_seat?.[paddle]?.message.name ?? "";

/** The name of a lot in orders. @param {any} lot @returns {string} */
export const lotName = (lot) => lot.label || String(lot.number);

/**
 * What is settled so far.
 * @param {Desk} desk
 * @returns {{sold: number, unsold: number, sum: bigint}}
 */
export function totals(desk) {
  const total = { sold: 0, unsold: 0, sum: 0n };
  for (const { state, payment } of lotsOf(desk)) {
    if (state === "sold") {
      total.sold += 1;
      total.sum += BigInt(payment);
    } else if (state !== "to_come" && state !== "on") {
      total.unsold += 1;
    }
  }
  return total;
}

/**
 * Ms left until the end of the present time; null if there is no such end.
 * @param {Fact} fact of the auction
 * @param {number} now
 */
export function leftOf({ message, at }, now) {
  if (message.seconds === 0) return null;
  const past = message.paused ? 0 : now - at;
  return Math.max(0, message.seconds * 1000 - past);
}

/** Whole seconds since a fact. @param {Fact} fact @param {number} now */
export const ageOf = ({ message, at }, now) => message.seconds + Math.floor((now - at) / 1000);

/**
 * The words of an order that puts a lot in another place.
 * @param {any[]} lots to come, in their order
 * @param {number} from its index
 * @param {number} to the index of the lot that it shall come before; the number of lots for the end
 * @returns {string[]} the orders; none if the lot is there already
 */
export function moves(lots, from, to) {
  if (to === from || to === from + 1) return [];
  const moved = lotName(lots[from]);
  if (to < lots.length) return [`move ${moved} before ${lotName(lots[to])}`];
  // There is no order for the end: the lot comes before the last one, and that one before it.
  const last = lotName(lots[lots.length - 1]);
  const first = from + 1 === lots.length - 1 ? [] : [`move ${moved} before ${last}`];
  return [...first, `move ${last} before ${moved}`];
}

/**
 * An order for a room, as words for the lobby.
 * @param {string} room
 * @param {string} words
 * @param {string} [reason]
 */
export function order(room, words, reason = "") {
  const name = /^(go on|\S+)/.exec(words)?.[0] ?? "";
  const rest = words.slice(name.length).trim();
  const because = reason.trim() === "" ? "" : `because ${reason.trim()}`;
  return ["ORDER", name, `room=${room}`, rest, because].filter((part) => part !== "").join(" ");
}

/** The bytes of a line of the server's protocol (wire/lines.py). */
export const MAX_LINE = 512;

/** True if the server takes a line of this length. @param {string} words */
export const isShortEnough = (words) => new TextEncoder().encode(words).length <= MAX_LINE;

/** The words that wait for an answer: the lobby answers in their order. */
export class Waiting {
  constructor() {
    /** @type {Word[]} */ this.words = [];
  }

  /** Note words that were said. @param {Word} word */
  add(word) {
    this.words.push(word);
  }

  /**
   * The answers in a letter of the lobby, each with its words.
   * @param {Message[]} letter
   * @returns {{word: Word, answer: any}[]}
   */
  take(letter) {
    const answers = letter.filter(({ type }) => ANSWERS.has(type));
    return answers.flatMap((answer) => {
      const word = this.words.shift();
      return word === undefined ? [] : [{ word, answer }];
    });
  }

  /** Expect no answer to words of a kind; true if one was expected. @param {string} kind */
  drop(kind) {
    const before = this.words.length;
    this.words = this.words.filter((word) => word.kind !== kind);
    return this.words.length < before;
  }

  /** The words without an answer, because the connection is lost. @returns {Word[]} */
  lose() {
    return this.words.splice(0);
  }
}
