"""Templates: text that an organization may write itself, rendered where it can do no harm.

They know names and numbers, choose and print, and nothing more: no loops, no calls, no attributes, so that
any template ends at once whoever wrote it. What is not known is an error, never an empty place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from jinja2 import StrictUndefined, Template, TemplateError, nodes, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

from services.kernel.errors import Invalid, NotFound
from services.notifications.domain.messages import Category

KNOWN: Final = frozenset(
    {
        *("name", "other", "is_mentee", "group", "code", "count"),
        *("misses", "mentorship", "webhook", "day", "moment"),
    }
)
"""What templates see."""

_ALLOWED: Final = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Filter,
    nodes.Keyword,
)
_FILTERS: Final = frozenset({"plural", "date"})


@dataclass(frozen=True, slots=True)
class TemplateUpdated:
    """A template was written."""


@dataclass(frozen=True, slots=True)
class TemplateReset:
    """A template of the organization was taken back: the built-in words count again."""


TemplateEvent = TemplateUpdated | TemplateReset


@dataclass(frozen=True, slots=True)
class Words:
    """What an organization says instead of the built-in words, in one language or ("") in all others.

    Without `html`, that form is made from the text.
    """

    category: Category
    language: str
    subject: str
    text: str
    html: str = ""
    removed: bool = False

    def write(self, other: "Words") -> "tuple[Words, list[TemplateEvent]]":
        """Say what `other` says. Raises Invalid TEMPLATE_BROKEN."""
        require_sound(other)
        changed = replace(self, subject=other.subject, text=other.text, html=other.html, removed=False)
        return (self, []) if changed == self else (changed, [TemplateUpdated()])

    def reset(self) -> "tuple[Words, list[TemplateEvent]]":
        """Take it back. NotFound once it was."""
        if self.removed:
            raise NotFound("NOT_FOUND", "nothing of this name exists")
        return replace(self, removed=True), [TemplateReset()]


def key_of(category: Category, language: str) -> str:
    """Return a template's id, such as NUDGE.de, or NUDGE for all languages."""
    return f"{category}.{language}" if language else str(category)


def require_sound(words: Words) -> None:
    """Raise Invalid TEMPLATE_BROKEN unless every part can be rendered; the field and line are named."""
    for field, source in (("subject", words.subject), ("text", words.text), ("html", words.html)):
        problem = _problem(source)
        if field == "subject" and not source.isprintable():
            problem = "must be one line"
        if field != "html" and not source.strip():
            problem = "must say something"
        if problem:
            path = f"template.{field}"
            raise Invalid("TEMPLATE_BROKEN", "the template cannot be used", fields=((path, problem),))


def _problem(source: str) -> str:
    try:
        tree = _TEXT.parse(source)
    except TemplateError as error:
        return f"line {getattr(error, 'lineno', 1)}: {str(error)[:200]}"
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, _ALLOWED) or (isinstance(node, nodes.Filter) and node.name not in _FILTERS):
            return f"line {node.lineno}: {type(node).__name__.lower()} is not allowed here"
        if isinstance(node, nodes.Name) and node.name not in KNOWN:
            return f"line {node.lineno}: {node.name[:64]} is not known"
    return _trial(source)


def _trial(source: str) -> str:
    """Return what goes wrong with one of several messages, such as comparing a name with a number."""
    for values in _SAMPLES:
        try:
            render(source, values)
        except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
            return f"cannot be rendered: {str(error)[:200]}"
    return ""


def render(source: str, values: Mapping[str, Any], *, as_html: bool = False) -> str:
    """Return what a template says; `values` also hold `locale` and `zone` for dates and plurals."""
    return _compiled(source, as_html).render(values)


@lru_cache(maxsize=2048)
def _compiled(source: str, as_html: bool) -> Template:  # noqa: FBT001 -- part of the cache's key
    return (_HTML if as_html else _TEXT).from_string(source)


@lru_cache(maxsize=256)
def locale_of(language: str) -> Locale:
    """Return a language's rules for dates and plurals, English ones where it is not known."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")


@pass_context
def _plural(context: Context, count: int, **forms: str) -> str:
    """Return the form that the language wants for a number; "#" stands for the number."""
    locale: Locale = context["locale"]
    form = str(forms.get(locale.plural_form(count)) or forms.get("other", "#"))
    return form.replace("#", format_decimal(count, locale=locale))


@pass_context
def _date(context: Context, when: Any) -> str:
    """Return a day, or a moment on the reader's wall clock, as the language writes it; None is empty.

    TypeError for what is no date.
    """
    locale: Locale = context["locale"]
    if when is None:
        return ""
    if not isinstance(when, date):
        raise TypeError("only a date can be written as one")
    if isinstance(when, datetime):
        zone: ZoneInfo = context["zone"]
        return format_datetime(when.astimezone(zone), "long", locale=locale)
    return format_date(when, "long", locale=locale)


def _environment(*, escapes: bool) -> SandboxedEnvironment:
    made = SandboxedEnvironment(autoescape=escapes, undefined=StrictUndefined, keep_trailing_newline=True)
    made.filters = {"plural": _plural, "date": _date}
    made.globals = {}
    return made


_TEXT: Final = _environment(escapes=False)
_HTML: Final = _environment(escapes=True)

_SOME: Final[Mapping[str, Any]] = {
    "name": "Kim",
    "other": "Ada",
    "code": "",
    "mentorship": "1",
    "webhook": "1",
    "locale": Locale.parse("en"),
    "zone": UTC,
}
_MOMENT: Final = datetime(2026, 1, 1, tzinfo=UTC)
_SAMPLES: Final = tuple(
    {**_SOME, **who, "misses": misses, "count": misses, "day": day, "moment": moment}
    for who in (
        {"is_mentee": True, "group": False},
        {"is_mentee": False, "group": False},
        {"is_mentee": False, "group": True},
    )
    for misses in (0, 1, 2)
    for day, moment in ((None, None), (_MOMENT.date(), _MOMENT))
)
