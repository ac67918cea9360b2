"""Taking part in one auction over one connection."""

from functools import partial

from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint
from twisted.internet.protocol import Factory

from twisted_auction.client.person import Ending, Person, Role
from twisted_auction.client.protocol import AuctionClient
from twisted_auction.wire.lines import DELIMITER

HINT_DELAY = 3.0
"""Seconds after connecting until a silent server is explained to the person."""


async def join(
    endpoint: IStreamClientEndpoint,
    person: Person,
    role: type[Role] | None = None,
    clock: IReactorTime | None = None,
    has_hint: bool = False,
    end: bytes = DELIMITER,
) -> Ending:
    """Take a person through one auction, or one sale.

    :param role: the role that the person wants; None for either.
    :param clock: times the silences that end an unterminated line: other servers of the assignment
        send such lines. None if the server is ours.
    :param has_hint: True to tell the person, :data:`HINT_DELAY` seconds after connecting to a
        silent server, what the reason may be. Needs the clock.
    :param end: the bytes after each line sent; empty for servers that count a line end as text.
    :return: how the visit ended, once the connection is closed. Cancelling it disconnects.
    :raises Exception: the endpoint's own error if the connection fails.
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
