/**
 * All lots at the desk, for a sale in which each lot has a room of its own.
 *
 * @typedef {import("./all_lots.js").Lots} Lots
 * @typedef {import("./all_lots.js").Standing} Standing
 * @typedef {import("./desk_view.js").Act} Act
 * @typedef {import("./language.js").Texts} Texts
 * @typedef {"all"|"ending"|"bare"|"over"} Filter
 */

import { OPEN, card, chosen } from "./all_lots.js";
import { at, make, write } from "./dom.js";
import { shortTime } from "./lots_list.js";
import { part, rows } from "./rows.js";

/** Number of lots in the list: a longer one is searched. */
const MOST = 60;
/** Seconds of the button that gives all lots more time. */
const MORE_SECONDS = 300;

/** Which lots each filter shows. @type {{[filter in Filter]: (standing: Standing) => boolean}} */
const FITS = {
  all: () => true,
  ending: () => true,
  bare: ({ is }) => is.stage === "open" && is.amount === 0,
  over: ({ is }) => is.stage === "done" || is.stage === "over",
};

/**
 * What is on in the sale: numbers of lots, and sums in whole dollars.
 * @param {Lots} lots
 */
export function summary({ known, total }) {
  const sum = { total, open: 0, bare: 0, sold: 0, bid: 0n, paid: 0n };
  for (const standing of Object.values(known)) {
    const { lot, is } = standing;
    if (OPEN.has(is.stage)) sum.open += 1;
    if (FITS.bare(standing)) sum.bare += 1;
    sum.bid += BigInt(is.amount);
    if (lot.state === "sold") {
      sum.sold += 1;
      sum.paid += BigInt(lot.payment);
    }
  }
  return sum;
}

/**
 * What can be ordered for all rooms now.
 * @param {Lots} lots
 * @returns {Act[]}
 */
export function allActs(lots) {
  const all = Object.values(lots.known).map(({ is }) => is).filter(({ stage }) => stage !== "over");
  const some = (/** @type {(is: import("./all_lots.js").LotNow) => boolean} */ fits) => all.some(fits);
  /** @type {Act[]} */ const acts = [];
  if (some(({ stage, paused }) => stage === "doors" && paused === 0)) acts.push({ key: "start", words: "start" });
  if (some(({ paused }) => paused === 0)) acts.push({ key: "pause_all", words: "pause" });
  if (some(({ paused }) => paused === 1)) acts.push({ key: "go_on_all", words: "go on" });
  if (some(({ stage }) => OPEN.has(stage))) {
    acts.push({ key: "extend_all", words: `extend ${MORE_SECONDS}` });
    acts.push({ key: "close_all", words: "close", isFinal: true });
  }
  return acts;
}

/**
 * The function that draws the list.
 * @param {Texts} t
 * @param {(room: string) => void} choose opens the desk of a room
 * @param {() => void} changed is called after a choice of the person
 */
export function allLots(t, choose, changed) {
  /** @type {Filter} */
  let filter = "all";
  const names = /** @type {Filter[]} */ (Object.keys(FITS));
  const buttons = names.map((name) => make("button", {
    type: "button", "aria-pressed": String(name === filter),
    click: () => {
      filter = name;
      buttons.forEach((button, index) => button.setAttribute("aria-pressed", String(names[index] === name)));
      changed();
    },
  }, t.desk.all.filter[name]));
  at("all-filters").replaceChildren(...buttons);
  at("all-search").oninput = changed;

  return (/** @type {Lots} */ lots, /** @type {string} */ room, /** @type {number} */ now) => {
    const { open, bare, sold, bid, paid } = summary(lots);
    write(at("all-sum"), t.desk.all.sum(open, bare, t.money(bid), sold, t.money(paid)));
    const numbers = chosen(lots, at("all-search").value, now, filter === "ending", FITS[filter]);
    write(at("all-count"), numbers.length === 0 ? t.lots.none
      : numbers.length > MOST ? t.desk.all.first(MOST, numbers.length) : t.lots.shown(numbers.length, lots.total));
    rows(at("all-lots"), numbers.slice(0, MOST), String, (number) => {
      const name = lots.known[number]?.is.room ?? "";
      return make("li", {}, make("button", { type: "button", class: "lot", click: () => choose(name) },
        make("b", { class: "num" }), make("span", { class: "what" }, make("span"), make("small", { class: "soft num" })),
        make("span", { class: "how num" }, make("b"), make("small", { class: "time" }))));
    }, (node, number) => {
      const entry = card(t, lots, number, t.paddle);
      const left = entry.until === null ? null : Math.max(0, entry.until - now);
      node.firstElementChild?.toggleAttribute("aria-current", entry.room === room);
      write(part(node, "b"), entry.label);
      write(part(node, ".what span"), entry.item);
      write(part(node, ".what small"), entry.note);
      write(part(node, ".how b"), entry.price);
      write(part(node, ".time"), left === null ? entry.time : shortTime(t, left));
    });
  };
}
