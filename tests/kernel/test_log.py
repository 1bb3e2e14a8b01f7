import asyncio
import logging
import threading
from datetime import datetime

import pytest
import structlog

from services.kernel import log
from tests.kernel.conftest import Lines


async def test_a_line_is_one_json_object_with_the_common_fields(lines: Lines) -> None:
    log.get_logger(program="p-1").info("cohort_published", matches=3)
    (line,) = lines.parsed()
    assert datetime.fromisoformat(line.pop("ts")).tzinfo is not None
    assert line == {
        "level": "info",
        "event": "cohort_published",
        "service": "matching",
        "program": "p-1",
        "matches": 3,
    }


async def test_ids_bound_to_a_task_are_on_its_lines_and_on_no_other(lines: Lines) -> None:
    async def work(event_id: str) -> None:
        log.bind(event_id=event_id)
        log.get_logger().info("handled")

    await asyncio.gather(work("e-1"), work("e-2"))
    log.get_logger().info("outside")
    assert [line.get("event_id") for line in lines.parsed()] == ["e-1", "e-2", None]
    assert structlog.contextvars.get_contextvars() == {}


async def test_lines_below_the_level_are_not_written(lines: Lines) -> None:
    log.configure("matching", "warning", lines)
    log.get_logger().info("quiet")
    log.write("quiet", {})
    log.get_logger().warning("loud")
    assert [line["event"] for line in lines.parsed()] == ["loud"]


async def test_lines_wait_for_the_loop_and_come_without_a_flush(lines: Lines) -> None:
    log.write("call", {"code": "OK"})
    assert lines.getvalue() == b""
    await lines.written.wait()
    assert [line["code"] for line in lines.parsed()] == ["OK"]


async def test_a_warning_takes_all_waiting_lines_along_at_once(lines: Lines) -> None:
    log.write("first", {})
    log.get_logger().warning("second")
    assert lines.getvalue().count(b"\n") == 2
    assert [line["event"] for line in lines.parsed()] == ["first", "second"]


def test_without_a_loop_nothing_waits(lines: Lines) -> None:
    log.write("start", {})
    assert lines.getvalue().endswith(b"}\n")
    assert [line["event"] for line in lines.parsed()] == ["start"]


def test_an_exception_shows_where_and_what_kind_but_not_its_text(lines: Lines) -> None:
    """Messages of exceptions hold what users sent."""

    def fails() -> None:
        try:
            int("ada@example.com")
        except ValueError as error:
            raise LookupError("ada@example.com again") from error

    try:
        fails()
    except LookupError:
        log.get_logger().exception("call_failed")
    (line,) = lines.parsed()
    assert (line["error_type"], line["error_cause"]) == ("LookupError", "ValueError")
    assert line["stack"][-1].endswith(" fails")
    assert b"ada" not in lines.getvalue()


def test_lines_of_libraries_keep_their_place_and_lose_their_text(lines: Lines) -> None:
    logging.getLogger("aiokafka").error("cannot reach %s", "ada@example.com")
    (line,) = lines.parsed()
    assert (line["event"], line["logger"], line["level"]) == ("library", "aiokafka", "error")
    assert line["at"].startswith("test_log.py:")
    assert line["template"] == "cannot reach %s"
    assert b"ada" not in lines.getvalue()


def test_a_library_line_that_is_already_put_together_loses_all_its_text(lines: Lines) -> None:
    logging.getLogger("aiokafka").error("cannot reach ada@example.com")
    (line,) = lines.parsed()
    assert "template" not in line
    assert b"ada" not in lines.getvalue()


def test_threads_lose_no_line(lines: Lines) -> None:
    def write() -> None:
        for _ in range(500):
            log.write("tick", {})

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lines.parsed()) == 2000


@pytest.mark.parametrize("hostile", ["two\nlines", "\x1b[31mred", "\u202ereversed", '"quoted"'])
def test_no_value_can_forge_a_second_line(lines: Lines, hostile: str) -> None:
    log.write("call", {"request_id": hostile})
    (line,) = lines.parsed()
    assert line["request_id"] == hostile
