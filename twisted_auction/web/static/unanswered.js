/**
 * Lines said in a room and not answered yet, and what became of them in a cut.
 *
 * A cut loses a line, or its answer. What the server says next, as the browser is back in its seat,
 * shows which: the same table as that of the package's own clients (client/resend.py). A line is
 * never sent again by itself: the person decides.
 *
 * @typedef {import("./protocol").Message} Message
 * @typedef {object} Line a line that was said
 * @property {string} text
 * @property {number|null} lot the lot that was up
 * @property {boolean} open true in open bidding
 * @property {number|string|null} asking the asking price, in whole dollars
 * @typedef {object} Unanswered
 * @property {Line[]} waiting said on this connection, oldest first
 * @property {Line|null} unconfirmed said before a cut; a later message shows its fate
 * @property {Line|null} lost the server did not take it, or nothing shows that it did
 * @property {Line|null} kept said before a cut; the server has it
 */

const ANSWERS = new Set([
  "you_hold", "request_received", "request_refused", "request_already_in", "bid_received",
  "bid_changed", "bid_withdrawn", "no_bid_yet",
  "bid_refused", "bid_too_low", "bid_too_soon", "bid_too_high", "above_limit", "too_many_lots",
  "have_passed", "repeat_bid", "bid_already_in", "bidding_not_open", "paused", "not_understood",
  "not_accepted", "your_lot", "bids_listed", "maximum_is", "no_maximum", "maximum_too_low", "repeat_maximum",
]);
/** What changes a sealed bid: another amount, or its end. */
const CHANGE = /^(\d+|withdraw)$/i;
const QUESTIONS = new Set(["ask_request", "ask_bid"]);
/** Messages after which no line of before has an answer. */
export const ENDS = new Set(["auction_finished", "auction_cancelled", "sale_over", "lot_over", "nothing_on_sale"]);

/** The word that asks for the bids so far. It is a question: nothing is at stake with its answer. */
export const BIDS = "bids";

/** @type {Unanswered} */
export const NONE = Object.freeze({ waiting: [], unconfirmed: null, lost: null, kept: null });

/**
 * A line was said.
 * @param {Unanswered} lines
 * @param {Line} line
 * @returns {Unanswered}
 */
export const said = (lines, line) => ({
  waiting: [...lines.waiting, line], unconfirmed: null, lost: null, kept: null,
});

/**
 * A question was asked. What is known of other lines stays.
 * @param {Unanswered} lines
 * @param {Line} line
 * @returns {Unanswered}
 */
export const asked = (lines, line) => ({ ...lines, waiting: [...lines.waiting, line] });

/**
 * The last line said on this connection that has no answer yet, questions apart.
 * @param {Unanswered} lines
 * @returns {Line|null}
 */
export const waiting = (lines) => lines.waiting.filter(({ text }) => text !== BIDS).at(-1) ?? null;

/**
 * The line that has no answer yet, on this connection or from before a cut.
 * @param {Unanswered} lines
 * @returns {Line|null}
 */
export const pending = (lines) => waiting(lines) ?? lines.unconfirmed;

/**
 * The connection was cut: the last line without an answer waits for its fate.
 * @param {Unanswered} lines
 * @returns {Unanswered}
 */
export const cut = (lines) => ({ ...lines, waiting: [], unconfirmed: pending(lines) });

/**
 * Take a message as an answer, or as evidence about the line from before a cut.
 * @param {Unanswered} lines
 * @param {Message} message
 * @param {{number: number|null, lot: number|null}} room the Buyer's own number, and the lot told of
 * @param {boolean} voiding true while the letter tells of a voided bid, which answers nobody
 * @returns {Unanswered}
 */
export function heard(lines, message, room, voiding) {
  if (lines.waiting.length > 0) {
    if (ENDS.has(message.type)) {
      return { ...lines, waiting: [] };
    }
    if (!ANSWERS.has(message.type) || voiding) {
      return lines;
    }
    return { ...lines, waiting: lines.waiting.slice(1) };
  }
  if (lines.unconfirmed === null) {
    return lines;
  }
  const fate = fateOf(lines.unconfirmed, message, room);
  if (fate === null) {
    return lines;
  }
  const undecided = { ...lines, unconfirmed: null };
  return fate === "over" ? undecided : { ...undecided, [fate]: lines.unconfirmed };
}

/**
 * @param {Line} line
 * @param {any} message
 * @param {{number: number|null, lot: number|null}} room
 * @returns {"kept"|"lost"|"over"|null} "over": the result says what counted; null: not known yet
 */
function fateOf(line, message, { number, lot }) {
  const own = () => message.buyer === number && line.text === String(message.amount);
  switch (message.type) {
    case "lot_up":
      return message.lot === line.lot ? null : "lost";
    case "request_received":
    case "have_passed":
      return line.open ? null : "kept";
    case "bid_stands":
      // A changed bid of a timed auction stands only with its own amount.
      return line.text === String(message.amount) || !(line.open || CHANGE.test(line.text)) ? "kept" : "lost";
    case "maximum_is":
      return line.text === `max ${message.amount}` ? "kept" : null;
    case "voided":
      return own() ? "kept" : null;
    case "highest_bid":
      return own() ? "kept" : "lost";
    case "asking":
      return "lost";
    default:
      if (ENDS.has(message.type)) {
        return lot === line.lot ? "over" : null;
      }
      if (message.type === "ask_bid" && /^withdraw$/i.test(line.text)) return "kept";
      return QUESTIONS.has(message.type) && !line.open ? "lost" : null;
  }
}
