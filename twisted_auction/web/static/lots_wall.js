/**
 * The wall of a sale in which each lot has a room of its own: all lots, a page at a time. Nobody
 * touches it.
 *
 * @typedef {import("./state.js").State} State
 * @typedef {import("./state.js").Frame} Frame
 */

import { ALL, card, onWall } from "./all_lots.js";
import { Browser } from "./browser.js";
import { at, label, make, reveal, write } from "./dom.js";
import { offer as offerLanguages, texts } from "./language.js";
import { shortTime } from "./lots_list.js";
import { fillPass } from "./pass.js";
import { create } from "./room.js";
import { namer, sentence } from "./view.js";

const t = await texts();
label(t);
offerLanguages(at("language"), t.code);
document.title = t.lots.all;

/** Ms for which one page of lots stays. */
const PAGE_STAYS = 10_000;
/** Ms before its end from which a lot is urgent. */
const URGENT = 60_000;
/** Ms without a movement until the pointer and the buttons are hidden. */
const IDLE_AFTER = 3000;
/** Lots on one page of a wide screen, and of a narrow one. */
const [WIDE, NARROW] = [12, 5];

const browser = new Browser(show, heard);
const showPass = fillPass(at("pass"), t, t.wall.pass_help, (text) => browser.pass(text));
const narrow = matchMedia("(max-width: 900px)");

/** The instant of the first page, in ms. */
const begun = performance.now();
/** The timer of the buttons. */
let resting = 0;
/** The tiles as they were drawn last. */
let drawn = "";

const watch = () => browser.say(`WATCH ${ALL}`);

/** Act on what the server said. @param {Frame} frame */
function heard(frame) {
  if ("link" in frame && frame.link === "live") {
    browser.say("HELP"); // tells whether people have paddles here
    watch();
    invite();
  }
  if ("letter" in frame && frame.room === ALL && frame.ended) watch();
  if ("letter" in frame && frame.room === undefined && frame.letter.some(({ type }) => type === "you_are_paddle")
    && browser.state.lots.total === 0) {
    watch();
  }
}

/** Draw the wall. @param {State} state @param {number} now */
function show(state, now) {
  const { link, lots } = state;
  const isPassNeeded = state.isPassWanted && state.person === null && lots.total === 0;
  const isCut = link.is === "gone" || link.is === "connecting";
  at("link").dataset.is = link.is;
  document.body.classList.toggle("stale", isCut && link.wasLive);
  write(at("room"), isCut ? t.link.connecting : link.is === "silent" ? t.link.silent : t.lots.all);
  showPass(isPassNeeded, state);
  const numbers = onWall(lots);
  const size = narrow.matches ? NARROW : WIDE;
  const pages = Math.max(1, Math.ceil(numbers.length / size));
  const page = Math.floor((now - begun) / PAGE_STAYS) % pages;
  write(at("lot"), pages > 1 ? t.lots.page(page + 1, pages) : "");
  const refusal = lots.total === 0 && !isPassNeeded ? state.lobby.refusal : null;
  write(at("news"), refusal !== null ? sentence(t, refusal, String) : lots.isOver ? t.phase.over : "");
  const who = namer(t, state, create(ALL));
  const cards = numbers.slice(page * size, (page + 1) * size).map((number) => card(t, lots, number, who));
  const text = JSON.stringify([page, cards]);
  if (text !== drawn) {
    drawn = text;
    at("lots").replaceChildren(...cards.map(tile));
  }
  cards.forEach(({ until, time }, index) => {
    const place = /** @type {HTMLElement} */ (at("lots").children[index]?.querySelector(".time"));
    const left = until === null ? null : Math.max(0, until - now);
    write(place, left === null ? time : shortTime(t, left));
    place.dataset.tone = left !== null && left < URGENT ? "hot" : "none";
  });
}

/** @param {import("./all_lots.js").Card} entry */
function tile({ label: number, item, picture, price, note }) {
  const image = picture === "" ? [] : [make("img", {
    src: picture, alt: "",
    error: (event) => reveal(/** @type {Element} */ (event.target), false),
  })];
  return make("li", {}, ...image, make("div", {},
    make("p", { class: "row" }, make("span", { class: "soft num" }, number), make("span", { class: "time num" })),
    make("h2", {}, item),
    make("p", { class: "price num" }, price),
    make("p", { class: "soft num" }, note)));
}

/** Ask for the address of the page, and show it. */
async function invite() {
  try {
    const { address, qr_code: path } = await (await fetch("/join.json")).json();
    write(at("address"), address.replace(/^https?:\/\/|\/$/g, ""));
    const image = at("code-of-address");
    image.alt = t.wall.code_of(address);
    if (path !== "" && image.getAttribute("src") !== path) image.src = path;
    reveal(at("join"), true);
  } catch {
    // The server is away again. The next connection asks again.
  }
}

/** Show the pointer and the buttons for a while. */
function stir() {
  document.body.classList.remove("idle");
  clearTimeout(resting);
  resting = setTimeout(() => {
    const isBusy = at("pass").contains(document.activeElement) || at("tools").contains(document.activeElement);
    document.body.classList.toggle("idle", !isBusy);
  }, IDLE_AFTER);
}

for (const event of ["pointermove", "keydown"]) document.addEventListener(event, stir);
stir();
at("code-of-address").onload = () => reveal(at("code-of-address"), true);
at("full").onclick = () => {
  if (document.fullscreenElement === null) document.documentElement.requestFullscreen?.().catch(() => {});
  else document.exitFullscreen();
};
navigator.wakeLock?.request("screen").catch(() => {});
browser.start();
setInterval(() => show(browser.state, performance.now()), 500);
