/**
 * The rooms of the house, with an entrance to each, and the catalogue of the sale: for everyone,
 * also before the start and without a pass code.
 *
 * @typedef {import("./state.js").State} State
 * @typedef {import("./state.js").Frame} Frame
 */

import { Browser, tab } from "./browser.js";
import { at, label, make, reveal, write } from "./dom.js";
import { offer as offerLanguages, texts } from "./language.js";
import { create } from "./room.js";
import * as view from "./view.js";

const t = await texts();
label(t);
offerLanguages(at("language"), t.code);
document.title = t.rooms.title;

/** Ms between two questions for the rooms, while the page is seen. */
const INTERVAL = 15_000;

/** The rooms by the last whole answer: while the next one is awaited, the page keeps them. */
let rooms = /** @type {{name: string, report: string}[]|null} */ (null);
/** The lists as they were drawn last. */
let drawn = "";

const browser = new Browser(show, heard);

/** Act on what the server said. @param {Frame} frame */
function heard(frame) {
  if ("link" in frame) {
    if (frame.link === "live" && rooms === null) {
      browser.say("LIST");
      browser.say("HELP"); // its answer tells whether people have pass codes here
    }
    return;
  }
  if (!("letter" in frame) || frame.room !== undefined) return;
  if (frame.letter.some(({ type }) => type === "rooms_in_use")) {
    rooms = browser.state.lobby.list;
    const [first] = rooms ?? [];
    if (first !== undefined && (browser.state.rooms[first.name]?.sale ?? null) === null) {
      browser.say(`SALE ${first.name}`);
    }
  }
  for (const m of frame.letter) {
    const next = m.type === "sale_listed" ? m.first + m.listed : 0;
    if (m.type === "sale_listed" && m.listed > 0 && next <= m.lots) {
      browser.say(`SALE ${rooms?.[0]?.name} ${next}`);
    }
  }
}

/** Draw the page. @param {State} state @param {number} now */
function show(state, now) {
  const { link, person } = state;
  at("link").dataset.is = link.is;
  const s = link.retryAt === null ? 0 : Math.max(0, Math.ceil((link.retryAt - now) / 1000));
  const title = t.rooms.title;
  write(at("title"), { connecting: title, live: title, silent: t.link.silent, gone: t.link.gone(s) }[link.is]);
  write(at("me"), person === null ? "" : t.paddle(person.paddle));
  write(at("who"), person === null ? "" : t.bid.you(t.named(t.paddle(person.paddle), person.name)));
  reveal(at("not-me"), person !== null);
  reveal(at("desk"), person !== null);
  reveal(at("pass"), person === null && state.isPassWanted);
  reveal(at("code-wrong"), state.passRefusal !== null);
  at("code").toggleAttribute("aria-invalid", state.passRefusal !== null);
  if (state.passRefusal !== null) write(at("code-wrong"), view.sentence(t, state.passRefusal, String));
  const more = state.lobby.inUse - (rooms?.length ?? 0);
  write(at("state"), rooms === null ? t.rooms.wait : more > 0 ? t.rooms.more(more) : "");
  showLists(state);
}

/** @param {State} state */
function showLists(state) {
  const room = state.rooms[rooms?.[0]?.name ?? ""] ?? create("");
  const { sale } = room;
  // Who has not entered the room knows the number of lots by their list alone.
  const lots = sale === null ? []
    : view.listing(t, { ...room, lots: sale.length }, view.namer(t, state, room));
  const fresh = JSON.stringify([rooms, lots]);
  if (fresh === drawn) return;
  drawn = fresh;
  at("rooms").replaceChildren(...(rooms ?? []).map(({ name, report }) => make(
    "li", { class: "card entrance" },
    make("div", {}, make("h2", {}, t.room(name)), make("p", { class: "soft" }, report)),
    make("a", { class: "button", href: `/room/${name}` }, t.rooms.enter),
    make("a", { class: "wall", href: `/room/${name}/wall` }, t.rooms.wall),
  )));
  reveal(at("sale"), lots.length > 0);
  at("lines").replaceChildren(...lots.map(({ title, isOn, isMine, state: told }, n) => {
    const { state: is, description = "", format = "", opening_price: price = 0 } = sale?.[n] ?? {};
    const offered = is === "to_come" ? `${view.formatName(t, format)}, ${t.rooms.from(t.money(price))}` : told;
    return make(
      "li", isOn ? { class: "on" } : {}, make("span", {}, title),
      ...(description === "" ? [] : [make("p", { class: "small" }, description)]),
      make("span", { class: isMine ? "mine num" : "num" }, offered),
    );
  }));
}

at("pass").onsubmit = (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  browser.pass(at("code").value.trim());
};
at("not-me").onclick = async () => {
  tab.set("pass", null);
  // A form would not say where it comes from: the pages send no referrer.
  await fetch("/forget", { method: "POST", redirect: "manual" });
  location.reload();
};
browser.start();
setInterval(() => {
  if (document.visibilityState === "visible") browser.say("LIST");
}, INTERVAL);
setInterval(() => show(browser.state, performance.now()), 250);
