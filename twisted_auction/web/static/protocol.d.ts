// The messages of the server, made from its JSON Schema by `python -m tests.web.types`.

/** A whole number; above 2^53 - 1 a string of digits. */
export type WholeNumber = number | string;

/** A text that the server has built: a value is a number, a text, a sentence or a message. */
export interface Sentence {
  pattern: string;
  values: { [name: string]: any };
}

/** Your role is: [Seller] */
export interface RoleSeller {
  type: "role_seller";
}

/** Please submit auction request: */
export interface AskRequest {
  type: "ask_request";
}

/** Invalid auction request! {reason} */
export interface RequestRefused {
  type: "request_refused";
  reason: string;
  sentence?: Sentence;
}

/** Auction request received: {text} */
export interface RequestReceived {
  type: "request_received";
  text: string;
}

/** Your auction request is already in. Please wait... */
export interface RequestAlreadyIn {
  type: "request_already_in";
}

/** Your role is: [Buyer] */
export interface RoleBuyer {
  type: "role_buyer";
}

/** The Auctioneer is still waiting for other Buyer to connect... */
export interface WaitingForBuyers {
  type: "waiting_for_buyers";
}

/** Bidding start! */
export interface BiddingStart {
  type: "bidding_start";
}

/** Please submit your bid: */
export interface AskBid {
  type: "ask_bid";
}

/** Invalid bid. Please submit a positive integer! {reason} */
export interface BidRefused {
  type: "bid_refused";
  reason: string;
  sentence?: Sentence;
}

/** Bid received. Please wait... */
export interface BidReceived {
  type: "bid_received";
}

/** Your bid is changed. */
export interface BidChanged {
  type: "bid_changed";
}

/** Your bid is withdrawn. */
export interface BidWithdrawn {
  type: "bid_withdrawn";
}

/** You have no bid to withdraw. */
export interface NoBidYet {
  type: "no_bid_yet";
}

/** Bidding ends in {duration}. */
export interface EndsIn {
  type: "ends_in";
  seconds: number;
}

/** Bidding has not started. Please wait... */
export interface BiddingNotOpen {
  type: "bidding_not_open";
}

/** Your bid is already in. Please wait... */
export interface BidAlreadyIn {
  type: "bid_already_in";
}

/** Auction finished! */
export interface AuctionFinished {
  type: "auction_finished";
}

/** Success! Your item {item_name} has been sold for ${payment} */
export interface SoldFor {
  type: "sold_for";
  item_name: string;
  payment: WholeNumber;
}

/** Buyer {buyer} bid ${amount}. */
export interface BuyerBid {
  type: "buyer_bid";
  buyer: number;
  amount: WholeNumber;
}

/** Unfortunately your item {item_name} was not sold in the auction. */
export interface NotSold {
  type: "not_sold";
  item_name: string;
}

/** You won this item {item_name}! Your payment due is ${payment} */
export interface YouWon {
  type: "you_won";
  item_name: string;
  payment: WholeNumber;
}

/** This item is worth ${valuation} to you. */
export interface ItemIsWorth {
  type: "item_is_worth";
  valuation: WholeNumber;
}

/** You keep ${amount}. */
export interface YouKeep {
  type: "you_keep";
  amount: WholeNumber;
}

/** You lose ${amount}. */
export interface YouLose {
  type: "you_lose";
  amount: WholeNumber;
}

/** Unfortunately you did not win in the last round. */
export interface YouLost {
  type: "you_lost";
}

/** Your payment due is ${payment} */
export interface PaymentDue {
  type: "payment_due";
  payment: WholeNumber;
}

/** Auction cancelled! {reason} */
export interface AuctionCancelled {
  type: "auction_cancelled";
  reason: string;
}

/** The Auctioneer is closing. {prospect} */
export interface AuctioneerCloses {
  type: "auctioneer_closes";
  prospect: string;
}

/** Time is up! No valid auction request came within {seconds} seconds. */
export interface RequestTimeUp {
  type: "request_time_up";
  seconds: number;
}

/** Time is up! No valid bid came within {seconds} seconds. */
export interface BidTimeUp {
  type: "bid_time_up";
  seconds: number;
}

/** Time is up! Your line did not end within {seconds} seconds. */
export interface LineTimeUp {
  type: "line_time_up";
  seconds: number;
}

/** Time is up! You said nothing for {seconds} seconds. */
export interface LobbyTimeUp {
  type: "lobby_time_up";
  seconds: number;
}

/** The sale begins in {duration}. */
export interface SaleBegins {
  type: "sale_begins";
  seconds: number;
}

/** The sale begins when the Auctioneer starts it. */
export interface SaleBeginsByOrder {
  type: "sale_begins_by_order";
}

/** All lots have been up. The sale ends in {duration}. */
export interface LotsAreDone {
  type: "lots_are_done";
  seconds: number;
}

/** This lot has been up. Its room closes in {duration}. */
export interface LotIsDone {
  type: "lot_is_done";
  seconds: number;
}

/** You are Buyer {buyer}. */
export interface YouAre {
  type: "you_are";
  buyer: number;
}

/** Lot {name} is withdrawn. */
export interface LotWithdrawn {
  type: "lot_withdrawn";
  name: string;
}

/** Lot {name} comes before lot {other} now. */
export interface LotComesBefore {
  type: "lot_comes_before";
  name: string;
  other: string;
}

/** Lot {name} is added: {item_name} */
export interface LotIsAdded {
  type: "lot_is_added";
  name: string;
  item_name: string;
}

/** Lot {name} will be offered again. */
export interface LotComesAgain {
  type: "lot_comes_again";
  name: string;
}

/** The sale of lot {name} is voided. {reason} */
export interface SaleIsVoided {
  type: "sale_is_voided";
  name: string;
  reason: string;
}

/** You do not owe ${payment} for lot {name}. */
export interface NothingDue {
  type: "nothing_due";
  payment: WholeNumber;
  name: string;
}

/** Lot {lot} of {lots}. */
export interface LotUp {
  type: "lot_up";
  lot: number;
  lots: number;
}

/** Catalogue number: {label}. */
export interface CatalogueNumber {
  type: "catalogue_number";
  label: string;
}

/** On sale: {item_name} */
export interface OnSale {
  type: "on_sale";
  item_name: string;
}

/** Description: {description} */
export interface DescriptionIs {
  type: "description_is";
  description: string;
}

/** Picture: {picture} */
export interface PictureIs {
  type: "picture_is";
  picture: string;
}

/** Format: {format}, from ${opening_price}. {rules} */
export interface FormatIs {
  type: "format_is";
  format: string;
  opening_price: WholeNumber;
  rules: string;
}

/** Bidding opens in {seconds} seconds. */
export interface OpensIn {
  type: "opens_in";
  seconds: number;
}

/** In JSON alone. */
export interface BuyPrice {
  type: "buy_price";
  amount: WholeNumber;
}

/** In JSON alone. */
export interface TimeLeft {
  type: "time_left";
  until: string;
  seconds: number;
}

/** Type an amount, or pass. */
export interface AmountOrPass {
  type: "amount_or_pass";
}

/** This lot is yours. You cannot bid on it. */
export interface YourLot {
  type: "your_lot";
}

/** You have passed this lot. Please wait... */
export interface HavePassed {
  type: "have_passed";
}

/** Please wait for the next lot. */
export interface WaitForNextLot {
  type: "wait_for_next_lot";
}

/** At any time: {how} */
export interface AskAnytime {
  type: "ask_anytime";
  how: string;
}

/** Not understood. */
export interface NotUnderstood {
  type: "not_understood";
}

/** Bid too low! The least acceptable bid is ${least}. */
export interface BidTooLow {
  type: "bid_too_low";
  least: WholeNumber;
}

/** Bid too high! The greatest acceptable bid is ${most}. */
export interface BidTooHigh {
  type: "bid_too_high";
  most: WholeNumber;
}

/** Above your limit: you are bound for ${bound} of ${limit}. */
export interface AboveLimit {
  type: "above_limit";
  bound: WholeNumber;
  limit: WholeNumber;
}

/** Above your limit of lots: you are bound for {won} of {lots}. */
export interface TooManyLots {
  type: "too_many_lots";
  won: number;
  lots: number;
}

/** Too many bids! Bid again in {seconds} seconds. */
export interface BidTooSoon {
  type: "bid_too_soon";
  seconds: number;
}

/** Not accepted. {reason} */
export interface NotAccepted {
  type: "not_accepted";
  reason: string;
}

/** Please repeat your bid to confirm: ${amount} */
export interface RepeatBid {
  type: "repeat_bid";
  amount: WholeNumber;
}

/** Bid: ${amount} by Buyer {buyer}. */
export interface BidWas {
  type: "bid_was";
  buyer: number;
  amount: WholeNumber;
}

/** Voided bid: ${amount} by Buyer {buyer}. */
export interface VoidedBidWas {
  type: "voided_bid_was";
  buyer: number;
  amount: WholeNumber;
}

/** Bids listed: {listed} of {total}. */
export interface BidsListed {
  type: "bids_listed";
  listed: number;
  total: number;
}

/** Please repeat your maximum to confirm: max {amount} */
export interface RepeatMaximum {
  type: "repeat_maximum";
  amount: WholeNumber;
}

/** Your maximum is ${amount}. */
export interface MaximumIs {
  type: "maximum_is";
  amount: WholeNumber;
}

/** You have no maximum. */
export interface NoMaximum {
  type: "no_maximum";
}

/** Your maximum must be at least your bid: ${least}. */
export interface MaximumTooLow {
  type: "maximum_too_low";
  least: WholeNumber;
}

/** You hold the highest bid: ${amount}. */
export interface YouHold {
  type: "you_hold";
  amount: WholeNumber;
}

/** The Auctioneer has bid ${amount} for you. */
export interface BidForYou {
  type: "bid_for_you";
  amount: WholeNumber;
}

/** You have been outbid: Buyer {buyer} bids ${amount}. */
export interface Outbid {
  type: "outbid";
  buyer: number;
  amount: WholeNumber;
}

/** Asking price: ${asking_price}. Seconds left: {seconds}. */
export interface Asking {
  type: "asking";
  asking_price: WholeNumber;
  seconds: number;
}

/** Highest bid: ${amount} by Buyer {buyer}. Asking price: ${asking_price}. Seconds left: {seconds}. */
export interface HighestBid {
  type: "highest_bid";
  amount: WholeNumber;
  buyer: number;
  asking_price: WholeNumber;
  seconds: number;
}

/** The reserve is met. */
export interface ReserveMet {
  type: "reserve_met";
}

/** The reserve is not met. */
export interface ReserveNotMet {
  type: "reserve_not_met";
}

/** Time extended! */
export interface TimeExtended {
  type: "time_extended";
}

/** Going once! */
export interface GoingOnce {
  type: "going_once";
}

/** Going twice! */
export interface GoingTwice {
  type: "going_twice";
}

/** The auction is paused. */
export interface AuctionPaused {
  type: "auction_paused";
}

/** Paused. Please wait... */
export interface Paused {
  type: "paused";
}

/** The auction goes on. */
export interface AuctionResumed {
  type: "auction_resumed";
}

/** Time extended! Seconds left: {seconds}. */
export interface MoreTime {
  type: "more_time";
  seconds: number;
}

/** Voided: ${amount} by Buyer {buyer}. {reason} */
export interface Voided {
  type: "voided";
  amount: WholeNumber;
  buyer: number;
  reason: string;
}

/** You have been expelled. {reason} */
export interface YouAreExpelled {
  type: "you_are_expelled";
  reason: string;
}

/** The Auctioneer says: {text} */
export interface AuctioneerSays {
  type: "auctioneer_says";
  text: string;
}

/** The {closer} has closed the bidding. */
export interface BiddingClosed {
  type: "bidding_closed";
  closer: string;
}

/** Sold: {item_name} to Buyer {buyer} for ${payment} */
export interface SoldTo {
  type: "sold_to";
  item_name: string;
  buyer: number;
  payment: WholeNumber;
}

/** Not sold: {item_name} */
export interface NobodyBought {
  type: "nobody_bought";
  item_name: string;
}

/** The sale is over. */
export interface SaleOver {
  type: "sale_over";
}

/** This lot is over. */
export interface LotOver {
  type: "lot_over";
}

/** Server busy! */
export interface ServerBusy {
  type: "server_busy";
}

/** Bidding on-going! */
export interface BiddingOngoing {
  type: "bidding_ongoing";
}

/** Please submit your pass code: */
export interface AskPass {
  type: "ask_pass";
}

/** Your pass code is not valid any more. */
export interface PassWithdrawn {
  type: "pass_withdrawn";
}

/** You may come back to room {room}. */
export interface YouAreReadmitted {
  type: "you_are_readmitted";
  room: string;
}

/** First say who you are: PASS code. */
export interface HelpPass {
  type: "help_pass";
}

/** Buyer {buyer} is {name}. */
export interface BuyerIs {
  type: "buyer_is";
  buyer: number;
  name: string;
}

/** You are paddle {paddle}, {name}. */
export interface YouArePaddle {
  type: "you_are_paddle";
  paddle: number;
  name: string;
}

/** Ticket: {ticket} */
export interface TicketIs {
  type: "ticket_is";
  ticket: string;
}

/** Room {name}: {report}. */
export interface RoomIs {
  type: "room_is";
  name: string;
  report: string;
  sentence?: Sentence;
}

/** Rooms: {rooms}. */
export interface RoomsInUse {
  type: "rooms_in_use";
  rooms: number;
}

/** Pong: {text} */
export interface Pong {
  type: "pong";
  text: string;
}

/** Say one of: LIST, JOIN room, WATCH room, RESUME ticket, PING text, JSON, HELP, QUIT [ticket]. */
export interface Help {
  type: "help";
}

/** It is {time} in the time zone {zone}. */
export interface TimeIs {
  type: "time_is";
  time: string;
  zone: string;
}

/** What follows is JSON. */
export interface JsonFollows {
  type: "json_follows";
}

/** Goodbye. */
export interface Goodbye {
  type: "goodbye";
}

/** You have come back by another connection. */
export interface CameBack {
  type: "came_back";
}

/** Your seat was given up while you were away. */
export interface SeatGivenUp {
  type: "seat_given_up";
}

/** Your bid of ${amount} stands. */
export interface BidStands {
  type: "bid_stands";
  amount: WholeNumber;
}

/** Result of lot {lot} of {lots}: */
export interface ResultOf {
  type: "result_of";
  lot: number;
  lots: number;
}

/** Your role is: [Watcher] */
export interface RoleWatcher {
  type: "role_watcher";
}

/** Nothing is on sale. */
export interface NothingOnSale {
  type: "nothing_on_sale";
}

/** The sale has not begun. */
export interface SaleNotBegun {
  type: "sale_not_begun";
}

/** Buyers: {there} of {needed}. */
export interface BuyersThere {
  type: "buyers_there";
  there: number;
  needed: number;
}

/** Buyers: {there}. */
export interface BuyersPresent {
  type: "buyers_present";
  there: number;
}

/** Bids: {received} of {expected}. */
export interface BidsIn {
  type: "bids_in";
  received: number;
  expected: number;
}

/** Bids: {received}. */
export interface BidsSoFar {
  type: "bids_so_far";
  received: number;
}

/** Sale: {place}. {number} [{label}] {state}, Buyer {buyer}, ${payment}, {format} from ${opening_price}: {item_name} | {description} | {picture} */
export interface SaleLot {
  type: "sale_lot";
  place: number;
  number: number;
  label: string;
  state: string;
  buyer: number;
  payment: WholeNumber;
  format: string;
  opening_price: WholeNumber;
  item_name: string;
  description: string;
  picture: string;
}

/** Now: lot {number} in room {room}, {stage}, ${amount} by Buyer {buyer}, asking price ${asking_price}, paused {paused}, seconds left: {seconds}. */
export interface LotNow {
  type: "lot_now";
  number: number;
  room: string;
  stage: string;
  amount: WholeNumber;
  buyer: number;
  asking_price: WholeNumber;
  paused: number;
  seconds: number;
}

/** Yours: lot {number} in room {room}, {standing}, ${amount}<, maximum ${maximum}> [{label}]: {item_name} */
export interface MyLot {
  type: "my_lot";
  number: number;
  room: string;
  standing: string;
  amount: WholeNumber;
  maximum: WholeNumber;
  label: string;
  item_name: string;
}

/** All lots: {lots}. */
export interface AllLots {
  type: "all_lots";
  lots: number;
}

/** Sale: {listed} lots from place {first}, {lots} lots in all. */
export interface SaleListed {
  type: "sale_listed";
  listed: number;
  first: number;
  lots: number;
}

/** Your account: {lots} lots won, ${due} due, ${bound} bound, limit ${limit}, {most_lots} lots at most. */
export interface AccountIs {
  type: "account_is";
  lots: number;
  due: WholeNumber;
  bound: WholeNumber;
  limit: WholeNumber;
  most_lots: number;
}

/** Desk of {room}. */
export interface DeskOf {
  type: "desk_of";
  room: string;
}

/** Desk: {stage}, lot {lot} of {lots} [{label}] {format}: {item_name} | Bid: ${amount} by Buyer {buyer}. Asking price: ${asking_price}. Sealed bids: {received}, awaited: {awaited}. Seller: {seller}. Watchers: {watchers}. People: {people}. Paused: {paused}. Seconds left: {seconds}. */
export interface DeskAuction {
  type: "desk_auction";
  stage: string;
  lot: number;
  lots: number;
  label: string;
  format: string;
  item_name: string;
  amount: WholeNumber;
  buyer: number;
  asking_price: WholeNumber;
  received: number;
  awaited: number;
  seller: number;
  watchers: number;
  people: number;
  paused: number;
  seconds: number;
}

/** Desk: paddle {paddle}, {role}, {state} for {seconds} s: {name} | ${bound} of ${limit}, {lots} of {most_lots} lots. */
export interface DeskSeat {
  type: "desk_seat";
  paddle: number;
  role: string;
  state: string;
  seconds: number;
  name: string;
  bound: WholeNumber;
  limit: WholeNumber;
  lots: number;
  most_lots: number;
}

/** Desk: bid {number}, Buyer {buyer}, ${amount}, {seconds} s ago. */
export interface DeskBid {
  type: "desk_bid";
  number: number;
  buyer: number;
  amount: WholeNumber;
  seconds: number;
}

/** Desk: order {number}, {order}, by {actor}, {seconds} s ago: Buyer {buyer}, ${amount}, lot {lot}, before {other} | {text} */
export interface DeskOrder {
  type: "desk_order";
  number: number;
  order: string;
  actor: string;
  seconds: number;
  buyer: number;
  amount: WholeNumber;
  lot: string;
  other: string;
  text: string;
}

/** Desk: no {what} {number} any more. */
export interface DeskGone {
  type: "desk_gone";
  what: string;
  number: number;
}

/** Pass code of paddle {paddle}, {name}: {code} */
export interface PassCodeIs {
  type: "pass_code_is";
  paddle: number;
  name: string;
  code: string;
}

/** About all lots: SALE * [number], WATCH *, MINE. */
export interface HelpLots {
  type: "help_lots";
}

/** At the desk: SALE room [number], ORDER words, DESK room, ADMIT paddle [limit=amount] name. */
export interface HelpDesk {
  type: "help_desk";
}

/** Line too long. */
export interface LineTooLong {
  type: "line_too_long";
}

/** Too many lines. */
export interface TooManyLines {
  type: "too_many_lines";
}

/** Your address is banned from this server. */
export interface AddressBanned {
  type: "address_banned";
}

/** Done: {text} */
export interface Done {
  type: "done";
  text: string;
  sentence?: Sentence;
}

/** Not done: {text} */
export interface NotDone {
  type: "not_done";
  text: string;
  sentence?: Sentence;
}

/** News of {room}: {text} */
export interface NewsOf {
  type: "news_of";
  room: string;
  text: string;
}

/** News left out: {lines} lines. */
export interface NewsLeftOut {
  type: "news_left_out";
  lines: number;
}

export type Message =
  | RoleSeller
  | AskRequest
  | RequestRefused
  | RequestReceived
  | RequestAlreadyIn
  | RoleBuyer
  | WaitingForBuyers
  | BiddingStart
  | AskBid
  | BidRefused
  | BidReceived
  | BidChanged
  | BidWithdrawn
  | NoBidYet
  | EndsIn
  | BiddingNotOpen
  | BidAlreadyIn
  | AuctionFinished
  | SoldFor
  | BuyerBid
  | NotSold
  | YouWon
  | ItemIsWorth
  | YouKeep
  | YouLose
  | YouLost
  | PaymentDue
  | AuctionCancelled
  | AuctioneerCloses
  | RequestTimeUp
  | BidTimeUp
  | LineTimeUp
  | LobbyTimeUp
  | SaleBegins
  | SaleBeginsByOrder
  | LotsAreDone
  | LotIsDone
  | YouAre
  | LotWithdrawn
  | LotComesBefore
  | LotIsAdded
  | LotComesAgain
  | SaleIsVoided
  | NothingDue
  | LotUp
  | CatalogueNumber
  | OnSale
  | DescriptionIs
  | PictureIs
  | FormatIs
  | OpensIn
  | BuyPrice
  | TimeLeft
  | AmountOrPass
  | YourLot
  | HavePassed
  | WaitForNextLot
  | AskAnytime
  | NotUnderstood
  | BidTooLow
  | BidTooHigh
  | AboveLimit
  | TooManyLots
  | BidTooSoon
  | NotAccepted
  | RepeatBid
  | BidWas
  | VoidedBidWas
  | BidsListed
  | RepeatMaximum
  | MaximumIs
  | NoMaximum
  | MaximumTooLow
  | YouHold
  | BidForYou
  | Outbid
  | Asking
  | HighestBid
  | ReserveMet
  | ReserveNotMet
  | TimeExtended
  | GoingOnce
  | GoingTwice
  | AuctionPaused
  | Paused
  | AuctionResumed
  | MoreTime
  | Voided
  | YouAreExpelled
  | AuctioneerSays
  | BiddingClosed
  | SoldTo
  | NobodyBought
  | SaleOver
  | LotOver
  | ServerBusy
  | BiddingOngoing
  | AskPass
  | PassWithdrawn
  | YouAreReadmitted
  | HelpPass
  | BuyerIs
  | YouArePaddle
  | TicketIs
  | RoomIs
  | RoomsInUse
  | Pong
  | Help
  | TimeIs
  | JsonFollows
  | Goodbye
  | CameBack
  | SeatGivenUp
  | BidStands
  | ResultOf
  | RoleWatcher
  | NothingOnSale
  | SaleNotBegun
  | BuyersThere
  | BuyersPresent
  | BidsIn
  | BidsSoFar
  | SaleLot
  | LotNow
  | MyLot
  | AllLots
  | SaleListed
  | AccountIs
  | DeskOf
  | DeskAuction
  | DeskSeat
  | DeskBid
  | DeskOrder
  | DeskGone
  | PassCodeIs
  | HelpLots
  | HelpDesk
  | LineTooLong
  | TooManyLines
  | AddressBanned
  | Done
  | NotDone
  | NewsOf
  | NewsLeftOut;
