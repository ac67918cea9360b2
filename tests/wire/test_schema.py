import json

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from twisted.trial.unittest import SynchronousTestCase

from tests.simulation.run import run
from tests.wire.support import JSON_ALONE, LINES, messages_of
from twisted_auction.server.session import Session
from twisted_auction.wire import messages, schema
from twisted_auction.wire.json import MAX_JSON_NUMBER
from twisted_auction.wire.letter import Letter

SCHEMA = json.loads(schema.PATH.read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
DEFINITIONS = {
    name: Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]})
    for name in SCHEMA["$defs"]
}
"""Validators by message type, because one validator for all 74 types is slow."""


class SchemaTests(SynchronousTestCase):
    def test_current(self) -> None:
        """The file in the package agrees with the table of messages."""
        self.assertEqual(schema.PATH.read_text(), schema.text())
        Draft202012Validator.check_schema(schema.schema())

    def test_every_message(self) -> None:
        VALIDATOR.validate(json.loads(Letter(*JSON_ALONE, *(message for message, _ in LINES)).json))
        VALIDATOR.validate([])

    @given(st.sampled_from(messages.MESSAGES).flatmap(messages_of))
    def test_any_message(self, message: messages.Message) -> None:
        VALIDATOR.validate(json.loads(Letter(message).json))

    def test_refused(self) -> None:
        for letter in [
            {"type": "role_seller"},
            [{}],
            [{"type": "role"}],
            [{"type": "role_seller", "who": 1}],
            [{"type": "you_hold"}],
            [{"type": "you_hold", "amount": "5"}],
            [{"type": "you_hold", "amount": -5}],
            [{"type": "you_hold", "amount": 5.5}],
            [{"type": "you_hold", "amount": MAX_JSON_NUMBER + 1}],
            [{"type": "you_hold", "amount": None}],
            [{"type": "on_sale", "item_name": 5}],
        ]:
            self.assertFalse(VALIDATOR.is_valid(letter), letter)

    def test_simulated(self) -> None:
        """Every message from the servers of the simulation."""
        told: set[messages.Message] = set()
        for name in ("send", "dismiss"):
            deliver = getattr(Session, name)

            def record(self: Session, letter: Letter, deliver=deliver) -> None:  # type: ignore[no-untyped-def]
                told.update(letter.messages)
                deliver(self, letter)

            self.patch(Session, name, record)
        for seed in range(20):
            self.assertEqual(run(seed).problem, "")
        self.assertGreater(len({type(message) for message in told}), 50)
        for message in told:
            (sent,) = json.loads(Letter(message).json)
            DEFINITIONS[message.type_name].validate(sent)
