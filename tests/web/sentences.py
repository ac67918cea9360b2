"""The sentences of the package that pages can show, read from its source."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import twisted_auction

PACKAGE = Path(twisted_auction.__file__).parent

MAKERS = {"Sentence", "OrderRefused", "NoRoom", "NotDone"}
"""The calls whose first argument is a sentence, or the pattern of one."""

REFUSING = {"desk.py", "orders.py", "people_file.py", "sale_list.py"}
"""The modules of the server whose ValueErrors a client reads."""


def sentences() -> set[str]:
    """All sentences and patterns with a letter outside of braces."""
    found: set[str] = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        is_refusing = path.parent.name == "server" and path.name in REFUSING
        makers = MAKERS | {"ValueError"} if is_refusing else MAKERS
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args and _name(node.func) in makers:
                found.update(_constants(node.args[0], path))
    return {text for text in found if re.search("[a-zA-Z]", re.sub(r"{\w+}", "", text))}


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _constants(argument: ast.expr, path: Path) -> Iterator[str]:
    """The texts that an argument can be, as far as they stand in the source or its constants."""
    match argument:
        case ast.Constant(str(text)):
            yield text
        case ast.IfExp():
            yield from _constants(argument.body, path)
            yield from _constants(argument.orelse, path)
        case ast.Name(name) | ast.Attribute(attr=name) if name.isupper():
            dots = path.relative_to(PACKAGE.parent).with_suffix("").parts
            module = importlib.import_module(".".join(dots))
            scope = module if isinstance(argument, ast.Name) else module.messages
            text = getattr(scope, name)
            if isinstance(text, str):
                yield text
