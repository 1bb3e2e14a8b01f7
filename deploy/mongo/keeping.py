"""Backups that follow each other in one folder, each in a folder named by its part and time."""

import re
import shutil
from datetime import datetime
from pathlib import Path
from typing import Final

from deploy.mongo.copies import MANIFEST, Part

_STAMP: Final = "%Y-%m-%dT%H%M%SZ"
_NAMED: Final = r"-\d{4}-\d\d-\d\dT\d{6}Z"


def next_folder(place: Path, part: Part, now: datetime) -> Path:
    """Return where a backup that is taken now goes; `now` is UTC. Names sort by time."""
    return place / f"{part}-{now.strftime(_STAMP)}"


def outdated(place: Path, part: Part, keep: int) -> list[Path]:
    """Return what is older than the latest `keep` whole backups of a part, oldest first.

    What was cut off counts for nothing and goes with its neighbours. What has another name is left.
    """
    found = sorted(path for path in place.iterdir() if re.fullmatch(part + _NAMED, path.name))
    whole = [path for path in found if (path / MANIFEST).is_file()]
    if len(whole) <= keep:
        return []
    return found[: found.index(whole[-keep])]


def remove_outdated(place: Path, part: Part, keep: int) -> list[Path]:
    """Remove what `outdated` returns, and return it. OSError."""
    removed = outdated(place, part, keep)
    for path in removed:
        shutil.rmtree(path)
    return removed
