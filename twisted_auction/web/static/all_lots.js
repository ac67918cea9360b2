/**
 * All lots of a sale in which each has a room of its own: what the server told of them, and which
 * of them a page shows.
 *
 * @typedef {import("./protocol").Message} Message
 * @typedef {import("./protocol").SaleLot} SaleLot
 * @typedef {import("./protocol").LotNow} LotNow
 * @typedef {import("./protocol").MyLot} MyLot
 * @typedef {import("./language.js").Texts} Texts
 * @typedef {{lot: SaleLot, is: LotNow, at: number}} Standing a lot, and the ms at which it was told
 * @typedef {object} Lots
 * @property {number} total number of lots of the sale
 * @property {{[number: number]: Standing}} known by the place in the catalogue
 * @property {{[number: number]: MyLot}} own the person's own standings, by the same
 * @property {boolean} isOver
 * @typedef {"all"|"mine"|"ending"|"open"} Filter
 * @typedef {object} Card
 * @property {number} number
 * @property {string} room
 * @property {string} label
 * @property {string} item
 * @property {string} description
 * @property {string} picture its address; empty without one
 * @property {string} price
 * @property {string} note below the price
 * @property {number|null} until the instant of its end, in ms; null without one
 * @property {string} time in place of the time left
 * @property {string} standing
 * @property {import("./view.js").Tone} tone
 */

/** The room's name in frames about all lots. */
export const ALL = "*";

/** Ms before its end from which a lot is ending. */
const ENDING = 10 * 60 * 1000;
/** Ms between two ends that may be told of lots that end together. */
const TOGETHER = 3000;

/** The stages of a lot that can be bid on. */
export const OPEN = new Set(["open", "sealed"]);

/** What is known before the server has said anything. @returns {Lots} */
export const nothing = () => ({ total: 0, known: {}, own: {}, isOver: false });

/**
 * What is known after a letter.
 * @param {Lots} lots
 * @param {Message[]} letter
 * @param {number} now ms of performance.now()
 * @returns {Lots}
 */
export function hearOfLots(lots, letter, now) {
  let next = { ...lots, known: { ...lots.known }, own: { ...lots.own } };
  /** @type {SaleLot|null} */ let lot = null;
  for (const message of letter) {
    switch (message.type) {
      case "all_lots":
        next = { ...nothing(), total: message.lots };
        break;
      case "sale_lot":
        lot = message;
        break;
      case "lot_now":
        if (lot !== null) next.known[message.number] = { lot, is: message, at: now };
        break;
      case "sale_listed":
        next.total = message.lots;
        break;
      case "my_lot":
        next.own[message.number] = message;
        break;
      case "sale_over":
        next.isOver = true;
        break;
    }
  }
  return next;
}

/** The instant at which the time of a lot is up, in ms; null if no time runs. @param {Standing} standing */
export const until = ({ is, at }) => (is.seconds > 0 && is.paused === 0 ? at + is.seconds * 1000 : null);

/**
 * The numbers of the lots that a page shows, in their order.
 * @param {Lots} lots
 * @param {Filter} filter
 * @param {string} search words that the lot must have
 * @param {number} now
 */
export function shown(lots, filter, search, now) {
  return chosen(lots, search, now, filter === "ending", ({ is }) => {
    switch (filter) {
      case "mine":
        return is.number in lots.own;
      case "open":
        return OPEN.has(is.stage) && !(is.number in lots.own);
      default:
        return true;
    }
  });
}

/**
 * The numbers of some lots: those that are ending in the order of their ends.
 * @param {Lots} lots
 * @param {string} search words that the lot must have
 * @param {number} now
 * @param {boolean} isEnding true for lots that are ending alone
 * @param {(standing: Standing) => boolean} fits
 */
export function chosen(lots, search, now, isEnding, fits) {
  const words = search.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const found = Object.values(lots.known).filter((standing) => {
    const { lot, is } = standing;
    if (!fits(standing)) return false;
    const end = until(standing);
    if (isEnding && !(OPEN.has(is.stage) && end !== null && end - now < ENDING)) return false;
    const text = `${lot.label} ${lot.item_name} ${lot.description}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return (isEnding ? inOrderOfEnds(found) : found).map(({ is }) => is.number);
}

/**
 * Lots in the order of their ends. Those that end together keep their places, although their ends
 * were told at different instants, in whole seconds.
 * @param {Standing[]} lots
 */
function inOrderOfEnds(lots) {
  const end = (/** @type {Standing} */ lot) => until(lot) ?? 0;
  /** @type {Map<Standing, number>} */ const groups = new Map();
  let first = -Infinity;
  for (const lot of [...lots].sort((a, b) => end(a) - end(b))) {
    if (end(lot) - first > TOGETHER) first = end(lot);
    groups.set(lot, first);
  }
  const group = (/** @type {Standing} */ lot) => groups.get(lot) ?? 0;
  return lots.sort((a, b) => group(a) - group(b)); // a sort keeps the order of equals
}

/**
 * The numbers of the lots on the wall: those that are over come last.
 * @param {Lots} lots
 */
export function onWall(lots) {
  const isOver = (/** @type {Standing} */ { is }) => is.stage === "done" || is.stage === "over";
  const all = Object.values(lots.known);
  return [...all.filter((each) => !isOver(each)), ...all.filter(isOver)].map(({ is }) => is.number);
}

/**
 * A lot as a person reads it.
 * @param {Texts} t
 * @param {Lots} lots
 * @param {number} number
 * @param {(buyer: number) => string} who names a Buyer
 * @returns {Card}
 */
export function card(t, lots, number, who) {
  const standing = /** @type {Standing} */ (lots.known[number]);
  const { lot, is } = standing;
  const own = lots.own[number];
  return {
    number,
    room: is.room,
    label: lot.label || String(number),
    item: lot.item_name,
    description: lot.description,
    picture: lot.picture === "" ? "" : `/pictures/${encodeURIComponent(lot.picture)}`,
    ...priceOf(t, lot, is, who),
    until: until(standing),
    time: is.paused === 1 ? t.paused : is.stage === "doors" && is.seconds === 0 ? t.phase.scheduled : "",
    standing: own === undefined ? "" : standingText(t, own),
    tone: own === undefined ? "none" : TONES[own.standing] ?? "none",
  };
}

/** @type {{[standing: string]: import("./view.js").Tone}} */
const TONES = { highest: "good", won: "good", sealed: "calm", outbid: "warn" };

/** @param {Texts} t @param {MyLot} own */
export function standingText(t, own) {
  const words = /** @type {{[standing: string]: (amount: string) => string}} */ (t.lots.standing)[own.standing];
  const standing = words?.(t.money(own.amount)) ?? `${own.standing} ${t.money(own.amount)}`;
  return own.maximum === 0 ? standing : `${standing} · ${t.bid.maximum.is(t.money(own.maximum))}`;
}

/** @param {Texts} t @param {SaleLot} lot @param {LotNow} is @param {(buyer: number) => string} who */
function priceOf(t, lot, is, who) {
  if (lot.state === "sold") {
    return { price: t.money(lot.payment), note: t.sold_to(lot.buyer === 0 ? "" : who(lot.buyer)) };
  }
  if (lot.state !== "on" && lot.state !== "to_come") {
    return { price: "", note: /** @type {{[state: string]: any}} */ (t.result)[lot.state] ?? lot.state };
  }
  if (is.amount !== 0) return { price: t.money(is.amount), note: t.highest(who(is.buyer)) };
  const note = is.stage === "sealed" ? t.lots.sealed : is.stage === "open" ? t.wall.no_bid : "";
  return { price: t.rooms.from(t.money(is.asking_price || lot.opening_price)), note };
}
