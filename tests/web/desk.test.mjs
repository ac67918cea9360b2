// The desk without a browser: its facts, its orders, and the words that wait for an answer.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as state from "../../twisted_auction/web/static/desk_state.js";
import * as view from "../../twisted_auction/web/static/desk_view.js";
import en from "../../twisted_auction/web/static/texts/en.js";

const lot = (number, place, changes = {}) => ({
  type: "sale_lot", place, number, label: "", state: "to_come", buyer: 0, payment: 0,
  format: "english", opening_price: 10, item_name: `Item ${number}`, description: "", picture: "",
  ...changes,
});
const auction = (changes) => ({
  type: "desk_auction", stage: "open", lot: 1, lots: 4, label: "", format: "english",
  item_name: "Chest", amount: 0, buyer: 0, asking_price: 10, received: 0, awaited: 0, seller: 0,
  watchers: 0, people: 9, paused: 0, seconds: 40, ...changes,
});
const seat = (paddle, changes = {}) => ({
  type: "desk_seat", paddle, role: "buyer", state: "here", seconds: 0, name: `N${paddle}`, bound: 0,
  limit: 0, lots: 0, most_lots: 0, ...changes,
});
const bid = (number, amount) => ({ type: "desk_bid", number, buyer: 1, amount, seconds: 3 });
const told = (...letters) => letters.reduce((desk, letter) => state.follow(desk, letter, 1000), state.empty());

test("a letter adds, replaces and removes facts", () => {
  const desk = told(
    [{ type: "desk_of", room: "main" }, auction(), bid(4, 50), bid(11, 60), seat(2), seat(1, { state: "away" })],
    [seat(2, { name: "Bob" }), { type: "desk_gone", what: "desk_bid", number: 4 }, bid(12, 70)],
  );
  assert.equal(desk.room, "main");
  assert.deepEqual(state.bidsOf(desk).map(({ message }) => message.amount), [70, 60]);
  assert.deepEqual(state.seatsOf(desk).map(({ message }) => message.name), ["Bob", "N1"]);
  assert.equal(state.nameOf(desk, 2), "Bob");
  assert.equal(state.nameOf(desk, 3), "");
});

test("a new snapshot forgets everything", () => {
  const desk = told([{ type: "desk_of", room: "main" }, auction(), lot(1, 1)], [{ type: "desk_of", room: "yard" }]);
  assert.deepEqual(desk, { room: "yard", facts: {} });
  assert.equal(state.auctionOf(desk), null);
});

test("the answer to SALE is not the desk's", () => {
  const desk = told([{ type: "desk_of", room: "main" }, lot(1, 1, { state: "sold" })]);
  const listed = [lot(1, 1, { state: "ended" }), { type: "sale_listed", listed: 1, first: 1, lots: 1 }];
  assert.equal(state.follow(desk, listed, 0), desk);
});

test("seconds count from the instant at which they were told", () => {
  const open = { message: auction(), at: 1000 };
  assert.equal(state.leftOf(open, 1000), 40_000);
  assert.equal(state.leftOf(open, 31_000), 10_000);
  assert.equal(state.leftOf(open, 99_000), 0);
  assert.equal(state.leftOf({ message: auction({ paused: 1 }), at: 1000 }, 31_000), 40_000);
  assert.equal(state.leftOf({ message: auction({ seconds: 0 }), at: 1000 }, 1000), null);
  assert.equal(state.ageOf({ message: bid(1, 5), at: 1000 }, 3500), 5);
});

test("the orders of a move put the lot where it shall be", () => {
  // What the server does with them (rules/sale.py).
  const obey = (names, words) => {
    const [, moved, other] = /^move (\S+) before (\S+)$/.exec(words);
    const rest = names.filter((name) => name !== moved);
    rest.splice(rest.indexOf(other), 0, moved);
    return rest;
  };
  for (const size of [1, 2, 3, 4, 7]) {
    const lots = Array.from({ length: size }, (_, index) => lot(index + 1, index + 1, { label: `${index}x` }));
    const names = lots.map(state.lotName);
    for (let from = 0; from < size; from += 1) {
      for (let to = 0; to <= size; to += 1) {
        const wanted = names.filter((_, index) => index !== from);
        wanted.splice(to > from ? to - 1 : to, 0, names[from]);
        assert.deepEqual(state.moves(lots, from, to).reduce(obey, names), wanted, `${size} ${from} ${to}`);
      }
    }
  }
});

test("an order names its room after its own name", () => {
  assert.equal(state.order("main", "go on"), "ORDER go on room=main");
  assert.equal(state.order("main", "bid 2 700"), "ORDER bid room=main 2 700");
  assert.equal(state.order("yard", "void", " a slip. "), "ORDER void room=yard because a slip.");
  assert.equal(state.order("yard", "say go on"), "ORDER say room=yard go on");
  assert.equal(state.order("yard", "say a  b"), "ORDER say room=yard a  b");
});

test("words that are too long for a line are known", () => {
  assert.equal(state.isShortEnough("x".repeat(512)), true);
  assert.equal(state.isShortEnough("é".repeat(257)), false);
});

test("answers belong to the words in their order", () => {
  const waiting = new state.Waiting();
  const words = ["a", "b", "c"].map((place) => ({ kind: "order", words: place, place }));
  words.forEach((word) => waiting.add(word));
  const first = waiting.take([{ type: "done", text: "one." }]);
  assert.deepEqual(first.map(({ word }) => word.place), ["a"]);
  assert.deepEqual(waiting.take([bid(1, 5), { type: "room_is", name: "main", report: "" }]), []);
  const second = waiting.take([{ type: "not_done", text: "two." }, bid(2, 6)]);
  assert.deepEqual(second.map(({ word, answer }) => [word.place, answer.text]), [["b", "two."]]);
  assert.deepEqual(waiting.lose().map(({ place }) => place), ["c"]);
  assert.deepEqual(waiting.take([{ type: "done", text: "none." }]), []);
});

test("only what is possible is offered, and what is final asks once more", () => {
  const keys = (changes) => {
    const { quiet, final } = view.acts(told([auction(changes)]));
    assert.ok(final.every(({ isFinal }) => isFinal) && !quiet.some(({ isFinal }) => isFinal));
    return [quiet.map(({ key }) => key), final.map(({ key }) => key)];
  };
  assert.deepEqual(keys({ stage: "empty" }), [[], []]);
  assert.deepEqual(keys({ stage: "over" }), [[], []]);
  assert.deepEqual(keys({ stage: "doors", lot: 0 }), [["start", "pause"], []]);
  assert.deepEqual(keys({ stage: "gathering" }), [["open", "pause"], ["skip", "cancel"]]);
  assert.deepEqual(keys({ stage: "gathering", lots: 0 }), [["open", "pause"], ["cancel"]]);
  assert.deepEqual(keys({}), [["pause", "extend"], ["close", "cancel"]]);
  assert.deepEqual(keys({ amount: 5 }), [["pause", "extend"], ["close", "void", "cancel"]]);
  assert.deepEqual(keys({ paused: 1 }), [["go_on", "extend"], ["close", "cancel"]]);
  assert.deepEqual(keys({ stage: "sealed", seconds: 0 }), [["pause"], ["close", "cancel"]]);
  assert.deepEqual(keys({ stage: "done" }), [["pause"], ["end"]]);
});

test("the sum is exact, and only sold lots count", () => {
  const desk = told([
    lot(1, 1, { state: "sold", payment: "999999999999999999" }), lot(2, 2, { state: "sold", payment: 1 }),
    lot(3, 3, { state: "unsold" }), lot(4, 4, { state: "voided" }), lot(5, 5, { state: "on" }), lot(6, 6),
  ]);
  assert.deepEqual(state.totals(desk), { sold: 2, unsold: 2, sum: 10n ** 18n });
});

test("what was done is told in words", () => {
  const desk = told([seat(31)]);
  const entry = { order: "void", actor: "paddle 100", buyer: 31, amount: 5000, lot: "12a", other: "", text: "A slip." };
  assert.equal(view.done(en, desk, entry), "voided $5,000 by Paddle 31, N31: “A slip.”");
  assert.equal(view.done(en, desk, { ...entry, amount: 0, text: "" }), "voided the sale of lot 12a to Paddle 31, N31");
  assert.equal(view.done(en, desk, { ...entry, order: "say", text: "Tea." }), "said “Tea.”");
  assert.equal(view.done(en, desk, { ...entry, order: "dance", text: "" }), "dance");
  assert.deepEqual(["operator", "paddle 100"].map((name) => view.actor(en, name)), ["Control", "Paddle 100"]);
});

test("a lot is described without a sealed result", () => {
  assert.equal(view.lotState(en, lot(1, 1)), "from $10");
  assert.equal(view.lotState(en, lot(1, 1, { format: "first-price" })), "sealed, from $10");
  assert.equal(view.lotState(en, lot(1, 1, { format: "dutch" })), "Dutch, from $10");
  assert.equal(view.lotState(en, lot(1, 1, { state: "sold", payment: 70 })), "$70");
  assert.equal(view.lotState(en, lot(1, 1, { state: "skipped" })), en.result.skipped);
});
