/**
 * Every visible word of the pages, in English.
 *
 * A language is one file with these keys. `messages` has one sentence for each message of the
 * server, after its type; a page passes `who`, which names a Buyer. The sections are those of the
 * pages; what stands outside of them is used by several.
 *
 * @typedef {(buyer: number) => string} Who
 */

const number = new Intl.NumberFormat("en");
/** @param {number|string|bigint} amount */
const money = (amount) => `$${number.format(BigInt(amount))}`;
/** @param {number} n @param {string} one @param {string} [many] */
const count = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;
/** @param {number} s */
const time = (s) => {
  const units = /** @type {[number, string][]} */ (
    [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]]);
  const words = [];
  let rest = s;
  for (const [size, unit] of units) {
    if (rest >= size) {
      words.push(count(Math.floor(rest / size), unit));
    }
    rest %= size;
  }
  return words.join(" ") || "0 seconds";
};
/** @param {string} reason */
const because = (reason) => (reason === "" ? "" : ` ${reason}`);

/** The table. */
export default {
  code: "en",
  language: "English",
  money,
  time,
  count,

  paddle: (/** @type {number} */ n) => `Paddle ${n}`,
  buyer: (/** @type {number} */ n) => `Buyer ${n}`,
  /** @param {string} who @param {string} name */
  named: (who, name) => `${who}, ${name}`,
  room: (/** @type {string} */ name) => (name === "main" ? "Saleroom" : name),
  /** @param {string|null} label the lot's own number @param {number} lot @param {number|null} lots */
  lot: (label, lot, lots) => {
    if (lots === null) return `Lot ${label ?? lot}`;
    return label === null || label === String(lot)
      ? `Lot ${lot} of ${lots}` : `Lot ${label} (${lot} of ${lots})`;
  },
  cancel: "Cancel",
  language_label: "Language",
  format: {
    "first-price": "Sealed bids, first price",
    "second-price": "Sealed bids, second price",
    english: "English auction",
    dutch: "Dutch auction",
  },
  /** The rules of a format, from the server's sentence. */
  rules: (/** @type {string} */ sentence) => sentence,

  link: {
    connecting: "Connecting…",
    live: "Connected",
    silent: "The server is silent. Checking…",
    gone: (/** @type {number} */ s) =>
      s > 0 ? `Connection lost. Trying again in ${s} s.` : "Connection lost. Trying again…",
  },
  call: ["", "Going once", "Going twice"],
  phase: {
    unknown: "Opening the room…",
    idle: "Nothing is on sale.",
    requesting: "The Seller is asked for an item.",
    requested: "The item is on sale.",
    scheduled: "The sale has not begun.",
    waiting: "Waiting for more Buyers.",
    announced: "Bidding opens soon.",
    opening: "Bidding opens soon.",
    bidding: "Bidding is open.",
    finished: "The auction is finished.",
    cancelled: "The auction is cancelled.",
    between: "All lots have been up.",
    over: "The sale is over.",
    out: "You have left the room.",
  },
  paused: "Paused",
  extended: "Time extended",
  asking: "Asking price",
  opening_price: "Opening price",
  highest: (/** @type {string} */ who) => `Highest bid, ${who}`,
  /** @param {string} who the winner, where it is told */
  sold_to: (who) => (who === "" ? "Sold" : `Sold to ${who}`),
  until: { start: "Begins in", opening: "Opens in", bidding: "", closing: "Sale ends in" },
  buyers: (/** @type {number} */ there, /** @type {number|null} */ needed) =>
    needed === null ? count(there, "Buyer") : `${there} of ${count(needed, "Buyer")}`,
  bids: (/** @type {number} */ n, /** @type {number} */ of) => `${n} of ${count(of, "bid")} in`,
  result: {
    finished: "Finished",
    sold: (/** @type {string} */ who, /** @type {string} */ price) =>
      who === "" ? `Sold for ${price}` : `Sold to ${who} for ${price}`,
    unsold: "Not sold",
    cancelled: "Cancelled",
    voided: "Sale voided",
    skipped: "Withdrawn",
    to_come: "To come",
    on: "Up now",
    ended: "Finished",
  },

  /** Refusals of the lobby, by the server's words. */
  not_done: {
    "there is no such pass code.": "There is no such pass code. Compare each letter with your card.",
    "say your pass code first: PASS and the code.": "Please type your pass code first.",
    "there is no such ticket.": "Your seat is no longer kept.",
    "your pass code cannot be checked now. Try again later.":
      "Your pass code cannot be checked now. Try again later.",
  },

  bid: {
    title: "Bid",
    unsure: (/** @type {string} */ line) =>
      `Not confirmed yet: ${line}. It may have arrived before the connection was lost.`,
    sending: (/** @type {string} */ line) => `Sent: ${line}. Waiting for the server…`,
    lost: (/** @type {string} */ line) => `${line} did not count. Send it again if you still want it.`,
    kept: (/** @type {string} */ line) => `${line} had arrived before the connection was lost.`,
    line: (/** @type {string} */ text) =>
      /^\d+$/.test(text) ? `Your bid of ${money(text)}` : `“${text}”`,
    standing: {
      none: "You have not bid.",
      asked: "Your bid, please. Nobody else sees it.",
      highest: (/** @type {string} */ mine) => `You hold the highest bid: ${mine}.`,
      outbid: (/** @type {string} */ mine) =>
        mine === "" ? "You have been outbid." : `You have been outbid. Your last bid was ${mine}.`,
      waiting: (/** @type {string} */ mine) =>
        mine === "" ? "Your bid is in. Please wait for the result."
          : `Your bid of ${mine} is in. Please wait for the result.`,
      passed: "You have passed this lot.",
      own: "This lot is yours. You cannot bid on it.",
      late: "Bids on this lot are closed to newcomers. The next lot is open to you.",
      won: (/** @type {string} */ due) => `You won! You owe ${due}.`,
      lost: "You did not win.",
      sold: (/** @type {string} */ price) => `Your item has been sold for ${price}.`,
      unsold: "Your item was not sold.",
    },
    owe_anyway: (/** @type {string} */ due) => `You owe ${due} nevertheless.`,
    keeps: (/** @type {string} */ amount) => `You keep ${amount}.`,
    loses: (/** @type {string} */ amount) => `You lose ${amount}.`,
    worth: (/** @type {string} */ amount) => `This item is worth ${amount} to you.`,
    bid: (/** @type {string} */ amount) => `Bid ${amount}`,
    buy: (/** @type {string} */ amount) => `Buy for ${amount}`,
    confirm: (/** @type {string} */ amount) => `Yes, bid ${amount}`,
    jump: (/** @type {string} */ amount, /** @type {string} */ asking) =>
      `${amount} is far above the asking price of ${asking}. Do you mean it?`,
    leading: "You lead",
    sent: "Sent…",
    submit: "Submit bid",
    raise: "Bid this amount",
    other: "Other amount",
    amount: "Your bid, in whole dollars",
    amount_wrong: "Type a whole amount of dollars, such as 150.",
    pass: "Pass this lot",
    close: "End the bidding now",
    close_sure: "End the bidding now? The highest bid wins.",
    close_yes: "Yes, end it",
    answer: "Your answer",
    send: "Send",
    offline: "No connection: nothing can be sent.",
    closed: "Bidding is not open",
    bid_in: "Your bid is in",
    passed: "You have passed",
    own: "This lot is yours",

    join: "Take part",
    join_help: "The first to take part in an empty room sells an item; the others bid.",
    back: "Come back to my seat",
    again: "Next auction",
    here: "Continue here",
    retry: "Try again",
    watching: "You are watching.",
    pass_title: "Your pass code",
    pass_help: "It stands on your card: twelve letters and digits. Capitals and hyphens do not matter.",
    pass_code: "Pass code",
    pass_send: "Come in",
    not_me: "This is not me",
    you: (/** @type {string} */ who) => `You are ${who}.`,

    request: {
      title: "What do you sell?",
      item: "Item",
      item_help: "As the Buyers shall read it.",
      format: "Format",
      price: "Lowest price, in dollars",
      price_help: "Below it, the item is not sold.",
      buyers: "Number of Buyers",
      buyers_help: "Bidding opens when so many are there.",
      increment: "Steps, in dollars",
      increment_help: "Each bid is at least so much higher.",
      duration: "Time, in seconds",
      duration_help: "From the opening to the end. A late bid extends it.",
      start: "First price, in dollars",
      start_help: "The price falls from here. Empty: twice the lowest price.",
      interval: "Seconds for each price",
      interval_help: "Then the price falls.",
      send: "Offer the item",
      formats: {
        "first-price": "Each Buyer makes one secret bid. The highest wins and pays its bid.",
        "second-price": "Each Buyer makes one secret bid. The highest wins and pays the second highest.",
        english: "Everybody hears each bid. The last and highest wins.",
        dutch: "The price falls until the first Buyer takes it.",
      },
      in: "Your item is offered. You read the result here.",
    },
    account: {
      won: (/** @type {number} */ n, /** @type {string} */ due) =>
        n === 0 ? "Nothing won yet" : `Won ${count(n, "lot")}, you owe ${due}`,
      only_limit: (/** @type {string} */ limit) => `Limit ${limit}`,
      limit: (/** @type {string} */ bound, /** @type {string} */ limit) => `Limit: ${bound} of ${limit}`,
      lots: (/** @type {number} */ won, /** @type {number} */ most) => `${won} of ${count(most, "lot")}`,
      results: "Results",
      show: "Results and lots to come",
    },
    news: "The Auctioneer",
  },
  rooms: {},
  wall: {},
  desk: {},

  /** @type {{[type: string]: (m: any, who: Who) => string}} */
  messages: {
    role_seller: () => "You are the Seller.",
    ask_request: () => "Please offer an item.",
    request_refused: (m) => `This is no auction request.${because(m.reason)}`,
    request_received: (m) => `Your auction request is in: ${m.text}`,
    request_already_in: () => "Your auction request is already in. Please wait.",
    role_buyer: () => "You are a Buyer.",
    waiting_for_buyers: () => "Waiting for more Buyers.",
    bidding_start: () => "Bidding is open.",
    ask_bid: () => "Please submit your bid.",
    bid_refused: (m) => `This is no bid. Please submit a whole amount of dollars.${because(m.reason)}`,
    bid_received: () => "Your bid is in. Please wait for the result.",
    bidding_not_open: () => "Bidding has not started. Please wait.",
    bid_already_in: () => "Your bid is already in. Please wait.",
    auction_finished: () => "The auction is finished.",
    sold_for: (m) => `Your item ${m.item_name} has been sold for ${money(m.payment)}.`,
    buyer_bid: (m, who) => `${who(m.buyer)} bid ${money(m.amount)}.`,
    not_sold: (m) => `Your item ${m.item_name} was not sold.`,
    you_won: (m) => `You won ${m.item_name}! You owe ${money(m.payment)}.`,
    item_is_worth: (m) => `This item is worth ${money(m.valuation)} to you.`,
    you_keep: (m) => `You keep ${money(m.amount)}.`,
    you_lose: (m) => `You lose ${money(m.amount)}.`,
    you_lost: () => "You did not win.",
    payment_due: (m) => `You owe ${money(m.payment)}.`,
    auction_cancelled: (m) => `Cancelled. ${m.reason}`,
    auctioneer_closes: (m) => `The server closes.${because(m.prospect)}`,
    request_time_up: (m) => `Time is up: no auction request came within ${time(m.seconds)}.`,
    bid_time_up: (m) => `Time is up: no bid came within ${time(m.seconds)}.`,
    line_time_up: (m) => `Time is up: a line did not end within ${time(m.seconds)}.`,
    lobby_time_up: (m) => `Time is up: you said nothing for ${time(m.seconds)}.`,
    sale_begins: (m) => `The sale begins in ${time(m.seconds)}.`,
    sale_begins_by_order: () => "The sale begins when the Auctioneer starts it.",
    lots_are_done: (m) => `All lots have been up. The sale ends in ${time(m.seconds)}.`,
    you_are: (m, who) => `You are ${who(m.buyer)}.`,
    lot_withdrawn: (m) => `Lot ${m.name} is withdrawn.`,
    lot_comes_before: (m) => `Lot ${m.name} comes before lot ${m.other} now.`,
    lot_is_added: (m) => `Lot ${m.name} is added: ${m.item_name}`,
    lot_comes_again: (m) => `Lot ${m.name} will be offered again.`,
    sale_is_voided: (m) => `The sale of lot ${m.name} is voided.${because(m.reason)}`,
    nothing_due: (m) => `You do not owe ${money(m.payment)} for lot ${m.name}.`,
    lot_up: (m) => `Lot ${m.lot} of ${m.lots}.`,
    catalogue_number: (m) => `Catalogue number ${m.label}.`,
    on_sale: (m) => `On sale: ${m.item_name}`,
    description_is: (m) => m.description,
    picture_is: (m) => `Picture: ${m.picture}`,
    format_is: (m) => `${m.format}, from ${money(m.opening_price)}. ${m.rules}`,
    opens_in: (m) => `Bidding opens in ${time(m.seconds)}.`,
    amount_or_pass: () => "Bid an amount, or pass.",
    your_lot: () => "This lot is yours. You cannot bid on it.",
    have_passed: () => "You have passed this lot.",
    wait_for_next_lot: () => "Please wait for the next lot.",
    ask_anytime: (m) => `At any time: ${m.how}`,
    not_understood: () => "The server did not understand that.",
    bid_too_low: (m) => `Too low: the least bid is ${money(m.least)} now.`,
    bid_too_high: (m) => `Too high: the greatest bid is ${money(m.most)}.`,
    above_limit: (m) =>
      `Above your limit: you are bound for ${money(m.bound)} of ${money(m.limit)}. This bid does not count.`,
    too_many_lots: (m) =>
      `Above your limit of lots: you are bound for ${m.won} of ${m.lots}. This bid does not count.`,
    bid_too_soon: (m) => `Too many bids. Bid again in ${time(m.seconds)}.`,
    not_accepted: (m) => `Not accepted.${because(m.reason)}`,
    repeat_bid: (m) => `Please confirm your bid of ${money(m.amount)}.`,
    you_hold: (m) => `You hold the highest bid: ${money(m.amount)}.`,
    outbid: (m, who) => `You have been outbid: ${who(m.buyer)} bids ${money(m.amount)}.`,
    asking: (m) => `Asking price: ${money(m.asking_price)}. Time left: ${time(m.seconds)}.`,
    highest_bid: (m, who) =>
      `Highest bid: ${money(m.amount)} by ${who(m.buyer)}. Asking price: ${money(m.asking_price)}. `
      + `Time left: ${time(m.seconds)}.`,
    time_extended: () => "Time extended.",
    going_once: () => "Going once!",
    going_twice: () => "Going twice!",
    auction_paused: () => "The auction is paused.",
    paused: () => "The auction is paused. That did not count.",
    auction_resumed: () => "The auction goes on.",
    more_time: (m) => `Time extended. Time left: ${time(m.seconds)}.`,
    voided: (m, who) => `Voided: ${money(m.amount)} by ${who(m.buyer)}.${because(m.reason)}`,
    you_are_expelled: (m) => `You have been expelled.${because(m.reason)}`,
    auctioneer_says: (m) => m.text,
    bidding_closed: (m) => `The ${m.closer} has closed the bidding.`,
    sold_to: (m, who) => `Sold: ${m.item_name} to ${who(m.buyer)} for ${money(m.payment)}`,
    nobody_bought: (m) => `Not sold: ${m.item_name}`,
    sale_over: () => "The sale is over.",
    server_busy: () => "The room is busy. Please try again in a moment.",
    bidding_ongoing: () => "Bidding is on. Newcomers can take part in the next auction.",
    ask_pass: () => "Please type your pass code.",
    pass_withdrawn: () => "Your pass code is not valid any more.",
    help_pass: () => "First say who you are.",
    buyer_is: (m, who) => `${who(m.buyer)} is ${m.name}.`,
    you_are_paddle: (m) => `You are paddle ${m.paddle}, ${m.name}.`,
    ticket_is: () => "You have a seat.",
    room_is: (m) => `${m.name}: ${m.report}`,
    rooms_in_use: (m) => `${count(m.rooms, "room")} in use.`,
    pong: (m) => m.text,
    help: () => "The server did not understand that.",
    json_follows: () => "What follows is JSON.",
    goodbye: () => "Goodbye.",
    came_back: () => "You continue in another window or on another device.",
    seat_given_up: () => "Your seat was given up while you were away.",
    bid_stands: (m) => `Your bid of ${money(m.amount)} stands.`,
    result_of: (m) => `Result of lot ${m.lot} of ${m.lots}:`,
    role_watcher: () => "You are watching.",
    nothing_on_sale: () => "Nothing is on sale.",
    sale_not_begun: () => "The sale has not begun.",
    buyers_there: (m) => `Buyers: ${m.there} of ${m.needed}.`,
    buyers_present: (m) => `Buyers: ${m.there}.`,
    bids_in: (m) => `Bids: ${m.received} of ${m.expected}.`,
    sale_lot: (m) => `Lot ${m.label || m.number}: ${m.item_name}`,
    sale_listed: (m) => `${count(m.lots, "lot")} in all.`,
    account_is: (m) => `${count(m.lots, "lot")} won, ${money(m.due)} due.`,
    desk_of: (m) => `Desk of ${m.room}.`,
    desk_auction: (m) => m.item_name,
    desk_seat: (m) => `Paddle ${m.paddle}, ${m.name}`,
    desk_bid: (m, who) => `${who(m.buyer)} bid ${money(m.amount)}.`,
    desk_order: (m) => `${m.order}, by ${m.actor}${m.text === "" ? "" : `: ${m.text}`}`,
    desk_gone: () => "",
    pass_code_is: (m) => `Pass code of paddle ${m.paddle}, ${m.name}: ${m.code}`,
    help_desk: () => "The server did not understand that.",
    line_too_long: () => "That is too long.",
    too_many_lines: () => "Too many messages from this page in a short time.",
    address_banned: () => "Your address is banned from this server.",
    done: (m) => `Done: ${m.text}`,
    not_done: (m) => `Not done: ${m.text}`,
    news_of: (m) => `${m.room}: ${m.text}`,
    news_left_out: (m) => `${count(m.lines, "line")} left out.`,
  },
};
