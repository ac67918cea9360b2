/**
 * One room as a browser knows it: what the server's messages about it mean.
 *
 * Each type of message has one line in the table MEANING: the changes that it makes. A message that
 * begins a snapshot (a role) or a lot (its number, its item) starts from nothing, so that a room is
 * always what the server said last.
 *
 * @typedef {import("./protocol").Message} Message
 * @typedef {number|string} Amount whole dollars; above 2^53 - 1 a string of digits
 * @typedef {object} Clock a time that runs out
 * @property {"start"|"opening"|"bidding"|"closing"|"alone"} kind what happens at its end
 * @property {number} endsAt the instant of its end, in ms of performance.now()
 * @property {number} span the longest time seen on it, in ms, for a bar
 * @property {number|null} left in a pause: the ms left
 * @typedef {object} Entry the result of one lot or auction
 * @property {string} key one for each lot, or auction
 * @property {number|null} lot
 * @property {string|null} label the lot's own number in the catalogue
 * @property {string|null} item
 * @property {"finished"|"sold"|"unsold"|"cancelled"} result "finished": nothing more was told
 * @property {number|null} buyer the winner, where everybody is told
 * @property {Amount|null} payment the winner's, where it is told
 * @property {"none"|"won"|"lost"|"seller"} part the part of this browser in it
 * @property {Amount} due what this browser's person owes for it
 * @property {Amount|null} keeps in a classroom: what the Buyer keeps
 * @property {Amount|null} loses in a classroom: what the Buyer loses
 * @property {boolean} voided
 * @property {number} at the instant of the result, in ms of performance.now()
 * @typedef {"unknown"|"idle"|"requesting"|"requested"|"scheduled"|"waiting"|"announced"|"opening"
 *   |"bidding"|"finished"|"cancelled"|"between"|"over"|"out"} Phase
 * @typedef {"none"|"asked"|"highest"|"outbid"|"waiting"|"passed"|"own"|"late"|"won"|"lost"|"sold"
 *   |"unsold"} Standing
 * @typedef {ReturnType<typeof create>} Room
 * @typedef {object} Context of a message in its letter
 * @property {number} now ms of performance.now()
 * @property {boolean} called true if the letter has "going once" or "going twice"
 * @property {string|null} answered the line that the message answers
 * @property {Message[]} letter
 */

import { BIDS, ENDS, NONE, asked, cut, heard, pending, said, waiting } from "./unanswered.js";

const MAX_NEWS = 30;

/** What a lot starts from. */
const lot = () => ({
  phase: /** @type {Phase} */ ("unknown"),
  paused: false,
  /** True if the lot has a room of its own, which is over before those of other lots. */
  isAlone: false,
  clock: /** @type {Clock|null} */ (null),
  lot: /** @type {number|null} */ (null),
  lots: /** @type {number|null} */ (null),
  label: /** @type {string|null} */ (null),
  item: /** @type {string|null} */ (null),
  description: /** @type {string|null} */ (null),
  picture: /** @type {string|null} */ (null),
  format: /** @type {{name: string, from: Amount, rules: string}|null} */ (null),
  /** The highest bid. */
  price: /** @type {{amount: Amount, buyer: number}|null} */ (null),
  /** The least acceptable bid. */
  asking: /** @type {Amount|null} */ (null),
  /** 1: going once, 2: going twice. */
  call: 0,
  /** The instant of the last extension of the time. */
  extendedAt: /** @type {number|null} */ (null),
  standing: /** @type {Standing} */ ("none"),
  question: /** @type {"request"|"bid"|"anytime"|null} */ (null),
  /** The format's own words on how to act. */
  how: "",
  mayPass: false,
  /** An amount far above the asking price, to be said again. */
  repeat: /** @type {Amount|null} */ (null),
  /** The word before this amount: of a maximum. */
  repeatWord: "",
  /** True if the end is a time of day. */
  isTimed: false,
  /** The last bids, the latest one last, and the number of all; null before the page has asked. */
  listed: /** @type {{bids: Message[], total: number}|null} */ (null),
  /** The price to buy at once; null without one. */
  buy: /** @type {Amount|null} */ (null),
  /** Whether the hidden reserve is met; null without one. */
  isReserveMet: /** @type {boolean|null} */ (null),
  /** The amount up to which the server bids for the person. */
  maximum: /** @type {Amount|null} */ (null),
  refusal: /** @type {Message|null} */ (null),
  /** In a classroom: what the item is worth to the person. */
  valuation: /** @type {Amount|null} */ (null),
  buyers: /** @type {{there: number, needed: number|null}|null} */ (null),
  /** Sealed bids. */
  bids: /** @type {{received: number, expected: number}|null} */ (null),
  result: /** @type {Entry|null} */ (null),
  /** All bids in their order, as a Seller may be told them. */
  allBids: /** @type {{buyer: number, amount: Amount}[]} */ ([]),
});

/** What a snapshot starts from. */
const seat = () => ({
  ...lot(),
  role: /** @type {"seller"|"buyer"|"watcher"|null} */ (null),
  /** The own number of a Buyer, where numbers are told. */
  number: /** @type {number|null} */ (null),
  /** The last words to a seat, or to one turned away. */
  farewell: /** @type {Message|null} */ (null),
  ended: false,
});

/**
 * A room of which nothing is known yet.
 * @param {string} name
 */
export const create = (name) => ({
  name,
  ...seat(),
  said: NONE,
  /** A secret that brings this browser back to its seat. */
  ticket: /** @type {string|null} */ (null),
  /** The results, oldest first. */
  history: /** @type {Entry[]} */ ([]),
  /** What the Auctioneer announced, oldest first. */
  news: /** @type {{at: number, message: Message}[]} */ ([]),
  names: /** @type {{[buyer: string]: string}} */ ({}),
  /** The limit of the person, as it was told last. */
  limit: /** @type {{bound: Amount, limit: Amount}|null} */ (null),
  /** The person's last bid that the server took, and the auction it was for. */
  bid: /** @type {{key: string, amount: Amount}|null} */ (null),
  /** The lots of the sale in their order, by the answers to SALE; null before the first. */
  sale: /** @type {import("./protocol").SaleLot[]|null} */ (null),
  /** The number of lots in all, by the same answers. */
  saleLots: 0,
  /** The person's account; null if the server told none. */
  account: /** @type {import("./protocol").AccountIs|null} */ (null),
  /** Number of auctions without a lot's number that ended here. */
  auctions: 0,
});

/**
 * A letter has come about a room.
 * @param {Room} room
 * @param {Message[]} letter
 * @param {boolean} ended true if the seat has ended with it
 * @param {number} now ms of performance.now()
 * @returns {Room}
 */
export function hear(room, letter, ended, now) {
  const called = letter.some(({ type }) => type === "going_once" || type === "going_twice");
  let voiding = false;
  let next = room;
  for (const message of letter) {
    const meaning = MEANING[message.type];
    if (meaning === undefined) {
      continue;
    }
    const lines = heard(next.said, message, next, voiding);
    // After a voided bid, the Buyer who holds the highest one now is told so without a line.
    voiding = message.type === "voided" || (voiding && message.type === "highest_bid");
    const answered = lines.waiting.length < next.said.waiting.length ? next.said.waiting[0] : null;
    const context = { now, called, letter, answered: answered?.text ?? null };
    // A refused question changes nothing. The end of an auction leaves questions without an answer.
    const isNothing = answered?.text === BIDS && message.type !== "bids_listed" && !ENDS.has(message.type);
    next = { ...next, ...(isNothing ? {} : meaning(message, next, context)), said: lines };
  }
  if (!ended) {
    return next;
  }
  const isOver = next.phase === "finished" || next.phase === "cancelled" || next.phase === "over";
  const phase = isOver ? next.phase : "out";
  return { ...next, phase, ended: true, question: null, clock: null, said: { ...next.said, waiting: [] } };
}

/**
 * The page has said a line in a room.
 * @param {Room} room
 * @param {string} text
 * @returns {Room}
 */
export function say(room, text) {
  const line = { text, lot: room.lot, open: isOpen(room), asking: room.asking };
  return text === BIDS ? { ...room, said: asked(room.said, line) }
    : { ...room, refusal: null, repeat: null, said: said(room.said, line) };
}

/**
 * The connection was cut.
 * @param {Room} room
 * @returns {Room}
 */
export const lose = (room) => ({ ...room, said: cut(room.said) });

/**
 * An earlier page in this tab had said a line without an answer.
 * @param {Room} room
 * @param {import("./unanswered.js").Line} line
 * @returns {Room}
 */
export const resume = (room, line) => ({ ...room, said: { ...NONE, unconfirmed: line } });

/**
 * True in open bidding: the price is told.
 * @param {Room} room
 */
export const isOpen = (room) => room.asking !== null || room.price !== null;

/**
 * True if a bid of this browser can count now.
 * @param {Room} room
 */
export const mayBid = (room) =>
  room.role === "buyer" && room.phase === "bidding" && !room.paused && !room.ended
  && room.standing !== "own" && room.standing !== "late"
  && (isOpen(room) || room.question === "anytime" || room.isTimed
    || (room.standing !== "waiting" && room.standing !== "passed"));

/**
 * True if the Buyer can buy at once: the asking price is not above the price for it.
 * @param {Room} room
 */
export const mayBuy = (room) => mayBid(room) && room.buy !== null && room.asking !== null
  && BigInt(room.asking) <= BigInt(room.buy);

/**
 * True if the person has gone on in another window: this one must not take the seat back.
 * @param {Room} room
 */
export const isElsewhere = (room) => room.farewell?.type === "came_back";

/**
 * The line without an answer yet, on this connection or from before a cut.
 * @param {Room} room
 */
export const unanswered = (room) => pending(room.said);

/**
 * True if a line said on this connection has no answer yet.
 * @param {Room} room
 */
export const isSent = (room) => waiting(room.said) !== null;

/**
 * The person's last bid in the auction or lot that is up; null if it made none.
 * @param {Room} room
 */
export const ownBid = (room) => (room.bid?.key === keyOf(room) ? room.bid.amount : null);

/**
 * The ms left on the room's clock; null if none runs.
 * @param {Room} room
 * @param {number} now
 */
export const timeLeft = ({ clock }, now) =>
  clock === null ? null : clock.left ?? Math.max(0, clock.endsAt - now);

/**
 * The sum of what the person owes by the results told here, in whole dollars.
 * @param {Room} room
 */
export const owed = (room) => room.history.reduce((sum, { due }) => sum + BigInt(due), 0n);

/** @param {Room} room */
const keyOf = (room) => (room.lot === null ? `auction ${room.auctions}` : `lot ${room.lot}`);

/**
 * A clock that shows `seconds` now. The server tells whole seconds, rounded up: the end is within
 * the second before that, and an end that was told earlier may be nearer to it.
 * @param {Room} room
 * @param {Clock["kind"]} kind
 * @param {number} seconds
 * @param {number} now
 * @returns {Clock}
 */
function clockOf(room, kind, seconds, now) {
  const before = room.clock?.kind === kind && room.clock.left === null ? room.clock : null;
  const latest = now + seconds * 1000;
  const isSame = before !== null && before.endsAt <= latest && before.endsAt > latest - 1000;
  const span = Math.max(seconds * 1000, room.clock?.kind === kind ? room.clock.span : 0);
  const left = room.paused ? seconds * 1000 : null;
  return { kind, endsAt: isSame ? before.endsAt : latest, span, left };
}

/** A result, or a part of it. @param {Room} room @param {Partial<Entry>} changes */
function result(room, changes) {
  const key = keyOf(room);
  const before = room.history.find((entry) => entry.key === key);
  const blank = {
    key, lot: room.lot, label: room.label ?? before?.label ?? null,
    item: room.item ?? before?.item ?? null, result: /** @type {const} */ ("finished"),
    buyer: null, payment: null, part: /** @type {const} */ ("none"), due: 0, keeps: null,
    loses: null, voided: false, at: 0,
  };
  /** @type {Entry} */
  const entry = { ...(room.result ?? blank), ...changes };
  const history = room.history.filter((other) => other !== before);
  return { result: entry, item: room.item ?? entry.item, history: [...history, entry] };
}

/** A lot, or an auction, begins. @param {Room} room @param {Partial<Room>} changes */
const begin = (room, changes) => ({
  ...lot(), auctions: count(room),
  news: room.news.filter(({ message }) => message.type !== "bidding_closed"), // of the last one
  ...changes,
});

/** A participant is seated. @param {Room} room @param {Partial<Room>} changes */
const sit = (room, changes) => ({ ...seat(), auctions: count(room), ...changes });

/** @param {Room} room */
const count = (room) => room.auctions + (room.result === null ? 0 : 1);

/** The end of the bidding. */
const stop = () => ({
  clock: null, call: 0, question: null, repeat: null, refusal: null, paused: false,
});

/** The price is told. @param {Room} room @param {any} m @param {Context} context @param {Room["price"]} price */
function priced(room, m, { now, called }, price) {
  const time = clockOf(room, "bidding", m.seconds, now);
  const isLater = room.clock === null || time.endsAt > room.clock.endsAt + 1500;
  const isMine = price !== null && price.buyer === room.number;
  const is = room.standing;
  return {
    phase: "bidding", price, asking: m.asking_price, clock: time,
    call: !called && isLater ? 0 : room.call,
    standing: isMine ? "highest" : is !== "highest" ? is : price === null ? "none" : "outbid",
    ...(isMine ? { bid: { key: keyOf(room), amount: price.amount } } : {}),
  };
}

/** @param {Room} room @param {any} amount */
const bidTaken = (room, amount) => (amount === null ? null : { key: keyOf(room), amount });

/** @param {Room} room @param {string} name the lot's name @param {Partial<Entry>} changes */
const voidSale = (room, name, changes) => ({
  history: room.history.map((entry) =>
    name === (entry.label ?? String(entry.lot)) ? { ...entry, voided: true, ...changes } : entry),
});

/**
 * The item, for a Buyer in a Seller's sealed auction: the assignment's words do not tell it.
 * @param {Room} room
 * @param {Message[]} letter
 */
function itemOnSale(room, letter) {
  const on = letter.find((m) => m.type === "sale_lot" && m.state === "on");
  if (room.role !== "buyer" || room.item !== null || room.lot !== null || on?.type !== "sale_lot") return {};
  return { item: on.item_name, format: { name: on.format, from: on.opening_price, rules: "" } };
}

/**
 * True if a snapshot tells what the page has announced already. A snapshot has no reasons.
 * @param {any} m
 * @param {Room} room
 * @param {Message[]} letter
 */
function isRetold(m, room, letter) {
  const isSnapshot = letter.some(({ type }) => type.startsWith("role_") || type === "result_of");
  const text = JSON.stringify({ ...m, reason: "" });
  return isSnapshot && room.news.some(({ message }) => JSON.stringify({ ...message, reason: "" }) === text);
}

/** @typedef {(m: any, room: Room, context: Context) => object} Meaning */
/** @type {Meaning} */
const refuse = (m) => ({ refusal: m, repeat: null });
/** @type {Meaning} */
const turnAway = (m) => ({ farewell: m, question: null });
/** @type {Meaning} */
const announce = (m, room, { now, letter }) => (isRetold(m, room, letter)
  ? {} : { news: [...room.news, { at: now, message: m }].slice(-MAX_NEWS) });
/** @type {Meaning} */
const nothing = () => ({});

/**
 * The changes that a message makes to a room, by its type.
 * @type {{[type: string]: Meaning}}
 */
export const MEANING = {
  role_seller: (_, room) => sit(room, { role: "seller", phase: "requested" }),
  role_buyer: (_, room) => sit(room, { role: "buyer", phase: "announced" }),
  role_watcher: (_, room) => sit(room, { role: "watcher" }),
  you_are: (m) => ({ number: m.buyer }),
  ask_request: () => ({ question: "request", phase: "requesting" }),
  request_refused: refuse,
  request_received: (m, room) => ({
    ...begin(room, { phase: "requested", item: m.text.split(/ +/).slice(3).join(" ") || m.text }),
  }),
  request_already_in: refuse,
  waiting_for_buyers: () => ({ phase: "waiting", clock: null }),
  // The time to the end of a timed auction comes before it, in the same letter.
  bidding_start: (_, room, { letter }) => ({
    phase: "bidding", clock: letter.some(({ type }) => type === "ends_in") ? room.clock : null,
  }),
  ask_bid: () => ({ phase: "bidding", question: "bid", standing: "asked" }),
  bid_refused: refuse,
  bid_received: (_, room, { answered }) => ({
    standing: "waiting", question: null, refusal: null, bid: bidTaken(room, answered),
  }),
  bid_changed: (_, room, { answered }) => ({
    standing: "waiting", refusal: null, bid: bidTaken(room, answered),
  }),
  bid_withdrawn: () => ({ standing: "asked", refusal: null, bid: null }),
  no_bid_yet: refuse,
  ends_in: (m, room, { now }) => ({
    phase: "bidding", isTimed: true, clock: clockOf(room, "bidding", m.seconds, now),
  }),
  bidding_not_open: refuse,
  bid_already_in: (m, room, context) => ({
    ...refuse(m, room, context),
    ...(isOpen(room) ? {} : { standing: "waiting", question: null, phase: "bidding" }),
  }),

  auction_finished: (_, room, { now }) => ({
    ...stop(), phase: "finished", ...result({ ...room, result: null }, { at: now }),
  }),
  sold_for: (m, room) => ({
    standing: "sold",
    ...result(room, { result: "sold", part: "seller", item: m.item_name, payment: m.payment }),
  }),
  buyer_bid: (m, room) => ({ allBids: [...room.allBids, { buyer: m.buyer, amount: m.amount }] }),
  not_sold: (m, room) => ({
    standing: "unsold", ...result(room, { result: "unsold", part: "seller", item: m.item_name }),
  }),
  you_won: (m, room) => ({
    standing: "won",
    ...result(room, {
      result: "sold", part: "won", item: m.item_name, payment: m.payment, due: m.payment,
    }),
  }),
  you_keep: (m, room) => result(room, { keeps: m.amount }),
  you_lose: (m, room) => result(room, { loses: m.amount }),
  you_lost: (_, room) => ({ standing: "lost", ...result(room, { part: "lost" }) }),
  payment_due: (m, room) => result(room, { due: m.payment }),
  sold_to: (m, room) =>
    result(room, { result: "sold", item: m.item_name, buyer: m.buyer, payment: m.payment }),
  nobody_bought: (m, room) => result(room, { result: "unsold", item: m.item_name }),
  auction_cancelled: (m, room, context) => ({
    ...stop(), phase: "cancelled", farewell: m, ...announce(m, room, context),
    ...(room.item === null && room.lot === null
      ? {} : result(room, { result: "cancelled", at: context.now })),
  }),
  result_of: (m, room) => begin(room, { lot: m.lot, lots: m.lots }),

  sale_begins: (m, room, { now }) => begin(room, {
    phase: "scheduled", paused: room.paused, clock: clockOf(room, "start", m.seconds, now),
  }),
  sale_begins_by_order: (_, room) => begin(room, { phase: "scheduled", paused: room.paused }),
  sale_not_begun: (_, room) => begin(room, { phase: "waiting" }),
  nothing_on_sale: (_, room) => begin(room, { phase: "idle" }),
  lots_are_done: (m, room, { now }) => ({
    ...stop(), phase: "between", clock: clockOf(room, "closing", m.seconds, now),
  }),
  lot_is_done: (m, room, { now }) => ({
    ...stop(), phase: "between", isAlone: true, clock: clockOf(room, "alone", m.seconds, now),
  }),
  sale_over: () => ({ ...stop(), phase: "over" }),
  lot_over: () => ({ ...stop(), phase: "over", isAlone: true }),
  lot_up: (m, room) => begin(room, { phase: "announced", lot: m.lot, lots: m.lots }),
  catalogue_number: (m) => ({ label: m.label }),
  on_sale: (m, room) => ({
    ...(room.lot !== null && room.item === null ? {} : begin(room, { phase: "announced" })),
    item: m.item_name,
  }),
  description_is: (m) => ({ description: m.description }),
  picture_is: (m) => ({ picture: m.picture }),
  format_is: (m) => ({ format: { name: m.format, from: m.opening_price, rules: m.rules } }),
  opens_in: (m, room, { now }) => ({
    phase: "opening", clock: clockOf(room, "opening", m.seconds, now),
  }),
  time_left: (m, room, { now }) => {
    const phase = m.until === "opening" ? "opening" : "bidding";
    return { phase, clock: clockOf(room, phase, m.seconds, now) };
  },
  amount_or_pass: () => ({ mayPass: true }),
  your_lot: (m, room, { answered }) => ({
    standing: "own", question: null, refusal: answered === null ? room.refusal : m,
  }),
  have_passed: (_, room) => ({
    standing: room.standing === "highest" ? room.standing : "passed", maximum: null,
    phase: "bidding", refusal: null, question: isOpen(room) ? room.question : null,
  }),
  wait_for_next_lot: () => ({ standing: "late", phase: "bidding" }),

  ask_anytime: (m) => ({ question: "anytime", how: m.how }),
  not_understood: refuse,
  bid_too_low: refuse,
  bid_too_high: refuse,
  above_limit: (m) => ({
    refusal: m, repeat: null, limit: { bound: m.bound, limit: m.limit },
  }),
  too_many_lots: refuse,
  bid_too_soon: refuse,
  not_accepted: refuse,
  paused: refuse,
  bid_was: nothing,
  voided_bid_was: nothing,
  bids_listed: (m, _, { letter }) => ({
    listed: { bids: letter.filter(({ type }) => /bid_was$/.test(type)), total: m.total },
  }),
  buy_price: (m) => ({ buy: m.amount }),
  reserve_met: () => ({ isReserveMet: true }),
  reserve_not_met: () => ({ isReserveMet: false }),
  repeat_bid: (m) => ({ repeat: m.amount, repeatWord: "", refusal: null }),
  repeat_maximum: (m) => ({ repeat: m.amount, repeatWord: "max ", refusal: null }),
  maximum_is: (m) => ({ maximum: m.amount, refusal: null, repeat: null }),
  no_maximum: () => ({ maximum: null, refusal: null, repeat: null }),
  maximum_too_low: refuse,
  bid_for_you: (m, room) => ({ standing: "highest", bid: bidTaken(room, m.amount) }),
  you_hold: (m, room) => ({
    standing: "highest", refusal: null, repeat: null, bid: bidTaken(room, m.amount),
  }),
  outbid: (m) => ({ standing: "outbid", price: { amount: m.amount, buyer: m.buyer } }),
  bid_stands: (m, room) => ({
    phase: "bidding", standing: isOpen(room) ? "highest" : "waiting",
    question: isOpen(room) ? room.question : null, bid: bidTaken(room, m.amount),
  }),
  asking: (m, room, context) => priced(room, m, context, null),
  highest_bid: (m, room, context) =>
    priced(room, m, context, { amount: m.amount, buyer: m.buyer }),
  time_extended: (_, _room, { now }) => ({ extendedAt: now, call: 0 }),
  going_once: () => ({ call: 1 }),
  going_twice: () => ({ call: 2 }),
  bidding_closed: announce,
  item_is_worth: (m) => ({ valuation: m.valuation }),
  buyer_is: (m, room) => ({ names: { ...room.names, [m.buyer]: m.name } }),

  auction_paused: (_, room, { now }) => ({
    paused: true, clock: room.clock && { ...room.clock, left: timeLeft(room, now) },
  }),
  auction_resumed: (_, room, { now }) => ({
    paused: false,
    clock: room.clock && {
      ...room.clock, endsAt: now + (timeLeft(room, now) ?? 0), left: null,
    },
  }),
  more_time: (m, room, { now }) => ({
    extendedAt: now, clock: clockOf(room, "bidding", m.seconds, now),
  }),
  voided: (m, room, context) => ({
    ...announce(m, room, context), call: 0, repeat: null,
    ...(m.buyer === room.number ? { standing: "none", bid: null, maximum: null } : {}),
  }),
  auctioneer_says: announce,
  lot_withdrawn: announce,
  lot_comes_before: announce,
  lot_is_added: announce,
  lot_comes_again: announce,
  sale_is_voided: (m, room, context) => ({
    ...announce(m, room, context), ...voidSale(room, m.name, {}),
  }),
  nothing_due: (m, room, context) => ({
    ...announce(m, room, context), ...voidSale(room, m.name, { due: 0 }),
  }),

  buyers_there: (m, room) => ({
    buyers: { there: m.there, needed: m.needed },
    ...(room.phase === "bidding" ? {}
      : m.there < m.needed ? { phase: "waiting", clock: null }
        : { phase: room.phase === "opening" ? "opening" : "announced" }),
  }),
  buyers_present: (m) => ({ buyers: { there: m.there, needed: null } }),
  bids_so_far: (m) => ({ phase: "bidding", bids: { received: m.received, expected: 0 } }),
  bids_in: (m) => ({
    phase: "bidding", bids: { received: m.received, expected: m.expected },
  }),

  sale_listed: (m, room, { letter }) => ({
    sale: [
      ...(room.sale ?? []).slice(0, m.first - 1),
      ...letter.filter((other) => other.type === "sale_lot"),
    ],
    saleLots: m.lots,
    ...itemOnSale(room, letter),
  }),
  account_is: (m) => ({ account: m }),

  ticket_is: (m) => ({ ticket: m.ticket }),
  not_done: refuse,
  server_busy: turnAway,
  bidding_ongoing: turnAway,
  came_back: turnAway,
  seat_given_up: turnAway,
  you_are_expelled: turnAway,
  pass_withdrawn: turnAway,
  request_time_up: turnAway,
  bid_time_up: turnAway,
  line_time_up: turnAway,
  lobby_time_up: turnAway,
  line_too_long: turnAway,
  too_many_lines: turnAway,
  address_banned: turnAway,
  auctioneer_closes: turnAway,
  goodbye: nothing,
};
