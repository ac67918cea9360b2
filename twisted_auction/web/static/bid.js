/**
 * The bidder's page: one room for one person, on a phone with one thumb.
 *
 * `show` draws the state. What a person presses says words to the server, mostly by the dock, and the
 * page changes by the answer alone.
 *
 * @typedef {import("./state.js").State} State
 * @typedef {import("./state.js").Frame} Frame
 * @typedef {import("./room.js").Room} Room
 */

import { offerAlerts } from "./alerts.js";
import { Browser, ROOM, device, tab } from "./browser.js";
import { offerDock } from "./dock.js";
import { at, countdown, label, make, picture, reveal, write } from "./dom.js";
import { offer as offerLanguages, texts } from "./language.js";
import { fillPass, forget } from "./pass.js";
import { fillRequest } from "./request.js";
import { create, isElsewhere, timeLeft, unanswered } from "./room.js";
import { NO_SUCH_TICKET, isNoRoom } from "./state.js";
import { BIDS } from "./unanswered.js";
import * as view from "./view.js";

const t = await texts();
label(t);
offerLanguages(at("language"), t.code);
document.title = `${t.bid.title}: ${t.room(ROOM)}`;
write(at("room"), t.room(ROOM));

/** Ms for which the page shows what the Auctioneer announced. */
const NEWS_STAY = 180_000;

/** Ms between two questions for the bids, at least. */
const BIDS_STAY = 1000;

/** True while a question for the bids is about to be said. */
let isAsking = false;
/** What the live regions have said last. */
let before = {
  text: "", call: 0, lot: "", news: /** @type {Room["news"][number]|undefined} */ (undefined),
};
/** The lists as they were drawn last. */
let drawn = "";
/** How the person stood when the last letter came. */
let bound = /** @type {Room["standing"]} */ ("none");
/** True while the answer to JOIN is awaited. */
let isEntering = false;
/** True while the answer to WATCH is awaited, which comes before that to JOIN. */
let isLooking = false;
/** Why the person cannot enter the room. @type {import("./protocol").Message|null} */
let barred = null;
/** True if the person has the auctioneer's role. */
let isAuctioneer = false;

const roomOf = (/** @type {State} */ state) => state.rooms[ROOM] ?? create(ROOM);
const browser = new Browser(show, heard);
const say = (/** @type {string} */ text) => browser.say(text, ROOM);
const room = () => roomOf(browser.state);

/** Take a seat, or come back to the own one. */
function enter() {
  barred = null;
  isEntering = browser.say(`JOIN ${ROOM}`);
  browser.draw();
}

/** Act on what the server said. @param {Frame} frame */
function heard(frame) {
  alerts(browser.state, room(), performance.now()); // a hidden page draws nothing
  if (!("letter" in frame)) {
    if ("link" in frame && frame.link === "gone") isEntering = isLooking = false;
    if ("say" in frame && /^WATCH /.test(frame.say)) isLooking = true;
    return;
  }
  const has = (/** @type {string} */ type) => frame.letter.some((m) => m.type === type);
  if (frame.room === undefined) {
    for (const m of frame.letter) {
      const next = m.type === "sale_listed" ? m.first + m.listed : 0;
      if (m.type === "sale_listed" && m.listed > 0 && next <= m.lots) browser.say(`SALE ${ROOM} ${next}`);
    }
    if (has("help")) isAuctioneer = has("help_desk");
    if (has("you_are_paddle")) {
      browser.say("HELP"); // tells who is an auctioneer
      if (!isElsewhere(room())) enter();
    }
    const isBack = frame.letter.some((m) => m.type === "you_are_readmitted" && m.room === ROOM);
    if (isBack && room().farewell?.type === "you_are_expelled") enter();
    if (has("not_done") && (isEntering || isLooking)) {
      isEntering = isLooking = false;
      const { person, lobby: { refusal } } = browser.state;
      const isKnown = person !== null && (room().role === null || room().role === "watcher");
      barred = isKnown || isNoRoom(refusal) ? refusal : null;
    }
    if (frame.letter.some((m) => m.type === "not_done" && m.text === NO_SUCH_TICKET)) {
      browser.say(`WATCH ${ROOM}`);
    }
    return;
  }
  if (frame.room !== ROOM) return;
  if (has("role_buyer") || has("role_seller") || frame.ended) isEntering = false;
  if (has("role_watcher")) {
    if (isLooking) isLooking = false;
    else isEntering = false;
  }
  if (has("ask_request")) browser.say("TIME");
  askBids();
  dock.heard(has, frame.ended === true);
  const isSale = room().lots !== null || has("sale_begins") || has("sale_begins_by_order");
  const isNews = has("role_buyer") || has("auction_finished") || has("auction_cancelled")
    || has("sale_is_voided") || has("lot_is_added") || has("lot_withdrawn")
    || has("lot_comes_before") || has("lot_comes_again");
  // What a person with a limit is bound for has changed: ask for the account, with the last lot.
  const { account: told, standing, lots } = room();
  const isLimited = told !== null && (BigInt(told.limit) > 0n || told.most_lots > 0);
  if (isLimited && standing !== bound && lots !== null) browser.say(`SALE ${ROOM} ${lots}`);
  bound = standing;
  if (has("role_buyer") && room().item === null && !isSale) browser.say(`SALE ${ROOM}`);
  // Forty phones that hear a result together do not ask together.
  if (isSale && isNews) setTimeout(() => browser.say(`SALE ${ROOM}`), 200 + Math.random() * 1500);
}

/** Ask for the bids, if the person looks at them and there is a new one. */
function askBids() {
  const is = room();
  const last = /** @type {any} */ (is.listed?.bids.filter(({ type }) => type === "bid_was").at(-1));
  const isKnown = is.listed !== null && is.price?.amount === last?.amount && is.price?.buyer === last?.buyer;
  if (isAsking || isKnown || !at("bids-box").open || !view.hasBids(is)) return;
  isAsking = true;
  setTimeout(() => {
    isAsking = false;
    if (mayAsk()) say(BIDS);
    else askBids();
  }, is.listed === null && mayAsk() ? 0 : BIDS_STAY);
}

/**
 * True if the server can answer a question for the bids now. Before the answer to another line, it
 * would take back what is to be said twice.
 */
function mayAsk() {
  const is = room();
  const isFree = unanswered(is) === null && is.said.waiting.length === 0 && is.repeat === null;
  return isFree && at("bids-box").open && view.hasBids(is);
}

/** Draw the page. @param {State} state @param {number} now */
function show(state, now) {
  const is = roomOf(state);
  const isSeated = is.role === "buyer" || is.role === "seller";
  const isPassNeeded = state.isPassWanted && state.person === null && !isSeated;
  showLink(state, now);
  showPerson(state, is);
  showPass(isPassNeeded, state);
  showItem(is, isPassNeeded || view.offer(is) === "request");
  showPrice(state, is, now);
  showGate(state, is, isSeated, isPassNeeded);
  dock.show();
  showLists(state, is, now);
  announce(state, is, now);
  alerts(state, is, now);
}

/** @param {State} state @param {number} now */
function showLink({ link }, now) {
  const bar = at("link");
  bar.dataset.is = link.is;
  const s = link.retryAt === null ? 0 : Math.max(0, Math.ceil((link.retryAt - now) / 1000));
  const text = {
    connecting: link.wasLive ? t.link.connecting : t.room(ROOM), live: t.room(ROOM),
    silent: t.link.silent, gone: t.link.gone(s),
  }[link.is];
  write(at("room"), text);
}

/** @param {State} state @param {Room} is */
function showPerson(state, is) {
  const { person } = state;
  write(at("me"), person !== null ? t.paddle(person.paddle)
    : is.number === null ? "" : t.buyer(is.number));
  write(at("who"), person === null ? "" : t.bid.you(t.named(t.paddle(person.paddle), person.name)));
  reveal(at("not-me"), person !== null);
  reveal(at("me"), state.link.is !== "gone");
}

/** @param {Room} is @param {boolean} isForm true if a form has the heading of the page */
function showItem(is, isForm) {
  reveal(at("show"), !isForm);
  write(at("item"), is.item ?? t.room(ROOM));
  at("item").toggleAttribute("data-long", (is.item ?? "").length > 60);
  reveal(at("tags"), is.lot !== null || is.format !== null);
  write(at("lot"), view.lotTitle(t, is));
  reveal(at("lot"), is.lot !== null);
  write(at("format"), is.format === null ? "" : view.formatName(t, is.format.name));
  reveal(at("format"), is.format !== null);
  write(at("description"), is.description ?? "");
  reveal(at("description"), is.description !== null);
  const reserve = is.isReserveMet === null ? ""
    : view.sentence(t, { type: is.isReserveMet ? "reserve_met" : "reserve_not_met" }, String);
  write(at("rules"), `${view.rules(t, is)} ${reserve}`.trim());
  reveal(at("about"), is.format !== null);
  picture(at("picture"), is.picture === null ? "" : `/pictures/${encodeURIComponent(is.picture)}`);
}

/** @param {State} state @param {Room} is @param {number} now */
function showPrice(state, is, now) {
  const isShown = is.phase !== "unknown" && (is.role !== null || is.phase === "out")
    && view.offer(is) !== "request";
  reveal(at("now"), isShown);
  if (!isShown) return;
  const { label: above, amount } = view.price(t, state, is);
  const node = at("price");
  const isChanged = node.textContent !== amount;
  write(at("price-label"), above);
  write(node, amount);
  node.toggleAttribute("data-long", amount.length > 9);
  reveal(node, amount !== "");
  if (isChanged) {
    node.classList.remove("changed");
    requestAnimationFrame(() => node.classList.add("changed"));
  }
  showTime(is, now);
  const { tone, text } = view.standing(t, state, is, now);
  const band = at("standing");
  // Without a connection, nobody knows whether the price and the standing still hold.
  const isOver = ["finished", "cancelled", "over"].includes(is.phase);
  at("now").classList.toggle("stale", state.link.wasLive && state.link.is !== "live" && !isOver);
  band.dataset.tone = tone;
  write(band, text);
}

/** @param {Room} is @param {number} now */
function showTime(is, now) {
  const left = timeLeft(is, now);
  const kind = is.clock?.kind ?? "bidding";
  const isExtended = is.extendedAt !== null && now - is.extendedAt < 4000;
  const call = t.call[is.call] || (isExtended ? t.extended : "");
  const until = kind === "bidding" ? call : t.until[kind];
  const time = left === null ? "" : countdown(left);
  write(at("time"), is.paused ? t.paused : until === "" ? time : `${until} ${time}`);
  at("time").classList.toggle("called", call !== "");
  reveal(at("clock"), is.clock !== null);
  const part = left === null || is.clock === null ? 0 : left / Math.max(is.clock.span, 1);
  at("left").style.transform = `scaleX(${Math.min(1, part).toFixed(3)})`;
  at("clock").classList.toggle("hot", left !== null && left < 10_000
    && kind === "bidding" && !view.isDutch(is));
}

/** @param {State} state @param {Room} is @param {boolean} isSeated @param {boolean} isPassNeeded */
function showGate(state, is, isSeated, isPassNeeded) {
  const isOpen = !isSeated && !isPassNeeded && is.phase !== "unknown" && is.phase !== "over";
  const mayJoin = isOpen && (state.person === null || is.ended);
  const isBarred = barred !== null && !isSeated && !isPassNeeded;
  const isWatcher = isOpen && !mayJoin && !isEntering && is.role === "watcher";
  reveal(at("gate"), mayJoin || isBarred || isWatcher);
  reveal(at("join"), mayJoin);
  at("join").disabled = isEntering || state.link.is !== "live";
  const help = barred !== null && isBarred ? view.sentence(t, barred, String)
    : isWatcher ? t.bid.only_watching
      : state.person === null && is.phase === "idle" ? t.bid.join_help : "";
  write(at("gate-help"), help);
  reveal(at("gate-help"), help !== "");
  reveal(at("to-desk"), isAuctioneer && !mayJoin);
  reveal(at("to-lots"), isBarred && isNoRoom(barred));
  reveal(at("back"), mayJoin && tab.get(`ticket ${ROOM}`) === null && device.get(`ticket ${ROOM}`) !== null);
  at("back").disabled = at("join").disabled;
  const isAsked = view.offer(is) === "request";
  reveal(at("request"), isAsked);
  const form = is.refusal === null ? "" : view.sentence(t, is.refusal, String);
  if (isAsked) request.show(form, state.lobby.time);
}

/** @param {State} state @param {Room} is @param {number} now */
function showLists(state, is, now) {
  const who = view.namer(t, state, is);
  const news = is.news.filter(({ at: then }) => now - then < NEWS_STAY).slice(-3).reverse()
    .map(({ message }) => view.sentence(t, message, who));
  const lots = view.listing(t, is, who);
  const bids = view.bidLines(t, is, who);
  const hasBids = view.hasBids(is);
  const fresh = JSON.stringify([news, lots, bids, hasBids, is.listed?.total]);
  if (fresh === drawn) return;
  drawn = fresh;
  reveal(at("news-box"), news.length > 0);
  at("news").replaceChildren(...news.map((text) => make("li", {}, text)));
  reveal(at("sale"), lots.length > 0);
  write(at("sale-title"), view.hasLots(is) ? t.bid.account.show : t.bid.account.results);
  reveal(at("bids-box"), hasBids);
  const { title, some, none, voided } = t.bid.bids;
  write(at("bids-title"), is.listed === null || bids.length === is.listed.total
    ? title : some(bids.length, is.listed.total));
  at("bids").replaceChildren(...(is.listed?.total === 0 ? [make("li", {}, none)] : bids.map((bid) => make(
    "li", { class: "row" },
    make("span", bid.isMine ? { class: "mine" } : {}, bid.isMine ? `${bid.who} (${t.bid.bids.mine})` : bid.who),
    make("span", { class: "num" }, bid.isVoided ? `${bid.amount}, ${voided}` : bid.amount),
  ))));
  // Until the sale begins, there is nothing else to see.
  if (is.phase === "scheduled") /** @type {HTMLDetailsElement} */ (at("sale")).open = true;
  at("lines").replaceChildren(...lots.map((lot) => make(
    "li", lot.isOn ? { class: "on" } : {}, make("span", {}, lot.title),
    make("span", { class: lot.isMine ? "mine num" : "num" }, lot.state),
  )));
}

/** Say in the live regions what has changed. @param {State} state @param {Room} is @param {number} now */
function announce(state, is, now) {
  const { tone, text } = view.standing(t, state, is, now);
  const lot = is.item === null ? "" : `${view.lotTitle(t, is)} ${is.item}`.trim();
  const isUrgent = tone === "warn" || tone === "hot" || (tone === "good" && is.standing !== "highest");
  const latest = is.news.at(-1);
  const isNew = is.role !== null && text !== before.text;
  const words = [];
  if (isNew && !isUrgent) words.push(text);
  if (lot !== before.lot) words.push(lot);
  if (is.call !== before.call) words.push(t.call[is.call] ?? "");
  if (latest !== undefined && latest !== before.news) {
    words.push(view.sentence(t, latest.message, view.namer(t, state, is)));
  }
  const spoken = words.filter((word) => word !== "").join(" ");
  // What does not hold any more is not left for a reader, and the same words are said again.
  if (isNew || spoken !== "") write(at("polite"), spoken);
  if (isNew) write(at("urgent"), isUrgent ? text : "");
  before = { text, call: is.call, news: latest, lot };
}

const alerts = offerAlerts(at("alerts"), t);
const dock = offerDock(t, {
  room, say, state: () => browser.state,
  again() {
    const { ticket } = room();
    if (isElsewhere(room()) && ticket !== null) browser.say(`RESUME ${ticket}`, ROOM);
    else enter();
  },
});
const request = fillRequest(at("request"), t, say);
const showPass = fillPass(at("pass"), t, t.bid.pass_help, (code) => browser.pass(code));

at("join").onclick = enter;
at("back").onclick = () => {
  tab.set(`ticket ${ROOM}`, device.get(`ticket ${ROOM}`));
  browser.live.restart();
};
at("bids-box").ontoggle = askBids;
at("not-me").onclick = forget;
browser.start();
setInterval(() => show(browser.state, performance.now()), 250);
