/**
 * The page of the rooms: what is on in the house, and the lots of its sales, for everybody.
 *
 * @typedef {import("./state.js").State} State
 * @typedef {import("./state.js").Frame} Frame
 * @typedef {import("./room.js").Room} Room
 */

import { ALL } from "./all_lots.js";
import { Browser } from "./browser.js";
import { at, label, make, reveal, write } from "./dom.js";
import { offer as offerLanguages, texts } from "./language.js";
import { askMoreOfSale, askSale, entry, isSale } from "./lots.js";
import { listOfLots } from "./lots_list.js";
import { fillPass, forget } from "./pass.js";
import { create } from "./room.js";
import { built, capital } from "./sentences.js";
import { NO_PASS_YET } from "./state.js";
import { namer, sentence } from "./view.js";

const t = await texts();
label(t);
offerLanguages(at("language"), t.code);
document.title = t.rooms.title;

/** Ms between two looks at the rooms: forty phones in a hall do not look together. */
const LOOK_EVERY = 8_000 + Math.random() * 4_000;
/** Number of looks after which the whole list of lots is asked for. */
const WHOLE_EVERY = 6;
/** Number of rooms whose lots are asked for. */
const MAX_SALES = 10;
/** The first room of the house, which is always there. */
const MAIN = "main";

const browser = new Browser(show, heard);
const showLots = listOfLots(t, (state) => namer(t, state, create(ALL)), () => browser.draw());
const showPass = fillPass(at("pass"), t, t.bid.pass_help, (code) => browser.pass(code));

/** Lists of lots to ask for, one after another: an answer does not name its room. @type {string[]} */
let asking = [];
/** True while a list of lots is awaited. */
let isAwaited = false;
/** Number of looks since the page was opened. */
let looks = 0;
/** True in a house with a sale in which each lot has a room of its own. */
let isTogether = false;
/** True if the server tells every change of these lots. */
let isWatching = false;
/** True for an auctioneer. */
let isAuctioneer = false;
/** The elements of a room by its name, and of a lot by room and number, with what they show.
 * @type {Map<string, {text: string, node: HTMLElement}>} */
const drawn = new Map();

/** Look at what has changed. */
function look() {
  if (isTogether) {
    if (!isWatching) browser.say(`SALE ${ALL}`);
    return;
  }
  browser.say("LIST");
  looks += 1;
}

/** Ask for the next list of lots. */
function askNext() {
  const words = asking.shift();
  isAwaited = words !== undefined && browser.say(words);
}

/** @param {State} state @param {string} name */
const roomOf = (state, name) => state.rooms[name] ?? create(name);

/** The names of the rooms, the first room first. @param {State} state */
const names = (state) => [...new Set([MAIN, ...(state.lobby.list ?? []).map(({ name }) => name)])];

/** Act on what the server said. @param {Frame} frame */
function heard(frame) {
  if ("link" in frame && frame.link === "live") {
    browser.say("HELP"); // tells whether people have codes here, and who is an auctioneer
    asking = [];
    isAwaited = false;
    look();
  }
  if ("link" in frame && frame.link === "live") isWatching = false;
  if ("letter" in frame && frame.room === ALL) {
    isWatching = frame.ended !== true;
    if (frame.ended) browser.say(`WATCH ${ALL}`); // as a stranger, if the house lets strangers watch
  }
  if (!("letter" in frame) || frame.room !== undefined) return;
  const has = (/** @type {string} */ type) => frame.letter.some((m) => m.type === type);
  const { state } = browser;
  if (has("help")) {
    isAuctioneer = has("help_desk");
    isTogether = has("help_lots");
    if (isTogether && !isWatching) browser.say(`WATCH ${ALL}`);
  }
  if (has("you_are_paddle")) {
    browser.say("HELP");
    look();
  }
  if (isTogether) {
    askForAll(frame.letter);
    return;
  }
  if (has("rooms_in_use") && !isAwaited) {
    const isWhole = looks % WHOLE_EVERY === 1;
    asking = names(state).slice(0, MAX_SALES).map((name) =>
      isWhole ? `SALE ${name}` : askSale(roomOf(state, name)));
    askNext();
  } else if (isAwaited && (has("sale_listed") || has("not_done"))) {
    const more = has("sale_listed") ? askMoreOfSale(roomOf(state, state.lobby.saleOf), true) : null;
    if (more !== null) asking.unshift(more);
    askNext();
  }
}

/** Ask for all lots without watching them: the house wants a pass code for that.
 * @param {import("./protocol").Message[]} letter */
function askForAll(letter) {
  if (isWatching) return;
  for (const m of letter) {
    const next = m.type === "sale_listed" ? m.first + m.listed : 0;
    if (next > 0 && next <= browser.state.lots.total) browser.say(`SALE ${ALL} ${next}`);
    if (m.type === "not_done" && m.text === NO_PASS_YET) browser.say(`SALE ${ALL}`);
  }
}

/** Draw the page. @param {State} state @param {number} now */
function show(state, now) {
  const { person, lobby } = state;
  const isPassNeeded = state.isPassWanted && person === null;
  showLink(state, now);
  write(at("me"), person === null ? "" : t.paddle(person.paddle));
  write(at("who"), person === null ? "" : t.bid.you(t.named(t.paddle(person.paddle), person.name)));
  reveal(at("not-me"), person !== null);
  reveal(at("desk"), isAuctioneer);
  showPass(isPassNeeded, state);
  const farewell = lobby.refusal?.type === "not_done" ? null : lobby.refusal;
  reveal(at("notice"), farewell !== null);
  write(at("notice"), farewell === null ? "" : sentence(t, farewell, String));
  showLots(state, now);
  if (isTogether) {
    write(at("empty"), state.lots.total === 0 ? t.rooms.wait : state.lots.isOver ? t.phase.over : "");
    return;
  }
  if (lobby.list === null) {
    write(at("empty"), t.rooms.wait);
    return;
  }
  const rooms = Object.values(state.rooms);
  const isEmpty = rooms.length > 0 && rooms.every(({ sale }) => sale?.length === 0);
  const more = lobby.inUse - lobby.list.length;
  write(at("empty"), more > 0 ? t.rooms.more(more)
    : !isEmpty ? "" : isPassNeeded ? t.rooms.empty_pass : t.rooms.empty);
  reveal(at("elsewhere"), more > 0 || (!isPassNeeded && !rooms.some(({ sale }) => isSale(sale))));
  at("rooms").replaceChildren(...names(state).map((name) => card(state, name)));
}

/** @param {State} state @param {number} now */
function showLink({ link }, now) {
  at("link").dataset.is = link.is;
  const s = link.retryAt === null ? 0 : Math.max(0, Math.ceil((link.retryAt - now) / 1000));
  const texts_ = { silent: t.link.silent, gone: t.link.gone(s) };
  const is = link.is;
  write(at("title"), is === "silent" || is === "gone" ? texts_[is]
    : is === "connecting" && link.wasLive ? t.link.connecting : t.rooms.title);
}

/** An element that is made anew only when it shows something else, so that no focus is lost.
 * @param {string} key @param {object} shown @param {() => HTMLElement} draw */
function kept(key, shown, draw) {
  const text = JSON.stringify(shown);
  const before = drawn.get(key);
  if (before?.text === text) return before.node;
  const node = draw();
  drawn.set(key, { text, node });
  return node;
}

/** True if no lot of the room's sale is to come. @param {import("./room.js").Room} room */
const isSold = ({ sale, saleLots }) => sale !== null && isSale(sale) && sale.length >= saleLots
  && sale.every(({ state }) => state !== "to_come" && state !== "on");

/** A room. @param {State} state @param {string} name */
function card(state, name) {
  const room = roomOf(state, name);
  const node = kept(`room ${name}`, {}, () => make(
    "section", { class: "card stack" },
    make("h2", {}, t.room(name)), make("p", { class: "report" }), make("p", { class: "mine" }),
    make("p", { class: "links" },
      make("a", { class: "button main", href: `/room/${name}` }, t.rooms.bid),
      make("a", { class: "button", href: `/room/${name}/wall` }, t.rooms.wall)),
    make("ul", { class: "lots" }),
  ));
  const [, report, account, links, lots] = /** @type {any} */ (node.children);
  write(links.children[0], isAuctioneer || isSold(room) ? t.rooms.look : t.rooms.bid);
  const listed = state.lobby.list?.find((each) => each.name === name);
  const who = namer(t, state, room);
  const words = listed === undefined ? "" : built(t, listed, listed.report, who);
  write(report, words === "" ? "" : `${capital(words)}.`);
  reveal(report, words !== "");
  const told = room.account;
  write(account, told === null || told.lots === 0 ? "" : t.bid.account.won(told.lots, t.money(told.due)));
  reveal(account, account.textContent !== "");
  const nodes = (room.sale ?? []).map((lot) => {
    const shown = entry(t, lot, who, state.person?.paddle ?? null, isSale(room.sale));
    return kept(`lot ${name} ${lot.number}`, shown, () => lotNode(shown));
  });
  reveal(lots, nodes.length > 0);
  if (nodes.length !== lots.children.length || nodes.some((each, index) => each !== lots.children[index])) {
    lots.replaceChildren(...nodes);
  }
  return node;
}

/** A lot. @param {ReturnType<typeof entry>} shown */
function lotNode({ number, item, description, picture, format, from, state, isOn, isMine }) {
  const image = picture === "" ? [] : [make("img", {
    src: picture, alt: "", loading: "lazy",
    error: (event) => reveal(/** @type {Element} */ (event.target), false),
  })];
  return make("li", { class: isOn ? "on" : isMine ? "won" : "" },
    make("div", {},
      make("p", { class: "row" }, ...(number === "" ? [] : [make("span", { class: "tag num" }, number)]),
        make("span", { class: "state num" }, state)),
      make("h3", {}, item),
      ...(description === "" ? [] : [make("p", {}, description)]),
      make("p", { class: "soft small num" }, [format, from].filter((text) => text !== "").join(" · "))),
    ...image);
}

at("other").onsubmit = (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  location.assign(`/room/${at("name").value}`);
};
at("not-me").onclick = forget;
browser.start();
setInterval(() => {
  if (document.visibilityState === "visible") look();
}, LOOK_EVERY);
setInterval(() => show(browser.state, performance.now()), 1000);
