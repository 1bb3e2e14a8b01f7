"""What the demo's steps share: whom they call, where they report, what they made so far.

Who attends and who completes a goal follows from a pair's place in the list, so every run tells the same
story: of five pairs one misses both meetings, one misses the first, three meet; two of five reach their goal.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from deploy.local.demo.api import Api, Who
from services.pb.mentoring.matching.v1 import matching_service_pb2 as matching
from services.pb.mentoring.matching.v1 import program_service_pb2 as programs
from services.pb.mentoring.mentorships.v1.goal_service_pb2 import Goal
from services.pb.mentoring.mentorships.v1.mentorship_service_pb2 import Mentorship
from services.pb.mentoring.profiles.v1 import person_service_pb2 as people

WAIT = 120.0
"""Seconds to wait for the effect of an event before the demo gives up."""

T = TypeVar("T")


class Bar(Protocol):
    """One progress bar."""

    def step(self, by: int = 1) -> None:
        """Move it."""


class Screen(Protocol):
    """Where the demo shows its progress."""

    def bar(self, title: str, total: int) -> Bar:
        """Begin a bar of `total` steps."""

    def counting(self, title: str) -> Callable[[int, int], None]:
        """Begin a bar whose length is not known yet; call it with (done, total)."""

    def said(self, step: str, **counts: int) -> None:
        """Keep what a step did."""


class GaveUpError(Exception):
    """An effect did not come in time."""


@dataclass
class Story:
    """What the steps made, in the order they make it; `matches` are by mentee."""

    api: Api
    screen: Screen
    clock_file: Path
    imported: people.ImportSummary = field(default_factory=people.ImportSummary)
    rejected: list[people.RejectedRow] = field(default_factory=list)
    program: programs.Program = field(default_factory=programs.Program)
    run: matching.CohortRun = field(default_factory=matching.CohortRun)
    matches: dict[str, matching.Match] = field(default_factory=dict)
    pairs: list[Mentorship] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    missed: int = 0
    completed: list[str] = field(default_factory=list)


def acting(person: str, role: str) -> Who:
    """Return a person, given by resource name, acting in one role."""
    return Who(person.rsplit("/", 1)[-1], (role,))


def mentee(pair: Mentorship) -> Who:
    """Return the pair's mentee as a caller."""
    return acting(pair.mentee, "mentee")


def mentor(pair: Mentorship) -> Who:
    """Return the pair's mentor as a caller."""
    return acting(pair.mentor, "mentor")


async def until(ask: Callable[[], Awaitable[T]], enough: Callable[[T], bool], what: str) -> T:
    """Ask again until the answer is enough. Raises GaveUpError after `WAIT` seconds."""
    end = asyncio.get_running_loop().time() + WAIT
    while not enough(answer := await ask()):
        if asyncio.get_running_loop().time() > end:
            raise GaveUpError(f"{what} did not come within {WAIT:.0f} seconds")
        await asyncio.sleep(0.25)
    return answer
