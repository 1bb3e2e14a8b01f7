import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.rates import MOST_KEYS, Buckets, Rate
from tests.kernel.conftest import Seconds

PAUSES = st.lists(st.floats(0, 5), max_size=80)
RATES = st.builds(Rate, st.floats(0.1, 100), st.integers(1, 50).map(float))


def test_a_new_bucket_is_full_and_each_key_has_its_own(seconds: Seconds) -> None:
    buckets = Buckets(Rate(1, 3), seconds)
    assert [buckets.take("ada") for _ in range(4)] == [0, 0, 0, pytest.approx(1)]
    assert buckets.take("bob") == 0


def test_what_is_told_to_wait_for_is_there_then(seconds: Seconds) -> None:
    buckets = Buckets(Rate(4, 1), seconds)
    buckets.take("ada")
    seconds.now += buckets.take("ada")
    assert buckets.wait("ada") == pytest.approx(0)
    assert buckets.take("ada") == 0


@given(rate=RATES, pauses=PAUSES)
def test_never_more_than_the_burst_and_what_flowed_in(rate: Rate, pauses: list[float]) -> None:
    seconds = Seconds(0.0)
    buckets = Buckets(rate, seconds)
    let_through = 0
    for pause in pauses:
        seconds.now += pause
        let_through += buckets.take("ada") == 0
        assert let_through <= rate.burst + seconds.now * rate.per_second + 1e-6


@given(rate=RATES, pauses=PAUSES)
def test_who_keeps_to_the_rate_is_never_refused(rate: Rate, pauses: list[float]) -> None:
    seconds = Seconds(0.0)
    buckets = Buckets(rate, seconds)
    for pause in pauses:
        seconds.now += pause + 1 / rate.per_second
        assert buckets.take("ada") == 0


def test_a_flood_of_keys_takes_bounded_memory_and_leaves_the_busy_ones(seconds: Seconds) -> None:
    buckets = Buckets(Rate(1, 1), seconds)
    for number in range(MOST_KEYS + 500):
        buckets.take(f"key-{number}")
    assert len(buckets) == MOST_KEYS
    assert buckets.take(f"key-{MOST_KEYS + 499}") > 0


@pytest.mark.parametrize("text", ["", "50", "50:", ":5", "0:5", "5:0", "-1:5", "nan:5", "1:2:3", "a:b"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="such as 50:500"):
        Rate.parse(text)


def test_a_rate_reads_as_it_is_written() -> None:
    assert Rate.parse("0.5:20") == Rate(0.5, 20)


@given(st.integers(1, 50), st.integers(1, 50))
def test_replicas_that_share_a_rate_let_through_what_is_set_and_each_at_least_one(
    shares: int, burst: int
) -> None:
    part = Rate(10, burst).shared(shares)
    assert part.per_second * shares == pytest.approx(10)
    assert part.burst == pytest.approx(max(1, burst / shares))
