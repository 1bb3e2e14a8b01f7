"""What messages say, to whom, in which language."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from babel import Locale

from services.notifications.domain import templates
from services.notifications.domain.hours import zone_of
from services.notifications.domain.links import Button
from services.notifications.domain.markup import page, with_link
from services.notifications.domain.messages import Content, Facts, Message
from services.notifications.domain.templates import locale_of, render
from services.notifications.domain.words import Words, base_of, words_of

_FOOTER: Final = "\n-- \n"
_ISOLATED: Final = "\u2068{}\u2069"
"""Keeps a name's direction of writing to itself."""


@dataclass(frozen=True, slots=True)
class Names:
    """How to greet the recipient, and the full name of the other one of the pair (empty: not known)."""

    recipient: str
    other: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: names, language (any BCP 47 tag, empty: not known) and zone."""

    names: Names
    language: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """Whom a preview is for: `person` is one of those in the facts."""

    reader: Reader
    person: str
    facts: Facts


def written(message: Message, reader: Reader, own: templates.Words | None = None) -> Content:
    """Return what a message says: as it was written first, else now, in the organization's words if any."""
    if message.content is not None and message.content.subject:
        return message.content
    words = words_of(reader.language)
    locale = _locale(reader, own.language if own else words.language)
    values = _values(message, reader, words, locale)
    subject, text = (own.subject, own.text) if own else words.templates[message.category]
    plain = render(text, values)
    if own is not None and own.html:
        html = render(own.html, values, as_html=True)
    else:
        html = page(plain, str(locale).replace("_", "-"), locale.text_direction)
    return Content(" ".join(render(subject, values).split()), plain, html)


def digest(contents: Sequence[Content], reader: Reader) -> Content:
    """Return one mail that tells several messages of one category."""
    words = words_of(reader.language)
    locale = _locale(reader, words.language)
    greeting = render(words.greeting, {"name": _shown(reader.names.recipient, locale)})
    lines = "\n".join(f"  - {content.subject}" for content in contents)
    text = f"{greeting}\n\n{words.digest}\n\n{lines}\n\n-- \n{words.footer}\n"
    subject = f"{contents[0].subject} (+{len(contents) - 1})"
    return Content(subject, text, page(text, str(locale).replace("_", "-"), locale.text_direction))


def linked(content: Content, button: Button) -> Content:
    """Return what a mail says that leads to a page too."""
    text, mark, footer = content.text.rpartition(_FOOTER)
    body = (text if mark else footer).rstrip("\n")
    plain = f"{body}\n\n{button.label}:\n{button.url}\n{mark}{footer if mark else ''}"
    html = content.html and with_link(content.html, button.label, button.url)
    return Content(content.subject, plain, html)


def posted(content: Content, addressee: str = "") -> str:
    """Return what a chat shows: all but the footer, or one line to `addressee` where others read too."""
    if addressee:
        return f"{_line(addressee)}: {content.subject}"
    return f"{content.subject}\n\n{content.text.partition(_FOOTER)[0].strip()}"


def _locale(reader: Reader, language: str) -> Locale:
    """Return how the language of a text writes, by the reader's region if that is the reader's language."""
    mine = base_of(reader.language) == base_of(language) or not language
    return locale_of(reader.language if mine else language)


def _values(message: Message, reader: Reader, words: Words, locale: Locale) -> dict[str, Any]:
    facts = message.facts
    is_mentee = message.person == facts.mentee
    other = _shown(reader.names.other, locale)
    return {
        "name": _shown(reader.names.recipient, locale),
        "other": other or _nameless(message, words, is_mentee=is_mentee),
        "is_mentee": is_mentee,
        "group": bool(facts.group),
        "code": facts.code,
        "count": facts.count,
        "misses": facts.misses_in_row,
        "mentorship": facts.mentorship,
        "webhook": facts.webhook,
        "day": facts.day,
        "moment": facts.moment,
        "locale": locale,
        "zone": zone_of(reader.zone),
    }


def _nameless(message: Message, words: Words, *, is_mentee: bool) -> str:
    if message.facts.requester:
        return words.colleague
    if message.facts.group:
        return words.group
    return words.mentor if is_mentee else words.mentee


def _shown(name: str, locale: Locale) -> str:
    """Return a name on one line, as a mail's header needs it, apart from text of the other direction."""
    line = _line(name)
    return _ISOLATED.format(line) if line and locale.text_direction == "rtl" else line


def _line(text: str) -> str:
    """Return `text` without line breaks, which would end a mail header, and other control characters."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
