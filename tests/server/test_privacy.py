"""With a list of people, names and addresses are nowhere but with their persons.

One day is played twice. In the second one, every person has another name, and every client another
address. Nothing that others can read may differ.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from twisted.internet.address import IPv4Address
from twisted.internet.testing import StringTransport

from tests.support import LedgerFolderTestCase, logged_lines
from twisted_auction.house.people import People, Person, Role
from twisted_auction.ledger.storage import open_view
from twisted_auction.server.control import ControlFactory
from twisted_auction.testing import MemoryClient, MemoryHouse, pass_code, with_codes

Row = tuple[str, int, str, str]


@dataclass
class Day:
    """What was told on one day, and recorded.

    :ivar told: all lines for each client, without the line that tells it its own name.
    """

    told: dict[str, list[str]] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)


class PrivacyTests(LedgerFolderTestCase):
    def play(self, names: Callable[[int], str], network: str) -> Day:
        """Play a day: sealed and open bidding, wrong codes, a cut, another device, orders, a
        restart, and a change of the list."""
        day = Day()
        lines = logged_lines(self)
        persons = [
            Person(1, names(1), Role.SELLER, room="art"),
            *(Person(paddle, names(paddle), limit=500) for paddle in (3, 5, 17)),
            Person(20, names(20), Role.WATCHER),
        ]
        people = with_codes(People(persons))
        path = self.folder / f"ledger-{network}"
        house = MemoryHouse(people=people, ledger=path, public_view=True)
        hosts = iter(range(1, 100))

        def come(who: str, *said: str, factory: object = None) -> MemoryClient:
            address = IPv4Address("TCP", f"{network}.{next(hosts)}", 4711)
            client = MemoryClient(factory or house.lobby, address)  # type: ignore[arg-type]
            clients.append((who, client))
            client.send_lines(*said)
            house.advance()
            return client

        def sit(paddle: int, *said: str) -> MemoryClient:
            return come(f"{paddle}", f"PASS {pass_code(paddle)}", "JOIN art", *said)

        def read() -> None:
            """Read what all clients were told. A person may read its own name."""
            house.advance(0.1)
            for who, client in clients:
                own = f"You are paddle {who}, "
                for line in client.read_lines():
                    if not line.startswith(own):
                        day.told.setdefault(who, []).append(line)

        clients: list[tuple[str, MemoryClient]] = []
        operator = ControlFactory(house.rooms, house.connections).buildProtocol(None)
        transport = StringTransport()
        operator.makeConnection(transport)
        operator.dataReceived(b"follow\n")
        come("stranger", "LIST", f"PASS {pass_code(99)}", "JOIN art")
        watching = come("public", "WATCH art")
        come("20", f"PASS {pass_code(20)}", "JOIN art")
        sit(1, "2 100 3 Sword")
        buyers = [sit(paddle) for paddle in (3, 5)]
        buyers.append(come("17", f"PASS {pass_code(17)}", "JOIN art"))
        for buyer, amount in zip(buyers, ("120", "400", "150"), strict=True):
            buyer.send_lines(amount)
        house.advance(1)
        read()
        buyers[0].disconnect()
        sit(3)
        sit(5, "130")  # another device
        read()
        operator.dataReceived(b"status\n")
        sit(1, "english:duration=9:extension=0 100 1 Cup")
        buyers = [sit(3, "110"), sit(17, "120")]
        house.advance(1)
        read()
        house.rooms.replace_people(
            People(each for each in people.persons.values() if each.paddle != 17)
        )
        house.advance(1)
        read()
        operator.dataReceived(b"status\nclose room=art\n")
        house.advance(1)
        read()
        watching.send_lines("LIST")
        sit(1, "1 100 2 Rug")
        sit(3)
        house.advance(1)
        read()
        clients.clear()
        house = house.restart(after=5)
        sit(1)
        sit(3)
        sit(5)
        house.advance(1)
        read()
        house.close()
        read()
        day.told["operator"] = transport.value().decode().splitlines()
        with open_view(path) as view:
            day.rows = [(row.room, row.number, row.kind, row.body) for row in view.rows()]
        day.logged = list(lines)
        return day

    def test_pair(self) -> None:
        first = self.play("Ada {}".format, "192.0.2")
        second = self.play("\u042f\u043d\u0430 {}".format, "198.51.100")
        self.assertGreater(len(first.rows), 20)
        self.assertEqual(first.told, second.told)
        self.assertEqual(first.rows, second.rows)
        self.assertEqual(first.logged, second.logged)
        self.assertEqual(
            [*first.told], ["stranger", "public", "20", "1", "3", "5", "17", "operator"]
        )
        everything = f"{first}"
        for secret in ("Ada", "192.0.2", pass_code(17), pass_code(99)):
            self.assertNotIn(secret, everything)
        for path in (self.folder / "ledger-192.0.2", Path(f"{self.folder}/ledger-192.0.2-wal")):
            if path.exists():
                data = path.read_bytes()
                for secret in ("Ada", "192.0.2", pass_code(17)):
                    self.assertNotIn(secret.encode(), data)
