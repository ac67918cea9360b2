/**
 * The list of all lots on the page of the rooms, for a sale in which each lot has a room of its own.
 *
 * @typedef {import("./state.js").State} State
 * @typedef {import("./all_lots.js").Card} Card
 * @typedef {import("./all_lots.js").Filter} Filter
 * @typedef {import("./language.js").Texts} Texts
 */

import { card, shown } from "./all_lots.js";
import { at, countdown, make, reveal, write } from "./dom.js";

/** Ms before its end from which a lot is urgent. */
const URGENT = 60_000;
/** Ms beyond which only the larger units of a time matter. */
const DAY = 24 * 60 * 60 * 1000;

/** Number of lots that are added to the list at a time. */
const STEP = 100;

/** @type {Filter[]} */
const FILTERS = ["all", "mine", "ending", "open"];

/** The time left in words short enough for a phone. @param {Texts} t @param {number} ms */
export function shortTime(t, ms) {
  if (ms < DAY) return countdown(ms);
  return t.time(Math.floor(ms / 3_600_000) * 3600);
}

/**
 * The function that draws the list.
 * @param {Texts} t
 * @param {(state: State) => (buyer: number) => string} namer names Buyers
 * @param {() => void} changed is called after a choice of the person
 */
export function listOfLots(t, namer, changed) {
  /** @type {Filter} */
  let filter = "all";
  /** Largest number of lots in the list. */
  let most = STEP;
  /** The node of each lot, with what it shows. @type {Map<number, {text: string, node: HTMLElement}>} */
  const drawn = new Map();
  const buttons = FILTERS.map((name) => make("button", {
    type: "button", "aria-pressed": String(name === filter),
    click: () => {
      filter = name;
      most = STEP;
      buttons.forEach((button, index) => button.setAttribute("aria-pressed", String(FILTERS[index] === name)));
      changed();
    },
  }, t.lots.filter[name]));
  at("filters").replaceChildren(...buttons);
  at("search").oninput = () => {
    most = STEP;
    changed();
  };
  at("more").onclick = () => {
    most += STEP;
    changed();
  };

  return (/** @type {State} */ state, /** @type {number} */ now) => {
    const { lots } = state;
    reveal(at("all"), lots.total > 0);
    if (lots.total === 0) return;
    const numbers = shown(lots, filter, at("search").value, now);
    write(at("count"), numbers.length > 0 ? t.lots.shown(numbers.length, lots.total)
      : filter === "mine" && Object.keys(lots.own).length === 0 ? t.lots.none_mine : t.lots.none);
    const own = Object.values(lots.own);
    const held = own.filter(({ standing }) => standing === "highest").length;
    const won = own.filter(({ standing }) => standing === "won");
    const due = won.reduce((sum, { amount }) => sum + BigInt(amount), 0n);
    const maxima = own.reduce((sum, { maximum }) => sum + BigInt(maximum), 0n);
    write(at("account"), [
      held > 0 ? t.lots.holding(held) : "", maxima > 0n ? t.lots.maxima(t.money(maxima)) : "",
      won.length > 0 ? t.lots.account(won.length, t.money(due)) : "",
    ].filter((text) => text !== "").join(" · "));
    const who = namer(state);
    reveal(at("more"), numbers.length > most);
    const nodes = numbers.slice(0, most).map((number) => {
      const entry = card(t, lots, number, who);
      const text = JSON.stringify(entry);
      const before = drawn.get(number);
      const node = before?.text === text ? before.node : lotNode(entry);
      if (node !== before?.node) drawn.set(number, { text, node });
      showTime(t, node, entry, now);
      return node;
    });
    const list = at("lots");
    if (nodes.length !== list.children.length || nodes.some((node, index) => node !== list.children[index])) {
      const focused = document.activeElement?.getAttribute("href");
      list.replaceChildren(...nodes);
      if (focused !== null && focused !== undefined) {
        list.querySelector(`[href="${focused}"]`)?.focus();
      }
    }
  };
}

/** @param {Texts} t @param {HTMLElement} node @param {Card} entry @param {number} now */
function showTime(t, node, { until, time }, now) {
  const place = /** @type {HTMLElement} */ (node.querySelector(".time"));
  const left = until === null ? null : Math.max(0, until - now);
  write(place, left === null ? time : shortTime(t, left));
  place.dataset.tone = left !== null && left < URGENT ? "hot" : "none";
}

/** @param {Card} entry */
function lotNode({ room, label, item, description, picture, price, note, standing, tone }) {
  const image = picture === "" ? [] : [make("img", {
    src: picture, alt: "", loading: "lazy",
    error: (event) => reveal(/** @type {Element} */ (event.target), false),
  })];
  return make("li", {}, make("a", { href: `/room/${room}` },
    make("div", {},
      make("p", { class: "row" }, make("span", { class: "tag num" }, label), make("span", { class: "time num" })),
      make("h2", {}, item),
      ...(description === "" ? [] : [make("p", { class: "small" }, description)]),
      make("p", {}, make("span", { class: "price num" }, price), " ", make("span", { class: "soft small num" }, note)),
      ...(standing === "" ? [] : [make("p", { class: "standing num", "data-tone": tone }, standing)])),
    ...image));
}
