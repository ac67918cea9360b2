/** The language of the pages: by `?lang=`, by an earlier choice, or by the browser. */

import { device } from "./early.js";
import en from "./texts/en.js";

/** @typedef {typeof en} Texts */

/** Each language by its code, and its table of texts. English is always there. */
export const LANGUAGES = {
  en: { name: "English", load: async () => en },
  es: { name: "Español", load: async () => (await import("./texts/es.js")).default },
};

/** The code of the language to show. @returns {keyof typeof LANGUAGES} */
function chosen() {
  const asked = new URLSearchParams(location.search).get("lang");
  if (asked !== null) {
    device.set("lang", asked);
  }
  const wanted = [asked, device.get("lang"), ...navigator.languages];
  for (const tag of wanted) {
    const code = tag?.split("-")[0]?.toLowerCase() ?? "";
    if (code in LANGUAGES) {
      return /** @type {keyof typeof LANGUAGES} */ (code);
    }
  }
  return "en";
}

/** The table of texts. @returns {Promise<Texts>} */
export const texts = async () => LANGUAGES[chosen()].load();

/**
 * Offer the languages in a select, which loads the page again.
 * @param {HTMLSelectElement} select
 * @param {string} code of the present one
 */
export function offer(select, code) {
  select.replaceChildren(...Object.entries(LANGUAGES).map(([key, { name }]) =>
    new Option(name, key, key === code, key === code)));
  select.onchange = () => {
    const url = new URL(location.href);
    url.searchParams.set("lang", select.value);
    location.replace(url);
  };
}
