"""The JSON Schema of all messages, made from the table of messages.

``python -m twisted_auction.wire.schema`` prints it. The package has it as ``wire/protocol.json``,
and a test compares this file with the table.
"""

import json
from pathlib import Path

from twisted_auction.wire.json import LARGE_NUMBER, MAX_JSON_NUMBER
from twisted_auction.wire.messages import MESSAGES, Message

PATH = Path(__file__).with_name("protocol.json")
"""The file with the schema in the package."""

JSON_ALONE = "In JSON alone."
"""Describes a message without a line."""

Json = dict[str, object]


def schema() -> Json:
    """Return the JSON Schema of one letter: an array of messages."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A letter from twisted-auction",
        "type": "array",
        "items": {"oneOf": [{"$ref": f"#/$defs/{cls.type_name}"} for cls in MESSAGES]},
        "$defs": {
            "text": {"type": "string"},
            "whole_number": {
                "description": f"Above {MAX_JSON_NUMBER}, a string of digits.",
                "oneOf": [
                    {"type": "integer", "minimum": 0, "maximum": MAX_JSON_NUMBER},
                    {"type": "string", "pattern": f"^{LARGE_NUMBER}$"},
                ],
            },
            "sentence": {
                "description": "A text that the server has built. A value is a number, a text of a "
                "person, a sentence, or a message.",
                "type": "object",
                "properties": {
                    "pattern": {"$ref": "#/$defs/text"},
                    "values": {"type": "object"},
                },
                "required": ["pattern", "values"],
                "additionalProperties": False,
            },
            **{cls.type_name: _message(cls) for cls in MESSAGES},
        },
    }


def text() -> str:
    """Return the text of the file."""
    return json.dumps(schema(), indent=2) + "\n"


def _message(cls: type[Message]) -> Json:
    kinds = {int: "whole_number", str: "text"}
    sentence = {} if cls.built_field is None else {"sentence": {"$ref": "#/$defs/sentence"}}
    return {
        "title": cls.line or JSON_ALONE,
        "type": "object",
        "properties": {
            "type": {"const": cls.type_name},
            **{name: {"$ref": f"#/$defs/{kinds[kind]}"} for name, kind in cls.field_types.items()},
            **sentence,
        },
        "required": ["type", *cls.field_types],
        "additionalProperties": False,
    }


if __name__ == "__main__":
    print(text(), end="")
