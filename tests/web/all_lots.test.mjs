/** The list of all lots, where each has a room of its own. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { card, hearOfLots, nothing, onWall, shown, until } from "../../twisted_auction/web/static/all_lots.js";
import { allActs, summary } from "../../twisted_auction/web/static/desk_lots.js";
import { initial, reduce } from "../../twisted_auction/web/static/state.js";
import en from "../../twisted_auction/web/static/texts/en.js";
import es from "../../twisted_auction/web/static/texts/es.js";

const lot = (number, changes = {}) => ({
  type: "sale_lot", place: number, number, label: `${number}a`, state: "on", buyer: 0, payment: 0,
  format: "english", opening_price: 20, item_name: `Cup ${number}`, description: "", picture: "", ...changes,
});
const is = (number, changes = {}) => ({
  type: "lot_now", number, room: `${number}a`, stage: "open", amount: 0, buyer: 0, asking_price: 20,
  paused: 0, seconds: 100, ...changes,
});
const mine = (number, standing, amount, maximum = 0) => ({
  type: "my_lot", number, room: `${number}a`, standing, amount, maximum, label: `${number}a`, item_name: `Cup ${number}`,
});
const all = (lots) => ({ type: "all_lots", lots });
const who = (buyer) => `Paddle ${buyer}`;

const THREE = hearOfLots(nothing(), [
  all(3), lot(1), is(1), lot(2, { description: "Of silver" }), is(2, { seconds: 5000, amount: 30, buyer: 4, asking_price: 31 }),
  lot(3), is(3, { stage: "sealed", asking_price: 0 }), mine(2, "outbid", 25),
], 1000);

test("all lots, then what changes", () => {
  assert.deepEqual([THREE.total, Object.keys(THREE.known)], [3, ["1", "2", "3"]]);
  const next = hearOfLots(THREE, [lot(2), is(2, { amount: 40, buyer: 7 }), mine(2, "highest", 40)], 2000);
  assert.deepEqual([next.known[2].is.amount, next.own[2].standing, next.known[1]], [40, "highest", THREE.known[1]]);
  assert.equal(THREE.known[2].is.amount, 30);
  assert.deepEqual(hearOfLots(next, [all(3)], 3000), { ...nothing(), total: 3 });
  assert.equal(hearOfLots(next, [{ type: "sale_over" }], 0).isOver, true);
});

test("a frame about all lots is about no room, and so is a list of them", () => {
  let state = reduce(initial(), { room: "*", letter: [all(1), lot(1), is(1)] }, 5);
  assert.deepEqual([state.lots.known[1].at, state.rooms], [5, {}]);
  state = reduce(initial(), { say: "SALE *" }, 0);
  state = reduce(state, { letter: [lot(1), is(1), { type: "sale_listed", listed: 1, first: 1, lots: 30 }] }, 7);
  assert.deepEqual([state.lots.total, state.lots.known[1].at, state.rooms], [30, 7, {}]);
});

test("seconds count from the instant at which they were told", () => {
  assert.equal(until(THREE.known[1]), 101_000);
  assert.equal(until({ lot: lot(1), is: is(1, { paused: 1 }), at: 0 }), null);
  assert.equal(until({ lot: lot(1), is: is(1, { seconds: 0 }), at: 0 }), null);
});

test("filters and words choose the lots", () => {
  const of = (filter, words = "") => shown(THREE, filter, words, 1000);
  assert.deepEqual(of("all"), [1, 2, 3]);
  assert.deepEqual(of("mine"), [2]);
  assert.deepEqual(of("ending"), [1, 3]);
  assert.deepEqual(of("open"), [1, 3]);
  assert.deepEqual(of("all", "  CUP silver"), [2]);
  assert.deepEqual(of("all", "3a"), [3]);
  assert.deepEqual(of("mine", "3a"), []);
  const later = hearOfLots(THREE, [lot(1), is(1, { seconds: 300 }), lot(2), is(2, { stage: "done", seconds: 0 })], 1000);
  assert.deepEqual(shown(later, "ending", "", 1000), [3, 1]);
});

test("lots that end together keep their places, whenever their ends were told", () => {
  const told = [[30, 0], [20, 900], [22, 0], [20, 0]].map(([seconds, at], index) => [index + 1, seconds, at]);
  const lots = told.reduce((known, [number, seconds, at]) =>
    hearOfLots(known, [lot(number), is(number, { seconds })], at), nothing());
  assert.deepEqual(shown(lots, "ending", "", 0), [2, 3, 4, 1]);
});

test("the last frame about all lots takes them and the person away", () => {
  let state = reduce(initial(), { letter: [{ type: "you_are_paddle", paddle: 3, name: "Cy" }] }, 0);
  state = reduce(state, { room: "*", letter: [all(1), lot(1), is(1)] }, 5);
  state = reduce(state, { room: "*", letter: [{ type: "pass_withdrawn" }], ended: true }, 6);
  assert.deepEqual([state.lots, state.person, state.isPassWanted, state.passRefusal.type, state.rooms],
    [nothing(), null, true, "pass_withdrawn", {}]);
});

test("the desk sums up all lots", () => {
  const some = { total: 3, open: 3, bare: 1, sold: 0, bid: 30n, paid: 0n };
  assert.deepEqual(summary(THREE), some); // a sealed bid is counted nowhere
  const sold = hearOfLots(THREE, [lot(2, { state: "sold", buyer: 4, payment: 30 }), is(2, { stage: "over", seconds: 0 })], 0);
  assert.deepEqual(summary(sold), { ...some, open: 2, sold: 1, bid: 0n, paid: 30n });
});

test("what the desk can order for all rooms", () => {
  const acts = (changes) => allActs(hearOfLots(nothing(), [all(1), lot(1), is(1, changes)], 0))
    .map(({ words, isFinal = false }) => (isFinal ? `${words}!` : words));
  assert.deepEqual(acts({ stage: "doors" }), ["start", "pause"]);
  assert.deepEqual(acts({}), ["pause", "extend 300", "close!"]);
  assert.deepEqual(acts({ paused: 1 }), ["go on", "extend 300", "close!"]);
  assert.deepEqual(acts({ stage: "over" }), []);
});

test("on the wall, the lots that are over come last", () => {
  const later = hearOfLots(THREE, [lot(1, { state: "unsold" }), is(1, { stage: "done", seconds: 0 })], 1000);
  assert.deepEqual([onWall(THREE), onWall(later)], [[1, 2, 3], [2, 3, 1]]);
});

test("a lot in words", () => {
  const cards = [1, 2, 3].map((number) => card(en, THREE, number, who));
  assert.deepEqual(cards.map(({ price, note }) => [price, note]), [
    ["from $20", "No bid yet"], ["$30", "Highest bid, Paddle 4"], ["from $20", "Sealed bids are taken"],
  ]);
  assert.deepEqual(cards.map(({ standing, tone }) => [standing, tone]),
    [["", "none"], ["Outbid: you bid $25", "warn"], ["", "none"]]);
  const ended = hearOfLots(THREE, [
    lot(1, { state: "sold", buyer: 4, payment: 50 }), is(1, { stage: "done", seconds: 0 }), mine(1, "lost", 40),
    lot(2, { state: "unsold" }), is(2, { stage: "over", seconds: 0 }),
    lot(3, { state: "ended" }), is(3, { stage: "done", seconds: 0 }), mine(3, "won", "9007199254740993"),
  ], 0);
  assert.deepEqual([1, 2, 3].map((number) => card(en, ended, number, who)).map(({ price, note, standing }) => [price, note, standing]), [
    ["$50", "Sold to Paddle 4", "Not won: you bid $40"], ["", "Not sold", "Outbid: you bid $25"],
    ["", "Finished", "Won for $9,007,199,254,740,993"],
  ]);
  assert.equal(card(es, ended, 3, who).standing.startsWith("Ganado por"), true);
  const bidding = hearOfLots(THREE, [mine(2, "highest", 25, 1800)], 0);
  assert.equal(card(en, bidding, 2, who).standing, "Yours at $25 · Maximum: $1,800");
  const paused = hearOfLots(THREE, [lot(1), is(1, { paused: 1 })], 0);
  assert.deepEqual([card(en, paused, 1, who).time, card(en, paused, 1, who).until], ["Paused", null]);
});
