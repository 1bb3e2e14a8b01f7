"""The pages behind links that answer: HTML without scripts, in which no question becomes markup."""

from collections.abc import Iterable
from html import escape

from services.notifications.domain.checkins import (
    HIGHEST,
    LONGEST_WORDS,
    RATINGS,
    REVISION,
    CheckIn,
    Kind,
    Question,
)
from services.notifications.domain.templates import locale_of
from services.notifications.domain.words import words_of

_SCALE = tuple(str(number) for number in range(1, HIGHEST + 1))


def question(check_in: CheckIn, language: str) -> str:
    """Return the page that asks: one click on the last question sends everything."""
    words = words_of(language).page
    *others, last = RATINGS
    more = "".join(_radios(name, getattr(words, name), _SCALE, required=False) for name in others)
    own = "".join(_own(one) for one in check_in.questions)
    buttons = "".join(f'<button name="{last}" value="{number}">{number}</button> ' for number in _SCALE)
    form = (
        f'<form method="post"><input type="hidden" name="{REVISION}" value="{check_in.revision}">'
        f"<p>{escape(words.scale)}</p><details><summary>{escape(words.more)}</summary>{more}</details>{own}"
        f"<fieldset><legend>{escape(words.satisfaction)}</legend>{buttons}</fieldset></form>"
    )
    return _page(words.title, form, language)


def notice(what: str, language: str) -> str:
    """Return a page that says one thing: `what` names it among a language's words."""
    words = words_of(language).page
    return _page(words.title, f"<p>{escape(getattr(words, what))}</p>", language)


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
