"""The book kept on one call: ids, time, outcome; one log line and the metrics when it ends."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.message import Message
from grpc import StatusCode

from services.kernel import ids, log, metrics, tracing
from services.kernel.auth import Caller
from services.kernel.rpc.policy import ForeignName, Rule
from services.kernel.rpc.status import Outcome

_MAX_REQUEST_ID = 64
_FAULTS = {
    StatusCode.UNKNOWN,
    StatusCode.INTERNAL,
    StatusCode.UNAVAILABLE,
    StatusCode.DATA_LOSS,
    StatusCode.DEADLINE_EXCEEDED,
}
"""What counts against the objective of availability, as in deploy/prometheus/rules/slo.yml."""


@dataclass(slots=True)
class Method:
    """What the gate knows of one method: its rule, its `grpc_type` and the metric children, made once."""

    path: str
    rule: Rule
    kind: str
    service: str = field(init=False)
    name: str = field(init=False)
    takes_id: bool = field(init=False)
    hears_stream: bool = field(init=False)
    started: Any = field(init=False)
    seconds: Any = field(init=False)
    _codes: dict[StatusCode, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _, self.service, self.name = self.path.split("/")
        self.takes_id = not self.rule.public and "request_id" in self.rule.request.DESCRIPTOR.fields_by_name
        self.hears_stream = self.kind in {"client_stream", "bidi_stream"}
        self.started = metrics.GRPC_STARTED.labels(*self._labels())
        self.seconds = metrics.GRPC_SECONDS.labels(*self._labels())
        self.count(StatusCode.OK, by=0)

    def count(self, code: StatusCode, by: int = 1) -> None:
        """Add a call that ended with `code`."""
        child = self._codes.get(code)
        if child is None:
            labels = (*self._labels(), metrics.grpc_code(code))
            child = self._codes[code] = metrics.GRPC_HANDLED.labels(*labels)
        child.inc(by)

    def _labels(self) -> tuple[str, str, str]:
        return self.kind, self.service, self.name


class Visit:
    """One call from arrival to answer. `raw` is the request's bytes, empty for a stream of them."""

    __slots__ = (
        "_parent",
        "_started",
        "answer",
        "caller",
        "code",
        "foreign",
        "metadata",
        "method",
        "raw",
        "reason",
        "request",
        "request_id",
        "trace",
    )

    def __init__(self, method: Method, metadata: Mapping[str, Any], sample: float) -> None:
        self._started = time.perf_counter_ns()
        self.method = method
        self.metadata = metadata
        self.request_id = _given_id(metadata) or f"{random.getrandbits(128):032x}"
        self._parent = tracing.parse(metadata.get("traceparent"))
        self.trace = tracing.child(self._parent) if self._parent else tracing.begin(sample)
        self.caller: Caller | None = None
        self.code = StatusCode.OK
        self.reason = ""
        self.raw = b""
        self.request: Message | None = None
        self.answer: Message | None = None
        self.foreign = False
        method.started.inc()

    def ended(self, outcome: Outcome) -> None:
        """Note how the call ends other than well."""
        self.code, self.reason = outcome.code, outcome.reason
        self.foreign = isinstance(outcome.refusal, ForeignName)

    def aborted(self, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        """Note the code a handler aborted with on its own."""
        given: Any = context.code()  # a number or a StatusCode, whatever the stubs say
        self.code = next((code for code in StatusCode if given in {code, code.value[0]}), StatusCode.UNKNOWN)

    def cancelled(self, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        """Note that the call was cut off: by its deadline, or by a client that left."""
        late = context.time_remaining() == 0
        self.code = StatusCode.DEADLINE_EXCEEDED if late else StatusCode.CANCELLED

    def close(self) -> None:
        """Write down how it went."""
        spent = time.perf_counter_ns() - self._started
        self.method.seconds.observe(spent / 1e9)
        self.method.count(self.code)
        if self.trace.sampled:
            tracing.record(self._span(spent))
        line: dict[str, object] = {
            "method": self.method.path,
            "code": self.code.name,
            "ms": spent // 10_000 / 100,
            "request_id": self.request_id,
            "trace_id": self.trace.trace_id,
        }
        if self.caller is not None:
            line["org"], line["subject"] = self.caller.org, self.caller.subject
        if self.reason:
            line["reason"] = self.reason
        log.write("call", line)

    def _span(self, spent: int) -> tracing.Span:
        """Return the call as a span; what the server is to blame for has failed."""
        return tracing.Span(
            name=self.method.path.removeprefix("/"),
            place=self.trace,
            parent_id=self._parent.span_id if self._parent else "",
            nanoseconds=spent,
            kind=tracing.Kind.SERVER,
            attributes={"rpc.system.name": "grpc", "rpc.response.status_code": self.code.name},
            failed=self.code in _FAULTS,
        )


def _given_id(metadata: Mapping[str, Any]) -> str:
    given = metadata.get("x-request-id", "")
    fits = isinstance(given, str) and len(given) <= _MAX_REQUEST_ID and ids.is_segment(given)
    return given if fits else ""
