/**
 * The Seller's auction request as a form, and as the line that the server reads.
 *
 * @typedef {import("./language.js").Texts} Texts
 * @typedef {{name: string, label: string, help: string, value: string, of: string[], needed: boolean}} Field
 */

import { make } from "./dom.js";
import { amountOf } from "./view.js";

const FORMATS = /** @type {const} */ (["english", "dutch", "first-price", "second-price"]);
const ALL = [...FORMATS];

/** The fields with an amount or a number, and the formats that have them. @param {Texts} t @returns {Field[]} */
function fields({ bid: { request: r } }) {
  return [
    { name: "price", label: r.price, help: r.price_help, value: "", of: ALL, needed: true },
    { name: "buyers", label: r.buyers, help: r.buyers_help, value: "2", of: ALL, needed: true },
    { name: "increment", label: r.increment, help: r.increment_help, value: "1", of: ["english"], needed: true },
    { name: "duration", label: r.duration, help: r.duration_help, value: "60", of: ["english"], needed: true },
    { name: "start", label: r.start, help: r.start_help, value: "", of: ["dutch"], needed: false },
    { name: "interval", label: r.interval, help: r.interval_help, value: "5", of: ["dutch"], needed: true },
  ];
}

/**
 * The line for a request.
 * @param {{[name: string]: string}} values of the fields, all of them
 * @returns {string|null} null if a number is wrong
 */
export function requestLine(values) {
  const number = (/** @type {string} */ name) => amountOf(values[name] ?? "");
  const rules = { english: ["increment", "duration"], dutch: ["start", "interval"] }[values.format ?? ""] ?? [];
  const given = rules.filter((name) => name !== "start" || values.start?.trim());
  const item = (values.item ?? "").trim();
  if (item === "" || [...given, "price", "buyers"].some((name) => number(name) === null)) return null;
  const type = [values.format, ...given.map((name) => `${name}=${number(name)}`)].join(":");
  return `${type} ${number("price")} ${number("buyers")} ${item}`;
}

/**
 * Fill the form.
 * @param {HTMLFormElement} form
 * @param {Texts} t
 * @param {(line: string) => void} send is given the line
 */
export function fillRequest(form, t, send) {
  const { request } = t.bid;
  const about = make("small", { id: "format-help" });
  const choice = /** @type {HTMLSelectElement} */ (
    make("select", { name: "format", "aria-describedby": "format-help" }));
  choice.append(...FORMATS.map((name) => new Option(t.format[name], name)));
  const rows = fields(t).map(({ name, label, help, value, of, needed }) => {
    const input = make("input", {
      name, value, inputmode: "numeric", maxlength: "24", autocomplete: "off", required: needed,
      pattern: "[$]?[0-9.,' ]+", "aria-describedby": `${name}-help`,
    });
    const row = make("label", {}, label, input, make("small", { id: `${name}-help`, class: "soft" }, help));
    return { row, input: /** @type {HTMLInputElement} */ (input), of };
  });
  const wrong = make("p", { class: "band", "data-tone": "hot", role: "alert", hidden: true });
  const choose = () => {
    about.textContent = request.formats[/** @type {typeof FORMATS[number]} */ (choice.value)];
    for (const { row, input, of } of rows) {
      row.hidden = input.disabled = !of.includes(choice.value);
    }
  };
  choice.onchange = choose;
  form.replaceChildren(
    make("h2", { class: "title" }, request.title),
    make("label", {}, request.item,
      make("input", { name: "item", maxlength: "200", required: true, autocomplete: "off", "aria-describedby": "item-help" }),
      make("small", { id: "item-help", class: "soft" }, request.item_help)),
    make("label", {}, request.format, choice, about),
    make("div", { class: "half" }, ...rows.map(({ row }) => row)),
    wrong,
    make("button", { class: "main" }, request.send),
  );
  choose();
  form.onsubmit = (event) => {
    event.preventDefault();
    const values = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
    const line = requestLine(values);
    wrong.hidden = line !== null;
    if (line === null) wrong.textContent = t.bid.amount_wrong;
    else send(line);
  };
  return {
    /** Show the server's refusal. @param {string} text empty for none */
    refuse(text) {
      if (wrong.textContent === text) return;
      wrong.hidden = text === "";
      wrong.textContent = text;
    },
  };
}
