"""Short second implementations of the rules, written from their definitions."""

from typing import NamedTuple

Steps = list[tuple[int, int]]
"""A table of increments: the price from which each holds, and the increment."""


class Prices(NamedTuple):
    """The prices of an English auction, in whole dollars.

    :param reserve: the hidden reserve; 0 for none.
    :param buy: the price to buy at once; 0 for none.
    """

    lowest: int
    steps: Steps
    reserve: int = 0
    buy: int = 0

    def asking(self, highest: int) -> int:
        """The least bid above the highest one of this amount; 0 without a bid."""
        steps = [step for step in self.steps if step[0] <= highest]
        return highest + max(steps)[1] if highest else self.lowest


def settle(
    type_of_auction: int, lowest_price: int, bids: list[tuple[int, int]]
) -> tuple[int, int] | None:
    """Sealed bids (the assignment, step 7): the winner and its payment.

    :param bids: (Buyer, amount) in order of arrival.
    """
    winner = None
    for buyer, amount in bids:
        if winner is None or amount > winner[1]:
            winner = (buyer, amount)
    if winner is None or winner[1] < lowest_price:
        return None
    all_bids = sorted([amount for _, amount in bids] + [lowest_price])
    return (winner[0], winner[1] if type_of_auction == 1 else all_bids[-2])


def lot_is_over(silent: set[int], there: set[int], steps: list[tuple[str, int]]) -> int | None:
    """The step with which a sealed lot of a sale ends early, or None.

    :param silent: the Buyers who have missed a lot and sent nothing since.
    :param there: the Buyers present when the lot opened.
    :param steps: ("speaks", Buyer), ("answers", Buyer) with a bid or a pass, or ("leaves", Buyer).
    """
    asked = set(there)
    waited_for = asked - silent or set(asked)
    is_answered = False
    for place, (step, who) in enumerate(steps):
        if who not in asked:
            continue
        if step == "speaks":
            waited_for.add(who)
            continue
        asked.remove(who)
        waited_for.discard(who)
        is_answered |= step == "answers"
        if not waited_for:
            if is_answered or not asked:
                return place
            waited_for = set(asked)
    return None


def english(
    prices: Prices, duration: int, extension: int, said: list[tuple[float, int]]
) -> tuple[list[bool], float]:
    """An English auction that opens at 0: its valid bids, and its end.

    :param said: (instant, amount) in order.
    """
    end, least = float(duration), prices.lowest
    verdicts = []
    for when, amount in said:
        good = when < end and amount >= least
        verdicts.append(good)
        if good:
            least = prices.asking(amount)
            end = max(end, when + extension)
    return verdicts, end


def dutch(start: int, step: int, interval: int, lowest_price: int, when: float) -> int | None:
    """The price on the clock of a Dutch auction that opens at 0; None after its end."""
    prices = [start]
    while prices[-1] > lowest_price:
        prices.append(max(prices[-1] - step, lowest_price))
    place = int(when // interval)
    return prices[place] if place < len(prices) else None


def highest_after_void(
    bids: list[tuple[int, int]], expelled: set[int]
) -> tuple[list[tuple[int, int]], tuple[int, int] | None]:
    """The open bids that count once the highest is voided, and the one that is the highest now.

    :param bids: (Buyer, amount), with the highest last.
    """
    voided, _ = bids[-1]
    while bids and (bids[-1][0] == voided or bids[-1][0] in expelled):
        bids = bids[:-1]
    return bids, bids[-1] if bids else None


def contest(
    prices: Prices, holder: int | None, price: int, kept: dict[int, int], least: int
) -> tuple[int | None, int]:
    """The highest bid after the maxima have contended, by a clock that rises dollar by dollar: each
    Buyer leaves at its maximum, and the last one needs an increment above the clock. The clock
    stops at the price to buy at once, unless more was asked before.

    :param holder: the Buyer with the highest bid of ``price`` before; None without one.
    :param kept: the maxima by Buyer, the earliest first.
    :param least: the least maximum that can outbid the holder: ``price`` in answer to its bid.
    """
    if holder is not None and price == prices.buy:
        return holder, price
    if least <= prices.buy:
        kept = {buyer: min(most, prices.buy) for buyer, most in kept.items()}
    # A bid within its Buyer's own maximum is as early as this maximum.
    order = [*kept]
    later = order[order.index(holder) :] if holder in kept and kept[holder] >= price else []
    there = [
        buyer
        for buyer, most in kept.items()
        if (most > price if buyer == holder else most >= max(least, price + (buyer in later)))
    ]
    if any(buyer != holder for buyer in there):
        clock, is_alone = price, holder is None and len(there) == 1
        while len([buyer for buyer in there if kept[buyer] > clock]) > 1:
            clock += 1
        last = [buyer for buyer in there if kept[buyer] >= clock]
        holder = max(last, key=lambda buyer: kept[buyer])
        price = prices.lowest if is_alone else min(kept[holder], prices.asking(clock))
    if holder in there and kept[holder] >= prices.reserve:
        price = max(price, prices.reserve)
    return holder, price


def maxima(prices: Prices, said: list[tuple[str, int, int]]) -> list[tuple[int | None, int]]:
    """English bidding with maximum bids.

    :param said: ("max" or "bid", Buyer, amount) in order.
    :return: the Buyer with the highest bid, and that bid, after each line.
    """
    holder, price = None, 0
    kept: dict[int, int] = {}
    highest = []
    for word, who, amount in said:
        asking = prices.asking(price)
        is_own = word == "max" and who == holder
        is_over = holder is not None and price == prices.buy
        if amount >= (price if is_own else asking) and not is_over:
            if word == "bid":
                holder, price = who, min(amount, prices.buy) if asking <= prices.buy else amount
            elif is_own or amount <= kept.get(who, 0):
                kept[who] = amount
            else:
                kept = {buyer: most for buyer, most in kept.items() if buyer != who}
                kept[who] = amount
            least = price if word == "bid" else asking
            holder, price = contest(prices, holder, price, kept, least)
        highest.append((holder, price))
    return highest
