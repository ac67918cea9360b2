"""An example of every message, and a strategy for any values."""

from collections.abc import Callable

from hypothesis import strategies as st

from twisted_auction.wire import messages

JSON_ALONE = [messages.TimeLeft("end", 30), messages.BuyPrice(300)]
"""An example of every message without a line."""

LINES = [
    (messages.RoleSeller(), "Your role is: [Seller]"),
    (messages.AskRequest(), "Please submit auction request:"),
    (messages.RequestRefused(""), "Invalid auction request!"),
    (
        messages.RequestRefused("number_of_bids must be 1 to 9."),
        "Invalid auction request! number_of_bids must be 1 to 9.",
    ),
    (
        messages.RequestReceived("2 100 3 WolfPackSword"),
        "Auction request received: 2 100 3 WolfPackSword",
    ),
    (messages.RequestAlreadyIn(), "Your auction request is already in. Please wait..."),
    (messages.RoleBuyer(), "Your role is: [Buyer]"),
    (
        messages.WaitingForBuyers(),
        "The Auctioneer is still waiting for other Buyer to connect...",
    ),
    (messages.BiddingStart(), "Bidding start!"),
    (messages.AskBid(), "Please submit your bid:"),
    (messages.BidRefused(""), "Invalid bid. Please submit a positive integer!"),
    (messages.BidReceived(), "Bid received. Please wait..."),
    (messages.BiddingNotOpen(), "Bidding has not started. Please wait..."),
    (messages.BidAlreadyIn(), "Your bid is already in. Please wait..."),
    (messages.BidChanged(), "Your bid is changed."),
    (messages.BidWithdrawn(), "Your bid is withdrawn."),
    (messages.NoBidYet(), "You have no bid to withdraw."),
    (messages.EndsIn(266400), "Bidding ends in 3 days 2 hours."),
    (messages.BidsSoFar(7), "Bids: 7."),
    (messages.AuctionFinished(), "Auction finished!"),
    (
        messages.SoldFor("WolfPackSword", 150),
        "Success! Your item WolfPackSword has been sold for $150",
    ),
    (
        messages.NotSold("WolfPackSword"),
        "Unfortunately your item WolfPackSword was not sold in the auction.",
    ),
    (
        messages.YouWon("WolfPackSword", 150),
        "You won this item WolfPackSword! Your payment due is $150",
    ),
    (messages.ItemIsWorth(180), "This item is worth $180 to you."),
    (messages.YouKeep(30), "You keep $30."),
    (messages.YouLose(20), "You lose $20."),
    (messages.YouLost(), "Unfortunately you did not win in the last round."),
    (messages.PaymentDue(120), "Your payment due is $120"),
    (messages.YouAre(3), "You are Buyer 3."),
    (messages.SaleBegins(720), "The sale begins in 12 minutes."),
    (messages.SaleBegins(90061), "The sale begins in 1 day 1 hour 1 minute 1 second."),
    (messages.SaleBegins(0), "The sale begins in 0 seconds."),
    (messages.SaleBeginsByOrder(), "The sale begins when the Auctioneer starts it."),
    (messages.LotsAreDone(600), "All lots have been up. The sale ends in 10 minutes."),
    (messages.LotIsDone(600), "This lot has been up. Its room closes in 10 minutes."),
    (messages.LotWithdrawn("12a"), "Lot 12a is withdrawn."),
    (messages.LotComesBefore("7", "12a"), "Lot 7 comes before lot 12a now."),
    (messages.LotIsAdded("61", "Oak chest"), "Lot 61 is added: Oak chest"),
    (messages.LotComesAgain("3"), "Lot 3 will be offered again."),
    (messages.SaleIsVoided("3", ""), "The sale of lot 3 is voided."),
    (
        messages.SaleIsVoided("3", "The handle came off."),
        "The sale of lot 3 is voided. The handle came off.",
    ),
    (messages.NothingDue(50, "3"), "You do not owe $50 for lot 3."),
    (messages.LotUp(2, 5), "Lot 2 of 5."),
    (messages.CatalogueNumber("12a"), "Catalogue number: 12a."),
    (messages.OnSale("WolfPackSword"), "On sale: WolfPackSword"),
    (messages.DescriptionIs("It is sharp."), "Description: It is sharp."),
    (messages.PictureIs("sword.jpg"), "Picture: sword.jpg"),
    (messages.YourLot(), "This lot is yours. You cannot bid on it."),
    (
        messages.FormatIs("english", 100, "Each bid is at least $5 above the highest."),
        "Format: english, from $100. Each bid is at least $5 above the highest.",
    ),
    (messages.OpensIn(5), "Bidding opens in 5 seconds."),
    (messages.WaitForNextLot(), "Please wait for the next lot."),
    (messages.AskAnytime("type an amount to bid."), "At any time: type an amount to bid."),
    (messages.NotUnderstood(), "Not understood."),
    (messages.BidTooLow(110), "Bid too low! The least acceptable bid is $110."),
    (
        messages.BidTooLow(2 * 10**18 - 2),
        "Bid too low! The least acceptable bid is $1999999999999999998.",
    ),
    (messages.BidTooHigh(1000), "Bid too high! The greatest acceptable bid is $1000."),
    (messages.BidTooSoon(1), "Too many bids! Bid again in 1 second."),
    (messages.BidTooSoon(11), "Too many bids! Bid again in 11 seconds."),
    (messages.AmountOrPass(), "Type an amount, or pass."),
    (messages.HavePassed(), "You have passed this lot. Please wait..."),
    (messages.NotAccepted(""), "Not accepted."),
    (
        messages.NotAccepted("Even amounts are not taken."),
        "Not accepted. Even amounts are not taken.",
    ),
    (messages.BuyerBid(3, 180), "Buyer 3 bid $180."),
    (messages.RepeatBid(5000), "Please repeat your bid to confirm: $5000"),
    (messages.RepeatMaximum(5000), "Please repeat your maximum to confirm: max 5000"),
    (messages.MaximumIs(180), "Your maximum is $180."),
    (messages.NoMaximum(), "You have no maximum."),
    (messages.MaximumTooLow(150), "Your maximum must be at least your bid: $150."),
    (
        messages.BidForYou(151),
        "The Auctioneer has bid $151 for you.",
    ),
    (messages.YouHold(105), "You hold the highest bid: $105."),
    (messages.Outbid(2, 110), "You have been outbid: Buyer 2 bids $110."),
    (messages.Asking(100, 60), "Asking price: $100. Seconds left: 60."),
    (
        messages.HighestBid(105, 2, 110, 42),
        "Highest bid: $105 by Buyer 2. Asking price: $110. Seconds left: 42.",
    ),
    (messages.BidWas(2, 150), "Bid: $150 by Buyer 2."),
    (messages.VoidedBidWas(2, 500), "Voided bid: $500 by Buyer 2."),
    (messages.BidsListed(20, 25), "Bids listed: 20 of 25."),
    (messages.ReserveMet(), "The reserve is met."),
    (messages.ReserveNotMet(), "The reserve is not met."),
    (messages.TimeExtended(), "Time extended!"),
    (messages.GoingOnce(), "Going once!"),
    (messages.GoingTwice(), "Going twice!"),
    (messages.AuctionPaused(), "The auction is paused."),
    (messages.Paused(), "Paused. Please wait..."),
    (messages.AuctionResumed(), "The auction goes on."),
    (messages.MoreTime(90), "Time extended! Seconds left: 90."),
    (messages.Voided(500, 3, ""), "Voided: $500 by Buyer 3."),
    (messages.Voided(500, 3, "A slip."), "Voided: $500 by Buyer 3. A slip."),
    (messages.YouAreExpelled(""), "You have been expelled."),
    (messages.YouAreExpelled("Be quiet."), "You have been expelled. Be quiet."),
    (messages.AuctioneerSays("Tea is served."), "The Auctioneer says: Tea is served."),
    (messages.BiddingClosed("Seller"), "The Seller has closed the bidding."),
    (messages.SoldTo("WolfPackSword", 2, 110), "Sold: WolfPackSword to Buyer 2 for $110"),
    (messages.NobodyBought("WolfPackSword"), "Not sold: WolfPackSword"),
    (messages.SaleOver(), "The sale is over."),
    (messages.LotOver(), "This lot is over."),
    (messages.Done("the bidding is closed."), "Done: the bidding is closed."),
    (messages.NotDone("bidding is not open."), "Not done: bidding is not open."),
    (messages.AddressBanned(), "Your address is banned from this server."),
    (messages.NewsOf("main", "Buyer 1 bid $5"), "News of main: Buyer 1 bid $5"),
    (messages.NewsLeftOut(12), "News left out: 12 lines."),
    (
        messages.AuctionCancelled("The Seller has left."),
        "Auction cancelled! The Seller has left.",
    ),
    (
        messages.AuctioneerCloses("This auction has no result."),
        "The Auctioneer is closing. This auction has no result.",
    ),
    (messages.RequestTimeUp(300), "Time is up! No valid auction request came within 300 seconds."),
    (
        messages.LineTimeUp(30),
        "Time is up! Your line did not end within 30 seconds.",
    ),
    (messages.AboveLimit(400, 500), "Above your limit: you are bound for $400 of $500."),
    (messages.TooManyLots(2, 2), "Above your limit of lots: you are bound for 2 of 2."),
    (messages.TooManyLines(), "Too many lines."),
    (messages.LobbyTimeUp(60), "Time is up! You said nothing for 60 seconds."),
    (messages.BidTimeUp(300), "Time is up! No valid bid came within 300 seconds."),
    (messages.ServerBusy(), "Server busy!"),
    (messages.BiddingOngoing(), "Bidding on-going!"),
    (messages.LineTooLong(), "Line too long."),
    (messages.AskPass(), "Please submit your pass code:"),
    (messages.PassWithdrawn(), "Your pass code is not valid any more."),
    (messages.YouAreReadmitted("main"), "You may come back to room main."),
    (messages.HelpPass(), "First say who you are: PASS code."),
    (messages.BuyerIs(17, "Ada Smith"), "Buyer 17 is Ada Smith."),
    (messages.YouArePaddle(17, "Ada Smith"), "You are paddle 17, Ada Smith."),
    (messages.TicketIs("4f2a"), "Ticket: 4f2a"),
    (messages.CameBack(), "You have come back by another connection."),
    (messages.SeatGivenUp(), "Your seat was given up while you were away."),
    (messages.BidStands(150), "Your bid of $150 stands."),
    (messages.ResultOf(2, 5), "Result of lot 2 of 5:"),
    (messages.RoleWatcher(), "Your role is: [Watcher]"),
    (messages.NothingOnSale(), "Nothing is on sale."),
    (messages.SaleNotBegun(), "The sale has not begun."),
    (messages.BuyersThere(1, 3), "Buyers: 1 of 3."),
    (messages.BuyersPresent(3), "Buyers: 3."),
    (messages.BidsIn(2, 3), "Bids: 2 of 3."),
    (
        messages.RoomIs("antiques", "Sword, english, Buyers: 1 of 2"),
        "Room antiques: Sword, english, Buyers: 1 of 2.",
    ),
    (messages.RoomsInUse(3), "Rooms: 3."),
    (messages.Pong("hello"), "Pong: hello"),
    (
        messages.TimeIs("2026-12-05T21:00", "Europe/Berlin"),
        "It is 2026-12-05T21:00 in the time zone Europe/Berlin.",
    ),
    (
        messages.Help(),
        "Say one of: LIST, JOIN room, WATCH room, RESUME ticket, PING text, JSON, HELP, "
        "QUIT [ticket].",
    ),
    (
        messages.SaleLot(2, 3, "12a", "sold", 4, 150, "english", 100, "Chest", "Oak.", "chest.jpg"),
        "Sale: 2. 3 [12a] sold, Buyer 4, $150, english from $100: Chest | Oak. | chest.jpg",
    ),
    (
        messages.SaleLot(5, 4, "", "to_come", 0, 0, "dutch", 80, "Rope", "", ""),
        "Sale: 5. 4 [] to_come, Buyer 0, $0, dutch from $80: Rope |  |",
    ),
    (
        messages.LotNow(1, "12_a", "open", 135, 4, 140, 0, 42),
        "Now: lot 1 in room 12_a, open, $135 by Buyer 4, asking price $140, paused 0, "
        "seconds left: 42.",
    ),
    (
        messages.MyLot(1, "12_a", "outbid", 135, 0, "12/a", "Oak chest"),
        "Yours: lot 1 in room 12_a, outbid, $135 [12/a]: Oak chest",
    ),
    (
        messages.MyLot(1, "12_a", "highest", 135, 180, "", "Oak chest"),
        "Yours: lot 1 in room 12_a, highest, $135, maximum $180 []: Oak chest",
    ),
    (messages.AllLots(30), "All lots: 30."),
    (messages.HelpLots(), "About all lots: SALE * [number], WATCH *, MINE."),
    (messages.SaleListed(2, 1, 60), "Sale: 2 lots from place 1, 60 lots in all."),
    (
        messages.AccountIs(2, 230, 300, 500, 0),
        "Your account: 2 lots won, $230 due, $300 bound, limit $500, 0 lots at most.",
    ),
    (messages.DeskOf("main"), "Desk of main."),
    (
        messages.DeskAuction(
            "open", 3, 60, "12a", "english", "Chest", 135, 4, 140, 0, 0, 21, 2, 40, 0, 42
        ),
        "Desk: open, lot 3 of 60 [12a] english: Chest | Bid: $135 by Buyer 4. Asking price: $140. "
        "Sealed bids: 0, awaited: 0. Seller: 21. Watchers: 2. People: 40. Paused: 0. "
        "Seconds left: 42.",
    ),
    (
        messages.DeskSeat(17, "buyer", "away", 40, "Ada Smith", 85, 500, 1, 0),
        "Desk: paddle 17, buyer, away for 40 s: Ada Smith | $85 of $500, 1 of 0 lots.",
    ),
    (messages.DeskBid(7, 4, 135, 3), "Desk: bid 7, Buyer 4, $135, 3 s ago."),
    (
        messages.DeskOrder(2, "void", "paddle 100", 61, 31, 5000, "12a", "", "A slip."),
        "Desk: order 2, void, by paddle 100, 61 s ago: Buyer 31, $5000, lot 12a, before  | A slip.",
    ),
    (messages.DeskGone("desk_bid", 7), "Desk: no desk_bid 7 any more."),
    (
        messages.PassCodeIs(57, "Ada Smith", "7QJ4 M2XK 9TCA"),
        "Pass code of paddle 57, Ada Smith: 7QJ4 M2XK 9TCA",
    ),
    (
        messages.HelpDesk(),
        "At the desk: SALE room [number], ORDER words, DESK room, "
        "ADMIT paddle [limit=amount] name.",
    ),
    (messages.JsonFollows(), "What follows is JSON."),
    (messages.Goodbye(), "Goodbye."),
]

TEXTS = st.text(min_size=1, max_size=60).filter(
    lambda text: text.isprintable() and text == text.strip()
)
FIELDS: dict[type, st.SearchStrategy[object]] = {int: st.integers(0, 10**18 - 1), str: TEXTS}


def messages_of(cls: type[messages.Message]) -> st.SearchStrategy[messages.Message]:
    """Messages of one class, with any possible values."""
    build: Callable[..., messages.Message] = cls
    strategies = {name: FIELDS[kind] for name, kind in cls.field_types.items()}
    if cls is messages.RoomIs:
        strategies["name"] = st.from_regex("[A-Za-z0-9_-]{1,32}", fullmatch=True)
    return st.builds(build, **strategies)
