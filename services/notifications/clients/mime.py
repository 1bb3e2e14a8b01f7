"""Mails as bytes (RFC 5322, RFC 2045), at a tenth of the price of the standard library's message classes.

Only what our mails need: a few headers, plain text, HTML beside it, and an invitation for calendars: as one
more form of the text, from which calendar programs offer to answer (RFC 6047), and as a file. Whatever is not
plain ASCII on short lines is encoded, so that every mail server may carry it.
"""

import base64
from collections.abc import Iterable, Sequence
from email.header import Header
from email.utils import formataddr
from typing import Final

from services.notifications.app.ports import Invitation

_LONGEST_HEADER: Final = 78
_LONGEST_LINE: Final = 900
_SPECIALS: Final = frozenset("\r\n\0")


def message(
    headers: Iterable[tuple[str, str]], text: str, html: str = "", invitation: Invitation | None = None
) -> bytes:
    """Return a mail with these headers, in their order. ValueError for a header of more than one line."""
    lines = [_header(name, value) for name, value in headers]
    lines.append("MIME-Version: 1.0")
    forms = [_part("plain", text)]
    if html:
        forms.append(_part("html", html))
    if invitation is None:
        return _joined([*lines, *_multipart("alternative", forms)])
    forms.append(_encoded(f'text/calendar; charset="utf-8"; method={invitation.method}', invitation.document))
    both = [_multipart("alternative", forms), _file(invitation)]
    return _joined([*lines, *_multipart("mixed", both)])


def _multipart(kind: str, parts: Sequence[list[str]]) -> list[str]:
    """Return parts as one; a single one stays as it is. No line of a part can be a boundary."""
    if len(parts) == 1:
        return parts[0]
    boundary = f"=_{kind}"
    lines = [f'Content-Type: multipart/{kind}; boundary="{boundary}"', ""]
    for part in parts:
        lines += [f"--{boundary}", *part]
    return [*lines, f"--{boundary}--", ""]


def _file(invitation: Invitation) -> list[str]:
    head, *rest = _encoded('application/ics; name="invite.ics"', invitation.document)
    return [head, 'Content-Disposition: attachment; filename="invite.ics"', *rest]


def mailbox(name: str, address: str) -> str:
    """Return how a recipient is written in a header."""
    if address.isascii():
        return formataddr((name, address))
    return f"{formataddr((name, 'x@x')).removesuffix('<x@x>')}<{address}>"


def _header(name: str, value: str) -> str:
    if not _SPECIALS.isdisjoint(value):
        raise ValueError(f"{name} has more than one line")
    line = f"{name}: {value}"
    if value.isascii() and len(line) <= _LONGEST_HEADER:
        return line
    if value.isascii() and " " not in value.strip():
        return f"{name}:\r\n {value}"
    charset = "us-ascii" if value.isascii() else "utf-8"
    return f"{name}: {Header(value, charset, header_name=name).encode(linesep=chr(13) + chr(10))}"


def _part(kind: str, text: str) -> list[str]:
    lines = text.splitlines()
    if text.isascii() and all(len(line) <= _LONGEST_LINE and not line.startswith("--=_") for line in lines):
        return [
            f'Content-Type: text/{kind}; charset="utf-8"',
            "Content-Transfer-Encoding: 7bit",
            "",
            *lines,
        ]
    return _encoded(f'text/{kind}; charset="utf-8"', "\r\n".join([*lines, ""]))


def _encoded(kind: str, text: str) -> list[str]:
    encoded = base64.encodebytes(text.encode()).decode()
    return [f"Content-Type: {kind}", "Content-Transfer-Encoding: base64", "", *encoded.splitlines()]


def _joined(lines: Iterable[str]) -> bytes:
    return "\r\n".join([*lines, ""]).encode()
