"""The containment of failures: a bug ends its own connection, and no other."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from twisted.logger import Logger

_log = Logger(namespace="auction")


class _Abortable(Protocol):
    @property
    def address(self) -> str: ...

    def abort(self) -> None: ...


Owner = TypeVar("Owner", bound=_Abortable)
Arguments = ParamSpec("Arguments")


def contain_failures(
    method: Callable[Concatenate[Owner, Arguments], None],
) -> Callable[Concatenate[Owner, Arguments], None]:
    """Make a bug in a method abort its own connection and nothing else."""

    @wraps(method)
    def guarded(self: Owner, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            method(self, *args, **kwargs)
        except Exception:
            _log.failure("The talk with {address} has failed.", address=self.address)
            with suppress(Exception):  # the connection may have ended already
                self.abort()

    return guarded
