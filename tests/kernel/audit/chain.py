"""A chain in memory that a test can spoil."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from services.kernel.audit.checking import Ages, Head, Report, check
from services.kernel.audit.entry import Block, Entry, chained, stored

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
AGES = Ages(expired=NOON - timedelta(days=400), settled=NOON + timedelta(days=1))


def entry(number: int, **changes: Any) -> Entry:
    """Return the `number`th entry, with changes."""
    usual: dict[str, Any] = {
        "id": f"e{number}",
        "tenant": "acme",
        "at": NOON + timedelta(milliseconds=number),
        "caller": "ada",
        "roles": ["hr_admin"],
        "method": "a.B/C",
        "code": "OK",
        "call": f"call-{number}",
    }
    return Entry(**{**usual, **changes})


class Kept:
    """Blocks of the given sizes, over entries e1, e2, …."""

    def __init__(self, *sizes: int) -> None:
        self.chain: list[Block] = []
        self.stored: dict[str, dict[str, Any]] = {}
        for size in sizes:
            new = [stored(entry(len(self.stored) + step)) for step in range(1, size + 1)]
            self.stored.update((document["_id"], document) for document in new)
            last = self.chain[-1] if self.chain else None
            self.chain.append(chained(last, new, NOON + timedelta(seconds=len(self.chain))))

    async def check(self, noted: Head | None = None, ages: Ages = AGES) -> Report:
        """Return what a check finds."""
        return await check(self, "acme", ages, noted)

    async def found(self) -> list[str]:
        """Return the findings as "problem place entry"."""
        findings = (await self.check()).findings
        return [f"{one.problem} {one.place} {one.entry}".strip() for one in findings]

    async def blocks(self, tenant: str) -> AsyncIterator[Block]:
        """Yield the chain's blocks."""
        for block in self.chain:
            assert block.tenant == tenant
            yield block

    async def documents(self, tenant: str, ids: Sequence[str]) -> Mapping[str, dict[str, Any]]:
        """Return those that are there."""
        assert tenant == "acme"
        return {key: self.stored[key] for key in ids if key in self.stored}
