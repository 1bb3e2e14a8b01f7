import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.vault import DataKey, Master, Tampered, Wrapped, WrongMaster
from services.kernel.vault.cipher import key_id

OLD, NEW = bytes(range(32)), bytes(range(1, 33))


def test_what_was_wrapped_is_unwrapped_for_its_owner_only() -> None:
    master = Master([OLD])
    wrapped = master.wrap(b"k" * 32, "acme/ann")
    assert master.unwrap(wrapped, "acme/ann") == b"k" * 32
    with pytest.raises(WrongMaster):
        master.unwrap(wrapped, "acme/bob")


def test_a_rotated_file_opens_the_old_and_wraps_with_the_new() -> None:
    before = Master([OLD]).wrap(b"k" * 32, "acme/ann")
    both = Master([NEW, OLD])
    assert both.unwrap(before, "acme/ann") == b"k" * 32
    after = both.wrap(b"k" * 32, "acme/ann")
    assert Master([NEW]).unwrap(after, "acme/ann") == b"k" * 32
    with pytest.raises(WrongMaster):
        Master([NEW]).unwrap(before, "acme/ann")


def test_a_stored_key_that_was_changed_is_noticed() -> None:
    master = Master([OLD])
    wrapped = master.wrap(b"k" * 32, "acme/ann")
    changed = bytes([wrapped.key[-1] ^ 1])
    with pytest.raises(WrongMaster):
        master.unwrap(Wrapped(wrapped.master, wrapped.key[:-1] + changed), "acme/ann")


def test_a_file_holds_one_key_a_line(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    lines = [base64.b64encode(key).decode() for key in (NEW, OLD)]
    file.write_text("# since March\n" + "\n\n".join(lines) + "\n")
    assert Master.read(file).current == Master([NEW]).current


@pytest.mark.parametrize("text", ["", "# nothing\n", "c2hvcnQ=\n", "not base64!\n"])
def test_a_file_without_usable_keys_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "keys"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"32 bytes|base64"):
        Master.read(file)


@given(st.text(), st.text())
def test_a_sealed_text_is_opened_in_its_place_only(text: str, place: str) -> None:
    key = DataKey.of(b"12345678", OLD)
    sealed = key.seal(text.encode(), place.encode())
    assert key_id(sealed) == b"12345678"
    assert key.open(sealed, place.encode()).decode() == text
    with pytest.raises(Tampered):
        key.open(sealed, place.encode() + b"!")


@pytest.mark.parametrize("sealed", [b"", b"\x02" + b"x" * 40, b"\x01short"])
def test_what_was_never_sealed_is_not_taken_for_it(sealed: bytes) -> None:
    with pytest.raises(Tampered):
        key_id(sealed)
