"""Who handles which message."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from google.protobuf.message import Message

from services.kernel.events.codec import Event

M = TypeVar("M", bound=Message)


class Handlers:
    """What one service hears. Its topics follow from the packages of the messages."""

    def __init__(self) -> None:
        self._types: dict[str, type[Message]] = {}
        self._handlers: dict[str, list[Callable[[Event[Any]], Awaitable[None]]]] = {}
        self._long: set[str] = set()

    def on(
        self,
        message_type: type[M],
        handler: Callable[[Event[M]], Awaitable[None]],
        *,
        takes_long: bool = False,
    ) -> None:
        """Let `handler` have every event of a type, after those registered for it before.

        It has 10 s for all that it asks of others; one that `takes_long` the usual time for each question,
        and it gives signs of life (`sign`).

        It may be called again with the same event, also after it succeeded and because a later one failed, so
        it builds its causes and ids from `event.id`. A refusal moves the event to the dead letters, an
        Unavailable, Conflict or Exhausted is tried again, and so is any other error, a few times.
        """
        name = message_type.DESCRIPTOR.full_name
        self._types[name] = message_type
        self._handlers.setdefault(name, []).append(handler)
        if takes_long:
            self._long.add(name)

    @property
    def types(self) -> Mapping[str, type[Message]]:
        """Return the message types by their full names."""
        return self._types

    @property
    def topics(self) -> tuple[str, ...]:
        """Return the topics to read, sorted."""
        return tuple(sorted({kind.DESCRIPTOR.file.package for kind in self._types.values()}))

    def take_long(self, event_type: str) -> bool:
        """Whether a handler of these events has no limit as a whole."""
        return event_type in self._long

    async def handle(self, event: Event[Any]) -> None:
        """Let its handlers have the event, one after the other. KeyError when nobody asked for its type."""
        for handler in self._handlers[event.type]:
            await handler(event)
