// What a person reads, from the states of real stories.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { requestLine } from "../../twisted_auction/web/static/request.js";
import { mayBuy } from "../../twisted_auction/web/static/room.js";
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

/** A room in which these messages were heard. */
const after = (...letter) => reduce(initial(), { room: "main", letter }, 0);
const BUYER = [{ type: "role_buyer" }, { type: "you_are", buyer: 1 }, { type: "on_sale", item_name: "X" }];
const ENGLISH = [...BUYER, { type: "format_is", format: "english", opening_price: 100, rules: "" }];
const highest = (buyer, amount) => ({ type: "highest_bid", buyer, amount, asking_price: amount + 1, seconds: 60 });

test("to buy at once is on offer until the asking price is higher", () => {
  const buys = (...letter) => {
    const { rooms: { main } } = after(...ENGLISH, { type: "buy_price", amount: 300 }, { type: "bidding_start" }, ...letter);
    return [mayBuy(main), view.buys(main, "299"), view.buys(main, "300"), view.buys(main, "5000")];
  };
  assert.deepEqual(buys({ type: "asking", asking_price: 100, seconds: 60 }), [true, false, true, true]);
  assert.deepEqual(buys(highest(2, 299)), [true, false, true, true]);
  assert.deepEqual(buys(highest(2, 300)), [false, false, false, false]);
  assert.deepEqual(buys(highest(2, 100), { type: "auction_paused" }), [false, false, false, false]);
  assert.equal(mayBuy(after(...ENGLISH, { type: "bidding_start" }, highest(2, 100)).rooms.main), false);
});

test("the bids so far, the latest one first", () => {
  const state = after(...ENGLISH, { type: "bidding_start" }, highest(1, 105),
    { type: "bid_was", buyer: 2, amount: 100 }, { type: "voided_bid_was", buyer: 3, amount: 5000 },
    { type: "bid_was", buyer: 1, amount: 105 }, { type: "bids_listed", listed: 3, total: 7 });
  const { main } = state.rooms;
  assert.deepEqual(view.bidLines(en, main, (buyer) => `B${buyer}`), [
    { who: "B1", amount: "$105", isMine: true, isVoided: false },
    { who: "B3", amount: "$5,000", isMine: false, isVoided: true },
    { who: "B2", amount: "$100", isMine: false, isVoided: false },
  ]);
  assert.deepEqual([main.listed.total, view.hasBids(main)], [7, true]);
  const next = reduce(state, { room: "main", letter: [{ type: "lot_up", lot: 2, lots: 3 }] }, 0).rooms.main;
  assert.deepEqual([next.listed, view.hasBids(next), view.bidLines(en, next, String)], [null, false, []]);
  const sealed = after(...BUYER, { type: "format_is", format: "first-price", opening_price: 5, rules: "" },
    { type: "bidding_start" }, { type: "ask_bid" });
  assert.equal(view.hasBids(sealed.rooms.main), false);
});

test("in a timed sealed auction, who has passed or withdrawn can bid until the end", () => {
  const timed = [...BUYER, { type: "format_is", format: "first-price", opening_price: 5, rules: "" },
    { type: "amount_or_pass" }, { type: "ends_in", seconds: 900 }];
  const seen = (...letter) => {
    const state = after(...timed, ...letter);
    return [view.offer(state.rooms.main), view.standing(en, state, state.rooms.main, 0).text];
  };
  const asked = [{ type: "bidding_start" }, { type: "ask_bid" }];
  const passed = "You have passed this lot. You can bid until the end.";
  assert.deepEqual(seen(...asked, { type: "have_passed" }), ["sealed", passed]);
  assert.deepEqual(seen({ type: "have_passed" }), ["sealed", passed]); // after a cut
  assert.equal(seen(...asked, { type: "bid_received" }, { type: "bid_withdrawn" }, { type: "ask_bid" })[0], "sealed");
  assert.equal(seen({ type: "your_lot" })[0], "none");
  assert.deepEqual(seen(...asked, { type: "have_passed" }, { type: "auction_paused" })[0], "none");
  const untimed = after(...timed.slice(0, -1), ...asked, { type: "have_passed" });
  assert.equal(view.offer(untimed.rooms.main), "none");
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
  // A question has nothing at stake.
  const bids = { room: "main", say: "bids" };
  const listed = { room: "main", letter: [{ type: "bids_listed", listed: 0, total: 0 }] };
  assert.equal(note(bids), "");
  assert.equal(note(bids, { link: "gone" }, { link: "live" }, open), "");
  assert.match(note(say, bids), /^Sent: Your bid of \$5\./);
  assert.match(note(bids, say, listed), /^Sent: Your bid of \$5\./);
  assert.match(note(say, bids, { link: "gone" }, { link: "live" }, open), /^Your bid of \$5 did not count\./);
  const tooLow = { room: "main", letter: [{ type: "bid_too_low", least: 7 }] };
  assert.match(note(say, bids, tooLow, listed), /^Too low/);
  assert.match(note(say, tooLow, bids), /^Too low/);
  assert.equal(note(bids, { room: "main", letter: [{ type: "paused" }] }), "");
  for (const [type, phase] of [["auction_finished", "finished"], ["auction_cancelled", "cancelled"], ["lot_over", "over"]]) {
    const { main } = room({ link: "live" }, open, bids, { room: "main", letter: [{ type }], ended: true }).rooms;
    assert.deepEqual([main.phase, main.clock, main.said.waiting], [phase, null, []]);
  }
  assert.match(note({ room: "main", say: "buy" }), /^Sent: Your purchase\./);
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
  assert.equal(line({ format: "english", increment: "1,10@100, 50@1000", reserve: "$1,200", buy: " 2000 " }),
    "english:increment=1,10@100,50@1000:duration=60:reserve=1200:buy=2000 1000 3 Oak chest");
  for (const increment of ["1,10@", "@100", "1,10@100,", "1:2", "x"]) {
    assert.equal(line({ format: "english", increment }), null, increment);
  }
  assert.equal(line({ format: "dutch", increment: "x", reserve: "5", ends: "at" }), "dutch:interval=5 1000 3 Oak chest");
});

test("the Seller's form of a timed auction as a line", () => {
  const values = { item: "Oak chest", price: "100", increment: "5", ends: "at", end: "2026-12-05T21:00" };
  const line = (changes) => requestLine({ ...values, ...changes });
  assert.equal(line({ format: "english" }), "english:end=2026-12-05T21:00:increment=5 100 0 Oak chest");
  assert.equal(line({ format: "english", latest: "2026-12-05T21:30" }),
    "english:end=2026-12-05T21:00:increment=5:latest=2026-12-05T21:30 100 0 Oak chest");
  assert.equal(line({ format: "first-price" }), "first-price:end=2026-12-05T21:00 100 0 Oak chest");
  assert.equal(line({ format: "first-price", ends: "after", buyers: "2" }), "first-price 100 2 Oak chest");
  for (const end of ["", "tomorrow", "2026-12-05"]) assert.equal(line({ format: "english", end }), null, end);
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
