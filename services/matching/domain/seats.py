"""Which matches hold a mentor's seats: one document per mentor, so that no two of them get the last seat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class SeatsTaken:
    """Seats were given away."""


@dataclass(frozen=True, slots=True)
class SeatsFreed:
    """Seats are free again."""


Event = SeatsTaken | SeatsFreed


@dataclass(frozen=True, slots=True)
class Seat:
    """What holds a seat: a match, in a program."""

    match: str
    program: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How many seats: `capacity` over all programs, `in_program` in one of them (0: not limited)."""

    capacity: int
    in_program: int = 0


@dataclass(frozen=True, slots=True)
class Seats:
    """The seats of one mentor that are held, in the order in which they were taken."""

    held: tuple[Seat, ...] = ()

    def has_room(self, program: str, limits: Limits) -> bool:
        """Whether another match of `program` gets a seat."""
        here = sum(seat.program == program for seat in self.held)
        return len(self.held) < limits.capacity and (not limits.in_program or here < limits.in_program)

    def holds(self, match: str) -> bool:
        """Whether a match has its seat."""
        return any(seat.match == match for seat in self.held)

    def take(self, seat: Seat, limits: Limits) -> "tuple[Seats, list[Event]]":
        """Give a seat away if there is one; a match that has one keeps it."""
        if self.holds(seat.match) or not self.has_room(seat.program, limits):
            return self, []
        return self.hold([seat])

    def hold(self, seats: Sequence[Seat]) -> "tuple[Seats, list[Event]]":
        """Give seats to matches that exist whatever the limits; those that have one keep it."""
        added = tuple(seat for seat in seats if not self.holds(seat.match))
        if not added:
            return self, []
        return replace(self, held=(*self.held, *added)), [SeatsTaken()]

    def release(self, match: str) -> "tuple[Seats, list[Event]]":
        """Free the seat of a match; without one nothing changes."""
        if not self.holds(match):
            return self, []
        return replace(self, held=tuple(seat for seat in self.held if seat.match != match)), [SeatsFreed()]


def move_up(
    seats: Seats, limits: Mapping[str, Limits], in_flight: Sequence[Seat], line: Sequence[Seat]
) -> list[str]:
    """Return which of the `line` (first come first) get the free seats, those `in_flight` counted as held.

    `limits` are by program; seats name what each would become.
    """
    after, _ = seats.hold(in_flight)
    chosen = []
    for seat in line:
        after, taken = after.take(seat, limits[seat.program])
        if taken:
            chosen.append(seat.match)
    return chosen
