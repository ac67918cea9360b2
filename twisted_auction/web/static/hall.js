/**
 * What a hall reads on the wall about a room: words and amounts, no elements.
 *
 * @typedef {import("./state.js").State} State
 * @typedef {import("./room.js").Room} Room
 * @typedef {import("./room.js").Entry} Entry
 * @typedef {import("./language.js").Texts} Texts
 * @typedef {import("./view.js").Tone} Tone
 * @typedef {object} Board
 * @property {string} lot the number of the lot
 * @property {string} item
 * @property {string} picture the name of its file; empty without one
 * @property {string} format
 * @property {string} label above the amount
 * @property {string} amount the largest words on the wall
 * @property {boolean} isNumber true if the amount is an amount or a time, and not a sentence
 * @property {string} line below the amount
 * @property {string} call a call, or another word about the time
 * @property {string} time left
 * @property {number|null} part of the time that is left, from 0 to 1; null without a bar
 * @property {Tone} tone
 */

import { countdown } from "./dom.js";
import { NEXT, isSale, lotState } from "./lots.js";
import { isOpen, timeLeft } from "./room.js";
import { formatName, isDutch, lotTitle, namer, phaseText, price, resultText, sentence } from "./view.js";

/** Ms for which a result has the wall for itself, unless bidding on the next lot opens before. */
export const RESULT_STAYS = 4_000;
/** Ms for which the last result of a sale has the wall for itself. */
export const LAST_RESULT_STAYS = 20_000;
/** Ms for which a result is told in a line, after that. */
export const RESULT_LINE_STAYS = 15_000;
/** Ms for which a word of the Auctioneer stays. */
export const NEWS_STAY = 20_000;
/** Number of results in the list. */
const RESULTS = 3;

/** The phases before the bidding on an item. */
const BEFORE = ["waiting", "announced", "opening"];

/**
 * The last result, while the wall is to show nothing else.
 * @param {Room} room
 * @param {number} now
 * @returns {Entry|null}
 */
export function freshResult(room, now) {
  const last = room.history.at(-1);
  if (last === undefined || room.role === null) return null;
  if (room.phase === "finished" || room.phase === "cancelled") return last === room.result ? last : null;
  const isNextUp = BEFORE.includes(room.phase) && room.item !== null;
  const stays = isNextUp ? RESULT_STAYS : room.phase === "bidding" ? 0 : LAST_RESULT_STAYS;
  return now - last.at < stays ? last : null;
}

/**
 * The board.
 * @param {Texts} t
 * @param {State} state
 * @param {Room} room
 * @param {number} now
 * @returns {Board}
 */
export function board(t, state, room, now) {
  const who = namer(t, state, room);
  const result = freshResult(room, now);
  if (result !== null) return resultBoard(t, room, result, who);
  // The server is away: the wall keeps the last price.
  const phase = room.phase === "out" && isOpen(room) ? "bidding" : room.phase;
  const blank = {
    lot: lotTitle(t, room), item: room.item ?? "", picture: room.picture ?? "",
    format: room.format === null ? "" : formatName(t, room.format.name),
    label: "", amount: "", isNumber: true, line: "",
    ...clock(t, room, now),
  };
  if (room.item === null || !(phase === "bidding" || BEFORE.includes(phase))) {
    return { ...blank, ...pauseBetween(t, room, now, who) };
  }
  if (phase !== "bidding") {
    const soon = blank.time === "" ? t.phase[phase] : ""; // the time says it
    const line = room.paused ? "" : `${soon} ${buyersThere(t, room)}`.trim();
    return { ...blank, ...price(t, state, room), line };
  }
  if (room.bids !== null) {
    const { received, expected } = room.bids;
    return {
      ...blank, label: t.wall.sealed,
      amount: expected === 0 ? String(received) : t.wall.bids_of(received, expected),
      line: room.format === null ? "" : t.wall.from(t.money(room.format.from)),
    };
  }
  const { label, amount } = price(t, state, room);
  if (isDutch(room)) return { ...blank, label: t.wall.falling, amount, line: t.wall.take };
  if (room.price === null) return { ...blank, label, amount, line: room.asking === null ? "" : t.wall.no_bid };
  const next = room.asking === null ? "" : t.wall.next(t.money(room.asking));
  return { ...blank, amount, line: `${t.wall.leads(who(room.price.buyer))} ${next}`.trim() };
}

/** The number of Buyers, and the number needed while some are missing. @param {Texts} t @param {Room} room */
function buyersThere(t, { buyers }) {
  if (buyers === null) return "";
  const isMissing = buyers.needed !== null && buyers.there < buyers.needed;
  return isMissing || buyers.there > 0 ? t.buyers(buyers.there, isMissing ? buyers.needed : null) : "";
}

/** @param {Texts} t @param {Room} room @param {number} now */
function clock(t, room, now) {
  const left = timeLeft(room, now);
  const { kind, span } = room.clock ?? { kind: "bidding", span: 1 };
  const isExtended = room.extendedAt !== null && now - room.extendedAt < 4000;
  const call = room.paused ? t.paused : kind !== "bidding" ? t.until[kind]
    : t.call[room.call] || (isExtended ? t.extended : "");
  /** @type {Tone} */
  const tone = room.paused ? "calm"
    : kind === "bidding" && left !== null && !isDutch(room) && (room.call > 0 || left < 10_000) ? "hot" : "none";
  return {
    call, tone, time: left === null ? "" : countdown(left),
    part: left === null ? null : Math.min(1, left / Math.max(span, 1)),
  };
}

/**
 * Nothing is up: the one thing that the hall waits for, in large words.
 * @param {Texts} t @param {Room} room @param {number} now @param {(buyer: number) => string} who
 * @returns {Partial<Board>}
 */
function pauseBetween(t, room, now, who) {
  const left = timeLeft(room, now);
  const nothing = { call: room.paused ? t.paused : "", time: "", part: null, isNumber: false };
  const line = buyersThere(t, room);
  switch (room.phase) {
    case "scheduled":
      return left === null
        ? { ...nothing, amount: t.wall.by_order, line }
        : { ...nothing, label: t.wall.begins, amount: countdown(left), isNumber: true, line };
    case "between":
      return { ...nothing, amount: phaseText(t, room), line: left === null ? "" : `${t.until[room.isAlone ? "alone" : "closing"]} ${countdown(left)}` };
    case "idle":
      return { ...nothing, amount: t.phase.idle, line: t.wall.idle };
    case "cancelled":
      return {
        ...nothing, tone: "hot",
        amount: room.farewell === null ? t.phase[room.phase] : sentence(t, room.farewell, who),
      };
    case "out":
      return { ...nothing, amount: t.link.connecting };
    default:
      return { ...nothing, amount: phaseText(t, room), line };
  }
}

/** @param {Texts} t @param {Room} room @param {Entry} entry @param {(buyer: number) => string} who @returns {Board} */
function resultBoard(t, room, entry, who) {
  const inSale = room.sale?.find(({ number }) => number === entry.lot);
  const isSold = entry.result === "sold" && !entry.voided && entry.payment !== null;
  return {
    lot: lotTitle(t, { lot: entry.lot, lots: room.lots, label: entry.label }),
    item: entry.item ?? "", format: "",
    picture: (entry === room.result ? room.picture : null) ?? inSale?.picture ?? "",
    label: isSold ? t.sold_to(entry.buyer === null ? "" : who(entry.buyer)) : "",
    amount: isSold ? t.money(entry.payment ?? 0) : resultText(t, entry, who),
    isNumber: isSold,
    line: entry.result === "cancelled" && room.farewell !== null ? sentence(t, room.farewell, who)
      : entry.result === "finished" ? t.wall.told : "",
    call: "", time: "", part: null,
    tone: isSold ? "good" : entry.voided || entry.result === "cancelled" ? "hot" : "none",
  };
}

/**
 * The line above the lists: a word of the Auctioneer, or the result of the lot before.
 * @param {Texts} t
 * @param {State} state
 * @param {Room} room
 * @param {number} now
 * @returns {{tone: Tone, text: string}}
 */
export function news(t, state, room, now) {
  const who = namer(t, state, room);
  if (room.phase === "out" && room.farewell !== null) {
    return { tone: "hot", text: sentence(t, room.farewell, who) };
  }
  const word = room.news.at(-1);
  if (word !== undefined && now - word.at < NEWS_STAY && word.message !== room.farewell) {
    return { tone: "calm", text: sentence(t, word.message, who) };
  }
  const last = room.history.at(-1);
  const isTold = last !== undefined && last !== room.result && last.lot !== null
    && now - last.at < RESULT_LINE_STAYS && freshResult(room, now) === null;
  if (!isTold) return { tone: "none", text: "" };
  const title = lotTitle(t, { lot: last.lot, label: last.label });
  return { tone: "none", text: `${title}: ${resultText(t, last, who)}` };
}

/**
 * The last results, the latest first, and the next lots.
 * @param {Texts} t
 * @param {State} state
 * @param {Room} room
 * @param {number} now
 */
export function lists(t, state, room, now) {
  const who = namer(t, state, room);
  /** @param {string} number @param {string} item */
  const name = (number, item) => [number, item].filter((text) => text !== "").join(" ");
  const sale = room.sale ?? [];
  const results = sale.length === 0 || (room.lot === null && !isSale(sale))
    ? room.history.map((entry) => ({
      lot: name(entry.label ?? String(entry.lot ?? ""), entry.item ?? ""), result: resultText(t, entry, who),
    }))
    : sale.filter(({ state: is }) => !["to_come", "on", "skipped"].includes(is)).map((lot) => ({
      lot: name(lot.label || String(lot.number), lot.item_name), result: lotState(t, lot, who),
    }));
  // While a result is up, the lot that was announced is not on the board yet.
  const result = freshResult(room, now);
  const up = result === null ? room.lot : result.lot;
  const next = sale.filter((lot) => lot.number !== up && (lot.state === "to_come" || lot.number === room.lot))
    .map((lot) => ({ lot: name(lot.label || String(lot.number), lot.item_name), result: "" }));
  return { results: results.slice(-RESULTS).reverse(), next: next.slice(0, NEXT) };
}
