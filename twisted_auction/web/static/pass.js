/** The form for a pass code, on the pages where people may have to say who they are. */

import { make, reveal, write } from "./dom.js";
import { typedPass } from "./early.js";
import { sentence } from "./view.js";

/**
 * Fill the form.
 * @param {HTMLFormElement} form
 * @param {import("./language.js").Texts} t
 * @param {string} help what the code is for, or where it stands
 * @param {(code: string) => void} send says a code
 * @returns {(isNeeded: boolean, state: import("./state.js").State) => void} shows the form, with the
 *     refusal of the last code
 */
export function fillPass(form, t, help, send) {
  const field = /** @type {HTMLInputElement} */ (make("input", {
    id: "code", name: "code", class: "code", autocomplete: "off", autocapitalize: "characters",
    spellcheck: "false", maxlength: "40", required: true, "aria-describedby": "code-help code-wrong",
  }));
  const wrong = make("p", { class: "band", id: "code-wrong", role: "alert", "data-tone": "hot", hidden: true });
  const button = make("button", { class: "main" });
  let isSaid = false;
  form.append(
    make("h2", { class: "title" }, t.bid.pass_title),
    make("label", {}, make("span", {}, t.bid.pass_code), field,
      make("small", { class: "soft", id: "code-help" }, help)),
    wrong,
    button,
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    const code = field.value.trim();
    if (code !== "" && !isSaid) send(code);
  };
  return (isNeeded, { isPassSaid, passRefusal: refusal }) => {
    reveal(form, isNeeded);
    if (!isNeeded) return;
    isSaid = isPassSaid;
    write(button, isSaid ? t.bid.pass_said : t.bid.pass_send);
    reveal(wrong, refusal !== null);
    field.toggleAttribute("aria-invalid", refusal !== null);
    if (refusal !== null) write(wrong, sentence(t, refusal, String));
  };
}

/** Forget the person, and begin again. */
export async function forget() {
  typedPass.set(null);
  // A form would not say where it comes from: the pages send no referrer.
  await fetch("/forget", { method: "POST", redirect: "manual" });
  location.reload();
}
