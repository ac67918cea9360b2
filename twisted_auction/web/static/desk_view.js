/**
 * What the auctioneer reads and can do, from what the desk knows: words, and no elements.
 *
 * @typedef {import("./language.js").Texts} Texts
 * @typedef {import("./desk_state.js").Desk} Desk
 * @typedef {object} Act
 * @property {string} key of its texts
 * @property {string} words of the order
 * @property {boolean} [isFinal] it cannot be undone, so it is asked once more
 * @property {"any"|"needed"} [reason] everybody reads it
 */

import { auctionOf, lotsOf, nameOf } from "./desk_state.js";

/** Seconds of the button that gives more time. */
export const MORE_SECONDS = 30;

/**
 * A Buyer by its paddle and its name.
 * @param {Texts} t
 * @param {Desk} desk
 * @param {number} paddle
 */
export function who(t, desk, paddle) {
  const name = nameOf(desk, paddle);
  return name === "" ? t.paddle(paddle) : t.named(t.paddle(paddle), name);
}

/**
 * What can be done about the auction now: what is quiet, and what cannot be undone.
 * @param {Desk} desk
 * @returns {{quiet: Act[], final: Act[]}}
 */
export function acts(desk) {
  const auction = auctionOf(desk)?.message;
  /** @type {Act[]} */ const quiet = [];
  /** @type {Act[]} */ const final = [];
  if (auction === undefined || auction.stage === "empty" || auction.stage === "over") {
    return { quiet, final };
  }
  const { stage, paused, amount, lots } = auction;
  const isBidding = stage === "open" || stage === "sealed";
  if (stage === "doors" && !paused) quiet.push({ key: "start", words: "start" });
  if (stage === "gathering" && !paused) quiet.push({ key: "open", words: "open" });
  quiet.push(paused ? { key: "go_on", words: "go on" } : { key: "pause", words: "pause" });
  if (isBidding) {
    if (auction.seconds > 0) quiet.push({ key: "extend", words: `extend ${MORE_SECONDS}` });
    final.push({ key: "close", words: "close", isFinal: true });
  }
  if (stage === "done") final.push({ key: "end", words: "close", isFinal: true });
  if (stage === "open" && amount > 0) final.push({ key: "void", words: "void", isFinal: true, reason: "any" });
  if (stage === "gathering" && lots > 0) {
    final.push({ key: "skip", words: "skip", isFinal: true, reason: "any" });
  }
  if (isBidding || stage === "gathering" || stage === "request") {
    final.push({ key: "cancel", words: "cancel", isFinal: true, reason: "needed" });
  }
  return { quiet, final };
}

/**
 * The lot that is up, in a few words.
 * @param {Texts} t
 * @param {Desk} desk
 */
export function heading(t, desk) {
  const auction = auctionOf(desk)?.message;
  if (auction === undefined) return "";
  if (auction.lot === 0 || ["done", "over", "doors"].includes(auction.stage)) {
    return t.desk.stage[/** @type {"open"} */ (auction.stage)];
  }
  const lot = t.lot(auction.label || null, auction.lot, auction.lots);
  return `${lot}: ${t.desk.stage[/** @type {"open"} */ (auction.stage)]}`;
}

/**
 * What an order is about: the lot and its item.
 * @param {Texts} t
 * @param {Desk} desk
 */
export function subject(t, desk) {
  const { lot, label, item_name: item } = auctionOf(desk)?.message ?? { lot: 0, label: "", item_name: "" };
  const words = [lot === 0 ? "" : t.lot(label || null, lot, null), item];
  return words.filter((text) => text !== "").join(", ");
}

/**
 * One entry of the log.
 * @param {Texts} t
 * @param {Desk} desk
 * @param {any} entry the message of the server
 */
export function done(t, desk, entry) {
  const say = /** @type {{[order: string]: (m: any) => string}} */ (t.desk.done);
  const words = say[entry.order]?.({
    lot: entry.lot === "" ? "" : t.desk.lot(entry.lot),
    other: entry.other === "" ? "" : t.desk.lot(entry.other),
    who: entry.buyer === 0 ? t.desk.seller : who(t, desk, entry.buyer),
    hasBuyer: entry.buyer !== 0,
    amount: entry.amount === 0 ? "" : t.money(entry.amount),
    text: entry.text,
  }) ?? entry.order;
  const isReason = entry.text !== "" && entry.order !== "say" && entry.order !== "add";
  return isReason ? `${words}: “${entry.text}”` : words;
}

/** Who gave an order. @param {Texts} t @param {string} name as the server has it */
export const actor = (t, name) =>
  (/^paddle \d+$/.test(name) ? t.paddle(Number(name.slice("paddle ".length))) : t.desk.control);

/**
 * The state of a lot, in a few words.
 * @param {Texts} t
 * @param {any} lot
 */
export function lotState(t, lot) {
  if (lot.state === "sold") return t.money(lot.payment);
  if (lot.state !== "to_come") return t.result[/** @type {"on"} */ (lot.state)];
  const from = t.desk.lots.from(t.money(lot.opening_price));
  if (lot.format === "english") return from;
  return lot.format === "dutch" ? t.desk.lots.dutch(from) : t.desk.lots.sealed(from);
}

/** The lots to come. @param {Desk} desk */
export const toCome = (desk) => lotsOf(desk).filter(({ state }) => state === "to_come");

/** What a person is bound for. @param {Texts} t @param {any} seat */
export function bound(t, seat) {
  const money = seat.limit === 0
    ? t.money(seat.bound) : t.desk.people.of(t.money(seat.bound), t.money(seat.limit));
  return seat.most_lots === 0 ? money : `${money}, ${t.desk.people.lots(seat.lots, seat.most_lots)}`;
}
