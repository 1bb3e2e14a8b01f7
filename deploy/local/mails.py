"""Mails on disk: one file each, safe before it is acknowledged."""

import contextlib
import email
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

# The envelope is not part of a mail; as its first headers it survives a restart.
FROM, TO, AT = "X-Mailbox-From", "X-Mailbox-To", "X-Mailbox-Received"


@dataclass(frozen=True, slots=True)
class Mail:
    """One accepted mail. `id` grows with each; `sender` and `to` are the envelope's; `received` is UTC."""

    id: str
    received: str
    sender: str
    to: tuple[str, ...]
    subject: str
    message_id: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: str = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """Return everything but the body."""
        return {name: value for name, value in asdict(self).items() if name != "body"}


class Mails:
    """A folder of mails in the order they came (maildir: written in `tmp`, then moved to `new`)."""

    def __init__(self, folder: Path) -> None:
        self._new = folder / "new"
        self._tmp = folder / "tmp"
        for part in (self._new, self._tmp):
            part.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._mails = [_parse(file.name, file.read_bytes()) for file in sorted(self._new.iterdir())]
        self._last = int(self._mails[-1].id) if self._mails else 0

    def __len__(self) -> int:
        return len(self._mails)

    def keep(self, sender: str, to: Iterable[str], content: bytes, at: datetime) -> Mail:
        """Store a mail; when this returns it survives a power cut. The parts must hold no line breaks."""
        lines = (f"{FROM}: {sender}", f"{TO}: {', '.join(to)}", f"{AT}: {at.astimezone(UTC).isoformat()}")
        whole = "".join(f"{line}\r\n" for line in lines).encode() + content
        mail = _parse(f"{self._last + 1:012d}", whole)
        self._write(mail.id, whole)
        self._last += 1
        self._mails.append(mail)
        return mail

    def _write(self, name: str, whole: bytes) -> None:
        partial = self._tmp / name
        with partial.open("wb") as file:
            file.write(whole)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(self._new / name)
        with _opened(self._new) as folder:
            os.fsync(folder)

    def since(self, mail_id: str) -> list[Mail]:
        """Return the mails after that id, oldest first; all of them for an empty id."""
        return [mail for mail in self._mails if mail.id > mail_id]

    def get(self, mail_id: str) -> Mail | None:
        """Return the mail of that id."""
        return next((mail for mail in self._mails if mail.id == mail_id), None)


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)


def _parse(name: str, whole: bytes) -> Mail:
    parsed = email.message_from_bytes(whole, policy=policy.default)
    headers = tuple((key, str(value)) for key, value in parsed.items() if key not in {FROM, TO, AT})
    return Mail(
        id=name,
        received=str(parsed[AT]),
        sender=str(parsed[FROM]),
        to=tuple(str(parsed[TO]).split(", ")),
        subject=str(parsed["Subject"] or ""),
        message_id=str(parsed["Message-ID"] or "").strip(),
        headers=headers,
        body=_text(parsed),
    )


def _text(parsed: EmailMessage) -> str:
    part = parsed.get_body(("plain", "html"))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except LookupError:  # a charset nobody knows
        return str(part.get_payload())
