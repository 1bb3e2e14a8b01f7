"""Every service's readers, wired to use cases that only take what they are given."""

import importlib.util
import inspect
import pkgutil
from collections.abc import Generator, Iterator, Sequence
from typing import Any, Self

import services
from services.kernel.events import Handlers
from services.kernel.privacy.erasing import Erasing
from services.pb.mentoring.profiles.v1.events_pb2 import PersonErased


class UseCases:
    """Stands for any use case: whatever is asked of it is taken, and iterators are read to their end.

    Whoever awaits the answer gets one thing, which is of this kind too.
    """

    def __getattr__(self, _: str) -> Self:
        return self

    def __call__(self, *arguments: Any, **named: Any) -> Self:
        for argument in (*arguments, *named.values()):
            if isinstance(argument, Iterator):
                list(argument)
        return self

    def __await__(self) -> Generator[Any, None, Sequence[Self]]:
        yield from ()
        return (self,)


def hearers() -> list[str]:
    """Return the services that hear something through the kernel: those with a module `events`."""
    names = (item.name for item in pkgutil.iter_modules(services.__path__))
    return [name for name in names if name != "kernel" and _has_events(name)]


def handlers_of(service: str) -> Handlers:
    """Return everything a service hears, decoded as in production."""
    handlers, module = Handlers(), importlib.import_module(f"services.{service}.events")
    for name, hear in inspect.getmembers(module, inspect.isfunction):
        if name.startswith("hear") and hear.__module__ == module.__name__:
            _, *use_cases = inspect.signature(hear).parameters
            hear(handlers, *(UseCases() for _ in use_cases))
    kept: Any = UseCases()
    handlers.on(PersonErased, Erasing(kept, (), kept, kept).heard)  # as kernel.run does for every service
    return handlers


def _has_events(service: str) -> bool:
    return importlib.util.find_spec(f"services.{service}.events") is not None
