"""What messages say. Templates see names and numbers only, in a sandbox; an unknown variable is an error."""

from dataclasses import dataclass

from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from services.notifications.domain.messages import Category, Content, Message


@dataclass(frozen=True, slots=True)
class Names:
    """How to greet the recipient, and the full name of the other one of the pair (empty: not known)."""

    recipient: str
    other: str = ""


_REBOOK = (
    "Please book your next mentoring meeting with {{ other }}",
    """\
Hello {{ name }},

your mentoring meeting with {{ other }} did not take place.
{%- if misses > 1 %} That makes {{ misses }} missed meetings in a row.{% endif %}

Please agree on another time and book it soon: pairs that keep meeting get the most out of it.
""",
)
_LEAD = (
    "A mentoring pair has missed {{ misses }} meetings in a row",
    """\
Hello {{ name }},

a pair of your program has missed {{ misses }} meetings in a row:

    mentorship {{ mentorship }}

Both were asked to book another meeting. A word from you may help them to begin again.
""",
)
_RECOGNITION = (
    "{% if is_mentee %}You{% else %}{{ other }}{% endif %} reached a mentoring goal",
    """\
Hello {{ name }},

{% if is_mentee -%}
you reached a goal of your mentorship with {{ other }}. Congratulations!
{%- else -%}
{{ other }}, whom you mentor, reached a goal. Congratulations to you both!
{%- endif %}

The recognition is kept in your organization's mentoring records.
""",
)
_FOOTER = "\n-- \nThis message was written by your organization's mentoring platform.\n"

_environment = SandboxedEnvironment(
    autoescape=False,  # plain text, never HTML
    undefined=StrictUndefined,
    keep_trailing_newline=True,
)
_TEMPLATES = {
    category: (_environment.from_string(subject), _environment.from_string(text + _FOOTER))
    for category, (subject, text) in {
        Category.REBOOK_REMINDER: _REBOOK,
        Category.LEAD_ALERT: _LEAD,
        Category.RECOGNITION: _RECOGNITION,
    }.items()
}


def written(message: Message, names: Names) -> Content:
    """Return what a message says: as it was written first, else written now."""
    if message.content is not None:
        return message.content
    is_mentee = message.person == message.facts.mentee
    values = {
        "name": _line(names.recipient),
        "other": _line(names.other) or ("your mentor" if is_mentee else "your mentee"),
        "is_mentee": is_mentee,
        "misses": message.facts.misses_in_row,
        "mentorship": message.facts.mentorship,
    }
    subject, text = _TEMPLATES[message.category]
    return Content(_line(subject.render(values)), text.render(values))


def _line(text: str) -> str:
    """Return `text` without line breaks, which would end a mail header, and other control characters."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
