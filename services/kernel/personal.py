"""Which parts of a state are personal, marked where they are declared and found by walking its type. Pure.

`note: Annotated[str, Personal("author")]` says: a text that is kept sealed, readable as long as the person
whom the field `author` names has a key.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Annotated, Any, Final, NamedTuple, get_args, get_origin, get_type_hints

ITSELF: Final = "$id"
"""For documents that have their person's id."""
INDEX: Final = "_index"
"""Of a state: what searchable texts are found by, under their paths."""


@dataclass(frozen=True, slots=True)
class Personal:
    """Marks a text, or a tuple of texts, as somebody's.

    of          whose text it is: the path of a person's id in the innermost object around that has one
                ("author", "people.1"), or ITSELF; of several, parted by "|", the first that names somebody;
                nobody means it is the organization's own
    also        paths of those whom the text names; it is unreadable without the key of any of them
    searchable  can be looked for as a whole; only at the top of a state
    """

    of: str
    also: tuple[str, ...] = ()
    searchable: bool = False


class Text(NamedTuple):
    """A marked text in a stored state: `holder[key]` is the text, `path` names the field without positions.

    `owners` are person ids, the one whose text it is first.
    """

    holder: Any
    key: Any
    path: str
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """Where the marked fields of one type are: its own `leaves`, and those below its `branches`."""

    leaves: Mapping[str, Personal]
    branches: Mapping[str, "Shape"]

    def __bool__(self) -> bool:
        """Whether anything is marked."""
        return bool(self.leaves or self.branches)

    @property
    def searchable(self) -> tuple[str, ...]:
        """Return the fields that can be looked for."""
        return tuple(name for name, mark in self.leaves.items() if mark.searchable)

    def paths(self, above: str = "") -> Iterator[str]:
        """Yield the path of every marked field."""
        yield from (f"{above}{name}" for name in self.leaves)
        for name, branch in self.branches.items():
            yield from branch.paths(f"{above}{name}.")

    def texts(self, state: Any, key: str) -> list[Text]:
        """Return every text of a state as it lies in its document, whose id is `key`; no empty ones."""
        return list(_texts(self, [{ITSELF: key}, state], ""))


_NO_MARKS: Final = Shape({}, {})


def shape_of(kind: Any) -> Shape:
    """Return where a state type has marked fields. TypeError for a mark that could not be followed."""
    again: set[str] = set()
    shape = _shape(kind, (), again)
    if shape and again:
        raise TypeError(f"{kind.__name__}: marked fields cannot be followed through {', '.join(again)}")
    return shape


def _shape(kind: Any, within: tuple[Any, ...], again: set[str]) -> Shape:
    """Return the shape of a type met inside of others; `again` gets those that hold themselves."""
    if kind in within:
        again.add(kind.__name__)
        return _NO_MARKS
    leaves: dict[str, Personal] = {}
    branches: dict[str, Shape] = {}
    hints = get_type_hints(kind, include_extras=True)
    for field in fields(kind):
        hint = hints[field.name]
        if (mark := _mark(hint)) is not None:
            leaves[field.name] = mark
            continue
        inner = (_shape(below, (*within, kind), again) for below in _dataclasses(hint))
        if found := [shape for shape in inner if shape]:
            branches[field.name] = _only(found, hint, f"{kind.__name__}.{field.name}")
    return Shape(leaves, branches)


def _mark(hint: Any) -> Personal | None:
    marks = [extra for extra in get_args(hint)[1:] if isinstance(extra, Personal)]
    return marks[0] if get_origin(hint) is Annotated and marks else None


def _only(found: list[Shape], hint: Any, place: str) -> Shape:
    """Return the one shape inside a hint: of a dataclass itself, or optional, or in a tuple."""
    if len(found) > 1 or issubclass(_origin(hint), Mapping):
        raise TypeError(f"{place}: marked fields cannot be followed into this type")
    return found[0]


def _origin(hint: Any) -> type:
    origin = get_origin(hint)
    return origin if isinstance(origin, type) else object


def _dataclasses(hint: Any) -> Iterator[Any]:
    if isinstance(hint, type) and is_dataclass(hint):
        yield hint
    for inner in get_args(hint):
        yield from _dataclasses(inner)


def _texts(shape: Shape, around: list[Any], above: str) -> Iterator[Text]:
    """Yield the texts of `around[-1]`; `around` are the objects it lies in, the document's id first."""
    state = around[-1]
    for name, mark in shape.leaves.items():
        if value := state.get(name):
            yield from _marked(state, name, value, (f"{above}{name}", _owners(mark, around)))
    for name, branch in shape.branches.items():
        for item in _items(state.get(name)):
            yield from _texts(branch, [*around, item], f"{above}{name}.")


def _marked(state: Any, name: str, value: Any, about: tuple[str, tuple[str, ...]]) -> Iterator[Text]:
    if isinstance(value, str | bytes):
        yield Text(state, name, *about)
        return
    many = state[name] = value if isinstance(value, list) else list(value)
    yield from (Text(many, place, *about) for place, text in enumerate(many) if text)


def _items(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        yield from value
    elif value is not None:
        yield value


def _owners(mark: Personal, around: list[Any]) -> tuple[str, ...]:
    of = _named(mark.of, around)
    if not mark.also:
        return (of,)
    named = (_named(path, around) for path in mark.also)
    return (of, *dict.fromkeys(person for person in named if person and person != of))


def _named(path: str, around: list[Any]) -> str:
    """Return the person at the first path that names one; "" if there is none."""
    for head, rest in _alternatives(path):
        if person := _person(head, rest, around):
            return person
    return ""


@cache  # as many as there are marks
def _alternatives(path: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the first step and the others of each path."""
    parts = (one.split(".") for one in path.split("|"))
    return tuple((head, tuple(rest)) for head, *rest in parts)


def _person(head: str, rest: tuple[str, ...], around: list[Any]) -> str:
    """Return the person at a path, looked for from the inside outwards."""
    for place in reversed(around):
        found = place.get(head)
        for step in rest:
            found = _step(found, step)
        if found:
            return str(found)
    return ""


def _step(found: Any, step: str) -> Any:
    if isinstance(found, Mapping):
        return found.get(step)
    if isinstance(found, list | tuple) and int(step) < len(found):
        return found[int(step)]
    return None
