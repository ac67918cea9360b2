"""Taking part in one auction, over one connection."""

from functools import partial

from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint
from twisted.internet.protocol import Factory

from twisted_auction.client.person import Ending, Person, Role
from twisted_auction.client.protocol import AuctionClient
from twisted_auction.wire.lines import DELIMITER

HINT_DELAY = 3.0
"""Seconds of silence after which the person is told a possible reason."""


async def join(
    endpoint: IStreamClientEndpoint,
    person: Person,
    role: type[Role] | None = None,
    clock: IReactorTime | None = None,
    has_hint: bool = False,
    end: bytes = DELIMITER,
) -> Ending:
    """Take a person through one auction, or one sale.

    :param role: the role that the person came for; None if either will do.
    :param clock: counts the seconds of silence after which a line counts that has no end, as other
        servers of the assignment send them; None where the server is ours.
    :param has_hint: True if a person that hears nothing is told why that may be.
    :param end: what ends the lines that are sent; empty for servers that take it for a part of the
        line.
    :return: how it ended, once the connection is closed. Cancelling it hangs up.
    :raises Exception: the endpoint's own error if there is no connection.
    """
    client = await endpoint.connect(
        Factory.forProtocol(partial(AuctionClient, person, role, clock, end))
    )
    assert isinstance(client, AuctionClient)
    if clock is None or not has_hint:
        return await client.ended
    hint = clock.callLater(HINT_DELAY, client.explain_silence)
    try:
        return await client.ended
    finally:
        if hint.active():
            hint.cancel()
