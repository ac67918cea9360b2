"""The types of the server's messages, for the pages: ``static/protocol.d.ts``.

They are made from the same schema as ``/protocol.json``. ``python -m tests.web.types`` writes the
file, and a test compares it with the schema.
"""

from pathlib import Path
from typing import Any

import twisted_auction
from twisted_auction.wire.schema import schema

STATIC = Path(twisted_auction.__file__).parent / "web" / "static"
"""The folder with the files of the pages."""

PATH = STATIC / "protocol.d.ts"

HEAD = """\
// The messages of the server, made from its JSON Schema by `python -m tests.web.types`.

/** A whole number; above 2^53 - 1 a string of digits. */
export type WholeNumber = number | string;

/** A text that the server has built: a value is a number, a text, a sentence or a message. */
export interface Sentence {
  pattern: string;
  values: { [name: string]: any };
}
"""


def text() -> str:
    """Return the text of the file."""
    definitions: dict[str, Any] = schema()["$defs"]  # type: ignore[assignment]  # an object
    messages = {
        name: definition
        for name, definition in definitions.items()
        if "type" in definition.get("properties", {})
    }
    interfaces = [_interface(name, definition) for name, definition in messages.items()]
    union = "".join(f"\n  | {_camel(name)}" for name in messages)
    return "\n".join([HEAD, *interfaces, f"export type Message ={union};\n"])


def _interface(name: str, definition: Any) -> str:
    kinds = {
        "#/$defs/whole_number": _number_type,
        "#/$defs/text": lambda field: "string",
        "#/$defs/sentence": lambda field: "Sentence",
    }
    fields = "".join(
        f"  {field}{'' if field in definition['required'] else '?'}: "
        f"{kinds[value['$ref']](field)};\n"
        for field, value in definition["properties"].items()
        if field != "type"
    )
    comment = f"/** {definition['title']} */\n"
    return f'{comment}export interface {_camel(name)} {{\n  type: "{name}";\n{fields}}}\n'


AMOUNTS = frozenset(
    {"amount", "asking_price", "bound", "due", "least", "limit", "maximum", "most"}
    | {"opening_price", "payment", "valuation"}
)
"""The fields with money; the others are counts and times, small enough for a number."""


def _number_type(field: str) -> str:
    return "WholeNumber" if field in AMOUNTS else "number"


def _camel(name: str) -> str:
    return "".join(word.title() for word in name.split("_"))


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
