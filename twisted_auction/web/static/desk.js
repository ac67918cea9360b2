/**
 * The desk: an auctioneer runs the sale from here.
 *
 * `show` draws what the server has told. Each button says an order to the lobby, and its answer
 * stands beside it.
 *
 * @typedef {import("./state.js").State} State
 * @typedef {import("./state.js").Frame} Frame
 * @typedef {import("./desk_view.js").Act} Act
 */

import { ALL } from "./all_lots.js";
import { Browser } from "./browser.js";
import { allActs, allLots } from "./desk_lots.js";
import { Waiting, ageOf, auctionOf, bidsOf, empty, follow, isShortEnough, leftOf, lotName, lotsOf, moves, order, ordersOf, seatsOf, totals } from "./desk_state.js";
import * as view from "./desk_view.js";
import { at, countdown, label, make, picture, reveal, write } from "./dom.js";
import { offer as offerLanguages, texts } from "./language.js";
import { part, rows } from "./rows.js";
import { built, capital } from "./sentences.js";

const t = await texts();
label(t);
offerLanguages(at("language"), t.code);
document.title = t.desk.title("").replace(/[:\s]+$/, "");

/** Ms between two looks at the other rooms. */
const LOOK_INTERVAL = 10_000;
/** The server's words for a client without the role (server/desk.py). */
const NOT_AN_AUCTIONEER = "the desk is for auctioneers.";

/** The address of the page for bidders, and the path of its QR code, which may be missing. */
let place = { address: `${location.origin}/`, qr_code: "" };
let desk = empty();
/** The room of this desk. */
let room = new URLSearchParams(location.search).get("room") ?? "main";
/** The reason for which there is no desk; empty if there is one. */
let refusal = "";
/** The pass code that was typed, until the server has answered it. */
let typedCode = "";
/** True in a house with a sale in which each lot has a room of its own. */
let isTogether = false;
/** The lot that is dragged. */
let dragged = "";
const waiting = new Waiting();
const browser = new Browser(show, heard);
const showAllLots = allLots(t, (name) => {
  choose(name);
  at("lot").scrollIntoView({ block: "nearest" });
}, () => browser.draw());

/**
 * Say words to the lobby, and show their answer in a place of the page.
 * @param {string} kind
 * @param {string} words
 * @param {string} beside the end of the id of a note
 */
function ask(kind, words, beside) {
  if (!isShortEnough(words)) {
    note(beside, t.desk.too_long, true);
  } else if (browser.say(words)) {
    waiting.add({ kind, words, place: beside });
    note(beside, t.desk.sent, false);
  } else {
    note(beside, t.desk.offline, true);
  }
}

/** Give an order to this room. @param {string} words @param {string} beside @param {string} [reason] */
const give = (words, beside, reason) => ask("order", order(room, words, reason), beside);

/** Write beside a button what became of its order. @param {string} beside @param {string} text @param {boolean} isBad */
function note(beside, text, isBad) {
  const node = document.getElementById(`note-${beside}`);
  if (node === null) return;
  write(node, text);
  node.dataset.tone = isBad ? "hot" : "none";
}

/** Follow another room. @param {string} name */
function choose(name) {
  room = name;
  const url = new URL(location.href);
  url.searchParams.set("room", name);
  history.replaceState(null, "", url);
  ask("desk", `DESK ${room}`, "lot");
}

/** Look at the rooms, and at the one of this desk. */
function begin() {
  ask("desk", `DESK ${room}`, "lot");
  browser.say("HELP"); // tells whether each lot has a room of its own
}

/** Look at all lots, whose changes the server then tells, or at all rooms. @param {boolean} hasLots */
function look(hasLots) {
  isTogether = hasLots;
  if (hasLots) ask("watch", `WATCH ${ALL}`, "all");
  else browser.say("LIST");
}

/** Choose the first lot, if the desk was to be that of a room that is none. @param {State} state */
function lookAtLots({ lots }) {
  const rooms = Object.values(lots.known).map(({ is }) => is.room);
  if (desk.room === "" && rooms[0] !== undefined && rooms.length === lots.total && !rooms.includes(room)) {
    choose(rooms[0]);
  }
}

/** Act on what the server said. @param {Frame} frame */
function heard(frame) {
  if ("link" in frame) {
    // After the first words, which say the pass code.
    if (frame.link === "live" && desk.room === "") setTimeout(begin);
    if (frame.link === "gone") {
      for (const word of waiting.lose()) {
        if (word.kind !== "desk") note(word.place, t.desk.unsure, true);
      }
      desk = { ...desk, room: "" };
    }
    return;
  }
  if (!("letter" in frame)) return;
  const { letter } = frame;
  if (frame.room === ALL) {
    if (waiting.drop("watch")) note("all", "", false);
    lookAtLots(browser.state);
  }
  if (frame.room !== undefined) return;
  if (letter.some((m) => m.type === "not_done" && m.text === NOT_AN_AUCTIONEER)) {
    refusal = NOT_AN_AUCTIONEER;
    desk = empty();
  }
  if (letter.some(({ type }) => type === "help")) {
    // Without a list of people, there are no verbs of the desk.
    if (letter.some(({ type }) => type === "help_pass")) look(letter.some(({ type }) => type === "help_lots"));
    else refusal = t.desk.no_people;
  }
  if (letter.some(({ type }) => type === "you_are_paddle") && desk.room === "" && refusal !== "") begin();
  if (letter.some(({ type }) => type === "you_are_paddle") && typedCode !== "") {
    // The cookie of a card's link, for the settlement. The redirection is not followed.
    fetch(`/join/${encodeURIComponent(typedCode)}`, { redirect: "manual" });
    typedCode = "";
    at("pass").reset();
  }
  const { list } = browser.state.lobby;
  if (letter.some(({ type }) => type === "rooms_in_use") && desk.room === "" && list !== null) {
    // The house may have no room of this name, where each lot has a room of its own.
    if (list[0] !== undefined && !list.some(({ name }) => name === room)) choose(list[0].name);
  }
  desk = follow(desk, letter, performance.now());
  for (const { word, answer } of waiting.take(letter)) answered(word, answer);
}

/**
 * An answer in words, without the name of the room, which is that of the desk.
 * @param {any} answer
 * @param {(paddle: number) => string} who
 */
function inWords({ text, sentence }, who) {
  const said = sentence?.pattern === "room {room}: {sentence}" ? sentence.values.sentence : sentence;
  return capital(typeof said === "string" ? said : built(t, { sentence: said }, text, who));
}

/** @param {import("./desk_state.js").Word} word @param {any} answer */
function answered(word, answer) {
  if (answer.type === "desk_of") {
    refusal = "";
    note(word.place, "", false);
  } else if (answer.type === "pass_code_is") {
    note(word.place, "", false);
    showCard(answer);
  } else if (word.kind === "who" && answer.type === "done") {
    note(word.place, "", false);
    write(at("who-answer"), inWords(answer, t.paddle));
  } else if (word.kind === "watch") {
    look(false);
  } else {
    if (!isTogether) browser.say("LIST"); // its report of this room may have changed
    const who = (/** @type {number} */ paddle) => view.who(t, desk, paddle);
    note(word.place, inWords(answer, who), answer.type === "not_done");
  }
}

/** Draw the page. @param {State} state @param {number} now */
function show(state, now) {
  const { link, person } = state;
  at("link").dataset.is = link.is;
  const s = link.retryAt === null ? 0 : Math.max(0, Math.ceil((link.retryAt - now) / 1000));
  const title = t.desk.title(t.room(room));
  const text = { connecting: link.wasLive ? t.link.connecting : title, live: title, silent: t.link.silent, gone: t.link.gone(s) };
  write(at("title"), text[link.is]);
  write(at("me"), person === null ? "" : t.paddle(person.paddle));
  const isOpen = refusal === "" && auctionOf(desk) !== null;
  reveal(at("desk"), isOpen);
  reveal(at("pass"), refusal !== "" && link.is === "live");
  if (refusal !== "") showPass(state);
  if (isOpen) {
    showRooms(state);
    showAll(state, now);
    showAuction(now);
    showPeople(now);
    showLots();
    showLog(now);
  }
}

/** @param {State} state */
function showPass({ person, isPassSaid, passRefusal }) {
  const you = person === null ? "" : t.named(t.paddle(person.paddle), person.name);
  const why = refusal !== NOT_AN_AUCTIONEER ? refusal
    : person === null ? t.desk.need_pass : t.desk.not_auctioneer(you);
  write(at("pass-why"), why);
  const isUseful = refusal !== t.desk.no_people;
  for (const node of /** @type {NodeListOf<HTMLElement>} */ (at("pass").querySelectorAll("h2, label, button"))) {
    reveal(node, isUseful);
  }
  write(at("pass-send"), isPassSaid ? t.bid.pass_said : t.bid.pass_send);
  reveal(at("code-wrong"), passRefusal !== null);
  if (passRefusal !== null) write(at("code-wrong"), t.messages.not_done?.(passRefusal, String) ?? "");
}

/** @param {State} state */
function showRooms({ lobby }) {
  const rooms = lobby.list ?? [];
  reveal(at("rooms-card"), rooms.length > 1 && !isTogether);
  rows(at("rooms"), rooms, ({ name }) => name, ({ name }) => {
    const button = make("button", { type: "button", click: () => choose(name) }, make("b"), make("small"));
    return make("li", {}, button);
  }, (node, listed) => {
    const { name, report } = listed;
    const button = node.querySelector("button");
    button?.toggleAttribute("aria-current", name === room);
    write(part(node, "b"), t.room(name));
    write(part(node, "small"), built(t, listed, report, t.paddle));
  });
}

/** All lots, and the orders to all rooms. @param {State} state @param {number} now */
function showAll({ lots }, now) {
  const isShown = isTogether && lots.total > 0;
  reveal(at("all"), isShown);
  reveal(at("lots-card"), !isShown);
  if (!isShown) return;
  // The column of the lots to come has nothing else to show.
  if (at("results-card").parentElement !== at("people-column")) at("people-column").append(at("results-card"));
  showAllLots(lots, room, now);
  buttons(at("all-acts"), allActs(lots), ({ key, words, isFinal }) => {
    const act = () => ask("order", order(ALL, words), "all");
    if (isFinal) makeSure(key, "", "none", act);
    else act();
  });
}

/** @param {number} now */
function showAuction(now) {
  const fact = auctionOf(desk);
  const { message: is } = fact;
  write(at("lot"), view.heading(t, desk));
  write(at("item"), is.item_name);
  reveal(at("item"), is.item_name !== "");
  const price = is.amount > 0 ? is.amount : is.asking_price;
  write(at("price"), price > 0 ? t.money(price) : "");
  reveal(at("price"), price > 0);
  write(at("holder"), holder(is));
  const left = leftOf(fact, now);
  const details = [
    left === null ? "" : t.desk.left(countdown(left)),
    is.stage === "open" && is.amount > 0 ? t.desk.next(t.money(is.asking_price)) : "",
    is.seller > 0 ? t.desk.seller_is(view.who(t, desk, is.seller)) : "",
    is.watchers > 0 ? t.desk.watchers(is.watchers) : "",
  ];
  write(at("details"), details.filter((text) => text !== "").join(", "));
  reveal(at("paused"), is.paused === 1);
  write(at("paused"), t.desk.paused);
  const { quiet, final } = view.acts(desk);
  buttons(at("acts"), quiet, (act) => give(act.words, "lot"));
  buttons(at("dangers"), final, (act) => makeSure(act.key, view.subject(t, desk), act.reason ?? "none", (reason) =>
    (act.key === "cancel" ? give(`cancel ${reason}`, "lot") : give(act.words, "lot", reason))));
  reveal(at("bid-form"), is.stage === "open" || is.stage === "sealed");
  const bids = bidsOf(desk);
  write(at("bids-none"), is.stage === "sealed" ? t.desk.bids.sealed : bids.length === 0 ? t.desk.bids.none : "");
  rows(at("bids"), bids, ({ message }) => String(message.number), () =>
    make("li", {}, make("span", { class: "when num soft" }), make("span", { class: "what" }), make("b", { class: "num" })), (node, bid) => {
    write(part(node, ".when"), ago(bid, now));
    write(part(node, ".what"), view.who(t, desk, bid.message.buyer));
    write(part(node, "b"), t.money(bid.message.amount));
  });
}

/** How long ago something was. @param {import("./desk_state.js").Fact} fact @param {number} now */
const ago = (fact, now) => t.desk.ago(t.desk.span(ageOf(fact, now)));

/** Who holds the lot, in words. @param {any} is the auction */
function holder(is) {
  if (is.stage === "sealed") return t.desk.sealed(is.received, is.awaited);
  if (is.stage !== "open") return "";
  return is.amount > 0 ? view.who(t, desk, is.buyer) : t.desk.no_bid;
}

/** @param {number} now */
function showPeople(now) {
  const seats = seatsOf(desk);
  const count = (/** @type {string} */ state) => seats.filter(({ message }) => message.state === state).length;
  write(at("people"), t.desk.here(count("here"), count("away"), auctionOf(desk).message.people));
  reveal(at("here-none"), seats.length === 0);
  rows(at("here"), seats, ({ message }) => String(message.paddle), ({ message: { paddle } }) =>
    make("li", {}, make("b", { class: "num" }), make("span", { class: "what" }), make("span", { class: "how num" }),
      make("button", { type: "button", click: () => expel(paddle) })), (node, seat) => {
    const is = seat.message;
    const state = t.desk.people.state[/** @type {"here"} */ (is.state)](t.desk.span(ageOf(seat, now)));
    node.classList.toggle("soft", is.state !== "here");
    write(part(node, "b"), String(is.paddle));
    const role = t.desk.people.role[/** @type {"buyer"} */ (is.role)];
    write(part(node, ".what"), [is.name, role, state].filter((text) => text !== "").join(", "));
    write(part(node, ".how"), view.bound(t, is));
    const button = part(node, "button");
    const isOut = is.state === "expelled";
    write(button, isOut ? t.desk.people.readmit : t.desk.people.expel);
    button.classList.toggle("danger", !isOut);
    button.setAttribute("aria-label", `${button.textContent} ${t.paddle(is.paddle)}`);
  });
}

/** Expel a person, or readmit it. @param {number} paddle */
function expel(paddle) {
  const seat = desk.facts.desk_seat?.[paddle]?.message;
  const who = seat?.role === "seller" ? "seller" : String(paddle);
  if (seat?.state === "expelled") {
    give(`readmit ${who}`, "people");
  } else {
    makeSure("expel", view.who(t, desk, paddle), "any", (reason) => give(`expel ${who}`, "people", reason));
  }
}

/** The lots to come, which can be put in another order, and the results of the others. */
function showLots() {
  const lots = view.toCome(desk);
  reveal(at("lots-none"), lots.length === 0);
  rows(at("lots"), lots, lotName, lotRow, (node, lot) => {
    const index = lots.indexOf(lot);
    write(part(node, "b"), lotName(lot));
    write(part(node, ".what span"), lot.item_name);
    write(part(node, ".how"), view.lotState(t, lot));
    const [up, down] = node.querySelectorAll("button");
    up?.toggleAttribute("disabled", index === 0);
    down?.toggleAttribute("disabled", index === lots.length - 1);
  });
  const over = lotsOf(desk).filter(({ state }) => state !== "to_come" && state !== "on").reverse();
  rows(at("results"), over, lotName, (lot) =>
    make("li", {}, make("b", { class: "num" }), make("span", { class: "what" }), make("span", { class: "how num" }),
      make("button", { type: "button", click: () => reopen(lotName(lot)) })), (node, lot) => {
    write(part(node, "b"), lotName(lot));
    const buyer = lot.buyer > 0 ? `, ${view.who(t, desk, lot.buyer)}` : "";
    write(part(node, ".what"), `${lot.item_name}${buyer}`);
    write(part(node, ".how"), view.lotState(t, lot));
    const button = part(node, "button");
    const isSold = lot.state === "sold";
    write(button, isSold ? t.desk.results.void : t.desk.results.again);
    button.classList.toggle("danger", isSold);
    button.setAttribute("aria-label", `${button.textContent} ${t.desk.lot(lotName(lot))}`);
    reveal(button, auctionOf(desk).message.stage !== "over");
  });
  const { sold, unsold, sum } = totals(desk);
  write(at("sum-sold"), t.desk.results.lots(sold));
  write(at("sum-unsold"), t.desk.results.lots(unsold));
  write(at("sum"), t.money(sum));
}

/** A row of a lot to come. @param {any} lot */
function lotRow(lot) {
  const name = lotName(lot);
  const index = () => view.toCome(desk).findIndex((each) => lotName(each) === name);
  const move = (/** @type {number} */ to) => {
    for (const words of moves(view.toCome(desk), index(), to)) give(words, "lots");
  };
  const called = t.desk.lot(name);
  const button = (/** @type {string} */ sign, /** @type {string} */ title, /** @type {() => void} */ click) =>
    make("button", { type: "button", class: "icon", "aria-label": title, title, click }, sign);
  const skip = () => makeSure("withdraw", `${name}, ${lot.item_name}`, "any", (reason) => give(`skip ${name}`, "lots", reason));
  const acts = make("span", { class: "tools" },
    button("↑", t.desk.lots.up(called), () => move(index() - 1)),
    button("↓", t.desk.lots.down(called), () => move(index() + 2)),
    button("✕", t.desk.lots.skip(called), skip));
  const row = make("li", {
    draggable: "true",
    dragstart: () => { dragged = name; },
    dragover: (event) => event.preventDefault(),
    drop: (event) => {
      event.preventDefault();
      const from = view.toCome(desk).findIndex((each) => lotName(each) === dragged);
      if (from >= 0) for (const words of moves(view.toCome(desk), from, index())) give(words, "lots");
    },
  }, make("b", { class: "num" }), make("span", { class: "what" }, make("span"), make("small", { class: "how" })), acts);
  acts.lastElementChild?.classList.add("danger");
  return row;
}

/** Void the sale of a lot, or offer the lot again. @param {string} name */
function reopen(name) {
  const lot = lotsOf(desk).find((each) => lotName(each) === name);
  if (lot?.state === "sold") {
    makeSure("void_sale", `${name}, ${lot.item_name}`, "any", (reason) => give(`void ${name}`, "results", reason));
  } else {
    give(`again ${name}`, "results");
  }
}

/** @param {number} now */
function showLog(now) {
  const log = ordersOf(desk);
  reveal(at("log-none"), log.length === 0);
  rows(at("log"), log, ({ message }) => String(message.number), () =>
    make("li", {}, make("span", { class: "when num soft" }), make("span", { class: "what" })), (node, entry) => {
    write(part(node, ".when"), ago(entry, now));
    write(part(node, ".what"), `${view.actor(t, entry.message.actor)} ${view.done(t, desk, entry.message)}`);
  });
}

/** Buttons for what can be done. @param {HTMLElement} list @param {Act[]} acts @param {(act: Act) => void} press */
function buttons(list, acts, press) {
  rows(list, acts, ({ key }) => key, (act) =>
    make("button", { type: "button", class: act.isFinal ? "danger" : "", click: () => press(act) }), (node, act) =>
    write(node, t.desk.act[/** @type {"pause"} */ (act.key)]));
}

/** What happens once the auctioneer is sure. */
let then = (/** @type {string} */ _reason) => {};
let isReasonNeeded = false;

/**
 * Ask before what cannot be undone.
 * @param {string} key of the texts
 * @param {string} about what it is about
 * @param {"none"|"any"|"needed"} reason
 * @param {(reason: string) => void} act
 */
function makeSure(key, about, reason, act) {
  const says = t.desk.sure[/** @type {"void"} */ (key)];
  write(at("sure-title"), says.title);
  write(at("sure-text"), about === "" ? says.text : `${about}. ${says.text}`);
  write(at("sure-yes"), says.yes);
  write(at("sure-label"), reason === "needed" ? t.desk.sure.reason_needed : t.desk.sure.reason);
  reveal(at("sure-reason").parentElement, reason !== "none");
  at("sure-reason").value = "";
  isReasonNeeded = reason === "needed";
  note("sure", "", false);
  then = act;
  at("sure").showModal();
}

/** Show the card of a new person, once. @param {any} answer */
function showCard({ paddle, name, code }) {
  write(at("card-address"), place.address);
  picture(at("card-qr"), place.qr_code);
  write(at("card-paddle"), t.paddle(paddle));
  write(at("card-name"), name);
  write(at("card-code"), code);
  at("walk-in").reset();
  at("card").showModal();
}

/** @param {string} id @param {() => void} act */
const onSubmit = (id, act) => at(id).addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  act();
});
/** @param {string} id */
const typed = (id) => at(id).value.trim();

onSubmit("pass", () => {
  if (browser.state.isPassSaid) return;
  typedCode = typed("code");
  browser.pass(typedCode);
});
onSubmit("bid-form", () => {
  give(`bid ${typed("bid-paddle")} ${typed("bid-amount").replace(/[$,\s]/g, "")}`, "lot");
  at("bid-amount").value = "";
});
onSubmit("say-form", () => {
  give(`say ${typed("say-text")}`, "say");
  at("say-text").value = "";
});
onSubmit("all-say", () => {
  ask("order", order(ALL, `say ${typed("all-text")}`), "all");
  at("all-text").value = "";
});
onSubmit("add-form", () => {
  // In a sale with doors, a lot waits for no number of Buyers.
  give(`add ${at("add-format").value} ${typed("add-price").replace(/[$,\s]/g, "")} 1 ${typed("add-item")}`, "add");
  at("add-form").reset();
});
onSubmit("walk-in", () => {
  const limit = typed("walk-limit").replace(/[$,\s]/g, "");
  const option = limit === "" ? "" : ` limit=${limit}`;
  ask("admit", `ADMIT ${typed("walk-paddle") || "next"}${option} ${typed("walk-name")}`, "walk");
});
onSubmit("ban-form", () => makeSure("ban", typed("ban-address"), "none", () =>
  ask("order", `ORDER ban ${typed("ban-address")} ${typed("ban-minutes")}`.trim(), "ban")));
onSubmit("sure-form", () => {
  const reason = typed("sure-reason");
  if (isReasonNeeded && reason === "") {
    note("sure", t.desk.sure.say_why, true);
    at("sure-reason").focus();
    return;
  }
  at("sure").close();
  then(reason);
});
at("sure-no").onclick = () => at("sure").close();
at("unban").onclick = () => ask("order", `ORDER unban ${typed("ban-address")}`, "ban");
at("ask-who").onclick = () => ask("who", order(room, "who"), "ban");
at("card-print").onclick = () => window.print();
at("card-close").onclick = () => at("card").close();
// The code is nowhere on the page once the card is closed.
at("card").addEventListener("close", () => write(at("card-code"), ""));
at("add-format").replaceChildren(...["english", "first-price", "second-price", "dutch"].map((name) =>
  new Option(t.format[/** @type {"english"} */ (name)], name)));

setInterval(() => browser.draw(), 250);
setInterval(() => {
  if (browser.state.link.is === "live" && refusal === "" && !isTogether) browser.say("LIST");
}, LOOK_INTERVAL);
browser.start();

const answer = await fetch("/join.json");
if (answer.ok) place = await answer.json();
