/**
 * The dock for the thumb: the buttons and the field with which a person acts in a room.
 *
 * Everything that a person presses says words to the server, and the dock changes by the answer
 * alone. The page asks before it says a line that ends the bidding or may be mistyped.
 *
 * @typedef {import("./state.js").State} State
 * @typedef {import("./room.js").Room} Room
 * @typedef {import("./language.js").Texts} Texts
 * @typedef {object} Doubt a line about which the page asks before it says it
 * @property {"close"|"buy"|"amount"} of
 * @property {string} line
 * @property {string} text the question
 * @property {string} yes on the button that says the line
 * @typedef {object} Page
 * @property {() => State} state
 * @property {() => Room} room
 * @property {(line: string) => boolean} say says a line in the room; false without a connection
 * @property {() => void} again goes on after the end of an auction
 */

import { at, reveal, write } from "./dom.js";
import { isElsewhere, isSent, mayBuy, unanswered } from "./room.js";
import * as view from "./view.js";

/**
 * True as long as the question about a line makes sense.
 * @param {Doubt["of"]} of
 * @param {string} wanted what the dock offers
 * @param {Room} is
 */
const isApt = (of, wanted, is) => (of === "close" ? wanted === "close"
  : of === "buy" ? wanted === "price" && mayBuy(is) : wanted === "price" || wanted === "sealed");

/** True if the large button buys at once. @param {Room} is */
const buysByPrice = (is) => view.buys(is, String(is.asking ?? 0));

/**
 * What the person has won and owes, and its limits. The line above the buttons shows the first
 * where there is nothing else to say.
 * @param {Texts} t
 * @param {Room} is
 * @param {boolean} isPerson
 */
function account(t, { account: told, history, limit, lot }, isPerson) {
  // The answer about the account comes a moment after a result.
  const won = Math.max(told?.lots ?? 0, history.filter((e) => e.part === "won" && !e.voided).length);
  const isShown = lot !== null || isPerson || won > 0;
  const sum = history.reduce((all, entry) => all + BigInt(entry.due), 0n);
  const due = told === null || sum > BigInt(told.due) ? sum : told.due;
  const limits = [];
  const most = told?.limit ?? limit?.limit ?? 0;
  if (BigInt(most) > 0n) {
    // What was bound when a bid was refused may have changed since.
    limits.push(told === null ? t.bid.account.only_limit(t.money(most))
      : t.bid.account.limit(t.money(told.bound), t.money(most)));
  }
  if (told !== null && told.most_lots > 0) {
    limits.push(t.bid.account.lots(told.lots, told.most_lots));
  }
  return { won: isShown ? t.bid.account.won(won, t.money(due)) : "", limits: limits.join(", ") };
}

/**
 * Offer the dock.
 * @param {Texts} t
 * @param {Page} page
 */
export function offerDock(t, page) {
  const { room, say } = page;

  /** What the large button says instead of an amount. */
  const CLOSED = /** @type {{[standing: string]: string}} */ (
    { waiting: t.bid.bid_in, passed: t.bid.passed, own: t.bid.own });

  /** The person has opened the form for another amount. */
  let isOther = false;
  /** This form is for a maximum. */
  let isMaximum = false;
  /** The text in the field is no amount. */
  let isWrong = false;
  /**
   * The line about which the page asks before it says it; null without one.
   * @type {Doubt|null}
   */
  let doubt = null;
  /** The amount far above the asking price that the person does not want after all. */
  let declined = /** @type {import("./room.js").Amount|null} */ (null);
  /** The amount that the person has confirmed: the server may ask about it, too. */
  let confirmed = "";
  /** The large button was pressed by a key: the focus comes back to it. */
  let isKept = false;
  /** The amount on the large button as it was pressed: a new price must not change it. */
  let pressed = "";

  /** Draw the dock. */
  function show() {
    const [state, is] = [page.state(), room()];
    if (is.repeat !== declined) declined = null;
    const wanted = view.offer(is);
    if (doubt !== null && !isApt(doubt.of, wanted, is)) doubt = null;
    const offered = doubt !== null ? "confirm" : wanted === "confirm" && declined !== null ? "price" : wanted;
    const isSeated = is.role === "buyer" || is.role === "seller";
    const said = isWrong ? { tone: "hot", text: t.bid.amount_wrong }
      : doubt !== null ? { tone: "", text: "" } // an earlier answer is not about the amount that is asked about
        : view.note(t, state, is);
    const isIdleSeller = is.role === "seller" && offered === "none" && said.text === "";
    const isOver = is.phase === "over";
    const isUsed = isSeated && offered !== "request" && !isIdleSeller && !(isOver && is.role === "seller");
    reveal(at("dock"), isUsed);
    if (!isSeated) return;
    const isWaiting = isSent(is);
    const isOff = isWaiting || state.link.is === "gone" || state.link.is === "connecting";
    const { won, limits } = account(t, is, state.person !== null);
    at("note").dataset.tone = said.tone;
    write(at("note"), said.text !== "" ? said.text : isOver ? `${view.phaseText(t, is)} ${won}` : won);
    write(at("limit"), said.text === "" ? limits : "");
    const isForm = offered === "sealed" || offered === "words" || (offered === "price" && isOther);
    const isIdle = offered === "none" || offered === "request";
    reveal(at("by-price"), (offered === "price" && !isOther) || (isIdle && is.role === "buyer" && !isOver));
    reveal(at("by-amount"), isForm);
    reveal(at("by-confirm"), offered === "confirm");
    reveal(at("by-close"), offered === "close");
    for (const button of at("dock").querySelectorAll("button")) button.disabled = isOff;

    if (!isForm) showTake(is, offered, isWaiting);
    const isLeaving = (is.mayPass || (is.isTimed && is.lots !== null)) && is.standing === "asked";
    reveal(at("other"), offered === "price");
    const isForMaximum = isMaximum && isOther && offered === "price";
    reveal(at("maximum"), offered === "price" && is.format?.name === "english");
    write(at("maximum"), is.maximum === null ? t.bid.maximum.set : t.bid.maximum.is(t.money(is.maximum)));
    reveal(at("buy"), offered === "price" && mayBuy(is) && !buysByPrice(is));
    write(at("buy"), t.bid.buy_now(t.money(is.buy ?? 0)));
    reveal(at("no-maximum"), isForMaximum && is.maximum !== null && is.standing !== "highest");
    reveal(at("pass-sealed"), isLeaving);
    const isChange = offered === "sealed" && is.standing === "waiting";
    reveal(at("withdraw"), isChange);
    reveal(at("less"), offered === "price" && isOther);
    write(at("amount-label"), offered === "words" ? `${t.bid.answer}. ${is.how}`
      : isForMaximum ? t.bid.maximum.amount : t.bid.amount);
    at("amount").inputMode = offered === "words" ? "text" : "numeric";
    write(at("submit"), isWaiting ? t.bid.sent : isChange ? t.bid.change : offered === "sealed" ? t.bid.submit
      : offered === "words" ? t.bid.send : isForMaximum ? t.bid.maximum.submit : t.bid.raise);

    if (offered === "confirm") {
      const amount = t.money(is.repeat ?? 0);
      write(at("jump"), doubt?.text ?? t.bid.jump(amount, t.money(is.asking ?? 0)));
      write(at("sure"), doubt?.yes ?? (is.repeatWord === "" ? t.bid.confirm : t.bid.maximum.is)(amount));
      at("sure").className = doubt?.of === "close" ? "danger" : "main";
    }
    write(at("again"), isElsewhere(is) ? t.bid.here : is.phase === "out" ? t.bid.retry : t.bid.again);
    reveal(at("by-again"), offered === "again" && is.phase !== "over");
  }

  /** Ask before a line is said. @param {Doubt} about */
  function ask(about) {
    doubt = about;
    show();
    at("unsure").focus();
  }

  /** Ask before the person buys at once. */
  function askToBuy() {
    const amount = t.money(room().buy ?? 0);
    ask({ of: "buy", line: "buy", text: t.bid.buy_sure(amount), yes: t.bid.buy_yes });
  }

  /** @param {Room} is @param {string} offered @param {boolean} isWaiting */
  function showTake(is, offered, isWaiting) {
    const take = at("take");
    const isLeading = is.standing === "highest";
    const asking = is.asking === null ? "" : t.money(is.asking);
    const text = isWaiting ? t.bid.sent
      : is.paused ? t.paused : offered !== "price" ? CLOSED[is.standing] ?? t.bid.closed
        : isLeading ? t.bid.leading
          : view.isDutch(is) ? t.bid.buy(asking)
            : buysByPrice(is) ? t.bid.buy_now(asking) : t.bid.bid(asking);
    write(take, text);
    take.dataset.amount = String(is.asking ?? "");
    if (offered !== "price" || isLeading) take.disabled = true;
    if (isKept && !take.disabled && document.activeElement === document.body) take.focus();
  }

  /** Say an amount that was typed, or ask for a better one. @param {SubmitEvent} event */
  function submit(event) {
    event.preventDefault();
    const field = at("amount");
    const isWords = view.offer(room()) === "words";
    const text = isWords ? field.value.trim() : view.amountOf(field.value);
    if (text === null || text === "") {
      setWrong(true);
      field.focus();
      return;
    }
    setWrong(false);
    if (isMaximum && isOther && view.offer(room()) === "price") {
      // Far above the price is what a maximum is for: the server asks again where its rules say so.
      if (say(`max ${text}`)) field.value = "";
      return;
    }
    if (!isWords && view.buys(room(), text)) askToBuy();
    else if (!isWords && view.isDoubtful(room(), text)) {
      const amount = t.money(text);
      const { asking, format } = room();
      const about = view.offer(room()) === "sealed"
        ? t.bid.below(amount, t.money(format?.from ?? 0)) : t.bid.jump(amount, t.money(asking ?? 0));
      ask({ of: "amount", line: text, text: about, yes: t.bid.confirm(amount) });
    } else if (say(text)) field.value = "";
  }

  /** The text in the field is no amount, or may be one now. @param {boolean} is */
  function setWrong(is) {
    isWrong = is;
    at("amount").setAttribute("aria-invalid", String(is));
    show();
  }

  at("again").onclick = page.again;
  at("take").onpointerdown = () => {
    pressed = at("take").dataset.amount;
  };
  at("take").onclick = (/** @type {MouseEvent} */ event) => {
    // A key has no pointer: then the amount is that of this instant.
    const amount = event.detail > 0 && pressed !== "" ? pressed : at("take").dataset.amount;
    pressed = "";
    isKept = event.detail === 0;
    if (amount === "" || unanswered(room()) !== null) return;
    if (view.buys(room(), amount)) askToBuy();
    else say(amount);
  };
  /** Open the form. @param {boolean} forMaximum */
  function open(forMaximum) {
    isOther = true;
    isMaximum = forMaximum;
    show();
    at("amount").focus();
  }
  at("buy").onclick = askToBuy;

  at("other").onclick = () => open(false);
  at("maximum").onclick = () => open(true);
  at("no-maximum").onclick = () => say("max 0");
  at("less").onclick = () => {
    isOther = false;
    show();
    at(isMaximum ? "maximum" : "other").focus();
  };
  at("by-amount").onsubmit = submit;
  at("amount").oninput = () => setWrong(false);
  at("pass-sealed").onclick = () => say("pass");
  at("withdraw").onclick = () => say("withdraw");
  at("close").onclick = () => ask({ of: "close", line: "close", text: t.bid.close_sure, yes: t.bid.close_yes });
  at("unsure").onclick = () => {
    const of = doubt?.of;
    if (doubt === null) declined = room().repeat;
    doubt = null;
    show();
    const back = of === "close" ? "close" : !at("by-amount").hidden ? "amount"
      : of === "buy" && !at("buy").hidden ? "buy" : "take";
    at(back).focus();
  };
  at("sure").onclick = () => {
    const { repeat, repeatWord } = room();
    if (doubt !== null) say(doubt.line);
    else if (repeat !== null) say(`${repeatWord}${repeat}`);
    if (doubt !== null) at("amount").value = "";
    confirmed = doubt?.of === "amount" ? doubt.line : "";
    doubt = null;
  };
  at("dock").onkeydown = (/** @type {KeyboardEvent} */ { key }) => {
    if (key !== "Escape") return;
    if (!at("by-confirm").hidden) at("unsure").click();
    else if (isOther) at("less").click();
  };

  return {
    show,
    /**
     * Act on what the server said.
     * @param {(type: string) => boolean} has tells if its letter has a message of a type
     * @param {boolean} ended true if the seat has ended with it
     */
    heard(has, ended) {
      const isNew = has("lot_up") || ended;
      const isSeated = has("role_buyer") || has("role_seller");
      const isTaken = has("bid_received") || has("you_hold") || has("maximum_is") || has("no_maximum");
      if (isNew || isSeated || isTaken) isOther = false;
      if (doubt?.of === "close" && isSeated) doubt = null;
      if (isNew || has("auction_finished")) {
        doubt = null;
        confirmed = "";
      }
      if (has("repeat_bid") && String(room().repeat) === confirmed) say(confirmed);
    },
  };
}
