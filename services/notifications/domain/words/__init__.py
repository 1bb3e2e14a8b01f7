"""The built-in words of each language, from the data files beside this module."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from services.notifications.domain.messages import Category

LANGUAGES: Final = ("en", "de", "fr", "es", "ar")
"""The first one serves whoever speaks none of them."""


@dataclass(frozen=True, slots=True)
class CheckInWords:
    """What the page of a check-in says: what the numbers mean, four questions, then how it ended."""

    title: str
    scale: str
    more: str
    quality: str
    progress: str
    confidence: str
    satisfaction: str
    thanks: str
    answered: str
    closed: str


@dataclass(frozen=True, slots=True)
class RequestWords:
    """What the page of a request to be matched says: a question and two answers, then how it ended."""

    title: str
    ask: str
    yes: str
    no: str
    thanks: str
    answered: str
    closed: str


@dataclass(frozen=True, slots=True)
class OfferWords:
    """What the page of offered times says: a question, the answer beside the times, then how it ended."""

    title: str
    ask: str
    none: str
    thanks: str
    answered: str
    closed: str


@dataclass(frozen=True, slots=True)
class UnsubscribeWords:
    """What the page of a link to unsubscribe says: a question, its answer, then that it is done."""

    title: str
    ask: str
    button: str
    done: str


@dataclass(frozen=True, slots=True)
class PageWords:
    """What the pages behind links say; `link` leads there, `unknown` and `later` are of links that do not."""

    link: str
    unknown: str
    later: str
    unsubscribe: UnsubscribeWords
    check_in: CheckInWords
    match_request: RequestWords
    offer: OfferWords


@dataclass(frozen=True, slots=True)
class Words:
    """What one language says. `templates` are (subject, text) by category."""

    language: str
    colleague: str
    mentor: str
    mentee: str
    group: str
    greeting: str
    digest: str
    test: str
    footer: str
    templates: Mapping[Category, tuple[str, str]]
    page: PageWords


def base_of(language: str) -> str:
    """Return a language without its region and in lower case: "de-CH" is spoken by who speaks "de"."""
    return language.replace("_", "-").partition("-")[0].lower()


def words_of(language: str) -> Words:
    """Return the words of a language, English ones where there are none."""
    base = base_of(language)
    return _loaded(base if base in LANGUAGES else LANGUAGES[0])


@lru_cache(maxsize=len(LANGUAGES))
def _loaded(language: str) -> Words:
    told = tomllib.loads(files(__package__).joinpath(f"{language}.toml").read_text("utf-8"))
    texts = {name: value for name, value in told.items() if isinstance(value, str)}
    greeting, footer = texts.pop("greeting"), texts.pop("footer")
    return Words(
        language=language,
        greeting=greeting,
        footer=footer,
        templates={
            category: (told[category]["subject"], f"{greeting}\n\n{told[category]['text']}\n-- \n{footer}\n")
            for category in Category
        },
        page=_page_words(told["page"]),
        **texts,
    )


def _page_words(told: dict[str, Any]) -> PageWords:
    parts = {
        "unsubscribe": UnsubscribeWords(**told["unsubscribe"]),
        "check_in": CheckInWords(**told["check_in"]),
        "match_request": RequestWords(**told["match_request"]),
        "offer": OfferWords(**told["offer"]),
    }
    return PageWords(**{**told, **parts})
