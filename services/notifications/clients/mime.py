"""Mails as bytes (RFC 5322, RFC 2045), at a tenth of the price of the standard library's message classes.

Only what our mails need: a few headers, plain text, and HTML beside it. Whatever is not plain ASCII on short
lines is encoded, so that every mail server may carry it.
"""

import base64
from collections.abc import Iterable
from email.header import Header
from email.utils import formataddr
from typing import Final

_LONGEST_HEADER: Final = 78
_LONGEST_LINE: Final = 900
_SPECIALS: Final = frozenset("\r\n\0")


def message(headers: Iterable[tuple[str, str]], text: str, html: str = "") -> bytes:
    """Return a mail with these headers, in their order. ValueError for a header of more than one line."""
    lines = [_header(name, value) for name, value in headers]
    lines.append("MIME-Version: 1.0")
    if not html:
        return _joined([*lines, *_part("plain", text)])
    boundary = "=_mentoring"  # no line of a part can be it: it is not ASCII text of ours, nor base64
    return _joined(
        [
            *lines,
            f'Content-Type: multipart/alternative; boundary="{boundary}"',
            "",
            f"--{boundary}",
            *_part("plain", text),
            f"--{boundary}",
            *_part("html", html),
            f"--{boundary}--",
            "",
        ]
    )


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
    encoded = base64.encodebytes("\r\n".join([*lines, ""]).encode()).decode()
    return [
        f'Content-Type: text/{kind}; charset="utf-8"',
        "Content-Transfer-Encoding: base64",
        "",
        *encoded.splitlines(),
    ]


def _joined(lines: Iterable[str]) -> bytes:
    return "\r\n".join([*lines, ""]).encode()
