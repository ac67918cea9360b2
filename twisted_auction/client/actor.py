"""A participant under the control of a program, such as the demo."""

from collections.abc import Callable

from twisted.internet.defer import Deferred, DeferredQueue

from twisted_auction.client.person import Person, Question


class Actor(Person):
    """Keeps the lines shown, and answers on the program's command.

    :ivar lines: all lines shown so far.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._questions: DeferredQueue[Callable[[bytes | None], None]] = DeferredQueue()
        self._next_line: Deferred[None] = Deferred()

    def show(self, text: str) -> None:
        """Keep one line, and wake the callers of :meth:`wait_for`."""
        self.lines.append(text)
        news, self._next_line = self._next_line, Deferred()
        news.callback(None)

    def ask(self, message: Question | None, answer: Callable[[bytes | None], None]) -> None:
        """Keep the question until :meth:`type` answers it."""
        self._questions.put(answer)

    async def type(self, text: str) -> None:
        """Wait for the next question, and answer it."""
        answer = await self._questions.get()
        self.answered(text)
        answer(text.encode())

    def answered(self, text: str) -> None:
        """Called with each answer, before the server gets it. A subclass may show it."""
        return

    async def wait_for(self, text: str) -> None:
        """Wait until this line has been shown, now or earlier."""
        while text not in self.lines:
            await self._next_line
