/**
 * The wall: one room for a whole hall, on a projector or a large screen. Nobody touches it.
 *
 * @typedef {import("./state.js").State} State
 * @typedef {import("./state.js").Frame} Frame
 * @typedef {import("./room.js").Room} Room
 */

import { Browser, ROOM } from "./browser.js";
import { at, label, make, picture, reveal, write } from "./dom.js";
import * as hall from "./hall.js";
import { offer as offerLanguages, texts } from "./language.js";
import { askMoreOfSale, askSale } from "./lots.js";
import { fillPass } from "./pass.js";
import { create } from "./room.js";
import { isNoRoom } from "./state.js";
import { sentence } from "./view.js";

const t = await texts();
label(t);
offerLanguages(at("language"), t.code);
document.title = `${t.wall.title}: ${t.room(ROOM)}`;

/** Ms until the wall comes back to a room that it had to leave. */
const BACK_AFTER = 3000;
/** Ms until the list of lots is asked for again: several changes come together. */
const ASK_AFTER = 200;
/** Ms without a movement until the pointer and the buttons are hidden. */
const IDLE_AFTER = 3000;
/** What changes the list of lots. */
const CHANGES = new Set([
  "role_watcher", "lot_up", "auction_finished", "auction_cancelled", "sale_is_voided", "lot_is_added",
  "lot_withdrawn", "lot_comes_before", "lot_comes_again", "sale_over", "lot_over",
]);

const browser = new Browser(show, heard);
const showPass = fillPass(at("pass"), t, t.wall.pass_help, (text) => browser.pass(text));
const roomOf = (/** @type {State} */ state) => state.rooms[ROOM] ?? create(ROOM);

/** The lists as they were drawn last. */
let drawn = "";
/** The path of the QR code for joining; empty without one. */
let code = "";
/** The timer of each thing to say later. @type {{[words: string]: number}} */
const timers = {};

/** Do something later, once. @param {string} name @param {number} ms @param {() => void} act */
function later(name, ms, act) {
  clearTimeout(timers[name]);
  timers[name] = setTimeout(act, ms);
}

const watch = () => browser.say(`WATCH ${ROOM}`);

/** Act on what the server said. @param {Frame} frame */
function heard(frame) {
  if ("link" in frame && frame.link === "live") {
    browser.say("HELP"); // tells whether people have paddles here
    invite();
  }
  if (!("letter" in frame)) return;
  const has = (/** @type {string} */ type) => frame.letter.some((m) => m.type === type);
  if (frame.room === undefined) {
    if (has("you_are_paddle") && roomOf(browser.state).role === null) watch();
    if (has("sale_listed")) {
      const more = askMoreOfSale(roomOf(browser.state), false);
      if (more !== null) browser.say(more);
    }
    return;
  }
  if (frame.room !== ROOM) return;
  if (frame.ended) later("watch", BACK_AFTER, watch);
  if (frame.letter.some(({ type }) => CHANGES.has(type))) {
    later("sale", ASK_AFTER, () => browser.say(askSale(roomOf(browser.state))));
  }
}

/** Draw the wall. @param {State} state @param {number} now */
function show(state, now) {
  const is = roomOf(state);
  const isPassNeeded = state.isPassWanted && state.person === null && is.role === null
    && !isNoRoom(state.lobby.refusal);
  showLink(state);
  showPass(isPassNeeded, state);
  reveal(at("board"), !isPassNeeded);
  showBoard(state, is, now);
  const { tone, text } = hall.news(t, state, is, now);
  reveal(at("news"), text !== "");
  at("news").dataset.tone = tone;
  write(at("news"), text);
  showLists(state, is, now);
}

/** @param {State} state */
function showLink({ link }) {
  at("link").dataset.is = link.is;
  const isCut = link.is === "gone" || link.is === "connecting";
  document.body.classList.toggle("stale", isCut && link.wasLive);
  write(at("room"), isCut ? t.link.connecting : link.is === "silent" ? t.link.silent : t.room(ROOM));
}

/** @param {State} state @param {Room} is @param {number} now */
function showBoard(state, is, now) {
  const refusal = is.role === null ? state.lobby.refusal : null;
  const board = hall.board(t, state, is, now);
  if (refusal !== null) {
    Object.assign(board, { amount: sentence(t, refusal, String), isNumber: false, tone: "hot", line: "" });
  }
  write(at("lot"), board.lot);
  for (const name of /** @type {const} */ (["item", "format", "label", "line"])) {
    write(at(name), board[name]);
    reveal(at(name), board[name] !== "");
  }
  at("item").toggleAttribute("data-long", board.item.length > 45);
  const amount = at("amount");
  if (amount.textContent !== board.amount) {
    write(amount, board.amount);
    amount.style.setProperty("--signs", String(Math.max(board.amount.length, 4)));
    amount.classList.remove("changed");
    requestAnimationFrame(() => amount.classList.add("changed"));
  }
  amount.toggleAttribute("data-words", !board.isNumber);
  at("board").dataset.tone = board.tone;
  write(at("call"), [board.call, board.time].filter((text) => text !== "").join(" · "));
  reveal(at("clock"), board.part !== null);
  at("left").style.transform = `scaleX(${(board.part ?? 0).toFixed(3)})`;
  const isInvited = board.item === "" && code !== "";
  picture(at("picture"), isInvited ? code
    : board.picture === "" ? "" : `/pictures/${encodeURIComponent(board.picture)}`);
  document.body.classList.toggle("inviting", isInvited);
}

/** @param {State} state @param {Room} is @param {number} now */
function showLists(state, is, now) {
  const { results, next } = hall.lists(t, state, is, now);
  const fresh = JSON.stringify([results, next]);
  if (fresh === drawn) return;
  drawn = fresh;
  const rows = /** @type {[string, string, typeof results][]} */ (
    [["results", t.wall.results, results], ["next", t.wall.next_lots, next]]);
  for (const [id, title, entries] of rows) {
    reveal(at(id), entries.length > 0);
    at(id).replaceChildren(
      make("strong", {}, title), make("div", {}, ...entries.map(({ lot, result }) => make(
        "i", {}, make("span", {}, lot), ...(result === "" ? [] : [make("b", {}, result)])))));
  }
}

/** Ask for the address of the page, and show it. */
async function invite() {
  try {
    const answer = await fetch("/join.json");
    const { address, qr_code: path } = await answer.json();
    code = path;
    write(at("address"), address.replace(/^https?:\/\/|\/$/g, ""));
    const image = at("code-of-address");
    image.alt = t.wall.code_of(address);
    picture(image, code);
    reveal(at("join"), true);
  } catch {
    // The server is away again. The next connection asks again.
  }
}

/** Keep the screen on, where the browser can. */
async function keepAwake() {
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    // The battery is low, or the page is in the background.
  }
}

function toggleFull() {
  if (document.fullscreenElement === null) document.documentElement.requestFullscreen?.().catch(() => {});
  else document.exitFullscreen();
}

/** Show the pointer and the buttons for a while. */
function stir() {
  document.body.classList.remove("idle");
  later("idle", IDLE_AFTER, () => {
    const isTyping = at("pass").contains(document.activeElement) || at("tools").contains(document.activeElement);
    document.body.classList.toggle("idle", !isTyping);
  });
}

at("full").onclick = toggleFull;
document.addEventListener("keydown", (event) => {
  stir();
  const isTyping = event.target instanceof Element && event.target.matches("input, select");
  if (event.key.toLowerCase() === "f" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    toggleFull();
  }
});
document.addEventListener("pointermove", stir);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") keepAwake();
});
stir();
keepAwake();
browser.start();
setInterval(() => show(browser.state, performance.now()), 250);
