"""Who wins and what they pay, once more, straight from the assignment's text (step 7)."""


def settle(
    type_of_auction: int, lowest_price: int, bids: list[tuple[int, int]]
) -> tuple[int, int] | None:
    """The winner and its payment, given (Buyer, amount) in order of arrival."""
    winner = None
    for buyer, amount in bids:
        if winner is None or amount > winner[1]:
            winner = (buyer, amount)
    if winner is None or winner[1] < lowest_price:
        return None
    all_bids = sorted([amount for _, amount in bids] + [lowest_price])
    return (winner[0], winner[1] if type_of_auction == 1 else all_bids[-2])
