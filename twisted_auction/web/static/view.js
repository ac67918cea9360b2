/**
 * What a person reads about a room, from its state: words and tones, no elements.
 *
 * @typedef {import("./state.js").State} State
 * @typedef {import("./room.js").Room} Room
 * @typedef {import("./room.js").Amount} Amount
 * @typedef {import("./language.js").Texts} Texts
 * @typedef {"none"|"good"|"warn"|"calm"|"hot"} Tone
 */

import { isOpen, isSent, mayBid, mayBuy, ownBid, unanswered } from "./room.js";

/** The formats that the page has buttons and texts for. */
const KNOWN = new Set(["english", "dutch", "first-price", "second-price"]);

/**
 * The name of a Buyer: its paddle where people have passes, and its name where names are shown.
 * @param {Texts} t
 * @param {State} state
 * @param {Room} room
 * @returns {(buyer: number) => string}
 */
export function namer(t, state, room) {
  const isHouseOfPeople = state.person !== null || state.isPassWanted
    || Object.keys(room.names).length > 0;
  return (buyer) => {
    const who = isHouseOfPeople ? t.paddle(buyer) : t.buyer(buyer);
    const name = room.names[buyer];
    return name === undefined ? who : t.named(who, name);
  };
}

/**
 * The sentence for a message of the server.
 * @param {Texts} t
 * @param {import("./protocol").Message} message
 * @param {(buyer: number) => string} who
 */
export const sentence = (t, message, who) => t.messages[message.type]?.(message, who) ?? "";

/**
 * The number of the lot, or an empty text outside of a sale.
 * @param {Texts} t
 * @param {{lot: number|null, lots?: number|null, label: string|null}} of
 */
export const lotTitle = (t, { lot, lots = null, label }) =>
  lot === null ? "" : t.lot(label, lot, lots);

/**
 * The name of the format.
 * @param {Texts} t
 * @param {string} name
 */
export const formatName = (t, name) => /** @type {any} */ (t.format)[name] ?? name;

/**
 * The rules of the format in one sentence: the server's, or our own for a format without rules.
 * @param {Texts} t
 * @param {Room} room
 */
export function rules(t, { format }) {
  if (format === null) return "";
  return format.rules === ""
    ? /** @type {any} */ (t.bid.request.formats)[format.name] ?? "" : t.rules(format.rules);
}

/** @param {Texts} t @param {Amount|null} amount */
const moneyOr = (t, amount) => (amount === null || !/^\d+$/.test(String(amount)) ? "" : t.money(amount));

/** Ms for which the result of a lot stays on the page of the next one, at least. */
const RESULT_STAYS = 8000;

/**
 * The last result, as long as nothing about the lot that is up is more important.
 * @param {Room} room
 * @param {number} now
 */
function lastResult(room, now) {
  const last = room.history.at(-1);
  if (last === undefined || last === room.result || last.lot === null) return null;
  const isPause = ["announced", "opening", "waiting", "between", "over"].includes(room.phase);
  if (isPause) return room.standing === "none" || room.standing === "own" ? last : null;
  const isNew = room.standing === "none" && now - last.at < RESULT_STAYS;
  return room.phase === "bidding" && isNew ? last : null;
}

/**
 * The result of a lot or an auction for this person.
 * @param {Texts} t
 * @param {import("./room.js").Entry} entry
 * @param {(buyer: number) => string} who
 * @param {boolean} isUp true if its lot is still up: then its price is told above
 * @returns {{tone: Tone, text: string}}
 */
function ownResult(t, entry, who, isUp) {
  const say = t.bid.standing;
  const { part, due, keeps, loses } = entry;
  const plus = keeps !== null ? ` ${t.bid.keeps(t.money(keeps))}`
    : loses !== null ? ` ${t.bid.loses(t.money(loses))}` : "";
  if (entry.voided || entry.result === "cancelled") return { tone: "hot", text: resultText(t, entry, who) };
  if (part === "won") return { tone: "good", text: `${say.won(t.money(due))}${plus}` };
  if (part === "seller") {
    return entry.result === "sold"
      ? { tone: "good", text: say.sold(moneyOr(t, entry.payment)) }
      : { tone: "none", text: say.unsold };
  }
  const all = isUp || entry.result === "finished" ? "" : ` ${resultText(t, entry, who)}.`;
  if (part === "none") return { tone: "none", text: all.trim() || t.result.finished };
  const owes = String(due) === "0" ? "" : ` ${t.bid.owe_anyway(t.money(due))}`;
  return { tone: "none", text: `${say.lost}${owes}${plus}${all}` };
}

/**
 * How the person stands: the words and the tone of the band under the price.
 * @param {Texts} t
 * @param {State} state
 * @param {Room} room
 * @param {number} now
 * @returns {{tone: Tone, text: string}}
 */
export function standing(t, state, room, now) {
  const mine = moneyOr(t, ownBid(room));
  const who = namer(t, state, room);
  const say = t.bid.standing;
  if (room.phase === "out" || room.phase === "cancelled") {
    const text = room.farewell === null ? t.phase[room.phase] : sentence(t, room.farewell, who);
    return { tone: "hot", text };
  }
  if (room.paused) return { tone: "calm", text: sentence(t, { type: "auction_paused" }, who) };
  const last = room.phase === "finished" ? null : lastResult(room, now);
  if (last !== null) {
    const { tone, text } = ownResult(t, last, who, false);
    return { tone, text: last.lot === null ? text : `${lotTitle(t, { lot: last.lot, label: last.label })}: ${text}` };
  }
  switch (room.standing) {
    case "won":
    case "lost":
    case "sold":
    case "unsold":
      if (room.result !== null) return ownResult(t, room.result, who, true);
      break;
    case "highest":
      return { tone: "good", text: say.highest(mine) };
    case "outbid":
      return { tone: "warn", text: say.outbid(mine) };
    case "waiting":
      return { tone: "calm", text: say.waiting(mine) };
    case "asked":
      return { tone: "calm", text: say.asked };
    case "passed":
      return { tone: "none", text: room.isTimed && mayBid(room) ? say.passed_timed : say.passed };
    case "own":
    case "late":
      return { tone: "none", text: say[room.standing] };
    case "none":
      break;
  }
  return { tone: "none", text: bystander(t, room, state.person !== null) };
}

/**
 * What a room does now.
 * @param {Texts} t
 * @param {Room} room
 */
export function phaseText(t, { phase, isAlone }) {
  return isAlone && (phase === "between" || phase === "over") ? t.phase.alone : t.phase[phase];
}

/** @param {Texts} t @param {Room} room @param {boolean} isPerson true for a person with a pass code */
function bystander(t, room, isPerson) {
  const { phase } = room;
  if (room.role === "seller" && phase === "requested") return t.bid.request.in;
  if (isPerson && room.role === "watcher" && phase !== "over") return `${phaseText(t, room)} ${t.bid.watching}`;
  if (phase !== "bidding") return phaseText(t, room);
  if (room.role === "watcher") return t.bid.watching;
  return room.role === "buyer" ? t.bid.standing.none : t.phase.bidding;
}

/**
 * The result that everybody is told, in a few words; empty if there is none.
 * @param {Texts} t
 * @param {Pick<import("./room.js").Entry, "result"|"buyer"|"payment"|"voided">} entry
 * @param {(buyer: number) => string} who
 */
export function resultText(t, entry, who) {
  if (entry.voided) return t.result.voided;
  if (entry.result !== "sold") return t.result[entry.result];
  const payment = moneyOr(t, entry.payment);
  return t.result.sold(entry.buyer === null ? "" : who(entry.buyer), payment);
}

/**
 * The large number on the page, and the words above it.
 * @param {Texts} t
 * @param {State} state
 * @param {Room} room
 * @returns {{label: string, amount: string}}
 */
export function price(t, state, room) {
  const who = namer(t, state, room);
  if (["finished", "between", "over"].includes(room.phase) && room.result !== null) {
    const { result, buyer, payment } = room.result;
    const label = result !== "sold" ? t.result[result] : t.sold_to(buyer === null ? "" : who(buyer));
    return { label, amount: result === "sold" ? moneyOr(t, payment) : "" };
  }
  if (room.price !== null) {
    return { label: t.highest(who(room.price.buyer)), amount: t.money(room.price.amount) };
  }
  if (room.asking !== null) return { label: t.asking, amount: t.money(room.asking) };
  if (room.format !== null) return { label: t.opening_price, amount: t.money(room.format.from) };
  return { label: "", amount: "" };
}

/**
 * True in a format whose price falls until a Buyer takes it.
 * @param {Room} room
 */
export const isDutch = (room) => room.format?.name === "dutch";

/**
 * What the dock offers.
 * @param {Room} room
 * @returns {"none"|"price"|"sealed"|"words"|"confirm"|"close"|"request"|"again"}
 */
export function offer(room) {
  if (room.role === "seller") {
    if (room.question === "request" && !room.paused) return "request";
    if (room.question === "anytime" && room.phase === "bidding" && !room.paused) return "close";
  }
  if (room.ended && room.role !== null) return "again";
  if (!mayBid(room)) return "none";
  if (room.repeat !== null) return "confirm";
  const isKnown = room.format === null || KNOWN.has(room.format.name);
  if (isOpen(room)) return "price";
  if (room.question === null && !room.isTimed) return "none";
  return isKnown ? "sealed" : "words";
}

/**
 * True if a bid of this amount buys at once.
 * @param {Room} room
 * @param {string} amount the digits
 */
export const buys = (room, amount) => mayBuy(room) && BigInt(amount) >= BigInt(room.buy ?? 0);

/** A typed amount that is so many times the asking price may have a zero too many. */
const JUMP = 10n;

/**
 * True if the page asks about an amount before it says it: one far above the asking price, or a
 * sealed one that cannot win.
 * @param {Room} room
 * @param {string} amount the digits
 */
export function isDoubtful(room, amount) {
  const offered = offer(room);
  if (offered === "sealed") return room.format !== null && BigInt(amount) < BigInt(room.format.from);
  return offered === "price" && !isDutch(room) && room.asking !== null
    && BigInt(amount) >= JUMP * BigInt(room.asking);
}

/**
 * The line above the buttons: what was said and not answered, what was refused, what was lost.
 * @param {Texts} t
 * @param {State} state
 * @param {Room} room
 * @returns {{tone: Tone, text: string}}
 */
export function note(t, state, room) {
  const line = unanswered(room);
  const words = (/** @type {string} */ text) => t.bid.line(text);
  if (line !== null) {
    return isSent(room)
      ? { tone: "none", text: t.bid.sending(words(line.text)) }
      : { tone: "hot", text: t.bid.unsure(words(line.text)) };
  }
  if (state.link.is === "gone") return { tone: "hot", text: t.bid.offline };
  if (room.refusal !== null) {
    return { tone: "hot", text: sentence(t, room.refusal, namer(t, state, room)) };
  }
  if (room.said.lost !== null) return { tone: "hot", text: t.bid.lost(words(room.said.lost.text)) };
  if (room.said.kept !== null) return { tone: "none", text: t.bid.kept(words(room.said.kept.text)) };
  if (room.valuation !== null) return { tone: "none", text: t.bid.worth(t.money(room.valuation)) };
  return { tone: "none", text: "" };
}

/**
 * A whole amount of dollars as a person types it: with `$`, or with separators of thousands.
 * @param {string} text
 * @returns {string|null} the digits; null if it is no such amount
 */
export function amountOf(text) {
  const bare = text.trim().replace(/^\$\s*|\s*\$$/g, "");
  const digits = /^\d{1,3}([.,' \u00a0\u202f’]\d{3})+$/.test(bare) ? bare.replace(/\D/g, "") : bare;
  return /^[1-9]\d{0,17}$/.test(digits) ? digits : null;
}

/**
 * True if the page can show the bids: they rise, and the person is in the room.
 * @param {Room} room
 */
export const hasBids = (room) => isOpen(room) && !isDutch(room) && room.phase === "bidding"
  && !room.ended && (room.role === "buyer" || room.role === "seller");

/**
 * The bids so far, the latest one first.
 * @param {Texts} t
 * @param {Room} room
 * @param {(buyer: number) => string} who
 */
export const bidLines = (t, { listed, number }, who) => (listed?.bids ?? []).map((/** @type {any} */ m) => ({
  who: who(m.buyer), amount: t.money(m.amount), isMine: m.buyer === number,
  isVoided: m.type === "voided_bid_was",
})).reverse();

/** @param {string} lot @param {string} item */
const titled = (lot, item) => [lot, item].filter((text) => text !== "").join(": ");

/**
 * True if the lots of a sale are known. A Seller's one item is no sale.
 * @param {Room} room
 */
export const hasLots = ({ sale, lots, phase }) =>
  sale !== null && (lots !== null || phase === "scheduled");

/**
 * The lots and results to list, in the order of the sale.
 * @param {Texts} t
 * @param {Room} room
 * @param {(buyer: number) => string} who
 * @returns {{title: string, state: string, isMine: boolean, isOn: boolean}[]}
 */
export function listing(t, room, who) {
  const told = new Map(room.history.map((entry) => [entry.lot, entry]));
  if (room.sale === null || !hasLots(room)) {
    return room.history.map((entry) => ({
      title: titled(lotTitle(t, entry), entry.item ?? ""), isOn: false,
      state: resultText(t, entry, who), isMine: entry.part === "won" && !entry.voided,
    })).reverse();
  }
  return room.sale.map((lot) => {
    const own = told.get(lot.number);
    const isOver = !["to_come", "on"].includes(lot.state);
    const state = own !== undefined && isOver && lot.state !== "skipped"
      ? resultText(t, own, who)
      : lot.state === "sold"
        ? t.result.sold(who(lot.buyer), t.money(lot.payment))
        : /** @type {any} */ (t.result)[lot.state] ?? lot.state;
    const isMine = lot.state === "sold" && (lot.buyer === room.number || own?.part === "won");
    return {
      title: titled(t.lot(lot.label || null, lot.number, null), lot.item_name),
      isOn: lot.state === "on", state, isMine,
    };
  });
}
