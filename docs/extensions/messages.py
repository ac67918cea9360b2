"""A Sphinx directive that lists every message of the server in both codings, from its table."""

import inspect

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from twisted_auction.wire.messages import MESSAGES, Message
from twisted_auction.wire.schema import JSON_ALONE

KINDS = {int: "NUMBER", str: "TEXT"}
"""What stands for the value of a field."""


def described(cls: type[Message]) -> list[str]:
    """Describe a message as an item of a definition list, in reStructuredText."""
    fields = [f'"{name}": {KINDS[kind]}' for name, kind in cls.field_types.items()]
    shown = ", ".join([f'"type": "{cls.type_name}"', *fields])
    return [
        f"``{cls.type_name}``",
        *(f"   {text}" for text in inspect.getdoc(cls).splitlines()),
        "",
        f"   | ``{cls.line}``" if cls.line else f"   | {JSON_ALONE}",
        f"   | ``{{{shown}}}``",
        "",
    ]


class Messages(SphinxDirective):
    """``.. messages::`` lists them in the order of the table."""

    def run(self) -> list[nodes.Node]:
        """Make the list."""
        source = inspect.getsourcefile(Message) or ""
        lines = StringList([line for cls in MESSAGES for line in described(cls)], source=source)
        container = nodes.container()
        self.state.nested_parse(lines, self.content_offset, container)
        return container.children


def setup(app: Sphinx) -> dict[str, bool]:
    """Let Sphinx know the directive."""
    app.add_directive("messages", Messages)
    return {"parallel_read_safe": True}
