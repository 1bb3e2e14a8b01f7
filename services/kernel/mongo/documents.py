"""How an aggregate lies in its document, and the one update that changes all of it. Pure.

{_id: "tenant/id", tenant_id, id, state, version, at, saved, created: {id, h}, create_time, update_time,
 seen: [{id, h}], outbox: [{id, ver, at, topic, key, type, subject, time, value, trace}], due_at}

`saved` is "<writer>:<version>": who saved last. `outbox` and `seen` only ever change by $push and $pull, so
no writer brings back what the relay has sent. A state keeps the fields that only a newer build knows.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec
from bson.codec_options import CodecOptions

from services.kernel import ids
from services.kernel.errors import Conflict, Invalid
from services.kernel.mongo.model import Cause, Kind, Ref, Versioned
from services.kernel.personal import INDEX

S = TypeVar("S")
Document = dict[str, Any]

REMEMBERED_CAUSES: Final = 32
LARGEST_EVENT: Final = 100_000
"""Bytes; a document holds 16 MB, and a Kafka record 1 MB."""
CODEC: Final[CodecOptions[Document]] = CodecOptions(tz_aware=True, tzinfo=UTC)
_AS_IS = (datetime, bytes)


class Guarded(NamedTuple):
    """One version-guarded update, and the version once it matched."""

    guard: Document
    update: Document
    version: int


def plain(value: Any) -> Any:
    """Return a state, or a part of one, as BSON takes it."""
    return msgspec.to_builtins(value, builtin_types=_AS_IS)


def restored(stored: Any, kind: type[S]) -> S:
    """Return the state of a stored form. Fields of a newer build are ignored."""
    return msgspec.convert(stored, kind, builtin_types=_AS_IS)


def due_cause(document: Document, trace: str | None = None) -> Cause:
    """Return the cause of the timer that a document shows."""
    return Cause(id=f"due:{document['_id']}:{document['version']}", trace=trace)


class Documents(Generic[S]):
    """Writes and reads the documents of one kind; `writer` names this process."""

    def __init__(self, kind: Kind[S], writer: str = "") -> None:
        self.kind = kind
        self._writer = writer
        own = fields(kind.state)  # type: ignore[arg-type]  # a state is a dataclass
        self._known = {INDEX, *(field.name for field in own)}

    def versioned(self, document: Document) -> Versioned[S]:
        """Return what a document holds."""
        state = restored(document["state"], self.kind.state)
        return Versioned(state, document["version"], document["create_time"], document["update_time"])

    def created(self, ref: Ref, state: S, events: Sequence[Any], cause: Cause, now: datetime) -> Document:
        """Return a new aggregate's document."""
        outbox = self._outbox(ref, state, events, cause, _Position(now, 0, 0))
        document = {
            "_id": ref.key,
            "tenant_id": ref.tenant,
            "id": ref.id,
            "state": plain(state),
            "version": len(outbox),
            "at": outbox[-1]["at"] if outbox else 0,
            "saved": f"{self._writer}:{len(outbox)}",
            "created": _remembered(cause),
            "create_time": now,
            "update_time": now,
            "seen": [],
            "outbox": outbox,
        }
        due_at = self.kind.due_at(state)
        return document if due_at is None else {**document, "due_at": due_at}

    def changed(
        self, document: Mapping[str, Any], state: S, events: Sequence[Any], cause: Cause, now: datetime
    ) -> Guarded:
        """Return the save of a changed aggregate, guarded by the version that was read."""
        ref = Ref(document["tenant_id"], document["id"])
        outbox = self._outbox(ref, state, events, cause, _Position(now, document["version"], document["at"]))
        version = document["version"] + len(outbox)
        changed: Document = {
            "state": self._beside_newer(document, state),
            "version": version,
            "at": outbox[-1]["at"],
            "saved": f"{self._writer}:{version}",
            "update_time": now,
        }
        update: Document = {
            "$set": changed,
            "$push": {
                "outbox": {"$each": outbox},
                "seen": {"$each": [_remembered(cause)], "$slice": -REMEMBERED_CAUSES},
            },
        }
        return Guarded(_guard(document), self._with_timer(update, document, state), version)

    def moved(self, document: Document, state: S) -> Guarded:
        """Return the save of a timer that led to no event: only the timer moves, the version stays."""
        moved: Document = {"$set": {"state": self._beside_newer(document, state)}}
        update = self._with_timer(moved, document, state)
        return Guarded(_guard(document), update, document["version"])

    def _beside_newer(self, document: Mapping[str, Any], state: S) -> Document:
        """Return a state as stored, beside the fields that a newer build, running already, has added."""
        stored: Document = document["state"]
        newer = stored.keys() - self._known
        return {**{name: stored[name] for name in newer}, **plain(state)}

    def _with_timer(self, update: Document, document: Mapping[str, Any], state: S) -> Document:
        due_at = self.kind.due_at(state)
        if due_at is not None:
            return {**update, "$set": {**update["$set"], "due_at": due_at}}
        # A timer can move without a new version, so where there are timers the document read is no proof.
        if self.kind.fire is None and "due_at" not in document:
            return update
        return {**update, "$unset": {"due_at": ""}}

    def _outbox(
        self, ref: Ref, state: S, events: Sequence[Any], cause: Cause, last: "_Position"
    ) -> list[Document]:
        """Return the events as the relay will publish them, numbered on from `last`.

        `at` never goes back within an aggregate, so replicas whose clocks differ cannot swap events.
        """
        at = max(time.time_ns(), last.at + 1)
        return [
            {
                "ver": last.version + step,
                "at": at + step,
                "id": ids.derived_id(self.kind.collection, ref.key, str(last.version + step)),
                "time": last.now,
                "trace": cause.trace,
                **self._encoded(ref, state, event),
            }
            for step, event in enumerate(events, 1)
        ]

    def _encoded(self, ref: Ref, state: S, event: Any) -> Document:
        out = self.kind.encode(ref, state, event)
        value = out.message.SerializeToString(deterministic=True)
        if len(value) > LARGEST_EVENT:
            raise Invalid("EVENT_TOO_LARGE", f"what this change tells exceeds {LARGEST_EVENT} bytes")
        described = out.message.DESCRIPTOR
        return {
            "topic": described.file.package,
            "type": described.full_name,
            "key": out.key,
            "subject": out.subject,
            "value": value,
        }


class _Position(NamedTuple):
    now: datetime
    version: int
    at: int


def _guard(document: Mapping[str, Any]) -> Document:
    """Return what must still be so; a timer can move without a new version."""
    guarded = ("_id", "tenant_id", "version")
    return {**{field: document[field] for field in guarded}, "due_at": document.get("due_at")}


def _remembered(cause: Cause) -> Document:
    return {"id": cause.id, "h": cause.digest}


def is_repeat(document: Mapping[str, Any], cause: Cause) -> bool:
    """Whether `cause` had its effect. Raises Invalid REQUEST_ID_REUSED when its digest differs."""
    for known in (document["created"], *document["seen"]):
        if known["id"] == cause.id:
            require_same(known["h"], cause.digest)
            return True
    return False


def require_same(known: str, digest: str) -> None:
    """Raise Invalid REQUEST_ID_REUSED unless the digests of two requests of one id are equal."""
    if known != digest:
        raise Invalid(
            "REQUEST_ID_REUSED",
            "this request_id was used for another request",
            fields=(("request_id", "must be new for a new request"),),
        )


def require_etag(version: int, etag: str) -> None:
    """Raise Conflict ETAG_MISMATCH unless `etag` is empty or names `version`."""
    if etag and etag != f'"{version}"':
        raise Conflict("ETAG_MISMATCH", "it was changed since it was read")
