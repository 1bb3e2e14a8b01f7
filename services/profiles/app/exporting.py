"""Collects what all services keep about one person."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from services.kernel.auth import Caller
from services.kernel.errors import Denied
from services.kernel.mongo import Ref
from services.profiles.app.people import People

_HR = "hr_admin"
R_co = TypeVar("R_co", covariant=True)


class Source(Protocol[R_co]):
    """One service, asked for what it keeps."""

    async def page(self, person: Ref, token: str) -> tuple[Sequence[R_co], str]:
        """Return records about a person, and the token of the next page, "" after the last. Unavailable."""


class Exports(Generic[R_co]):
    """All services, by name."""

    def __init__(self, people: People, sources: Mapping[str, Source[R_co]]) -> None:
        self._people = people
        self._sources = sources

    async def of(self, caller: Caller, person: str) -> AsyncIterator[R_co]:
        """Yield every record about a person, service by service.

        Raises Denied NOT_YOUR_DATA unless it is asked by the person or HR, NotFound, and Unavailable when a
        service is not there, also after the first records.
        """
        if caller.subject != person and _HR not in caller.roles:
            raise Denied("NOT_YOUR_DATA", "only the person and HR may have what is kept about a person")
        await self._people.get(Ref(caller.org, person))
        for source in self._sources.values():
            token = ""
            while True:
                records, token = await source.page(Ref(caller.org, person), token)
                for record in records:
                    yield record
                if not token:
                    break
