// The reducer, by real letters of a house: tests/web/letters.py makes them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { MEANING, isOpen, mayBid, owed, ownBid, timeLeft, unanswered } from "../../twisted_auction/web/static/room.js";
import { LOBBY, initial, isNoRoom, reduce } from "../../twisted_auction/web/static/state.js";

const { stories, snapshots } = JSON.parse(readFileSync(process.env.LETTERS, "utf8"));

/** All states of the room in a story, one for each frame that changes `shown`. */
function told(name, shown) {
  let state = initial();
  const seen = [];
  for (const [now, frame] of stories[name]) {
    state = reduce(state, frame, now);
    const facts = shown(state.rooms.main, now);
    if (JSON.stringify(facts) !== JSON.stringify(seen.at(-1))) {
      seen.push(facts);
    }
  }
  return [seen, state.rooms.main];
}

const main = (frames, now = 0) =>
  frames.reduce((state, frame) => reduce(state, { room: "main", ...frame }, now), initial()).rooms.main;
const letter = (...messages) => ({ letter: messages });

test("a sealed auction, for its winner", () => {
  const [seen, room] = told("sealed winner", (r) => [r.phase, r.standing, ownBid(r), r.refusal?.type]);
  assert.deepEqual(seen, [
    ["waiting", "none", null, undefined],
    ["bidding", "asked", null, undefined],
    ["bidding", "asked", null, "bid_refused"],
    ["bidding", "asked", null, undefined],
    ["bidding", "waiting", "150", undefined],
    ["bidding", "waiting", "150", "bid_already_in"],
    ["finished", "won", "150", undefined],
  ]);
  assert.equal(owed(room), 120n);
  assert.equal(room.ended, true);
  assert.deepEqual(room.history.map(({ item, result, payment, part }) => [item, result, payment, part]),
    [["Sword", "sold", 120, "won"]]);
});

test("the refusal of a room stays until other words, but for HELP", () => {
  const refused = [{ say: "WATCH lost" }, letter({ type: "not_done", text: "there is no such room." })];
  const after = (...frames) => isNoRoom(
    [...refused, ...frames].reduce((state, frame) => reduce(state, frame, 0), initial()).lobby.refusal);
  assert.equal(after(), true);
  assert.equal(after({ say: "HELP" }, letter({ type: "help" })), true);
  assert.equal(after({ say: "WATCH main" }), false);
  assert.equal(after({ say: "WATCH *" }, letter({ type: "not_done", text: "it is closed." })), false);
});

test("the next lot is open, whoever has closed the last one", () => {
  const closed = letter({ type: "auctioneer_says", text: "Tea is served." },
    { type: "bidding_closed", closer: "The Auctioneer" });
  const news = (...frames) => main(frames).news.map(({ message }) => message.type);
  assert.deepEqual(news(closed), ["auctioneer_says", "bidding_closed"]);
  assert.deepEqual(news(closed, letter({ type: "lot_up", lot: 2, lots: 3 })), ["auctioneer_says"]);
});

test("a sealed auction, for its loser", () => {
  const [, room] = told("sealed loser", (r) => r.phase);
  assert.deepEqual([room.phase, room.standing, owed(room)], ["finished", "lost", 0n]);
  assert.equal(room.result.payment, null);
});

test("a sealed auction, for its Seller", () => {
  const [seen, room] = told("sealed seller", (r) => [r.phase, r.question, r.standing, r.item]);
  assert.deepEqual(seen, [
    ["requesting", "request", "none", null],
    ["requested", null, "none", "Sword"],
    ["bidding", null, "none", "Sword"],
    ["finished", null, "sold", "Sword"],
  ]);
  assert.equal(room.result.payment, 120);
});

test("a sealed auction, for a Watcher", () => {
  const [seen] = told("sealed watcher", (r) => [r.phase, r.buyers?.there, r.bids?.received]);
  assert.deepEqual(seen, [
    ["idle", undefined, undefined],
    ["waiting", 0, undefined],
    ["waiting", 1, undefined],
    ["bidding", 2, 0],
    ["bidding", 2, 1],
    ["finished", 2, 2],
  ]);
});

test("an English auction, for its winner", () => {
  const [seen, room] = told("english winner", (r) => [r.phase, r.standing, r.price?.amount, r.asking, r.call]);
  const standings = seen.map(([, standing]) => standing);
  assert.deepEqual(standings.filter((s, i) => s !== standings[i - 1]),
    ["none", "highest", "outbid", "highest", "won"]);
  assert.ok(seen.some(([, , , , call]) => call === 1), "going once");
  assert.ok(seen.some(([, , , , call]) => call === 2), "going twice");
  assert.deepEqual(room.history.map(({ result, payment, buyer, due }) => [result, payment, buyer, due]),
    [["sold", 110, 1, 110]]);
});

test("a jump is to be confirmed, and a refusal leaves the standing as it is", () => {
  const [seen] = told("english loser", (r) => [r.repeat, r.refusal?.type ?? null]);
  assert.ok(seen.some(([repeat]) => repeat === 900), JSON.stringify(seen));
  assert.ok(seen.some(([, refusal]) => refusal === "bid_too_low"));
  assert.deepEqual(seen.at(-1), [null, null]);
});

test("a Dutch auction", () => {
  const [seen, room] = told("dutch winner", (r, now) => [r.asking, r.clock && Math.round(timeLeft(r, now) / 1000)]);
  assert.deepEqual(seen.slice(-4).map(([asking]) => asking).filter((a) => a !== null).at(-1), 80);
  assert.ok(seen.some(([asking]) => asking === 90));
  assert.equal(owed(room), 80n);
  assert.equal(told("dutch loser", (r) => r.phase)[1].standing, "lost");
});

test("a sale of three lots", () => {
  const [seen, room] = told("sale first", (r) => [r.lot, r.standing]);
  assert.deepEqual(room.history.map((e) => [e.lot, e.item, e.result, e.part, e.payment]), [
    [1, "Oak chest", "sold", "lost", 105],
    [2, "Brass lamp", "finished", "lost", null],
    [3, "Silver spoon", "sold", "won", 80],
  ]);
  assert.ok(seen.some(([lot, standing]) => lot === 2 && standing === "passed"));
  assert.equal(room.phase, "over");
  assert.equal(owed(room), 80n);
  assert.equal(owed(told("sale second", (r) => r.lot)[1]), 155n);
  const watcher = told("sale watcher", (r) => r.lot)[1];
  assert.deepEqual(watcher.history.map((e) => [e.lot, e.result]),
    [[1, "sold"], [2, "finished"], [3, "sold"]]);
});

test("a snapshot shows the same whatever came before", () => {
  const keys = Object.keys(main([letter()])).filter((key) =>
    !["said", "ticket", "history", "news", "names", "limit", "bid", "sale", "saleLots", "account",
      "auctions"].includes(key));
  const shown = (room) => Object.fromEntries(keys.map((key) => [key, room[key]]));
  for (const snapshot of snapshots) {
    const alone = shown(main(snapshot, 5e6));
    for (const [name, story] of Object.entries(stories)) {
      let state = initial();
      for (const [now, frame] of story) {
        state = reduce(state, frame, now);
        const then = snapshot.reduce((before, part) => reduce(before, part, 5e6), state);
        assert.deepEqual(shown(then.rooms.main), alone, name);
      }
    }
  }
});

test("a bid before a cut: in, not in, or over", () => {
  const open = letter({ type: "role_buyer" }, { type: "you_are", buyer: 2 }, { type: "on_sale", item_name: "X" },
    { type: "bidding_start" }, { type: "ask_anytime", how: "" });
  const price = (amount, buyer) => ({ type: "highest_bid", amount, buyer, asking_price: amount + 5, seconds: 9 });
  const cut = (...after) => {
    let state = reduce(initial(), { link: "live" }, 0);
    for (const frame of [open, letter(price(100, 1)), { say: "105" }]) {
      state = reduce(state, { room: "main", ...frame }, 0);
    }
    assert.equal(unanswered(state.rooms.main).text, "105");
    state = reduce(state, { link: "gone" }, 0);
    assert.equal(unanswered(state.rooms.main).text, "105");
    state = reduce(state, { link: "live" }, 0);
    const { said } = reduce(state, { room: "main", letter: [...open.letter, ...after] }, 0).rooms.main;
    return [said.kept?.text, said.lost?.text, said.unconfirmed?.text];
  };
  assert.deepEqual(cut(price(105, 2)), ["105", undefined, undefined]);
  assert.deepEqual(cut(price(110, 3)), [undefined, "105", undefined]);
  assert.deepEqual(cut(price(100, 1)), [undefined, "105", undefined]);
  assert.deepEqual(cut({ type: "auction_finished" }), [undefined, undefined, undefined]);
  assert.deepEqual(cut({ type: "auctioneer_says", text: "Tea." }), [undefined, undefined, "105"]);
});

test("the results of earlier lots decide nothing about a bid on this one", () => {
  let state = reduce(initial(), { link: "live" }, 0);
  const lot = (n) => [{ type: "role_buyer" }, { type: "you_are", buyer: 1 }, { type: "lot_up", lot: n, lots: 3 },
    { type: "on_sale", item_name: "B" }, { type: "amount_or_pass" }, { type: "bidding_start" }, { type: "ask_bid" }];
  const result = [{ type: "result_of", lot: 1, lots: 3 }, { type: "auction_finished" }, { type: "you_lost" }];
  state = reduce(state, { room: "main", letter: lot(2) }, 0);
  state = reduce(state, { room: "main", say: "70" }, 0);
  state = reduce(state, { link: "gone" }, 0);
  state = reduce(state, { room: "main", letter: [...result, ...lot(2)] }, 0);
  assert.equal(state.rooms.main.said.lost.text, "70");
  assert.equal(mayBid(state.rooms.main), true);
});

test("a voided bid answers no line, and the price falls", () => {
  const room = main([
    letter({ type: "role_buyer" }, { type: "you_are", buyer: 1 }, { type: "on_sale", item_name: "X" },
      { type: "bidding_start" }, { type: "highest_bid", amount: 100, buyer: 1, asking_price: 101, seconds: 9 }),
    letter({ type: "outbid", amount: 500, buyer: 2 }),
    { say: "501" },
    letter({ type: "voided", amount: 500, buyer: 2, reason: "A slip." },
      { type: "highest_bid", amount: 100, buyer: 1, asking_price: 101, seconds: 9 }, { type: "you_hold", amount: 100 }),
  ]);
  assert.equal(unanswered(room).text, "501");
  assert.deepEqual([room.standing, room.price.amount, room.asking], ["highest", 100, 101]);
  assert.equal(room.news.at(-1).message.reason, "A slip.");
});

test("a voided bid stands once in the news, whenever the page comes back", () => {
  const price = { type: "asking", asking_price: 40, seconds: 9 };
  const voided = (reason) => ({ type: "voided", amount: 500, buyer: 1, reason });
  const back = letter({ type: "role_buyer" }, { type: "you_are", buyer: 1 }, { type: "on_sale", item_name: "X" },
    voided(""), price);
  const news = (...frames) => main(frames).news.map(({ message }) => message.reason);
  assert.deepEqual(news(letter(voided("A slip."), price), back, back), ["A slip."]);
  assert.deepEqual(news(back, back), [""]);
  // It is voided for another time.
  assert.deepEqual(news(letter(voided("A slip."), price), letter(voided("Again."), price)), ["A slip.", "Again."]);
});

test("a pause holds the clock", () => {
  const state = reduce(initial(), { room: "main", letter: [{ type: "role_watcher" }, { type: "on_sale", item_name: "X" },
    { type: "asking", asking_price: 5, seconds: 20 }] }, 1000);
  const paused = reduce(state, { room: "main", letter: [{ type: "auction_paused" }] }, 6000);
  assert.equal(timeLeft(paused.rooms.main, 90_000), 15_000);
  assert.equal(isOpen(paused.rooms.main), true);
  const on = reduce(paused, { room: "main", letter: [{ type: "auction_resumed" }] }, 100_000);
  assert.equal(timeLeft(on.rooms.main, 101_000), 14_000);
});

test("a time for sealed bids, for its Buyer, its Seller, and the seller of a lot", () => {
  const end = { type: "time_left", until: "end", seconds: 30 };
  const asked = main([letter({ type: "role_buyer" }), letter({ type: "bidding_start" }, { type: "ask_bid" }, end)], 1000);
  assert.deepEqual([asked.phase, asked.clock.kind, timeLeft(asked, 2000)], ["bidding", "bidding", 29_000]);
  assert.equal(isOpen(asked), false);
  assert.equal(mayBid(asked), true);
  const request = letter({ type: "role_seller" }, { type: "request_received", text: "2 100 2 Sword" });
  const seller = main([request, letter(end)]);
  assert.deepEqual([seller.phase, seller.item, timeLeft(seller, 0)], ["bidding", "Sword", 30_000]);
  const owner = main([letter({ type: "role_buyer" }, { type: "lot_up", lot: 2, lots: 3 }, { type: "your_lot" },
    { type: "opens_in", seconds: 5 }), letter(end)]);
  assert.deepEqual([owner.phase, owner.standing, mayBid(owner)], ["bidding", "own", false]);
  assert.equal(main([letter({ type: "role_buyer" }, end), letter({ type: "auction_finished" })]).clock, null);
});

test("a seat that has ended is kept for what it told, and a voided sale is not owed", () => {
  const lost = main([letter({ type: "role_buyer" }), { letter: [{ type: "you_are_expelled", reason: "Loud." }], ended: true }]);
  assert.deepEqual([lost.phase, lost.ended, lost.farewell.reason], ["out", true, "Loud."]);
  const voided = main([
    letter({ type: "lot_up", lot: 1, lots: 2 }, { type: "catalogue_number", label: "12a" }, { type: "on_sale", item_name: "X" }),
    letter({ type: "auction_finished" }, { type: "you_won", item_name: "X", payment: 50 }),
    letter({ type: "sale_is_voided", name: "12a", reason: "" }, { type: "nothing_due", payment: 50, name: "12a" }),
  ]);
  assert.deepEqual([owed(voided), voided.history[0].voided], [0n, true]);
});

test("amounts above 2^53 stay exact", () => {
  const room = main([letter({ type: "you_won", item_name: "X", payment: "999999999999999999" })]);
  assert.equal(owed(room), 999999999999999999n);
});

test("the lobby: a person, a wrong pass code, rooms, a sale", () => {
  const say = (state, ...messages) => reduce(state, { letter: messages }, 0);
  let state = reduce(initial(), { say: "PASS AAAA" }, 0);
  assert.equal(state.isPassSaid, true);
  assert.equal(reduce(state, { say: "LIST" }, 0).isPassSaid, true);
  assert.equal(reduce(state, { link: "gone", retryAt: 1000 }, 0).isPassSaid, false);
  state = say(state, { type: "not_done", text: "there is no such pass code." });
  assert.deepEqual([state.isPassWanted, state.passRefusal.type], [true, "not_done"]);
  assert.equal(state.isPassSaid, false);
  state = reduce(state, { say: "LIST" }, 0);
  assert.equal(state.passRefusal.type, "not_done");
  assert.equal(reduce(state, { say: "PASS BBBB" }, 0).passRefusal, null);
  state = say(state, { type: "you_are_paddle", paddle: 17, name: "Ada Smith" });
  assert.deepEqual([state.person, state.isPassWanted, state.passRefusal],
    [{ paddle: 17, name: "Ada Smith" }, false, null]);
  for (let i = 0; i < 2; i += 1) {
    state = say(state, { type: "room_is", name: "main", report: "x" }, { type: "rooms_in_use", rooms: 1 });
  }
  assert.deepEqual(state.lobby.list, [{ type: "room_is", name: "main", report: "x" }]);
  state = reduce(state, { say: "SALE main" }, 0);
  const lot = (number) => ({ type: "sale_lot", number, label: "", state: "to_come", item_name: "X" });
  state = say(state, lot(1), lot(2), { type: "sale_listed", listed: 2, first: 1, lots: 3 },
    { type: "account_is", lots: 0, due: 0, bound: 0, limit: 500, most_lots: 0 });
  state = reduce(state, { say: "SALE main 3" }, 0);
  state = say(state, lot(3), { type: "sale_listed", listed: 1, first: 3, lots: 3 });
  assert.deepEqual(state.rooms.main.sale.map(({ number }) => number), [1, 2, 3]);
  assert.equal(state.rooms.main.account.limit, 500);
});

test("a Buyer in a sealed auction is told the item by the list of the sale", () => {
  const lot = { type: "sale_lot", number: 1, label: "", state: "on", buyer: 0, payment: 0, format: "first-price",
    opening_price: 100, item_name: "Sword", description: "", picture: "" };
  const list = [lot, { type: "sale_listed", listed: 1, first: 1, lots: 1 }];
  let state = reduce(initial(), { room: "main", letter: [{ type: "role_buyer" }, { type: "waiting_for_buyers" }] }, 0);
  state = reduce(reduce(state, { say: "SALE main" }, 0), { letter: list }, 0);
  assert.equal(state.rooms.main.item, "Sword");
  assert.equal(state.rooms.main.phase, "waiting");
  state = reduce(state, { room: "main", letter: [{ type: "bidding_start" }, { type: "ask_bid" }] }, 0);
  assert.deepEqual([state.rooms.main.item, state.rooms.main.format.from], ["Sword", 100]);
  state = reduce(state, { room: "main", letter: [{ type: "role_buyer" }, { type: "on_sale", item_name: "Bow" }] }, 0);
  assert.equal(reduce(state, { letter: list }, 0).rooms.main.item, "Bow");
});

test("every message of the server has a meaning here, or is another page's", () => {
  const others = ["done", "you_are_readmitted", "news_of", "news_left_out", "desk_of", "desk_auction", "desk_seat",
    "desk_bid", "desk_order", "desk_gone", "pass_code_is", "help_desk", "help_lots", "all_lots", "lot_now", "my_lot",
    "pong", "help", "json_follows", "sale_lot"];
  const known = new Set([...Object.keys(MEANING), ...Object.keys(LOBBY), ...others]);
  assert.deepEqual(process.env.TYPES.split(" ").filter((type) => !known.has(type)), []);
  assert.deepEqual([...known].filter((type) => !process.env.TYPES.split(" ").includes(type)), []);
});
