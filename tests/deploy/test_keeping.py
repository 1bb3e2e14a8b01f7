"""Which backups stay: the latest whole ones of each part, and whatever has another name."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.mongo import backup
from deploy.mongo.copies import MANIFEST
from deploy.mongo.keeping import next_folder, outdated, remove_outdated

NIGHT = datetime(2026, 3, 2, 2, 17, tzinfo=UTC)


def take(place: Path, part: str, night: int, *, whole: bool = True) -> str:
    """Make a backup of a night, or one that was cut off before its manifest; return its name."""
    folder = next_folder(place, "keys" if part == "keys" else "data", NIGHT + timedelta(days=night))
    folder.mkdir()
    if whole:
        (folder / MANIFEST).touch()
    return folder.name


def test_a_backup_is_named_by_its_part_and_time() -> None:
    assert next_folder(Path("/backups"), "keys", NIGHT) == Path("/backups/keys-2026-03-02T021700Z")


def test_the_latest_whole_ones_stay_and_older_ones_go(tmp_path: Path) -> None:
    names = [take(tmp_path, "data", night) for night in range(5)]
    assert [path.name for path in remove_outdated(tmp_path, "data", 3)] == names[:2]
    assert sorted(path.name for path in tmp_path.iterdir()) == names[2:]


def test_one_that_was_cut_off_takes_no_whole_ones_place_and_goes_with_its_neighbours(tmp_path: Path) -> None:
    first = take(tmp_path, "data", 0)
    cut_off = take(tmp_path, "data", 1, whole=False)
    take(tmp_path, "data", 2)
    assert outdated(tmp_path, "data", 2) == []
    take(tmp_path, "data", 3)
    assert [path.name for path in outdated(tmp_path, "data", 2)] == [first, cut_off]


def test_another_part_and_other_files_are_left_alone(tmp_path: Path) -> None:
    for night in range(3):
        take(tmp_path, "data", night)
        take(tmp_path, "keys", night)
    (tmp_path / "data-before-the-move").mkdir()
    assert {path.name.partition("-")[0] for path in outdated(tmp_path, "keys", 1)} == {"keys"}
    remove_outdated(tmp_path, "data", 1)
    assert (tmp_path / "data-before-the-move").is_dir()


@pytest.mark.parametrize("number", ["0", "-1", "all", ""])
def test_to_keep_nothing_is_refused(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        backup.parser().parse_args(["dump", "data", "/backups", "--keep", number])
    assert "must be a number from 1 on" in capsys.readouterr().err
