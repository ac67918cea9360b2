/**
 * The sentences that the server has built, in the language of the page.
 *
 * A message has the English text. Beside it, `sentence` has the pattern of the text and its values
 * (docs/protocol.rst, JSON). A language has its own patterns in the table `sentences`, by the English
 * ones; a sentence without an entry stays English.
 *
 * @typedef {import("./protocol").Sentence} Sentence
 * @typedef {{[name: string]: string}} Shown the values as texts, by name
 * @typedef {{[pattern: string]: string|((shown: Shown, values: {[name: string]: any}) => string)}} Table
 * @typedef {object} Language the part of a table of texts that is needed here
 * @property {Table} sentences
 * @property {{[name: string]: string}} rule the rules of a request
 * @property {(amount: number|string|bigint) => string} money
 * @property {(seconds: number) => string} time
 * @property {{[type: string]: (message: any, who: (buyer: number) => string) => string}} messages
 */

/**
 * The text of a message: the sentence in this language, or else the words of a person as they are.
 * @param {Language} t
 * @param {{sentence?: Sentence}} message
 * @param {string} text the message's own
 * @param {(buyer: number) => string} who names a Buyer
 */
export function built(t, { sentence }, text, who) {
  return sentence === undefined ? fill(t.sentences[text] ?? text, {}, {}) : build(t, sentence, who);
}

/** @param {Language} t @param {Sentence} sentence @param {(buyer: number) => string} who @returns {string} */
function build(t, { pattern, values }, who) {
  /** @type {Shown} */ const shown = {};
  for (const [name, value] of Object.entries(values)) shown[name] = part(t, value, who);
  for (const [, name = ""] of pattern.matchAll(/Buyer \{(\w+)\}/g)) shown[name] = who(values[name]);
  for (const [, name = ""] of pattern.matchAll(/\$\{(\w+)\}/g)) shown[name] = t.money(values[name]);
  if (typeof values.rule === "string") shown.rule = t.rule[values.rule] ?? values.rule;
  if (typeof values.seconds === "number") shown.duration = t.time(values.seconds);
  return fill(t.sentences[pattern] ?? english(pattern, values), shown, values);
}

/** A time of day, as a request has it. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/;

/** A value as a text. @param {Language} t @param {any} value @param {(buyer: number) => string} who */
function part(t, value, who) {
  if (value.pattern !== undefined) return build(t, value, who);
  if (TIME.test(value)) return value.replace("T", " ");
  return value.type === undefined ? String(value) : t.messages[value.type]?.(value, who) ?? "";
}

/** The English pattern, with a noun in the singular for 1. @param {string} pattern @param {any} values */
const english = (pattern, values) => pattern
  .replace(/Buyer \{/g, "{").replace(/\$\{/g, "{").replace("{seconds} seconds", "{duration}")
  .replace(/\{(\w+)s\} (\1)s/gi, (all, name, noun) => (values[`${name}s`] === 1 ? `{${name}s} ${noun}` : all));

/** @param {Table[string]} words @param {Shown} shown @param {{[name: string]: any}} values */
const fill = (words, shown, values) => (typeof words === "function"
  ? words(shown, values) : words.replace(/\{(\w+)\}/g, (all, name) => shown[name] ?? all));

/** A text that begins with a capital letter. @param {string} text */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
