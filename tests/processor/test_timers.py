"""What is due when; checked against the plainest thing that could do it."""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from services.processor.agents.timers import Timers
from tests.processor.factories import day

ALL = 100


def test_what_is_due_comes_once_the_earliest_first() -> None:
    timers = Timers()
    for key, due in ((b"b", 2), (b"a", 1), (b"c", 9)):
        timers.set(0, key, day(due))
    assert timers.take(0, day(2), ALL) == [b"a", b"b"]
    assert timers.take(0, day(2), ALL) == []
    assert timers.take(0, day(9), ALL) == [b"c"]


def test_a_partition_has_its_own() -> None:
    timers = Timers()
    timers.set(0, b"a", day(1))
    timers.set(1, b"b", day(1))
    assert timers.take(1, day(2), ALL) == [b"b"]


def test_what_is_put_off_or_given_up_does_not_come() -> None:
    timers = Timers()
    timers.set(0, b"later", day(1))
    timers.set(0, b"later", day(5))
    timers.set(0, b"never", day(1))
    timers.set(0, b"never", None)
    assert timers.take(0, day(4), ALL) == []
    assert timers.take(0, day(5), ALL) == [b"later"]


def test_some_at_a_time() -> None:
    timers = Timers()
    for number in range(5):
        timers.set(0, b"%d" % number, day(number))
    assert timers.take(0, day(9), 3) == [b"0", b"1", b"2"]
    assert timers.take(0, day(9), 3) == [b"3", b"4"]


def test_putting_off_again_and_again_takes_no_room() -> None:
    timers = Timers()
    for number in range(1000):
        timers.set(0, b"busy", day(number))
    assert timers.places == 1


keys = st.sampled_from([b"a", b"b", b"c"])
steps = st.lists(
    st.one_of(
        st.tuples(keys, st.none() | st.integers(0, 9).map(day)),
        st.integers(0, 9).map(day),
    ),
    max_size=30,
)


@given(steps)
def test_it_does_what_a_list_of_all_keys_would(done: list[tuple[bytes, datetime | None] | datetime]) -> None:
    timers, known = Timers(), dict[bytes, datetime]()
    for step in done:
        if isinstance(step, datetime):
            due = {key for key, time in known.items() if time <= step}
            assert set(timers.take(0, step, ALL)) == due
            known = {key: time for key, time in known.items() if key not in due}
            continue
        key, time = step
        timers.set(0, key, time)
        known.pop(key, None)
        if time is not None:
            known[key] = time
    assert len(timers) == len(known)
