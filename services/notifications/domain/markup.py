"""Plain text as HTML: paragraphs, and nothing that a name could turn into markup."""

import html
from typing import Final

_HEAD: Final = '<head><meta charset="utf-8"></head>'
_FOOTER: Final = "<hr><p><small>"


def page(text: str, language: str, direction: str) -> str:
    """Return an HTML document that says what `text` says. Indented lines keep their form."""
    parts = [_part(part) for part in text.strip("\n").split("\n\n") if part.strip()]
    body = "\n".join(parts)
    return f'<!doctype html><html lang="{language}" dir="{direction}">{_HEAD}<body>\n{body}\n</body></html>\n'


def with_link(document: str, label: str, url: str) -> str:
    """Return an HTML document that leads somewhere too: ahead of its footer, else at its end."""
    link = f'<p><a href="{html.escape(url)}">{html.escape(label)}</a></p>\n'
    for end in (_FOOTER, "</body>"):
        head, found, tail = document.rpartition(end)
        if found:
            return f"{head}{link}{found}{tail}"
    return document + link


def _part(part: str) -> str:
    lines = part.strip("\n").split("\n")
    if lines[0].startswith("-- "):
        return f"{_FOOTER}{_line(lines[1:])}</small></p>"
    if all(line.startswith("  - ") for line in lines):
        return f"<ul>{''.join(f'<li>{_line([line[4:]])}</li>' for line in lines)}</ul>"
    if lines[0].startswith("    "):
        return f"<p><code>{_line(lines)}</code></p>"
    return f"<p>{_line(lines)}</p>"


def _line(lines: list[str]) -> str:
    return html.escape(" ".join(line.strip() for line in lines))
