"""What the scripts of the pages know of the server's messages."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.web import types
from tests.web.letters import snapshots
from tests.web.node import node
from twisted_auction.testing import MemoryHouse
from twisted_auction.wire import messages
from twisted_auction.wire.json import json_number

FOLDER = Path(__file__).parent


class TypesTests(SynchronousTestCase):
    def test_current(self) -> None:
        """The types in the package agree with the table of messages."""
        self.assertEqual(types.PATH.read_text(encoding="utf-8"), types.text())

    def test_words_of_the_server(self) -> None:
        """The page knows three refusals by their words."""
        state = (types.STATIC / "state.js").read_text(encoding="utf-8")
        words = dict(re.findall(r'export const (NO_\w+) = "(.+)";', state))
        house = MemoryHouse()
        client = house.connect_to_lobby("JSON", "RESUME x")
        house.advance(2)
        refusal = client.read_json()[-1][0]
        house.close()
        self.assertEqual(
            words,
            {
                "NO_PASS_YET": messages.NO_PASS_YET,
                "NO_SUCH_PASS": messages.NO_SUCH_PASS,
                "NO_SUCH_TICKET": refusal["text"],
            },
        )


NUMBERS = st.one_of(st.integers(0, 9), st.integers(0, 10**18)).map(json_number)
TEXTS = st.one_of(st.text(max_size=9), st.sampled_from(["1", "12a", "2 100 3 Sword"]))
MESSAGES = st.sampled_from(messages.MESSAGES).flatmap(
    lambda cls: st.fixed_dictionaries(
        {
            "type": st.just(cls.type_name),
            **{name: {int: NUMBERS, str: TEXTS}[kind] for name, kind in cls.field_types.items()},
        }
    )
)


def _frame(drawn: tuple[list[dict[str, Any]], bool, bool]) -> dict[str, Any]:
    letter, is_of_room, is_ended = drawn
    frame: dict[str, Any] = {"letter": letter}
    if is_of_room:
        frame |= {"room": "main", "ended": is_ended}
    return frame


LETTERS = st.tuples(
    st.lists(MESSAGES, max_size=6),
    st.sampled_from([True, True, True, False]),
    st.booleans(),
).map(_frame)
LINES = st.sampled_from(["1", "150", "accept", "pass", "close", "x"])
FRAMES = st.one_of(
    LETTERS,
    LINES.map(lambda line: {"room": "main", "say": line}),
    st.sampled_from(["LIST", "PASS x", "SALE main"]).map(lambda line: {"say": line}),
    st.sampled_from(["connecting", "live", "silent", "gone"]).map(lambda link: {"link": link}),
)


class AnyLettersTests(SynchronousTestCase):
    """Whatever came before, the page shows the last snapshot."""

    def setUp(self) -> None:
        self.snapshots = snapshots()
        self.node = subprocess.Popen(
            [node(), FOLDER / "reducer.mjs"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def tearDown(self) -> None:
        self.node.communicate()

    @settings(max_examples=200, deadline=None)
    @given(st.lists(FRAMES, max_size=12), st.integers(0, 999))
    def test_last_snapshot_shown(self, frames: list[dict[str, Any]], number: int) -> None:
        assert self.node.stdin is not None and self.node.stdout is not None
        snapshot = self.snapshots[number % len(self.snapshots)]
        self.node.stdin.write(f"{json.dumps({'frames': frames, 'snapshot': snapshot})}\n")
        self.node.stdin.flush()
        after_all, alone = json.loads(self.node.stdout.readline())
        self.assertEqual(after_all, alone)
