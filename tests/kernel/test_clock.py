import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel import clock

NOON = datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)


def test_the_system_clock_tells_utc_in_whole_milliseconds() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    now = clock.SystemClock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.tzinfo is UTC
    assert now.microsecond % 1000 == 0


def test_a_new_development_clock_agrees_with_the_machine(tmp_path: Path) -> None:
    drift = clock.DevelopmentClock(tmp_path / "clock").now() - datetime.now(UTC)
    assert abs(drift) < timedelta(seconds=1)


def test_moving_the_shared_clock_is_seen_by_every_process_that_reads_the_file(tmp_path: Path) -> None:
    one, other = (clock.DevelopmentClock(tmp_path / "clock") for _ in range(2))
    told = clock.advance(tmp_path / "clock", timedelta(days=3))
    for seen in (one.now(), other.now()):
        assert timedelta(0) <= seen - told < timedelta(seconds=1)
    assert told - datetime.now(UTC) > timedelta(days=2, hours=23)


def test_moves_add_up(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    for _ in range(3):
        clock.advance(path, timedelta(hours=1))
    assert struct.unpack("<q", path.read_bytes()) == (3 * 3600 * 10**9,)


def test_the_shared_clock_never_moves_backward(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="forward"):
        clock.advance(tmp_path / "clock", timedelta(seconds=-1))


def test_a_fixed_clock_stands_until_moved() -> None:
    fixed = clock.FixedClock(NOON)
    assert fixed.now() == fixed.now() == NOON.replace(microsecond=123_000)
    assert (
        fixed.advance(timedelta(minutes=5))
        == fixed.now()
        == datetime(2026, 3, 1, 12, 5, 0, 123_000, tzinfo=UTC)
    )


def test_a_fixed_clock_refuses_a_time_without_zone() -> None:
    with pytest.raises(ValueError, match="aware"):
        clock.FixedClock(NOON.replace(tzinfo=None))


@given(st.datetimes(timezones=st.just(UTC)))
def test_truncating_drops_less_than_a_millisecond_and_nothing_twice(moment: datetime) -> None:
    cut = clock.truncated(moment)
    assert timedelta(0) <= moment - cut < timedelta(milliseconds=1)
    assert clock.truncated(cut) == cut
