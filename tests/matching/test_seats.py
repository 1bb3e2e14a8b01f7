"""A mentor's seats: never more than there are, each match holds one, and the line takes what is free."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.matching.domain.seats import Limits, Seat, Seats, SeatsFreed, SeatsTaken, move_up

ONE, TWO, THREE = Seat("one", "spring"), Seat("two", "spring"), Seat("three", "autumn")


def test_a_seat_is_taken_and_freed() -> None:
    taken, events = Seats().take(ONE, Limits(1))
    assert (taken.held, events) == ((ONE,), [SeatsTaken()])
    freed, events = taken.release("one")
    assert (freed, events) == (Seats(), [SeatsFreed()])


def test_what_was_done_before_is_not_done_again() -> None:
    held = Seats((ONE,))
    assert held.take(ONE, Limits(9)) == (held, [])
    assert held.hold([ONE]) == (held, [])
    assert held.release("two") == (held, [])


def test_nobody_gets_a_seat_that_is_not_there() -> None:
    full = Seats((ONE,))
    assert full.take(TWO, Limits(1)) == (full, [])
    assert Seats().take(ONE, Limits(0)) == (Seats(), [])


@pytest.mark.parametrize(("seat", "gets"), [(TWO, False), (THREE, True)])
def test_a_program_may_limit_its_own(seat: Seat, *, gets: bool) -> None:
    limits = Limits(3, in_program=1)
    assert Seats((ONE,)).has_room(seat.program, limits) is gets
    assert bool(Seats((ONE,)).take(seat, limits)[1]) is gets


def test_matches_that_exist_hold_their_seats_whatever_the_limits() -> None:
    held, events = Seats((ONE,)).hold([ONE, TWO, THREE])
    assert (held.held, events) == ((ONE, TWO, THREE), [SeatsTaken()])


def test_the_line_passes_over_whom_their_programs_limit_stops() -> None:
    limits = {"spring": Limits(2, 1), "autumn": Limits(2)}
    assert move_up(Seats((ONE,)), limits, [], [TWO, THREE]) == ["three"]


def test_seats_meant_for_others_are_counted_once() -> None:
    limits = {"spring": Limits(2)}
    line = [Seat("new", "spring"), Seat("newer", "spring")]
    assert move_up(Seats((ONE,)), limits, [], line) == ["new"]
    assert move_up(Seats((ONE,)), limits, [ONE], line) == ["new"]
    assert move_up(Seats((ONE,)), limits, [TWO], line) == []


_SEATS = st.builds(Seat, st.sampled_from("abcdefgh"), st.sampled_from(["spring", "autumn"]))
_DISTINCT = st.lists(_SEATS, max_size=8, unique_by=lambda seat: seat.match)


@given(_DISTINCT, _DISTINCT, st.integers(0, 5), st.integers(0, 3))
def test_whoever_moves_up_gets_a_seat_and_keeps_the_order(
    held: list[Seat], line: list[Seat], capacity: int, most: int
) -> None:
    limits = Limits(capacity, most)
    seats = Seats().hold(held)[0]
    chosen = move_up(seats, {"spring": limits, "autumn": limits}, [], line)
    places = [[seat.match for seat in line].index(one) for one in chosen]
    assert places == sorted(places)
    for one in chosen:
        seats, events = seats.take(next(seat for seat in line if seat.match == one), limits)
        assert events == [SeatsTaken()]


class Chairs(RuleBasedStateMachine):
    """Takes and releases in any order never pass a limit, and tell exactly when something changed."""

    limits = Limits(3, 2)

    def __init__(self) -> None:
        super().__init__()
        self.seats = Seats()

    @rule(seat=_SEATS)
    def take(self, seat: Seat) -> None:
        before = self.seats
        self.seats, events = before.take(seat, self.limits)
        assert (before == self.seats) is (events == [])

    @rule(match=st.sampled_from("abcdefgh"))
    def release(self, match: str) -> None:
        before = self.seats
        self.seats, events = before.release(match)
        assert (before == self.seats) is (events == [])
        assert not self.seats.holds(match)

    @invariant()
    def limits_hold(self) -> None:
        programs = [seat.program for seat in self.seats.held]
        assert len(programs) <= 3
        assert max(programs.count(one) for one in ("spring", "autumn")) <= 2
        assert len({seat.match for seat in self.seats.held}) == len(programs)


TestChairs = Chairs.TestCase
