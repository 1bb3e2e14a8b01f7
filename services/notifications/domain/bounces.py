"""Mails that came back, as mail servers tell of them (RFC 3464)."""

import re
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message
from typing import Final

_STATUS: Final = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})")
_OURS: Final = re.compile(r"<([0-9a-f-]{36})(?:\.\d{1,9})?@mentoring>")
_ORIGINALS: Final = ("message/rfc822", "text/rfc822-headers")


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail that will not arrive: the message it was of, its Message-ID, and why, such as SMTP_5.1.1."""

    message: str
    mail_message_id: str
    failure: str


def read(mail: bytes) -> Bounce | None:
    """Return what a report tells; None if it reports no failure of a mail of ours."""
    parts = list(message_from_bytes(mail).walk())
    failures = [
        failure
        for part in parts
        if part.get_content_type() == "message/delivery-status"
        for block in _blocks(part)
        if (failure := _failure(block))
    ]
    ids = [_OURS.search(_original_id(part)) for part in parts if part.get_content_type() in _ORIGINALS]
    found = next((one for one in ids if one), None)
    return Bounce(found[1], found[0], failures[0]) if found and failures else None


def _blocks(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []


def _failure(block: Message) -> str:
    """Return why one recipient did not get it, empty if that is not what is told."""
    if str(block.get("Action", "")).strip().lower() != "failed":
        return ""
    status = _STATUS.match(str(block.get("Status", "")))
    return f"SMTP_{status[1]}" if status else "SMTP_5.0.0"


def _original_id(part: Message) -> str:
    payload = part.get_payload()
    inner = payload[0] if isinstance(payload, list) and payload else message_from_string(str(payload))
    return str(inner.get("Message-ID", "")) if isinstance(inner, Message) else ""
