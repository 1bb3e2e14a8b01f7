"""What every release stored: a document of each kind in full and at its shortest, and how it reads them.

`<release>/documents.jsonl.gz` holds a line for each kind: {"service", "collection", "schema", "shortest",
"full"}, the documents in MongoDB's extended JSON. The schema is that of the state, made from its type: what
it accepts the release's code can read.
"""

import gzip
import importlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import jsonschema
import msgspec
from bson import json_util
from msgspec import inspect

from services.kernel.mongo import Cause, Kind, Ref
from services.kernel.mongo.documents import Document, Documents, plain, restored
from tests.test_shape import GRPC

FILE: Final = "documents.jsonl.gz"
_REF: Final = Ref("acme", "one")
_THEN: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
_SIMPLE: Final[Mapping[type[inspect.Type], Any]] = {
    inspect.BoolType: True,
    inspect.BytesType: b"\x01",
    inspect.DateTimeType: _THEN,
    inspect.DateType: "2026-03-02",
    inspect.FloatType: 0.5,
    inspect.IntType: 7,
    inspect.NoneType: None,
    inspect.StrType: "text",
    inspect.TimeType: "12:00:00",
}


@dataclass(frozen=True, slots=True)
class Stored:
    """One kind's documents. `shortest` has only the fields that no build may miss."""

    service: str
    collection: str
    schema: Document
    shortest: Document
    full: Document

    def __str__(self) -> str:
        return f"{self.service}.{self.collection}"


def kinds() -> dict[tuple[str, str], Kind[Any]]:
    """Return what the services store, by service and collection."""
    stores = {name: importlib.import_module(f"services.{name}.store") for name in GRPC}
    return {
        (name, kind.collection): kind
        for name, store in stores.items()
        for kind in vars(store).values()
        if isinstance(kind, Kind)
    }


def present() -> list[Stored]:
    """Return what the present code stores."""
    return [_stored(service, kind) for (service, _), kind in sorted(kinds().items())]


def _stored(service: str, kind: Kind[Any]) -> Stored:
    shape = inspect.type_info(kind.state)
    schema = json.loads(json.dumps(msgspec.json.schema(kind.state)))
    short, full = (_document(kind, made(shape, full=full)) for full in (False, True))
    return Stored(service, kind.collection, schema, short, full)


def _document(kind: Kind[Any], state: Document) -> Document:
    """Return a whole document, its state as given."""
    made = Documents(kind, "writer").created(_REF, restored(state, kind.state), [], Cause("made"), _THEN)
    return {**made, "version": 1, "at": 1, "state": state}


def stored_again(kind: Kind[Any], state: Document) -> Any:
    """Return a stored state as this build stores it after a change, in the terms of a schema."""
    return json.loads(msgspec.json.encode(plain(restored(state, kind.state))))


def unreadable(schema: Document, state: Any) -> list[str]:
    """Return why code whose states have this schema could not read a state."""
    errors = jsonschema.Draft202012Validator(schema).iter_errors(state)
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in errors]


def made(shape: inspect.Type, *, full: bool, within: frozenset[type] = frozenset()) -> Any:
    """Return a value of a type as it is stored: everything set, or nothing that may be left out.

    An object that lies in others of its own kind, `within`, is the shortest: else there were no end.
    """
    if type(shape) in _SIMPLE:
        return _SIMPLE[type(shape)]
    inner = partial(made, full=full, within=within)
    match shape:
        case inspect.DataclassType():
            full = full and shape.cls not in within
            asked = [field for field in shape.fields if full or field.required]
            inner = partial(made, full=full, within=within | {shape.cls})
            return {field.encode_name: inner(field.type) for field in asked}
        case inspect.EnumType():
            return list(shape.cls)[-1 if full else 0].value
        case inspect.UnionType():
            return inner(_chosen(shape, full=full))
    return _many(shape, inner, full=full)


def _many(shape: inspect.Type, inner: Callable[[inspect.Type], Any], *, full: bool) -> Any:
    match shape:
        case inspect.TupleType():
            return [inner(item) for item in shape.item_types]
        case inspect.VarTupleType():
            return [inner(shape.item_type)] if full else []
        case inspect.DictType():
            return {"key": inner(shape.value_type)} if full else {}
    raise TypeError(f"no example of {shape} is known here")


def _chosen(shape: inspect.UnionType, *, full: bool) -> inspect.Type:
    nothing = [each for each in shape.types if isinstance(each, inspect.NoneType)]
    something = [each for each in shape.types if not isinstance(each, inspect.NoneType)]
    return something[0] if full or not nothing else nothing[0]


def write(folder: Path) -> Path:
    """Keep what the present code stores in the folder of a release."""
    lines = "".join(f"{json_util.dumps(_line(one))}\n" for one in present())
    path = folder / FILE
    path.write_bytes(gzip.compress(lines.encode(), mtime=0))
    return path


def _line(one: Stored) -> Document:
    documents = {"shortest": one.shortest, "full": one.full}
    return {
        "service": one.service,
        "collection": one.collection,
        "schema": json.dumps(one.schema),
        **documents,
    }


def read(folder: Path) -> Iterator[Stored]:
    """Yield what a release stored."""
    for text in gzip.decompress((folder / FILE).read_bytes()).splitlines():
        line = json_util.loads(text, json_options=json_util.JSONOptions(tz_aware=True, tzinfo=UTC))
        yield Stored(**{**line, "schema": json.loads(line["schema"])})
