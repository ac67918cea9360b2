/**
 * The browser's own notifications about one room, while its page is open and nobody looks at it.
 *
 * A person asks for them by a tap. They say what the page says, in its words.
 *
 * @typedef {import("./room.js").Room} Room
 * @typedef {import("./room.js").Standing} Standing
 * @typedef {import("./state.js").State} State
 */

import { reveal } from "./dom.js";
import { timeLeft } from "./room.js";
import * as view from "./view.js";

/** Ms before the end of the bidding. */
const ENDING = 600_000;

/** A standing that is news, and the standings after which it is. @type {{[after: string]: Standing[]}} */
const NEWS = {
  outbid: ["highest"],
  won: ["highest", "outbid", "waiting"],
  lost: ["highest", "outbid", "waiting"],
};

/**
 * True if a change of the person's standing is worth a notification.
 * @param {Standing} before
 * @param {Standing} after
 */
export const isNews = (before, after) => NEWS[after]?.includes(before) ?? false;

/**
 * True if the last ten minutes of the bidding have just begun.
 * @param {number|null} before the ms left at an earlier instant
 * @param {number|null} now the ms left
 */
export const isEnding = (before, now) => before !== null && now !== null && before > ENDING && now <= ENDING;

/**
 * Show a notification, instead of an earlier one of the room. On Android, only a worker may.
 * @param {string} room
 * @param {string} title
 * @param {string} body
 */
async function notify(room, title, body) {
  const options = { body, tag: `auction ${room}`, icon: "/static/icon-192.png" };
  const worker = await navigator.serviceWorker?.getRegistration("/static/");
  if (worker?.active) await worker.showNotification(title, options);
  else new Notification(title, options);
}

/** Start the worker, which shows notifications and brings the page to the front. */
const work = async () => {
  await navigator.serviceWorker?.register("/static/alerts_worker.js", { scope: "/static/" });
};

/**
 * Offer notifications by a button.
 * @param {HTMLButtonElement} button
 * @param {import("./language.js").Texts} t
 * @returns {(state: State, is: Room, now: number) => void} is to be called after each change
 */
export function offerAlerts(button, t) {
  const isPossible = "Notification" in window && window.isSecureContext;
  const isGranted = () => isPossible && Notification.permission === "granted";
  let standing = /** @type {Standing} */ ("none");
  let left = /** @type {number|null} */ (null);
  if (isGranted()) void work();
  button.onclick = async () => {
    if (await Notification.requestPermission() === "granted") await work();
  };
  return (state, is, now) => {
    const isBuyer = is.role === "buyer";
    reveal(button, isPossible && isBuyer && Notification.permission === "default");
    const before = { standing, left };
    standing = is.standing;
    left = is.clock?.kind === "bidding" && !is.paused ? timeLeft(is, now) : null;
    if (!isGranted() || !document.hidden) return;
    const title = is.item ?? t.room(is.name);
    if (isNews(before.standing, standing)) {
      void notify(is.name, title, view.standing(t, state, is, now).text);
    } else if (isBuyer && isEnding(before.left, left)) void notify(is.name, title, t.bid.alerts.ending);
  };
}
