"""The files of the corpus: written once per release, read by every test after it."""

import base64
import gzip
import hashlib
import json
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from services.kernel.kafka import Record
from services.processor.agents.reading import Taken
from tests.contracts import surface
from tests.corpus import documents
from tests.corpus.making import KINDS, newer_one_by_one, record_of

FOLDER: Final = Path(__file__).resolve().parent
SUMS: Final = "SHA256SUMS"
_ENDING: Final = ".jsonl.gz"
_PROJECT: Final = FOLDER.parents[1] / "pyproject.toml"


@dataclass(frozen=True, slots=True)
class Kept:
    """A record of a release; `kind` is one of KINDS."""

    release: str
    kind: str
    record: Record

    @property
    def type(self) -> str:
        """Return the event's type."""
        return dict(self.record.headers)["ce_type"].decode()  # type: ignore[union-attr]  # ours are never null

    def __str__(self) -> str:
        return f"{self.release} {self.type} ({self.kind})"

    def taken(self) -> Taken:
        """Return it as a consumer gets it."""
        record = self.record
        return Taken(record.topic, 0, 0, 0, record.key, record.value, record.headers)


def present() -> list[Kept]:
    """Return what the present contract's services can tell."""
    types = sorted(surface.events(), key=lambda event: event.full_name)
    return [Kept("present", kind, record_of(event, kind)) for event in types for kind in KINDS]


def newer() -> list[Kept]:
    """Return what a later build could tell: in each record one enum value is not known here."""
    types = sorted(surface.events(), key=lambda event: event.full_name)
    return [Kept("next", "newer", record) for event in types for record in newer_one_by_one(event)]


def version() -> str:
    """Return the release that this tree will be."""
    project: Mapping[str, Any] = tomllib.loads(_PROJECT.read_text())["project"]
    return str(project["version"])


def releases(folder: Path = FOLDER) -> list[str]:
    """Return the releases kept, oldest first."""
    found = (path.name for path in folder.iterdir() if path.is_dir() and path.name[0].isdigit())
    return sorted(found, key=lambda name: [int(part) for part in name.split(".")])


def write(release: str, folder: Path = FOLDER) -> list[Path]:
    """Keep what the present services can tell, and what they store, as a release. FileExistsError."""
    place = folder / release
    place.mkdir()
    topics: defaultdict[str, list[Kept]] = defaultdict(list)
    for kept in present():
        topics[kept.record.topic].append(kept)
    written = [_write(place / f"{topic}{_ENDING}", records) for topic, records in sorted(topics.items())]
    written.append(documents.write(place))
    with (folder / SUMS).open("a") as sums:
        sums.writelines(f"{_sum(path)}  {path.relative_to(folder)}\n" for path in written)
    return written


def read(release: str, folder: Path = FOLDER) -> Iterator[Kept]:
    """Yield the records of a release."""
    for path in sorted((folder / release).glob(f"mentoring.*{_ENDING}")):
        topic = path.name.removesuffix(_ENDING)
        for line in gzip.decompress(path.read_bytes()).splitlines():
            yield _kept(release, topic, json.loads(line))


def everything() -> list[Kept]:
    """Return the records of all releases, and those of the present contract and of the next."""
    return [*(kept for release in releases() for kept in read(release)), *present(), *newer()]


def sums(folder: Path = FOLDER) -> dict[str, str]:
    """Return what the files of the releases hash to, by their path."""
    files = (path for release in releases(folder) for path in (folder / release).rglob("*"))
    return {str(path.relative_to(folder)): _sum(path) for path in files}


def noted(folder: Path = FOLDER) -> dict[str, str]:
    """Return what the files hashed to when they were written, by their path."""
    lines = (folder / SUMS).read_text().splitlines()
    return {path: digest for digest, path in (line.split("  ") for line in lines)}


def missing(folder: Path = FOLDER) -> list[str]:
    """Return the event types of the present contract that the newest release does not have."""
    known = {kept.type for kept in read(releases(folder)[-1], folder)}
    return sorted({event.full_name for event in surface.events()} - known)


def _write(path: Path, records: Iterable[Kept]) -> Path:
    lines = "".join(f"{json.dumps(_line(kept), separators=(',', ':'))}\n" for kept in records)
    path.write_bytes(gzip.compress(lines.encode(), mtime=0))
    return path


def _line(kept: Kept) -> dict[str, Any]:
    record = kept.record
    return {
        "kind": kept.kind,
        "key": (record.key or b"").decode(),
        "headers": {name: (value or b"").decode() for name, value in record.headers},
        "value": base64.b64encode(record.value or b"").decode(),
    }


def _kept(release: str, topic: str, line: Mapping[str, Any]) -> Kept:
    headers = [(name, text.encode()) for name, text in line["headers"].items()]
    record = Record(topic, line["key"].encode(), base64.b64decode(line["value"]), headers)
    return Kept(release, line["kind"], record)


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
