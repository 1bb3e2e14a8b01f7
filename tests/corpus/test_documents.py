"""What every release stored is read by the code of today, and what that stores by the code of every release.

Both hold at once while an upgrade lasts, or is taken back: new and old processes share the documents.
"""

from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from services.kernel.mongo import Cause, Kind
from services.kernel.mongo.documents import Documents, is_repeat
from tests.corpus import documents, releases
from tests.corpus.documents import Stored, kinds, made, stored_again, unreadable

KEPT = [
    (release, stored)
    for release in releases.releases()
    for stored in documents.read(releases.FOLDER / release)
]
kept = pytest.mark.parametrize(("release", "stored"), KEPT, ids=[f"{one} {two}" for one, two in KEPT])


def kind_of(stored: Stored) -> Kind[Any]:
    return kinds()[(stored.service, stored.collection)]


@kept
def test_documents_of_every_release_are_read_and_saved_again(release: str, stored: Stored) -> None:
    known = Documents(kind_of(stored))
    for document in (stored.shortest, stored.full):
        found = known.versioned(document)
        assert (found.version, found.create_time.tzinfo) == (1, UTC), release
        assert is_repeat(document, Cause("made"))
        assert known.moved(document, found.state).guard["version"] == 1


@kept
def test_the_code_of_every_release_reads_what_this_one_stores(release: str, stored: Stored) -> None:
    kind = kind_of(stored)
    shape = inspect.type_info(kind.state)
    own = [made(shape, full=full) for full in (False, True)]
    for state in (*own, stored.shortest["state"], stored.full["state"]):
        assert unreadable(stored.schema, stored_again(kind, state)) == [], release


def test_every_release_has_every_kind_that_it_stored() -> None:
    assert {str(stored) for _, stored in KEPT} <= {f"{service}.{name}" for service, name in kinds()}
    assert {release for release, _ in KEPT} == set(releases.releases())


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    documents.write(tmp_path)
    assert list(documents.read(tmp_path)) == documents.present()


class Mood(StrEnum):
    CALM = "CALM"


class MoreMoods(StrEnum):
    CALM = "CALM"
    LOUD = "LOUD"


@dataclass(frozen=True)
class Old:
    name: str
    mood: Mood = Mood.CALM


@dataclass(frozen=True)
class Renamed:
    title: str
    mood: Mood = Mood.CALM


@dataclass(frozen=True)
class Retyped:
    name: int
    mood: Mood = Mood.CALM


@dataclass(frozen=True)
class Louder:
    name: str
    mood: MoreMoods = MoreMoods.CALM


@dataclass(frozen=True)
class Grown:
    name: str
    mood: Mood = Mood.CALM
    age: int | None = None


@pytest.mark.parametrize(
    ("later", "readable"), [(Renamed, False), (Retyped, False), (Louder, False), (Grown, True)]
)
def test_a_field_may_be_added_but_not_renamed_nor_mean_something_else(later: type, readable: bool) -> None:  # noqa: FBT001
    state = made(inspect.type_info(later), full=True)
    assert (unreadable(msgspec.json.schema(Old), state) == []) == readable
