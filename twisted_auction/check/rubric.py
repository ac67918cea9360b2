"""The rubric of the assignment, as rows that a check can pass or fail."""

from twisted_auction.check.scorecard import RubricRow

SERVER_ROWS = (
    RubricRow("connect-seller", "Client 1 is connected as the Seller"),
    RubricRow("seller-role", "The Seller receives its role prompt and is asked for a request"),
    RubricRow("busy-request", "Another client during the request is told to wait, and let go"),
    RubricRow("wrong-request", "A wrong auction request receives feedback, and may be repeated"),
    RubricRow("right-request", "A right auction request is accepted: the auction starts"),
    RubricRow("connect-buyers", "Clients 2 to N+1 are connected as Buyers 1 to N"),
    RubricRow("buyer-role", "Buyers 1 to N-1 receive role and waiting prompt"),
    RubricRow("bidding-start", "Buyers 1 to N receive the bidding start prompt"),
    RubricRow("busy-bidding", "Another client during bidding is told so, and let go"),
    RubricRow("wrong-bid", "A wrong bid receives feedback, and may be repeated"),
    RubricRow("right-bid", "A right bid is acknowledged"),
    RubricRow("console", "The Auctioneer displays all bids and the result"),
    RubricRow("seller-result", "The Seller receives the result, with the price"),
    RubricRow(
        "buyer-results", "Buyers 1 to N receive the result: won with the payment due, or lost"
    ),
    RubricRow("sealed", "No Buyer hears another Buyer's bid"),
    RubricRow("closed", "All connections are closed after the result"),
    RubricRow("next-seller", "Another client after the auction becomes the Seller"),
    RubricRow("second-round", "Another round with the other type works as well"),
    RubricRow("lowest-price", "In a second-price auction the lowest price is the least payment"),
    RubricRow("unsold", "Below the lowest price nothing is sold"),
    RubricRow("seller-vanishes", "A Seller who vanishes before its request makes room for another"),
    RubricRow("buyer-vanishes", "A Buyer who vanishes before its bid does not hold up the auction"),
    RubricRow("bound-seller", "A Seller who vanishes during bidding does not break the auction"),
)
"""The part of the assignment's rubric about the server, and requirements implied by its words."""

CLIENT_ROWS = (
    RubricRow("connect", "The client connects to the host and port that it is given"),
    RubricRow("seller-role", "Seller: role and request prompt are shown"),
    RubricRow(
        "wrong-request", "Seller: a wrong request is sent, the feedback shown, another one sent"
    ),
    RubricRow("right-request", "Seller: a right request is sent, and the auction start shown"),
    RubricRow("seller-result", "Seller: the result is shown, with the price"),
    RubricRow("seller-ends", "Seller: the client ends after the result"),
    RubricRow("buyer-role", "Buyer: role and waiting prompt are shown"),
    RubricRow("bidding-start", "Buyer: the bidding start prompt is shown"),
    RubricRow("wrong-bid", "Buyer: a wrong bid is sent, the feedback shown, another one sent"),
    RubricRow("right-bid", "Buyer: a right bid is sent, and its receipt shown"),
    RubricRow("lost", "Buyer: a lost auction is shown"),
    RubricRow("buyer-ends", "Buyer: the client ends after the result"),
    RubricRow("won", "Buyer: a won auction is shown, with the payment due"),
    RubricRow("busy-request", "Turned away during a request: said so, and ended"),
    RubricRow("busy-bidding", "Turned away during bidding: said so, and ended"),
    RubricRow("pieces", "Messages that arrive in pieces, or together, are all shown"),
    RubricRow("server-vanishes", "A server that vanishes ends the client, without a traceback"),
    RubricRow("no-server", "Without a server the client ends, without a traceback"),
)
"""The part of the assignment's rubric about the client, and requirements implied by its words."""
