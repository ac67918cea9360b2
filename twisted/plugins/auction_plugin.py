from twisted.application.service import ServiceMaker

auction = ServiceMaker(
    "Auction",
    "twisted_auction.tap",
    "An auctioneer for sealed-bid, English and Dutch auctions.",
    "auction",
)
