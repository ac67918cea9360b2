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
  return Object.entries(table).flatMap(([key, value]) =>
    typeof value === "object" ? paths(value, `${prefix}${key}.`) : [`${prefix}${key}: ${typeof value}`]);
}

/** The fields with text; the others are numbers. */
const TEXTS = new Set(["reason", "text", "prospect", "name", "other", "item_name", "label", "description",
  "picture", "format", "rules", "how", "closer", "report", "ticket", "room", "state", "stage", "role",
  "order", "actor", "lot_name", "what", "code", "type"]);

/** A message with these fields as the server would send it. */
const fields = new Proxy({}, { get: (_, key) => (TEXTS.has(key) ? "words" : 3) });

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

  test(`${code} writes money exactly`, () => {
    assert.match(texts.money("999999999999999999").replace(/\D/g, ""), /^9{18}$/);
    assert.match(texts.money(5), /5/);
  });
}
