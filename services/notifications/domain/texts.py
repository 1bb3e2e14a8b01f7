"""What messages say. Templates see names and numbers only, in a sandbox; an unknown variable is an error."""

from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import StrictUndefined, Template
from jinja2.sandbox import SandboxedEnvironment

from services.notifications.domain.messages import Category, Content, Message
from services.notifications.domain.praise import ANY_PRAISE, PRAISE
from services.notifications.domain.templates import FOOTER, TEMPLATES


@dataclass(frozen=True, slots=True)
class Names:
    """How to greet the recipient, and the full name of the other one of the pair (empty: not known)."""

    recipient: str
    other: str = ""


_KEPT = "\n\nThe recognition is kept in your organization's mentoring records.\n"

_environment = SandboxedEnvironment(
    autoescape=False,  # plain text, never HTML
    undefined=StrictUndefined,
    keep_trailing_newline=True,
)


def _compiled(subject: str, text: str) -> tuple[Template, Template]:
    return _environment.from_string(subject), _environment.from_string(text + FOOTER)


def _praise(subject: str, sentence: str) -> tuple[Template, Template]:
    return _compiled(subject, f"Hello {{{{ name }}}},\n\n{sentence}{_KEPT}")


_PRAISE = {code: _praise(*words) for code, words in PRAISE.items()}
_ANY_PRAISE = _praise(*ANY_PRAISE)
_TEMPLATES = {category: _compiled(subject, text) for category, (subject, text) in TEMPLATES.items()}


def written(message: Message, names: Names) -> Content:
    """Return what a message says: as it was written first, else written now."""
    if message.content is not None:
        return message.content
    is_mentee = message.person == message.facts.mentee
    values = {
        "name": _line(names.recipient),
        "other": _line(names.other) or _nameless(message, is_mentee=is_mentee),
        "is_mentee": is_mentee,
        "code": message.facts.code,
        "count": message.facts.count,
        "misses": message.facts.misses_in_row,
        "mentorship": message.facts.mentorship,
        "webhook": message.facts.webhook,
    }
    subject, text = _template(message)
    return Content(_line(subject.render(values)), text.render(values))


def _template(message: Message) -> tuple[Template, Template]:
    if message.category is Category.RECOGNITION and message.facts.code:
        return _PRAISE.get(message.facts.code, _ANY_PRAISE)
    return _TEMPLATES[message.category]


def digest(contents: Sequence[Content], recipient: str) -> Content:
    """Return one mail that tells several messages of one category."""
    lines = "\n".join(f"  - {content.subject}" for content in contents)
    text = f"Hello {_line(recipient)},\n\nthere is news for you:\n\n{lines}\n{FOOTER}"
    return Content(f"{contents[0].subject} (+{len(contents) - 1})", text)


def _nameless(message: Message, *, is_mentee: bool) -> str:
    if message.facts.requester:
        return "a colleague"
    return "your mentor" if is_mentee else "your mentee"


def _line(text: str) -> str:
    """Return `text` without line breaks, which would end a mail header, and other control characters."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
