// What a hall reads on the wall, from the states of real stories.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as hall from "../../twisted_auction/web/static/hall.js";
import { askMoreOfSale, askSale } from "../../twisted_auction/web/static/lots.js";
import { initial, reduce } from "../../twisted_auction/web/static/state.js";
import en from "../../twisted_auction/web/static/texts/en.js";
import es from "../../twisted_auction/web/static/texts/es.js";

const { stories } = JSON.parse(readFileSync(process.env.LETTERS, "utf8"));
const NOW = 5000;

/** The state after these letters of the room. */
const after = (...letters) => letters.reduce(
  (state, letter) => reduce(state, { room: "main", letter }, NOW), reduce(initial(), { link: "live" }, 0));

/** The board after these letters, some ms later. */
const board = (letters, ms = 0, t = en) => {
  const state = after(...letters);
  return hall.board(t, state, state.rooms.main, NOW + ms);
};

/** The words of a board in one line. */
const words = ({ lot, item, label, amount, line, call, time }) =>
  [lot, item, label, amount, line, call, time].filter((text) => text !== "").join(" | ");

const LOT = [
  { type: "lot_up", lot: 3, lots: 60 }, { type: "catalogue_number", label: "12a" },
  { type: "on_sale", item_name: "Compass" }, { type: "picture_is", picture: "a b.png" },
  { type: "format_is", format: "english", opening_price: 50, rules: "" },
];
const WATCH = [{ type: "role_watcher" }, ...LOT, { type: "buyers_present", there: 4 }];
const PRICE = { type: "highest_bid", amount: 1350, buyer: 4, asking_price: 1400, seconds: 20 };
const OPEN = [...WATCH, { type: "bidding_start" }, PRICE];
const SEALED = [
  { type: "role_watcher" }, { type: "on_sale", item_name: "Lamp" },
  { type: "format_is", format: "first-price", opening_price: 50, rules: "" },
  { type: "bidding_start" }, { type: "bids_in", received: 2, expected: 5 },
];
const SOLD = [
  { type: "auction_finished" },
  { type: "sold_to", item_name: "Compass", buyer: 4, payment: 1350 },
];
const NEXT = [
  { type: "lot_up", lot: 4, lots: 60 }, { type: "on_sale", item_name: "Bell" },
  { type: "format_is", format: "english", opening_price: 30, rules: "" },
  { type: "buyers_present", there: 4 },
];

test("a lot from its announcement to its last call", () => {
  assert.equal(words(board([WATCH])),
    "Lot 12a (3 of 60) | Compass | Opening price | $50 | Bidding opens soon. 4 Buyers");
  const asking = { type: "asking", asking_price: 50, seconds: 60 };
  assert.equal(words(board([[...WATCH, { type: "bidding_start" }, asking]])),
    "Lot 12a (3 of 60) | Compass | Asking price | $50 | No bid yet | 1:00");
  assert.equal(words(board([OPEN], 12_500)),
    "Lot 12a (3 of 60) | Compass | $1,350 | Buyer 4 leads. Next bid $1,400. | 0:08");
  const called = board([OPEN, [{ type: "going_once" }, { ...PRICE, seconds: 4 }]], 1000);
  assert.equal(called.call, "Going once");
  assert.equal(called.time, "0:03");
  assert.equal(called.tone, "hot");
  assert.ok(called.part > 0.14 && called.part < 0.16, String(called.part));
  assert.equal(called.picture, "a b.png");
});

test("a late bid extends the time", () => {
  const letters = [OPEN, [{ type: "going_twice" }, { ...PRICE, seconds: 2 }],
    [{ type: "time_extended" }, { ...PRICE, amount: 1500, asking_price: 1550, seconds: 10 }]];
  assert.equal(board(letters, 1000).call, "Time extended");
  assert.equal(board(letters, 5000).call, "");
});

test("the holder by paddle, and by name", () => {
  const paddles = reduce(after(OPEN), { letter: [{ type: "help" }, { type: "help_pass" }] }, NOW);
  assert.equal(hall.board(en, paddles, paddles.rooms.main, NOW).line, "Paddle 4 leads. Next bid $1,400.");
  const named = [{ type: "buyer_is", buyer: 4, name: "Ada" }];
  assert.equal(board([OPEN, named]).line, "Paddle 4, Ada leads. Next bid $1,400.");
  assert.match(board([OPEN, named], 0, es).line, /^Paleta 4, Ada tiene la puja más alta. Siguiente puja: /);
});

test("sealed bids are counted", () => {
  assert.equal(words(board([SEALED])),
    "Lamp | Sealed bids in | 2 of 5 | From $50. Nobody sees the bids of others.");
  assert.equal(words(board([SEALED, [{ type: "auction_finished" }]])),
    "Lamp | Finished | Its Seller and its Buyers know the result.");
});

test("no sealed bid is expected while no Buyer is there", () => {
  assert.equal(board([SEALED, [{ type: "bids_in", received: 0, expected: 0 }]]).amount, "0");
  assert.equal(board([SEALED, [{ type: "bids_in", received: 0, expected: 2 }]]).amount, "0 of 2");
});

test("a falling price", () => {
  const dutch = { type: "format_is", format: "dutch", opening_price: 90, rules: "" };
  const asking = { type: "asking", asking_price: 80, seconds: 4 };
  const shown = board([[...WATCH.slice(0, 3), dutch, { type: "on_sale", item_name: "Spoon" }, dutch,
    { type: "bidding_start" }, asking]]);
  assert.equal(shown.label, "The price falls");
  assert.equal(shown.amount, "$80");
  assert.equal(shown.tone, "none"); // each price ends soon: that is no alarm
});

test("a pause stops the time", () => {
  const shown = board([OPEN, [{ type: "auction_paused" }]], 60_000);
  assert.deepEqual([shown.call, shown.time, shown.tone], ["Paused", "0:20", "calm"]);
});

test("sealed bids with a time, and a lot before its opening, have a countdown", () => {
  const timed = [...SEALED, { type: "time_left", until: "end", seconds: 60 }];
  assert.equal(words(board([timed], 12_500)),
    "Lamp | Sealed bids in | 2 of 5 | From $50. Nobody sees the bids of others. | 0:48");
  assert.equal(board([timed], 51_000).tone, "hot");
  assert.equal(board([timed, [{ type: "bids_in", received: 3, expected: 5 }]], 30_000).time, "0:30");
  const soon = [...WATCH, { type: "time_left", until: "opening", seconds: 10 }];
  assert.equal(words(board([soon], 3000)),
    "Lot 12a (3 of 60) | Compass | Opening price | $50 | 4 Buyers | Opens in | 0:07");
});

test("a Buyer more or less, before bidding opens", () => {
  const there = (n, ...more) => [{ type: "buyers_there", there: n, needed: 2 }, ...more];
  const enough = there(2, { type: "time_left", until: "opening", seconds: 9 });
  const lot = [{ type: "role_watcher" }, ...LOT];
  const clock = (...letters) => {
    const { line, call, time } = board([lot, ...letters]);
    return [line, call, time];
  };
  assert.deepEqual(clock(enough, there(3)), ["3 Buyers", "Opens in", "0:09"]);
  assert.deepEqual(clock(enough, there(1)), ["Waiting for more Buyers. 1 of 2 Buyers", "", ""]);
});

test("a time that is told in a pause stands still", () => {
  const paused = [...SEALED, { type: "time_left", until: "end", seconds: 60 }, { type: "auction_paused" }];
  const left = (letters) => board(letters, 20_000).time;
  assert.equal(left([paused]), "1:00");
  assert.equal(left([paused, [{ type: "more_time", seconds: 90 }]]), "1:30");
  const on = [{ type: "auction_resumed" }, { type: "time_left", until: "end", seconds: 60 }];
  assert.equal(left([paused, on]), "0:40");
  const fallen = [{ type: "voided", amount: 1350, buyer: 4, reason: "" }, { ...PRICE, amount: 1300 }];
  assert.equal(left([[...OPEN, { type: "auction_paused" }], fallen]), "0:20");
});

test("a result stays for some seconds, then the next lot is up", () => {
  const letters = [OPEN, [...SOLD, ...NEXT]];
  const sold = board(letters, hall.RESULT_STAYS - 1);
  assert.equal(words(sold), "Lot 12a (3 of 60) | Compass | Sold to Buyer 4 | $1,350");
  assert.equal(sold.tone, "good");
  assert.equal(board(letters, hall.RESULT_STAYS).item, "Bell");
  const asking = { type: "asking", asking_price: 30, seconds: 60 };
  const early = [...letters, [{ type: "bidding_start" }, asking]];
  assert.equal(board(early, 100).item, "Bell"); // its bidding is more important
  const state = after(...early);
  assert.equal(hall.news(en, state, state.rooms.main, NOW + 100).text,
    "Lot 12a: Sold to Buyer 4 for $1,350");
  assert.equal(hall.news(en, state, state.rooms.main, NOW + hall.RESULT_LINE_STAYS).text, "");
});

test("the picture of a result is that of the list of lots", () => {
  const lot = { type: "sale_lot", place: 3, number: 3, label: "12a", state: "sold", buyer: 4, payment: 1350,
    format: "english", opening_price: 50, item_name: "Compass", description: "", picture: "a b.png" };
  const listed = [lot, { type: "sale_listed", listed: 1, first: 1, lots: 1 }];
  assert.equal(board([OPEN, [...SOLD, ...NEXT], listed]).picture, "a b.png");
});

test("the result of an auction outside of a sale stays until the next one", () => {
  assert.equal(words(board([SEALED, [{ type: "auction_finished" },
    { type: "nobody_bought", item_name: "Lamp" }]], 1e7)), "Lamp | Not sold");
  const cancelled = board([SEALED, [{ type: "auction_cancelled", reason: "The Seller has left." }]], 1e7);
  assert.equal(words(cancelled), "Lamp | Cancelled | Cancelled. The Seller has left.");
  assert.equal(cancelled.tone, "hot");
});

test("nothing is up", () => {
  const watch = { type: "role_watcher" };
  const shown = (...letter) => words(board([[watch, ...letter]], 1000));
  assert.equal(shown({ type: "nothing_on_sale" }),
    "Nothing is on sale. | The first to take part offers an item.");
  assert.equal(shown({ type: "sale_begins", seconds: 3700 }, { type: "buyers_present", there: 0 }),
    "The sale begins in | 1:01:39");
  assert.equal(shown({ type: "sale_begins_by_order" }, { type: "buyers_present", there: 1 }),
    "The sale begins soon. | 1 Buyer");
  assert.equal(shown({ type: "lots_are_done", seconds: 600 }),
    "All lots have been up. | Sale ends in 9:59");
  assert.equal(shown({ type: "sale_over" }), "The sale is over.");
  assert.equal(shown({ type: "sale_begins_by_order" }, { type: "auction_paused" }),
    "The sale begins soon. | Paused");
});

test("the last result of a sale stays longer", () => {
  const letters = [OPEN, [...SOLD, { type: "lots_are_done", seconds: 600 }]];
  assert.equal(board(letters, hall.LAST_RESULT_STAYS - 1).item, "Compass");
  assert.equal(board(letters, hall.LAST_RESULT_STAYS).amount, "All lots have been up.");
});

test("while the server is away, the last price stays", () => {
  const closes = { room: "main", letter: [{ type: "auctioneer_closes", prospect: "" }], ended: true };
  const state = reduce(after(OPEN), closes, NOW);
  const shown = hall.board(en, state, state.rooms.main, NOW + 60_000);
  assert.equal(words(shown), "Lot 12a (3 of 60) | Compass | $1,350 | Buyer 4 leads. Next bid $1,400.");
  assert.equal(hall.news(en, state, state.rooms.main, NOW).text, "The server closes.");
});

test("the words of the Auctioneer stay for a while", () => {
  const state = after(OPEN, [{ type: "auctioneer_says", text: "Coffee is ready." }]);
  const text = (ms) => hall.news(en, state, state.rooms.main, NOW + ms).text;
  assert.equal(text(hall.NEWS_STAY - 1), "Coffee is ready.");
  assert.equal(text(hall.NEWS_STAY), "");
});

/** A list of this many lots, of which the first ones are sold. */
function sale(lots, sold, first = 1, listed = lots) {
  const letter = [];
  for (let place = first; place < first + listed; place += 1) {
    const state = place <= sold ? "sold" : "to_come";
    letter.push({ type: "sale_lot", place, number: place, label: place === 2 ? "2b" : "", state,
      buyer: place <= sold ? 7 : 0, payment: place <= sold ? 1000 + place : 0, format: "english",
      opening_price: 5, item_name: `Item ${place}`, description: "", picture: "" });
  }
  return [...letter, { type: "sale_listed", listed, first, lots }];
}

test("the last results and the next lots", () => {
  const state = after([{ type: "role_watcher" }, { type: "sale_begins_by_order" }], sale(9, 3));
  const read = ({ lot, result }) => `${lot}: ${result}`;
  const { results, next } = hall.lists(en, state, state.rooms.main, NOW);
  assert.deepEqual(results.map(read), ["3 Item 3: Sold to Buyer 7 for $1,003",
    "2b Item 2: Sold to Buyer 7 for $1,002", "1 Item 1: Sold to Buyer 7 for $1,001"]);
  assert.deepEqual(next.map(({ lot }) => lot), ["4 Item 4", "5 Item 5", "6 Item 6"]);
  const one = after(OPEN, SOLD);
  assert.deepEqual(hall.lists(en, one, one.rooms.main, NOW).results.map(read),
    ["12a Compass: Sold to Buyer 4 for $1,350"]);
});

test("while a result is up, the lot that was announced is the next one", () => {
  const lot = (n, more) => [{ type: "lot_up", lot: n, lots: 9 }, { type: "on_sale", item_name: `Item ${n}` }, ...more];
  const watch = [{ type: "role_watcher" }, ...lot(3, [{ type: "bidding_start" }])];
  const sold = [{ type: "auction_finished" }, { type: "sold_to", item_name: "Item 3", buyer: 7, payment: 9 }];
  const next = (letters, ms) => {
    const state = after(...letters);
    return hall.lists(en, state, state.rooms.main, NOW + ms).next.map((entry) => entry.lot);
  };
  const on = sale(9, 2).map((m) => (m.place === 3 ? { ...m, state: "on" } : m));
  assert.deepEqual(next([watch, on], 0), ["4 Item 4", "5 Item 5", "6 Item 6"]);
  assert.deepEqual(next([watch, on, sold], 0), ["4 Item 4", "5 Item 5", "6 Item 6"]);
  const announced = [watch, on, [...sold, ...lot(4, [])]];
  assert.deepEqual(next(announced, 0), ["4 Item 4", "5 Item 5", "6 Item 6"]);
  const listed = [...announced, sale(9, 3).map((m) => (m.place === 4 ? { ...m, state: "on" } : m))];
  assert.deepEqual(next(listed, hall.RESULT_STAYS - 1), ["4 Item 4", "5 Item 5", "6 Item 6"]);
  assert.deepEqual(next(listed, hall.RESULT_STAYS), ["5 Item 5", "6 Item 6", "7 Item 7"]);
  assert.deepEqual(next([...listed, [{ type: "bidding_start" }]], 0), ["5 Item 5", "6 Item 6", "7 Item 7"]);
});

test("a long list is asked for in parts", () => {
  const room = (...letters) => after([{ type: "role_watcher" }], ...letters).rooms.main;
  const ask = (...letters) => askSale(room(...letters));
  const more = (isAll, ...letters) => askMoreOfSale(room(...letters), isAll);
  assert.equal(ask(), "SALE main");
  assert.equal(more(true), null);
  assert.equal(more(true, sale(9, 3)), null);
  const first = sale(250, 100, 1, 100);
  assert.equal(more(false, first), "SALE main 101");
  assert.equal(more(false, first, sale(250, 100, 101, 100)), null);
  assert.equal(more(true, first, sale(250, 100, 101, 100)), "SALE main 201");
  assert.equal(ask(first, sale(250, 100, 101, 100)), "SALE main 96");
  assert.equal(ask(sale(9, 3)), "SALE main");
});

test("a whole sale as a Watcher hears it", () => {
  let state = initial();
  const seen = [];
  for (const [now, frame] of stories["sale watcher"]) {
    state = reduce(state, frame, now);
    const shown = words({ ...hall.board(en, state, state.rooms.main, now), time: "" });
    if (shown !== seen.at(-1)) seen.push(shown);
  }
  assert.deepEqual(seen, [
    "Lot 1 of 3 | Oak chest | Opening price | $100 | 2 Buyers | Opens in",
    "Lot 1 of 3 | Oak chest | Asking price | $100 | No bid yet",
    "Lot 1 of 3 | Oak chest | $100 | Buyer 1 leads. Next bid $105.",
    "Lot 1 of 3 | Oak chest | $105 | Buyer 2 leads. Next bid $110.",
    "Lot 1 of 3 | Oak chest | $105 | Buyer 2 leads. Next bid $110. | Going once",
    "Lot 1 of 3 | Oak chest | $105 | Buyer 2 leads. Next bid $110. | Going twice",
    "Lot 1 of 3 | Oak chest | Sold to Buyer 2 | $105",
    "Lot 2 of 3 | Brass lamp | Sealed bids in | 0 of 2 | From $50. Nobody sees the bids of others.",
    "Lot 2 of 3 | Brass lamp | Sealed bids in | 0 of 1 | From $50. Nobody sees the bids of others.",
    "Lot 2 of 3 | Brass lamp | Finished | Its Seller and its Buyers know the result.",
    "Lot 3 of 3 | Silver spoon | The price falls | $90 | The first to take it buys.",
    "Lot 3 of 3 | Silver spoon | The price falls | $80 | The first to take it buys.",
    "Lot 3 of 3 | Silver spoon | Sold to Buyer 1 | $80",
  ]);
});
