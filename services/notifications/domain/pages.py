"""The pages behind links: HTML without scripts, in which no question becomes markup."""

from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import Final

from babel.dates import format_datetime

from services.notifications.domain import match_requests, offers
from services.notifications.domain.checkins import (
    HIGHEST,
    LONGEST_WORDS,
    RATINGS,
    REVISION,
    CheckIn,
    Kind,
    Question,
    Stage,
)
from services.notifications.domain.hours import zone_of
from services.notifications.domain.match_requests import NO, YES, MatchRequest
from services.notifications.domain.offers import Offer
from services.notifications.domain.templates import locale_of
from services.notifications.domain.words import CheckInWords, OfferWords, RequestWords, words_of

About = CheckIn | MatchRequest | Offer
"""What a page is about."""

UNSUBSCRIBE: Final = ("List-Unsubscribe", "One-Click")
"""The one field of the form that unsubscribes, which mail programs send by themselves (RFC 8058)."""

_SCALE = tuple(str(number) for number in range(1, HIGHEST + 1))


def question(about: About, language: str, zone: str = "") -> str:
    """Return the page that asks: one click sends everything. Times are those on the wall in `zone`."""
    words = _words(about, language)
    return _page(words.title, _asked(about, language, zone), language)


def unsubscribing(language: str) -> str:
    """Return the page that asks whether mails of one kind shall end."""
    words = words_of(language).page.unsubscribe
    field, value = UNSUBSCRIBE
    return _page(words.title, _buttons(words.ask, field, ((value, words.button),)), language)


def thanks(about: About, language: str) -> str:
    """Return the page after an answer."""
    return notice(_words(about, language).thanks, language)


def over(about: About, language: str) -> str:
    """Return the page about what takes no answer any more."""
    words = _words(about, language)
    return notice(words.answered if about.stage is Stage.ANSWERED else words.closed, language)


def notice(text: str, language: str) -> str:
    """Return a page that says one thing."""
    return _page(text, "", language)


def _words(about: About, language: str) -> CheckInWords | RequestWords | OfferWords:
    page = words_of(language).page
    match about:
        case CheckIn():
            return page.check_in
        case MatchRequest():
            return page.match_request
        case Offer():
            return page.offer


def _asked(about: About, language: str, zone: str) -> str:
    page = words_of(language).page
    match about:
        case CheckIn():
            return _check_in(about, page.check_in)
        case MatchRequest():
            words = page.match_request
            return _buttons(words.ask, match_requests.FIELD, ((YES, words.yes), (NO, words.no)))
        case Offer():
            times = [(start.isoformat(), _shown(start, language, zone)) for start in about.starts]
            return _buttons(page.offer.ask, offers.FIELD, (*times, (offers.NONE, page.offer.none)))


def _buttons(ask: str, field: str, answers: Iterable[tuple[str, str]]) -> str:
    buttons = "".join(
        f'<p><button name="{field}" value="{value}">{escape(text)}</button></p>' for value, text in answers
    )
    return f'<form method="post"><p>{escape(ask)}</p>{buttons}</form>'


def _shown(moment: datetime, language: str, zone: str) -> str:
    locale = locale_of(words_of(language).language)
    return format_datetime(moment.astimezone(zone_of(zone)), "long", locale=locale)


def _check_in(check_in: CheckIn, words: CheckInWords) -> str:
    *others, last = RATINGS
    more = "".join(_radios(name, getattr(words, name), _SCALE, required=False) for name in others)
    own = "".join(_own(one) for one in check_in.questions)
    buttons = "".join(f'<button name="{last}" value="{number}">{number}</button> ' for number in _SCALE)
    return (
        f'<form method="post"><input type="hidden" name="{REVISION}" value="{check_in.revision}">'
        f"<p>{escape(words.scale)}</p><details><summary>{escape(words.more)}</summary>{more}</details>{own}"
        f"<fieldset><legend>{escape(words.satisfaction)}</legend>{buttons}</fieldset></form>"
    )


def _own(one: Question) -> str:
    if one.kind is Kind.TEXT:
        attributes = f'name="{escape(one.field)}" maxlength="{LONGEST_WORDS}"{_must(required=one.required)}'
        return _field(one.text, f"<textarea {attributes}></textarea>")
    options = _SCALE if one.kind is Kind.RATING else one.options
    return _radios(one.field, one.text, options, required=one.required)


def _radios(name: str, text: str, options: Iterable[str], *, required: bool) -> str:
    must = _must(required=required)
    choices = "".join(
        f'<label><input type="radio" name="{escape(name)}" value="{value}"{must}>{escape(shown)}</label> '
        for value, shown in enumerate(options, start=1)
    )
    return _field(text, choices)


def _must(*, required: bool) -> str:
    return " required" if required else ""


def _field(text: str, inner: str) -> str:
    return f'<fieldset><legend dir="auto">{escape(text)}</legend>{inner}</fieldset>'


def _page(title: str, body: str, language: str) -> str:
    locale = locale_of(words_of(language).language)
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title>"
    )
    return (
        f'<!doctype html><html lang="{locale.language}" dir="{locale.text_direction}"><head>{head}</head>'
        f"<body><h1>{escape(title)}</h1>{body}</body></html>\n"
    )
