"""Reads a chain from its first block to its last and says where it is broken. Pure but for the two reads."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from services.kernel.audit.entry import GENESIS, Block, Document, bound

MOST_FINDINGS: Final = 100
_SLACK: Final = timedelta(days=2)
"""The server takes away what is too old in its own time, an entry before its block."""


class Problem(StrEnum):
    """What is wrong at a place."""

    ENTRY_MISSING = "ENTRY_MISSING"
    ENTRY_CHANGED = "ENTRY_CHANGED"
    BLOCK_MISSING = "BLOCK_MISSING"
    BLOCK_CHANGED = "BLOCK_CHANGED"
    HEAD_CHANGED = "HEAD_CHANGED"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong; `entry` is "" where it is not about one."""

    problem: Problem
    place: int
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The hash at a place of the chain, as somebody noted it earlier."""

    place: int
    hash: str


@dataclass
class Report:
    """What a check found: at most 100 findings and the head to note for the next.

    `entries` were compared, `settled` of them are from before the instant that the check was given.
    """

    entries: int = 0
    settled: int = 0
    head: Head = field(default_factory=lambda: Head(0, GENESIS))
    findings: list[Finding] = field(default_factory=list)

    def found(self, problem: Problem, place: int, entry: str = "") -> None:
        """Take one finding down."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(problem, place, entry))


class Chain(Protocol):
    """Where blocks and entries are read from."""

    def blocks(self, tenant: str) -> AsyncIterator[Block]:
        """Yield an organization's blocks by number."""

    async def documents(self, tenant: str, ids: Sequence[str]) -> Mapping[str, Document]:
        """Return those of the entries that are there, as they are stored."""


@dataclass(frozen=True, slots=True)
class Ages:
    """What is older than `expired` may be gone; what is older than `settled` should be in the chain."""

    expired: datetime
    settled: datetime


async def check(chain: Chain, tenant: str, ages: Ages, noted: Head | None = None) -> Report:
    """Compare every entry with its block."""
    report, last = Report(), None
    async for block in chain.blocks(tenant):
        _check_order(report, last, block, ages.expired)
        kept = await chain.documents(tenant, block.ids)
        _check_entries(report, block, kept, gone_is_fine=block.at < ages.expired + _SLACK)
        report.settled += sum(document["at"] <= ages.settled for document in kept.values())
        if noted and block.first <= noted.place < block.next:
            _check_head(report, block, noted)
        last = block
        report.head = Head(block.next - 1, block.hashes[-1])
    if noted and noted.place > report.head.place:
        report.found(Problem.HEAD_CHANGED, noted.place)
    return report


def _check_head(report: Report, block: Block, noted: Head) -> None:
    if block.hashes[noted.place - block.first] != noted.hash:
        report.found(Problem.HEAD_CHANGED, noted.place)


def _check_order(report: Report, last: Block | None, block: Block, expired: datetime) -> None:
    if last is None:
        aged = block.previous_at is not None and block.previous_at < expired + _SLACK
        if block.number > 1 and not aged:
            report.found(Problem.BLOCK_MISSING, block.first - 1)
    elif block.number != last.number + 1 or block.first != last.next:
        report.found(Problem.BLOCK_MISSING, last.next)
    elif block.previous != last.hashes[-1]:
        report.found(Problem.BLOCK_CHANGED, block.first)


def _check_entries(report: Report, block: Block, kept: Mapping[str, Document], *, gone_is_fine: bool) -> None:
    previous = block.previous
    for step, (key, hash_) in enumerate(zip(block.ids, block.hashes, strict=True)):
        place = block.first + step
        if key not in kept:
            if not gone_is_fine:
                report.found(Problem.ENTRY_MISSING, place, key)
        else:
            report.entries += 1
            if bound(previous, place, kept[key]) != hash_:
                report.found(Problem.ENTRY_CHANGED, place, key)
        previous = hash_
