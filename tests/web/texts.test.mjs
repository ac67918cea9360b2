// The tables of texts: every language has every word, and every message of the server.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";

const FOLDER = new URL("../../twisted_auction/web/static/texts/", import.meta.url);
const languages = Object.fromEntries(await Promise.all(readdirSync(FOLDER).map(async (name) =>
  [name.replace(".js", ""), (await import(new URL(name, FOLDER))).default])));
const { en } = languages;

/** The paths of all texts, with their kinds. */
function paths(table, prefix = "") {
  return Object.entries(table).filter(([key]) => key !== "sentences").flatMap(([key, value]) =>
    typeof value === "object" ? paths(value, `${prefix}${key}.`) : [`${prefix}${key}: ${typeof value}`]);
}

/** The sentences of the server, and the patterns of those with values. */
const SENTENCES = process.env.SENTENCES.split("\n");

/** The names of the values in a pattern. */
const names = (pattern) => new Set([...pattern.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));

/** A message with a sentence. */
const done = (pattern, values = {}) => ({ type: "done", text: "English", sentence: { pattern, values } });

/** The fields with text; the others are numbers. */
const TEXTS = new Set(["reason", "text", "prospect", "name", "other", "item_name", "label", "description",
  "picture", "format", "rules", "how", "closer", "report", "ticket", "room", "state", "stage", "role",
  "order", "actor", "lot_name", "what", "code", "type"]);

/** A message with these fields as the server would send it. */
const fields = new Proxy({}, {
  get: (_, key) => (key === "sentence" ? undefined : TEXTS.has(key) ? "words" : 3),
});

for (const [code, texts] of Object.entries(languages)) {
  test(`${code} has the same texts as English`, () => {
    assert.deepEqual(paths(texts).sort(), paths(en).sort());
    assert.equal(texts.code, code);
  });

  test(`${code} has a sentence for every message of the server`, () => {
    assert.deepEqual(Object.keys(texts.messages).sort(), process.env.TYPES.split(" ").sort());
    for (const [type, sentence] of Object.entries(texts.messages)) {
      const text = sentence(fields, (buyer) => `B${buyer}`);
      assert.equal(typeof text, "string", type);
      assert.doesNotMatch(text, /undefined|NaN|null|\[object/, type);
    }
  });

  test(`${code} has every sentence of the server`, () => {
    if (texts === en) return; // the patterns are English
    assert.deepEqual(SENTENCES.filter((pattern) => texts.sentences[pattern] === undefined), []);
    for (const [pattern, words] of Object.entries(texts.sentences)) {
      if (typeof words !== "string" || !SENTENCES.includes(pattern)) continue;
      const unknown = [...names(words)].filter((name) => name !== "duration" && !names(pattern).has(name));
      assert.deepEqual(unknown, [], pattern);
    }
  });

  test(`${code} writes money exactly`, () => {
    assert.match(texts.money("999999999999999999").replace(/\D/g, ""), /^9{18}$/);
    assert.match(texts.money(5), /5/);
  });
}

/** Names a Buyer as a page does it. */
const WHO = (buyer) => `P${buyer}`;

test("a lot that is alone has its own number, and is not one of several", () => {
  const lots = [["12b", 1, 1], [null, 1, 1], ["3", 3, 60], ["12b", 3, 60], ["12b", 3, null]];
  assert.deepEqual(lots.map((each) => en.lot(...each)),
    ["Lot 12b", "Lot 1", "Lot 3 of 60", "Lot 12b (3 of 60)", "Lot 12b"]);
  assert.deepEqual(["main", "12b", "yard"].map(en.room), ["Saleroom", "Room 12b", "yard"]);
});

test("a sentence of the server has the page's money, people and times", () => {
  const bid = done("room {room}: {sentence}", {
    room: "main",
    sentence: { pattern: "Buyer {buyer} bids ${amount}.", values: { buyer: 4, amount: 1200 } },
  });
  const say = (texts, message) => texts.messages.done(message, WHO);
  assert.equal(say(en, bid), "Room main: P4 bids $1,200.");
  assert.equal(say(languages.es, bid), `Sala main: P4 puja ${languages.es.money(1200)}.`);
  const left = (seconds) => done("the time left is {seconds} seconds.", { seconds });
  assert.equal(say(en, left(61)), "The time left is 1 minute 1 second.");
  assert.equal(say(languages.es, left(61)), "Quedan 1 minuto 1 segundo.");
  const banned = done("{address} is banned for {minutes} minutes; {connections} connections closed.",
    { address: "203.0.113.7", minutes: 1, connections: 2 });
  assert.equal(say(en, banned), "203.0.113.7 is banned for 1 minute; 2 connections closed.");
  assert.equal(say(languages.es, banned),
    "203.0.113.7 queda excluida 1 minuto; 2 conexiones cerradas.");
});

test("the refusal of a request, with its rules and times", () => {
  const refused = (problem, values = {}) => ({
    type: "request_refused", reason: "English",
    sentence: { pattern: "{rule} {problem}.", values: { rule: "latest", problem: { pattern: problem, values } } },
  });
  const past = refused("{time} is past; it is {now}", { time: "2026-12-05T21:00", now: "2026-12-05T21:10" });
  const say = (texts, message) => texts.messages.request_refused(message, WHO);
  assert.equal(say(en, past),
    "This is no auction request. The latest end 2026-12-05 21:00 is past; it is 2026-12-05 21:10.");
  assert.equal(say(languages.es, past),
    "Eso no es una solicitud de subasta. El último cierre 2026-12-05 21:00 ya ha pasado; ahora es 2026-12-05 21:10.");
  const gap = refused("{time} does not exist: the clocks are put forward over it{place}",
    { time: "2027-03-28T02:30", place: { pattern: " in {zone}", values: { zone: "Europe/Berlin" } } });
  assert.match(say(languages.es, gap), /los relojes se adelantan en Europe\/Berlin\.$/);
});

test("a message in a sentence is told as elsewhere, and words of people stay as they are", () => {
  const refused = { type: "not_done", text: "English", sentence: {
    pattern: "{who} would read: {words}",
    values: {
      who: { pattern: "Buyer {buyer}", values: { buyer: 4 } },
      words: { type: "bid_too_low", least: 1250 },
    },
  } };
  assert.equal(en.messages.not_done(refused, WHO), "P4 would read: Too low: the least bid is $1,250 now.");
  assert.match(languages.es.messages.not_done(refused, WHO), /^P4 leería: Demasiado baja: .*1.?250\.$/);
  const report = { type: "room_is", name: "main", report: "English", sentence: {
    pattern: "{part0}, {part1}",
    values: { part0: "paused", part1: { pattern: "paused", values: {} } },
  } };
  assert.equal(languages.es.messages.room_is(report, WHO), "main: paused, en pausa");
  assert.equal(en.messages.done({ type: "done", text: "{free} words." }, WHO), "{free} words.");
});
