"""The page in Chromium: the time to a price, and to the first one (:mod:`benchmarks.web`)."""

import time
from typing import TYPE_CHECKING, Any
from unittest import SkipTest

from benchmarks.measuring import running, spread
from benchmarks.web import SERVERS, Pages
from tests.browser.pages import PATIENCE, PHONE, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

PAUSE = 0.1
"""Seconds between two bids, so that no price waits for the one before."""

WATCH_PRICE = """() => {
  window.prices = [];
  const node = document.getElementById("price");
  const note = () => requestAnimationFrame(
    () => prices.push([node.textContent, performance.timeOrigin + performance.now()]));
  new MutationObserver(note).observe(node, {childList: true, characterData: true, subtree: true});
}"""
"""Notes every new price, with the instant of the frame that shows it."""

BID = """() => {
  const button = document.getElementById("take");
  const now = performance.timeOrigin + performance.now();
  button.click();
  return now;
}"""
"""Bids the asking price. The answer is the instant."""

NOTE_FIRST_PRICE = """
const first = new MutationObserver(() => {
  if (/[0-9]/.test(document.getElementById("price")?.textContent ?? "")) {
    first.disconnect();
    requestAnimationFrame(() => { window.firstPrice = performance.now(); });
  }
});
first.observe(document, {childList: true, characterData: true, subtree: true});
"""
"""Runs before the page's own scripts."""

FIRST_PRICE = """() => {
  const [navigation] = performance.getEntriesByType("navigation");
  return window.firstPrice === undefined ? null : window.firstPrice - navigation.responseEnd;
}"""
"""The milliseconds from the end of the HTML to the first price; null before it."""


def measure(prices: int, rounds: int, delay: int) -> None:
    """Measure, and print. Without Chromium, say what is missing.

    :param prices: number of bids.
    :param rounds: number of first visits with and without a delay.
    :param delay: milliseconds of a round trip that the relay puts in.
    """
    try:
        playwright, browser = chromium()
    except SkipTest as reason:
        print(f"\nNothing is measured in a browser: {reason}")
        return
    tell_prices(playwright, browser, prices)
    tell_first_prices(playwright, browser, rounds, delay)


def tell_prices(playwright: "Playwright", browser: "Browser", bids: int) -> None:
    """Let two browsers bid in turn, and print the milliseconds until the other one shows the
    price."""
    with running(SERVERS["page"]) as (_, port):
        seller = Pages(port, 0, expected=2)
        pages = [_visit(playwright, browser, port) for _ in range(2)]
        for page in pages:
            page.locator("#join").click()
        for page in pages:
            page.locator("#take:enabled").wait_for()
            page.evaluate(WATCH_PRICE)
        delays = []
        for amount in range(1, bids + 2):
            bidder, other = pages[amount % 2], pages[1 - amount % 2]
            bidder.locator(f'#take:enabled[data-amount="{amount}"]').wait_for()
            begin = bidder.evaluate(BID)
            if amount > 1:  # the first bid leaves the price as it was
                delays.append(_shown_at(other, f"${amount:,}") - begin)
            time.sleep(PAUSE)
        seller.close()
        for page in pages:
            page.context.close()
    delays.sort()
    print(
        f"\nPrice: {bids} bids in one browser, shown in another: median "
        f"{delays[len(delays) // 2]:.1f} ms, 99 % {delays[len(delays) * 99 // 100]:.1f} ms.",
        flush=True,
    )


def tell_first_prices(
    playwright: "Playwright", browser: "Browser", rounds: int, round_trip: int
) -> None:
    """Let new browsers come to an open auction, and print the time to the first price."""
    with running(SERVERS["page"]) as (_, port):
        crowd = Pages(port, 1)
        crowd.bid(150)
        taken: dict[int, list[float]] = {0: [], round_trip: []}
        for _ in range(rounds):
            for delay, times in taken.items():
                arguments = ["-m", "benchmarks.relay", "{port}", str(port), str(delay)]
                with running(arguments) as (_, relay):
                    page = _visit(playwright, browser, relay)
                    times.append(_answer(page, FIRST_PRICE))
                    page.context.close()
        crowd.close()
    print("\nFirst price, from the end of the HTML:\n")
    print("| round trip, ms | ms               | round trips      |")
    print("|----------------|------------------|------------------|")
    for delay, times in taken.items():
        trips = spread([each / delay for each in times], "{:.1f}") if delay else "-"
        print(f"| {delay:14} | {spread(times, '{:.0f}'):16} | {trips:16} |", flush=True)
    pairs = zip(taken[round_trip], taken[0], strict=True)
    trips = spread([(slow - fast) / round_trip for slow, fast in pairs], "{:.1f}")
    print(f"\nRound trips, without the time that is needed without a delay: {trips}.", flush=True)


def _visit(playwright: "Playwright", browser: "Browser", port: int) -> "Page":
    """The page of the room, on a new phone."""
    context = browser.new_context(**playwright.devices[PHONE])
    context.set_default_timeout(PATIENCE)
    context.add_init_script(NOTE_FIRST_PRICE)
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}/room/main", wait_until="commit")
    return page


def _answer(page: "Page", question: str) -> Any:
    """The first answer of a page that is not null."""
    begin = time.perf_counter()
    while (answer := page.evaluate(question)) is None:
        if time.perf_counter() - begin > PATIENCE / 1000:
            raise TimeoutError("a page shows no price")
        time.sleep(0.02)
    return answer


def _shown_at(page: "Page", price: str) -> float:
    """The instant at which a page has shown a price, in milliseconds."""
    shown: float = _answer(page, f"() => prices.find(([text]) => text === {price!r})?.[1] ?? null")
    return shown
