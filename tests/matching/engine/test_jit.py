"""Where compiled kernels are kept, also in an image that cannot be written."""

from pathlib import Path

import pytest

from services.matching.domain.engine import jit


def test_code_is_kept_where_it_is_wished(tmp_path: Path) -> None:
    assert jit.kept_in(tmp_path / "kernels") == tmp_path / "kernels"


def test_code_that_came_with_a_read_only_image_is_used_from_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = tmp_path / "built"
    built.mkdir()
    (built / "kernel.nbi").write_bytes(b"index")
    monkeypatch.setattr(jit, "_is_writable", lambda _: False)
    copy = jit.kept_in(built)
    assert copy != built
    assert (copy / "kernel.nbi").read_bytes() == b"index"


def test_without_any_code_a_read_only_place_is_replaced_by_an_empty_one(tmp_path: Path) -> None:
    """A path below a file can be written by nobody, not even by root."""
    (tmp_path / "file").touch()
    copy = jit.kept_in(tmp_path / "file" / "kernels")
    assert list(copy.iterdir()) == []
