"""One JSON object per line on stdout: `ts level event service` and the given fields, ids and codes only.

Lines are buffered and flushed at most 100 ms later by the running event loop, at once when there is none,
when the line is a warning or worse, or when 64 KiB wait. Exceptions are written as type and code positions,
never as text: their messages may hold personal data.
"""

import asyncio
import atexit
import logging
import sys
import threading
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

import msgspec
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

_FLUSH_SECONDS = 0.1
_FLUSH_BYTES = 65_536
_FRAMES = 20
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_URGENT = {"warning", "error", "critical"}


class Sink:
    """Where lines go; any thread may write."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._waiting: list[bytes] = []
        self._size = 0
        self._lock = threading.Lock()

    def write(self, line: bytes, *, urgent: bool = False) -> None:
        """Take one line without its newline."""
        with self._lock:
            self._waiting.append(line)
            self._size += len(line)
        if urgent or self._size > _FLUSH_BYTES:
            self.flush()
        elif len(self._waiting) == 1:
            self._schedule()

    def flush(self) -> None:
        """Write out what waits."""
        with self._lock:
            lines, self._waiting, self._size = self._waiting, [], 0
            if not lines or self._stream.closed:
                return
            self._stream.write(b"\n".join([*lines, b""]))
            self._stream.flush()

    def _schedule(self) -> None:
        try:
            asyncio.get_running_loop().call_later(_FLUSH_SECONDS, self.flush)
        except RuntimeError:
            self.flush()


class _State:
    """The process's one destination and level."""

    sink = Sink(sys.stdout.buffer)
    service = ""
    level = logging.INFO


_encode = msgspec.json.Encoder(enc_hook=str).encode


def configure(service: str, level: str = "info", stream: BinaryIO | None = None) -> None:
    """Set what every line carries and where lines go; call it once per process, before the first line."""
    _State.sink.flush()
    _State.sink = Sink(stream or sys.stdout.buffer)
    _State.service = service
    _State.level = _LEVELS[level]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.stdlib.add_log_level, _render],
        wrapper_class=structlog.make_filtering_bound_logger(_State.level),
        logger_factory=lambda *_: _Writer(),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_Foreign()], level=max(_State.level, logging.WARNING), force=True)


def get_logger(**fields: str) -> FilteringBoundLogger:
    """Return a logger that adds `fields` and the running task's bound ids to each line."""
    return cast("FilteringBoundLogger", structlog.get_logger(**fields))


def bind(**fields: str) -> None:
    """Add ids to every later line of the running task."""
    structlog.contextvars.bind_contextvars(**fields)


def write(event: str, fields: Mapping[str, object]) -> None:
    """Write one info line the cheapest way: no bound fields, no processors."""
    if _State.level <= logging.INFO:
        _State.sink.write(_encode({**_head("info", event), **fields}))


def flush() -> None:
    """Write out what waits."""
    _State.sink.flush()


atexit.register(flush)


def _head(level: str, event: str) -> dict[str, object]:
    return {"ts": datetime.now(UTC), "level": level, "event": event, "service": _State.service}


def _render(_: WrappedLogger, method: str, fields: EventDict) -> tuple[tuple[bytes, bool], dict[str, Any]]:
    level = str(fields.pop("level", method))
    line = _head(level, str(fields.pop("event", "")))
    failure = fields.pop("exc_info", None)
    error = sys.exc_info()[1] if failure is True else failure
    line.update(fields)
    if isinstance(error, BaseException):
        line.update(described(error))
    return (_encode(line), level in _URGENT), {}


def described(error: BaseException) -> dict[str, object]:
    """Return type, code positions and causes of an error, without its text."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    cause = error.__cause__ or error.__context__
    return {
        "error_type": type(error).__qualname__,
        "error_cause": type(cause).__qualname__ if cause else None,
        "stack": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }


class _Writer:
    """What structlog calls last: passes the finished line on."""

    def _write(self, line: bytes, urgent: bool) -> None:  # noqa: FBT001 -- structlog passes by position
        _State.sink.write(line, urgent=urgent)

    debug = info = warning = error = critical = exception = msg = _write


class _Foreign(logging.Handler):
    """Lines of libraries that use `logging`: logger, code position, the text before its values go in."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        fields: dict[str, object] = {"logger": record.name, "at": f"{record.filename}:{record.lineno}"}
        if record.args:
            fields["template"] = record.msg
        if record.exc_info and record.exc_info[1]:
            fields.update(described(record.exc_info[1]))
        level = record.levelname.lower()
        _State.sink.write(_encode(_head(level, "library") | fields), urgent=level in _URGENT)
