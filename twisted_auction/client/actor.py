"""A participant that a program directs, as the demo does."""

from collections.abc import Callable

from twisted.internet.defer import Deferred, DeferredQueue

from twisted_auction.client.person import Person


class Actor(Person):
    """Keeps what it is shown, and answers when the program says so.

    :ivar lines: all lines shown so far.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._questions: DeferredQueue[Callable[[bytes | None], None]] = DeferredQueue()
        self._next_line: Deferred[None] = Deferred()

    def show(self, text: str) -> None:
        """Keep one line."""
        self.lines.append(text)
        news, self._next_line = self._next_line, Deferred()
        news.callback(None)

    def ask(self, answer: Callable[[bytes | None], None]) -> None:
        """Keep the question until :meth:`type` answers it."""
        self._questions.put(answer)

    async def type(self, text: str) -> None:
        """Answer the next question, once it is asked."""
        answer = await self._questions.get()
        self.answered(text)
        answer(text.encode())

    def answered(self, text: str) -> None:
        """Called with each answer. A subclass may show it."""
        return

    async def wait_for(self, text: str) -> None:
        """Wait until this line is shown."""
        while text not in self.lines:
            await self._next_line
