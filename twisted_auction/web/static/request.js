/**
 * The Seller's auction request as a form, and as the line that the server reads.
 *
 * An auction ends after a time, when all bids are in, or at a time of day in the house: then it is
 * *timed*, and needs no number of Buyers. The server checks the rules, and its refusal is shown.
 *
 * @typedef {import("./language.js").Texts} Texts
 * @typedef {{[name: string]: string}} Values the text in each field
 * @typedef {object} Field
 * @property {string} name that of the rule, if it is one
 * @property {string} value at first
 * @property {boolean} [needed]
 * @property {"time"|"table"} [kind] an amount or a number without it
 * @property {boolean} [isMore] true for a rule that few need
 * @property {(values: Values) => boolean} [fits] false hides the field; always shown without it
 */

import { make } from "./dom.js";
import { amountOf } from "./view.js";

const FORMATS = /** @type {const} */ (["english", "dutch", "first-price", "second-price"]);

/** @param {Values} values */
const isTimed = ({ format, ends }) => ends === "at" && format !== "dutch";
/** @param {Values} values */
const isEnglish = ({ format }) => format === "english";
/** @param {Values} values */
const isDutch = ({ format }) => format === "dutch";

/** The fields after the format and its end, in their order. @type {Field[]} */
const FIELDS = [
  { name: "end", value: "", needed: true, kind: "time", fits: isTimed },
  { name: "price", value: "", needed: true },
  { name: "buyers", value: "2", needed: true, fits: (values) => !isTimed(values) },
  { name: "increment", value: "1", needed: true, kind: "table", fits: isEnglish },
  { name: "duration", value: "60", needed: true, fits: (values) => isEnglish(values) && !isTimed(values) },
  { name: "start", value: "", fits: isDutch },
  { name: "interval", value: "5", needed: true, fits: isDutch },
  { name: "reserve", value: "", isMore: true, fits: isEnglish },
  { name: "buy", value: "", isMore: true, fits: isEnglish },
  { name: "latest", value: "", kind: "time", isMore: true, fits: (values) => isEnglish(values) && isTimed(values) },
];

/** The fields that are no rules. */
const OTHERS = new Set(["price", "buyers"]);

/** The pattern of a table of steps, such as 1,10@100. */
const TABLE = /^\d+(,\d+@\d+)+$/;

/** The text of a field in the line; null if it is wrong. @param {Field} field @param {string} text */
function written({ kind }, text) {
  const bare = text.replace(/\s/g, "");
  if (kind === "time") return /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(bare) ? bare : null;
  return kind === "table" && TABLE.test(bare) ? bare : amountOf(text);
}

/**
 * The line for a request.
 * @param {Values} values of the fields, all of them
 * @returns {string|null} null if one of them is wrong
 */
export function requestLine(values) {
  const given = FIELDS.filter(({ name, needed, fits }) =>
    (fits?.(values) ?? true) && (needed || (values[name] ?? "").trim() !== ""));
  const texts = new Map(given.map((field) => [field.name, written(field, values[field.name] ?? "")]));
  const item = (values.item ?? "").trim();
  if (item === "" || [...texts.values()].includes(null)) return null;
  const rules = [...texts].filter(([name]) => !OTHERS.has(name)).map(([name, text]) => `${name}=${text}`);
  return `${[values.format, ...rules].join(":")} ${texts.get("price")} ${texts.get("buyers") ?? 0} ${item}`;
}

/**
 * Fill the form.
 * @param {HTMLFormElement} form
 * @param {Texts} t
 * @param {(line: string) => void} send is given the line
 */
export function fillRequest(form, t, send) {
  const { request } = t.bid;
  const texts = /** @type {{[name: string]: any}} */ (request);
  const help = (/** @type {string} */ name) => make("small", { id: `${name}-help`, class: "soft" }, texts[`${name}_help`] ?? "");
  const row = (/** @type {string} */ name, /** @type {HTMLElement} */ field, isWide = false) => {
    field.setAttribute("aria-describedby", `${name}-help`);
    return make("label", { class: isWide && "wide" }, texts[name], field, help(name));
  };
  const choice = (/** @type {string} */ name, /** @type {readonly string[]} */ values, /** @type {{[name: string]: any}} */ names) => {
    const select = /** @type {HTMLSelectElement} */ (make("select", { name }));
    select.append(...values.map((value) => new Option(names[value], value)));
    return select;
  };
  const format = choice("format", FORMATS, t.format);
  const ends = choice("ends", ["after", "at"], request.end_kinds);
  const endsRow = row("ends", ends);
  const rows = FIELDS.map((field) => {
    const { name, value, needed = false, kind } = field;
    const input = /** @type {HTMLInputElement} */ (make("input", {
      name, value, required: needed, autocomplete: "off",
      ...(kind === "time" ? { type: "datetime-local" }
        : { inputmode: kind === "table" ? "text" : "numeric", maxlength: "60", pattern: `[$]?[0-9.,' ${kind === "table" ? "@" : ""}]+` }),
    }));
    return { ...field, input, node: row(name, input, kind === "time") };
  });
  const nodes = (/** @type {boolean} */ isMore) =>
    rows.filter((field) => Boolean(field.isMore) === isMore).map(({ node }) => node);
  const wrong = make("p", { class: "band", "data-tone": "hot", role: "alert", hidden: true });
  const more = make("details", {}, make("summary", {}, request.more), make("div", { class: "half" }, ...nodes(true)));
  // A browser shows no fault in a field that is folded away.
  more.addEventListener("invalid", () => more.setAttribute("open", ""), true);
  const values = () => /** @type {Values} */ (
    Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)])));
  const choose = () => {
    const chosen = { format: format.value, ends: ends.value };
    form.querySelector("#format-help")?.replaceChildren(
      request.formats[/** @type {typeof FORMATS[number]} */ (format.value)]);
    const isSealed = !isEnglish(chosen) && !isDutch(chosen);
    /** @type {HTMLOptionElement} */ (ends.options[0]).text = request.end_kinds[isSealed ? "in" : "after"];
    endsRow.hidden = isDutch(chosen);
    more.hidden = !isEnglish(chosen);
    for (const { node, input, fits } of rows) node.hidden = input.disabled = !(fits?.(chosen) ?? true);
  };
  format.onchange = ends.onchange = choose;
  form.replaceChildren(
    make("h2", { class: "title" }, request.title),
    row("item", make("input", { name: "item", maxlength: "200", required: true, autocomplete: "off" })),
    row("format", format),
    endsRow,
    make("div", { class: "half" }, ...nodes(false)),
    more,
    wrong,
    make("button", { class: "main" }, request.send),
  );
  choose();
  form.onsubmit = (event) => {
    event.preventDefault();
    const line = requestLine(values());
    wrong.hidden = line !== null;
    if (line === null) wrong.textContent = request.wrong;
    else send(line);
  };
  let shown = { refusal: "", time: /** @type {import("./protocol").TimeIs|null} */ (null) };
  return {
    /**
     * Show what the server has said.
     * @param {string} refusal empty for none
     * @param {import("./protocol").TimeIs|null} time the time of day in the house; null if it is not known
     */
    show(refusal, time) {
      if (time !== shown.time && time !== null) {
        for (const { kind, input } of rows) if (kind === "time") input.min = time.time;
        form.querySelector("#end-help")?.replaceChildren(
          request.house_time(time.time.replace("T", " "), time.zone));
      }
      if (refusal !== shown.refusal) {
        wrong.hidden = refusal === "";
        wrong.textContent = refusal;
      }
      shown = { refusal, time };
    },
  };
}
