"""Two topics in the order in which they were written, whatever came first."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.processor.agents.merge import Merge
from tests.processor.factories import day

MADE, MET = "made", "met"
Told = tuple[str, datetime, str]


def merge(*told: Told) -> Merge[str]:
    made: Merge[str] = Merge((MADE, MET))
    for topic, time, record in told:
        made.put(topic, time, record)
    return made


def ended(_topic: str) -> bool:
    return True


def more_to_come(_topic: str) -> bool:
    return False


def test_the_earlier_record_goes_first_though_it_came_last() -> None:
    made = merge((MADE, day(9), "silence"), (MET, day(2), "meeting"))
    assert list(made.ready(ended)) == ["meeting", "silence"]


def test_nobody_goes_while_a_topic_may_still_bring_something_earlier() -> None:
    made = merge((MADE, day(9), "silence"))
    assert list(made.ready(more_to_come)) == []
    made.put(MET, day(2), "meeting")
    assert list(made.ready(more_to_come)) == ["meeting"]
    assert made.waiting(MADE) == 1
    assert list(made.ready(ended)) == ["silence"]
    assert not made


def test_a_topic_keeps_its_own_order() -> None:
    made = merge((MADE, day(9), "first"), (MADE, day(1), "second"), (MET, day(5), "other"))
    assert list(made.ready(ended)) == ["other", "first", "second"]


def test_of_equal_times_the_topic_named_first_goes_first() -> None:
    made = merge((MET, day(1), "met"), (MADE, day(1), "made"))
    assert list(made.ready(ended)) == ["made", "met"]


def test_what_is_not_taken_stays() -> None:
    made = merge((MADE, day(1), "a"), (MADE, day(2), "b"))
    assert next(made.ready(ended)) == "a"
    assert list(made.ready(ended)) == ["b"]


lanes = st.lists(st.integers(0, 20).map(lambda hours: day(0) + timedelta(hours=hours)), max_size=8)


@given(lanes, lanes, st.data())
def test_however_the_topics_are_fetched_the_order_is_the_same(
    made: Sequence[datetime], met: Sequence[datetime], data: st.DataObject
) -> None:
    left = {
        MADE: [(MADE, time, f"a{number}") for number, time in enumerate(made)],
        MET: [(MET, time, f"b{number}") for number, time in enumerate(met)],
    }
    at_once = list(merge(*left[MADE], *left[MET]).ready(ended))
    bit_by_bit, found = merge(), list[str]()
    while any(left.values()):
        topic = data.draw(st.sampled_from([name for name, rest in left.items() if rest]))
        bit_by_bit.put(*left[topic].pop(0))
        found += bit_by_bit.ready(lambda name: not left[name])
    assert found + list(bit_by_bit.ready(ended)) == at_once
