/**
 * The list of lots of a sale: how a page asks for it, and what it shows of it.
 *
 * @typedef {import("./room.js").Room} Room
 * @typedef {import("./protocol").SaleLot} SaleLot
 * @typedef {import("./language.js").Texts} Texts
 */

import { formatName } from "./view.js";

/** Number of lots to come that are enough for the wall. */
export const NEXT = 3;

/** Number of lots before the next one whose results may have changed a moment ago. */
const BEHIND = 5;

/**
 * The words that ask for the list, or for the part of it that may have changed.
 * @param {Room} room
 */
export function askSale(room) {
  const at = room.sale?.findIndex(({ state }) => state === "on" || state === "to_come") ?? -1;
  return at > BEHIND ? `SALE ${room.name} ${at + 1 - BEHIND}` : `SALE ${room.name}`;
}

/**
 * The words that ask for the rest of the list; null if what is known is enough.
 * @param {Room} room
 * @param {boolean} wantsAll false if the next lots are enough
 */
export function askMoreOfSale({ name, sale, saleLots }, wantsAll) {
  if (sale === null || sale.length === 0 || sale.length >= saleLots) return null;
  const toCome = sale.filter(({ state }) => state === "to_come").length;
  return wantsAll || toCome < NEXT ? `SALE ${name} ${sale.length + 1}` : null;
}

/**
 * True for the lots of a sale; false for the list with the one item of a Seller.
 * @param {SaleLot[]|null} lots
 */
export const isSale = (lots) =>
  lots !== null && lots.some(({ state, number, label }) => state !== "on" || number > 1 || label !== "");

/**
 * How far a lot is, in words.
 * @param {Texts} t
 * @param {SaleLot} lot
 * @param {(buyer: number) => string} who
 */
export const lotState = (t, lot, who) => (lot.state === "sold"
  ? t.result.sold(who(lot.buyer), t.money(lot.payment))
  : /** @type {{[state: string]: any}} */ (t.result)[lot.state] ?? lot.state);

/**
 * One lot of the catalogue, as a person reads it.
 * @param {Texts} t
 * @param {SaleLot} lot
 * @param {(buyer: number) => string} who
 * @param {number|null} own the person's number
 * @param {boolean} isInSale false for the one item of a Seller
 */
export const entry = (t, lot, who, own, isInSale) => ({
  number: isInSale ? t.lot(lot.label || null, lot.number, null) : "",
  item: lot.item_name,
  description: lot.description,
  picture: lot.picture === "" ? "" : `/pictures/${encodeURIComponent(lot.picture)}`,
  format: formatName(t, lot.format),
  from: ["to_come", "on"].includes(lot.state) ? t.rooms.from(t.money(lot.opening_price)) : "",
  state: lotState(t, lot, who),
  isOn: lot.state === "on",
  isMine: lot.state === "sold" && own !== null && lot.buyer === own,
});
