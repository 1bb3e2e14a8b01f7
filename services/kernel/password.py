"""A password that lies in a file and may change there while the process runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Self


class Password(str):
    """The password in a file. SCRAM asks for it at each connection, so a new one needs no restart.

    Kafka's client encodes it, and MongoDB's looks at it letter by letter: both get what the file says then.
    MongoDB's keeps what it made of that until the salt changes, as it does with the server's password: so the
    file has to change first.
    """

    __slots__ = ("_file",)
    _file: Path

    def __new__(cls, file: Path) -> Self:
        """Read it. OSError."""
        made = super().__new__(cls, file.read_text().strip())
        made._file = file
        return made

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """Return what the file says now."""
        return self._now().encode(encoding, errors)

    def __iter__(self) -> Iterator[str]:
        """Yield the letters of what the file says now."""
        return iter(self._now())

    def _now(self) -> str:
        """Return what the file says, or what it said at first while it is being replaced."""
        try:
            return self._file.read_text().strip()
        except OSError:
            return str(self)

    def __repr__(self) -> str:
        return f"<password of {self._file}>"
