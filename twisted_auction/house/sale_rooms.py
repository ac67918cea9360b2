"""The rooms of a sale: one for all of its lots, one after another, or one for each lot."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.house.calendar import check_ends
from twisted_auction.house.doors import Doors, TimeIsPast, WallClock
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.catalogue import check_catalogue
from twisted_auction.rules.request import AuctionRequest, Lot
from twisted_auction.wire.verbs import ROOM_NAME, ROOM_NAME_RULE

NO_SUCH_ROOM = "there is no such room."

_IN_A_ROOM_NAME = str.maketrans("./", "__")
"""Two characters of a lot's own number are no part of a room's name."""


class NoRoom(Exception):
    """A room cannot be had; the text says why."""


def lots_by_room(lots: Sequence[Lot]) -> dict[str, tuple[Lot, ...]]:
    """Give each lot a room, named by its own number: lot ``12/a`` is in room ``12_a``. A lot
    without a number of its own is numbered by its place in the catalogue.

    :raises ValueError: if two lots would be in one room.
    """
    rooms: dict[str, tuple[Lot, ...]] = {}
    for place, lot in enumerate(lots, 1):
        label = lot.label or str(place)
        room = label.translate(_IN_A_ROOM_NAME)
        if room in rooms:
            other = rooms[room][0].label
            raise ValueError(f"lots {other} and {label} would both be in room {room}")
        rooms[room] = (Lot(lot.request, label, lot.description, lot.seller, lot.picture),)
    return rooms


def _begins_timed(catalogue: Sequence[Lot | AuctionRequest] | None) -> bool:
    """True if the first lot of a catalogue is timed, so it waits for no Buyer."""
    first = catalogue[0] if catalogue else None
    request = first.request if isinstance(first, Lot) else first
    return isinstance(request, AuctionRequest) and request.end is not None


class SaleRooms:
    """The rooms of the sale of a house, and the time of its beginning.

    :param main: the name of the room for a sale of one lot after another.
    :param catalogue: the lots; None for a house without a sale.
    :param together: True if all lots are up together, each in a room of its own.
    :param doors: when the sale begins; None for a sale that begins with its first Buyers. A sale of
        all lots together begins without them, and so does one whose first lot is timed: by default
        when its house opens.
    :param needs_count: True if a lot without doors must say how many Buyers it waits for.
    :ivar lots: the lots of each room, by the name of the room; empty without a sale.
    :ivar together: the same as the parameter.
    :ivar doors: when the sale begins; None if its first Buyers begin it.
    :raises ValueError: if an argument is impossible; the text names it.
    """

    def __init__(
        self,
        main: str,
        catalogue: Sequence[Lot | AuctionRequest] | None,
        together: bool,
        doors: Doors | None,
        needs_count: bool,
    ) -> None:
        if catalogue is None and (doors is not None or together):
            what = "is held together" if together else "has doors"
            raise ValueError(f"only the sale of a catalogue {what}")
        self.together = together
        self.lots: Mapping[str, Sequence[Lot]] = {}
        self.doors = doors or (Doors("now") if together or _begins_timed(catalogue) else None)
        if catalogue is not None:
            lots = check_catalogue(catalogue, int(needs_count and self.doors is None))
            self.lots = lots_by_room(lots) if together else {main: lots}
        self._names = [*self.lots]
        self._ended = 0  # the number of rooms known to be over, from the first one on

    @property
    def all_lots(self) -> list[Lot]:
        """The lots of all rooms, in the order of the catalogue."""
        return [lot for lots in self.lots.values() for lot in lots]

    def check_other(self, name: str) -> None:
        """Check that a room of this name can stand beside those of the sale.

        :raises NoRoom: if it cannot.
        """
        if self.together:
            raise NoRoom(NO_SUCH_ROOM)
        if ROOM_NAME.fullmatch(name) is None:
            raise NoRoom(f"a room's name is {ROOM_NAME_RULE}.")

    def is_over(self, rooms: Mapping[str, Auctioneer]) -> bool:
        """True if there was a sale, and it is over in all of its rooms."""
        names = self._names
        # A thousand rooms may end at once, and each asks. A room that is over stays so.
        while self._ended < len(names) and rooms[names[self._ended]].is_over:
            self._ended += 1
        return 0 < len(names) == self._ended

    def open(
        self,
        rooms: Mapping[str, Auctioneer],
        unfinished: Collection[str],
        ended_sales: Callable[[Iterable[str]], Mapping[str, Auction]],
        wall_clock: WallClock,
        when: float,
    ) -> None:
        """Open the doors in each room of the sale, unless its sale goes on, or is over.

        :param rooms: all rooms.
        :param unfinished: the rooms whose auctions go on.
        :param ended_sales: returns the ended sales of these rooms, each by its room.
        :param when: this instant, in seconds.
        :raises TimeIsPast: if the sale should have begun before, or a lot of it have ended.
        """
        self._ended = 0
        others = [name for name in self.lots if name not in unfinished]
        if self.doors is None:
            for name in others:
                check_ends(self.lots[name], rooms[name].terms)
            return
        ended = ended_sales(others)
        new = [name for name in others if name not in ended]
        for name in new:
            check_ends(self.lots[name], rooms[name].terms)
        for name, auction in ended.items():
            rooms[name].orders.end_sale(auction)
        if new:
            has_begun = len(new) < len(self.lots)
            starts_at = self._starts_at(wall_clock, when, has_begun)
            for name in new:
                rooms[name].orders.open_doors(starts_at)

    def _starts_at(self, wall_clock: WallClock, when: float, has_begun: bool) -> float | None:
        assert self.doors is not None
        try:
            return self.doors.starts_at(wall_clock, when)
        except TimeIsPast:
            if has_begun:  # the lot was added to the catalogue since
                return when
            raise
