from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.cli.sell import Sell


def parsed(*argv: str) -> Sell:
    options = Sell()
    options.parseOptions(list(argv))
    return options


class OptionsTests(SynchronousTestCase):
    def test_requests(self) -> None:
        for argv, request in [
            (["Sword"], "english 1 1 Sword"),
            (
                [
                    *("--format", "english", "--lowest", "100", "--bidders", "3"),
                    *("--increment", "5", "--duration", "60", "Wolf Pack Sword"),
                ],
                "english:increment=5:duration=60 100 3 Wolf Pack Sword",
            ),
            (
                ["-f", "dutch", "-l", "100", "--start=500", "--step=10", "--interval=2", "x"],
                "dutch:start=500:step=10:interval=2 100 1 x",
            ),
            (["-f", "2", "-l", "100", "-b", "40", "x"], "2 100 40 x"),
            (["-f", "2", "--lowest-price", "100", "--buyers", "40", "x"], "2 100 40 x"),
        ]:
            self.assertEqual(parsed(*argv)["request"], request)

    def test_address(self) -> None:
        for argv, where in [
            (["x"], ("127.0.0.1", "4000")),
            (["example.org", "4001", "x"], ("example.org", "4001")),
            (["tls:example.org:4001", "x"], ("tls:example.org:4001",)),
            (["--at", "tls:example.org:4001", "x"], ("tls:example.org:4001",)),
        ]:
            self.assertEqual(parsed(*argv)["where"], where)

    def test_wrong(self) -> None:
        for argv, complaint in [
            ([], "name one item, in quotes if it has blanks"),
            (["a", "b", "c", "d"], "name one item, in quotes if it has blanks"),
            (["Sword", "--lowest", "5"], "options come before everything else, also --lowest"),
            ([""], "an option or the item is empty"),
            (["-l", "", "x"], "an option or the item is empty"),
            (["-f", "", "x"], "an option or the item is empty"),
            (
                ["-f", "silent", "x"],
                "--format must be 1 (first-price), 2 (second-price), 3 (english) or 4 (dutch).",
            ),
            (
                ["-f", "dutch", "--increment", "5", "x"],
                "dutch has no rule increment; its rules are: start, step, interval.",
            ),
            (
                ["-f", "dutch", "-l", "100", "--start", "100", "x"],
                "start must be above --lowest-price.",
            ),
            (
                ["-l", "cheap", "x"],
                "--lowest-price must be a whole number from 1 to 999999999999999999.",
            ),
            (["-b", "0", "x"], "--buyers must be 1 to 999999999999999999."),
            (["x" * 256], "ITEM must be at most 255 bytes."),
            (["-l", "1" * 600, "x"], "the request is longer than 512 bytes."),
            (["\udcff"], "the item must be UTF-8 text"),
        ]:
            with self.assertRaises(usage.UsageError, msg=argv) as caught:
                parsed(*argv)
            self.assertEqual(str(caught.exception), complaint)

    def test_a_field_too_many(self) -> None:
        """An option with a blank in it does not become another request."""
        for argv in [["-f", "1 5 1 x", "Sword"], ["-l", "5 1 x", "y"], ["-b", "1 x", "y"]]:
            with self.assertRaises(usage.UsageError) as caught:
                parsed(*argv)
            self.assertEqual(str(caught.exception), "an option has a blank in it.")
