"""What `make test-fast` leaves out, and how it is shared out."""

from pathlib import Path

import pytest

from tests import fast


@pytest.mark.parametrize(
    "text",
    [
        "pytestmark = pytest.mark.servers\n",
        "import pytest\n\npytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]\n",
        "pytestmark = [\n    pytest.mark.timeout(600),\n    pytest.mark.chaos,\n]\n",
    ],
)
def test_a_file_of_slow_tests_only_is_left_out(tmp_path: Path, text: str) -> None:
    (tmp_path / "test_slow.py").write_text(text)
    assert fast.files(tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        "def test_this() -> None: ...\n",
        "pytestmark = pytest.mark.timeout(5)\n",
        "@pytest.mark.servers\ndef test_one() -> None: ...\n\ndef test_another() -> None: ...\n",
    ],
)
def test_a_file_with_any_fast_test_is_taken(tmp_path: Path, text: str) -> None:
    (tmp_path / "test_some.py").write_text(text)
    assert fast.files(tmp_path) == [tmp_path / "test_some.py"]


@pytest.mark.parametrize("number", [1, 2, 4])
def test_every_file_is_in_one_share(number: int) -> None:
    found = fast.files(Path("tests"))
    dealt = [path for share in fast.shares(found, number) for path in share]
    assert sorted(dealt) == sorted(found)


def test_there_is_no_empty_share() -> None:
    assert fast.shares([Path("test_one.py")], 4) == [[Path("test_one.py")]]
