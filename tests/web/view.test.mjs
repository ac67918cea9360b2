// What a person reads, from the states of real stories.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { requestLine } from "../../twisted_auction/web/static/request.js";
import { initial, reduce } from "../../twisted_auction/web/static/state.js";
import en from "../../twisted_auction/web/static/texts/en.js";
import es from "../../twisted_auction/web/static/texts/es.js";
import * as view from "../../twisted_auction/web/static/view.js";

const { stories } = JSON.parse(readFileSync(process.env.LETTERS, "utf8"));

/** What `shown` gives in a story, one entry for each change. */
function read(name, shown) {
  let state = initial();
  const seen = [];
  for (const [now, frame] of stories[name]) {
    state = reduce(state, frame, now);
    const words = shown(state, state.rooms.main, now);
    if (words !== seen.at(-1)) seen.push(words);
  }
  return seen;
}

const standing = (texts) => (state, room, now) => view.standing(texts, state, room, now).text;

test("the standing of the winner of an English auction", () => {
  assert.deepEqual(read("english winner", standing(en)), [
    "Waiting for more Buyers.",
    "You have not bid.",
    "You hold the highest bid: $100.",
    "You have been outbid. Your last bid was $100.",
    "You hold the highest bid: $110.",
    "You won! You owe $110.",
  ]);
});

test("the standing in a sealed auction, for its loser and its Seller", () => {
  assert.deepEqual(read("sealed loser", standing(en)), [
    "Your bid, please. Nobody else sees it.",
    "You did not win.",
  ]);
  assert.ok(read("sealed winner", standing(en)).includes("Your bid of $150 is in. Please wait for the result."));
  assert.equal(read("sealed seller", standing(en)).at(-1), "Your item has been sold for $120.");
});

test("the result of a lot stays until the bidding on the next one", () => {
  const words = read("sale second", standing(en));
  assert.ok(words.includes("Lot 1: You won! You owe $105."), JSON.stringify(words));
  assert.ok(words.includes("Lot 2: You won! You owe $50."), JSON.stringify(words));
});

test("which typed amounts the page asks about", () => {
  const doubts = (name, amount, more) =>
    read(name, (state, room) => view.isDoubtful({ ...room, ...more }, amount));
  const format = { name: "second-price", from: 100, rules: "" };
  assert.deepEqual(doubts("sealed winner", "99", { format }), [false, true, false]);
  assert.deepEqual(doubts("sealed winner", "100", { format }), [false]);
  assert.deepEqual(doubts("sealed winner", "1", { format: null }), [false]);
  assert.equal(doubts("english loser", "1000")[0], true);
  assert.equal(doubts("english loser", "999")[0], false);
});

test("what the dock offers", () => {
  const offers = (name) => read(name, (state, room) => view.offer(room));
  assert.deepEqual(offers("sealed winner"), ["none", "sealed", "none", "again"]);
  assert.deepEqual(offers("english loser"), ["price", "confirm", "price", "again"]);
  assert.deepEqual(offers("english seller"), ["request", "none", "close", "again"]);
  assert.deepEqual(offers("sale watcher"), ["none"]);
});

test("a format of another package has a field for any words", () => {
  const letter = [{ type: "role_buyer" }, { type: "you_are", buyer: 1 }, { type: "on_sale", item_name: "X" },
    { type: "format_is", format: "all-pay", opening_price: 5, rules: "Everybody pays." },
    { type: "bidding_start" }, { type: "ask_bid" }];
  const hear = (state, messages) => reduce(state, { room: "main", letter: messages }, 0);
  const asked = hear(initial(), letter);
  assert.equal(view.offer(asked.rooms.main), "words");
  const refused = hear(asked, [{ type: "not_accepted", reason: "Odd amounts only." }, { type: "ask_bid" }]);
  assert.equal(view.note(es, refused, refused.rooms.main).text, "No aceptado. Odd amounts only.");
});

test("the large number is the price, and then the result", () => {
  const prices = read("english watcher", (state, room) => {
    const { label, amount } = view.price(en, state, room);
    return `${label} ${amount}`;
  });
  assert.deepEqual(prices.slice(-3), [
    "Highest bid, Buyer 2 $105", "Highest bid, Buyer 1 $110", "Sold to Buyer 1 $110"]);
});

test("a line that is sent, refused, lost in a cut, or kept", () => {
  const room = (...frames) => frames.reduce((state, frame) => reduce(state, frame, 0), initial());
  const open = { room: "main", letter: [{ type: "role_buyer" }, { type: "on_sale", item_name: "X" },
    { type: "bidding_start" }, { type: "asking", asking_price: 5, seconds: 9 }] };
  const say = { room: "main", say: "5" };
  const note = (...frames) => {
    const state = room({ link: "live" }, open, ...frames);
    return view.note(en, state, state.rooms.main).text;
  };
  assert.match(note(say), /^Sent: Your bid of \$5\./);
  assert.match(note(say, { link: "gone" }), /^Not confirmed yet: Your bid of \$5\./);
  assert.match(note(say, { link: "gone" }, { link: "live" }, open), /^Your bid of \$5 did not count\./);
  assert.match(note(say, { room: "main", letter: [{ type: "bid_too_low", least: 7 }] }), /^Too low: the least bid is \$7/);
  assert.match(note({ link: "gone" }), /^No connection/);
});

test("amounts as persons type them", () => {
  const typed = { 150: "150", "$150": "150", " 1,500 ": "1500", "1.500": "1500", "1 500": "1500", "1,500,000": "1500000" };
  for (const [text, digits] of Object.entries(typed)) assert.equal(view.amountOf(text), digits, text);
  for (const text of ["", "0", "007", "5.50", "1,5", "-5", "+5", "1e3", "abc", "9".repeat(19), "١٢"]) {
    assert.equal(view.amountOf(text), null, text);
  }
});

test("the Seller's form as a line", () => {
  const values = { item: " Oak chest ", price: "$1,000", buyers: "3", increment: "5", duration: "60", start: "", interval: "5" };
  const line = (changes) => requestLine({ ...values, ...changes });
  assert.equal(line({ format: "english" }), "english:increment=5:duration=60 1000 3 Oak chest");
  assert.equal(line({ format: "second-price" }), "second-price 1000 3 Oak chest");
  assert.equal(line({ format: "dutch" }), "dutch:interval=5 1000 3 Oak chest");
  assert.equal(line({ format: "dutch", start: "2000" }), "dutch:start=2000:interval=5 1000 3 Oak chest");
  assert.equal(line({ format: "english", duration: "x" }), null);
  assert.equal(line({ format: "english", item: " " }), null);
});

test("the rules of every format are whole in Spanish", () => {
  const rules = Object.values(stories).flat().flatMap(([, { letter = [] }]) =>
    letter.filter(({ type }) => type === "format_is").map((m) => m.rules));
  assert.ok(rules.length > 9);
  for (const rule of rules) {
    assert.doesNotMatch(es.rules(rule), /\b(bid|price|the|there|highest)\b/i, rule);
    assert.equal(en.rules(rule), rule);
  }
});
