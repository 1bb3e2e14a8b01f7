from dataclasses import dataclass
from typing import Annotated

import msgspec
import pytest

from services.kernel.personal import ITSELF, Personal, Text, shape_of


@dataclass(frozen=True, slots=True)
class Step:
    title: Annotated[str, Personal("people.1")]
    note: Annotated[str, Personal("by")] = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    people: tuple[str, str]
    title: Annotated[str, Personal("people.1", also=("about", "missing"))] = ""
    about: str = ""
    tags: Annotated[tuple[str, ...], Personal(ITSELF)] = ()
    steps: tuple[Step, ...] = ()
    last: Step | None = None
    version: int = 1


SHAPE = shape_of(Plan)
PLAN = Plan(
    ("mo", "ann"),
    title="learn",
    about="bob",
    tags=("a", "", "b"),
    steps=(Step("read", "nice", "mo"), Step("write")),
    last=Step("rest", "later"),
)


def found(plan: Plan) -> list[tuple[str, tuple[str, ...], str]]:
    state = msgspec.to_builtins(plan)
    return [(text.path, text.owners, text.holder[text.key]) for text in SHAPE.texts(state, "doc")]


def test_every_marked_text_is_found_with_its_owners() -> None:
    assert found(PLAN) == [
        ("title", ("ann", "bob"), "learn"),
        ("tags", ("doc",), "a"),
        ("tags", ("doc",), "b"),
        ("steps.title", ("ann",), "read"),
        ("steps.note", ("mo",), "nice"),
        ("steps.title", ("ann",), "write"),
        ("last.title", ("ann",), "rest"),
        ("last.note", ("",), "later"),
    ]


def test_no_text_is_found_where_none_is() -> None:
    assert found(Plan(("mo", "ann"))) == []


def test_a_text_is_named_once_that_names_its_own_author() -> None:
    assert found(Plan(("mo", "ann"), title="me", about="ann")) == [("title", ("ann",), "me")]


def test_all_paths_are_listed() -> None:
    assert sorted(SHAPE.paths()) == [
        "last.note",
        "last.title",
        "steps.note",
        "steps.title",
        "tags",
        "title",
    ]


def test_texts_can_be_replaced_where_they_lie() -> None:
    state = msgspec.to_builtins(PLAN)
    for text in SHAPE.texts(state, "doc"):
        text.holder[text.key] = text.holder[text.key].upper()
    changed = msgspec.convert(state, Plan)
    assert (changed.title, changed.tags, changed.steps[1].title) == ("LEARN", ("A", "", "B"), "WRITE")
    assert changed.about == "bob"


def test_two_who_look_at_one_document_see_each_others_changes() -> None:
    """Reads of one moment share what came from the database."""
    state = {"people": ["mo", "ann"], "tags": ["a"]}
    first, second = SHAPE.texts(state, "doc"), SHAPE.texts(state, "doc")
    first[0].holder[0] = "b"
    assert second == [Text(state["tags"], 0, "tags", ("doc",))]
    assert state["tags"] == ["b"]


def test_a_type_without_marks_has_no_shape() -> None:
    @dataclass(frozen=True)
    class Bare:
        text: str

    assert not shape_of(Bare)


@dataclass(frozen=True)
class Chapter:
    title: str
    parts: "tuple[Chapter, ...]" = ()


@dataclass(frozen=True)
class Diary:
    entry: Annotated[str, Personal(ITSELF)]
    parts: "tuple[Diary, ...]" = ()


def test_a_type_may_hold_itself_only_without_marks() -> None:
    assert not shape_of(Chapter)
    with pytest.raises(TypeError, match="Diary"):
        shape_of(Diary)


def test_marks_that_could_not_be_followed_are_refused() -> None:
    @dataclass(frozen=True)
    class Kept:
        steps: dict[str, Step]

    with pytest.raises(TypeError, match=r"Kept\.steps"):
        shape_of(Kept)
