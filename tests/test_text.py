from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.text import printable


class PrintableTests(SynchronousTestCase):
    def test_printable(self) -> None:
        self.assertEqual(
            printable("Schild № 5 🗡\x1b[31m\u202e\x00"), "Schild № 5 🗡\\x1b[31m\\u202e\\x00"
        )
        for text in ["❤\ufe0f\u200d🔥", "می\u200cخواهم"]:
            self.assertEqual(printable(text), text)
        self.assertEqual(printable("\u200b\ufeff"), "\\u200b\\ufeff")
