"""A participant who types what a program says, when it says it."""

from collections.abc import Callable

from twisted.internet.defer import Deferred, DeferredQueue

from twisted_auction.client.person import Person


class Actor(Person):
    """Takes part as a program directs.

    :ivar lines: what was shown.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._questions: DeferredQueue[Callable[[bytes | None], None]] = DeferredQueue()
        self._news: Deferred[None] = Deferred()

    def show(self, text: str) -> None:
        """Read one line."""
        self.lines.append(text)
        news, self._news = self._news, Deferred()
        news.callback(None)

    def ask(self, answer: Callable[[bytes | None], None]) -> None:
        """Be asked for a line."""
        self._questions.put(answer)

    async def type(self, text: str) -> None:
        """Answer the next question."""
        answer = await self._questions.get()
        self.typed(text)
        answer(text.encode())

    def typed(self, text: str) -> None:
        """See one's own line on one's own console, as far as there is one."""
        return

    async def reads(self, text: str) -> None:
        """Wait until this line is shown."""
        while text not in self.lines:
            await self._news
