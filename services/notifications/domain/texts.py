"""What messages say. Templates see names and numbers only, in a sandbox; an unknown variable is an error."""

from dataclasses import dataclass

from jinja2 import StrictUndefined, Template
from jinja2.sandbox import SandboxedEnvironment

from services.notifications.domain.messages import Category, Content, Message
from services.notifications.domain.praise import ANY_PRAISE, PRAISE


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
_KEPT = "\n\nThe recognition is kept in your organization's mentoring records.\n"
_REQUESTED = (
    "{{ other }} asks you for a mentoring match",
    """\
Hello {{ name }},

{{ other }} would like to be matched with you.
{%- if code == "WAITLISTED" %} There is no free place now: it waits in line, and you may answer it.{% endif %}

Please read the request in the mentoring portal and say yes or no, or ask for more.
""",
)
_REMINDER = (
    "{{ other }} waits for your answer",
    """\
Hello {{ name }},

{{ other }} asked to be matched with you and waits for your answer.

Please say yes or no in the mentoring portal. A no is fine: it lets {{ other }} ask somebody else.
""",
)
_QUESTION = (
    "{{ other }} wants to know more about your request",
    """\
Hello {{ name }},

{{ other }} has a question before answering your request.

Please read and answer it in the mentoring portal.
""",
)
_ANSWER = (
    "{{ other }} answered your question",
    """\
Hello {{ name }},

{{ other }} answered your question about the request for a mentoring match.

Please read the answer in the mentoring portal and say yes or no.
""",
)
_MATCHED = (
    "You and {{ other }} are matched",
    """\
Hello {{ name }},

you and {{ other }} are a mentoring pair now.

Next, agree on how you want to work together in the mentoring portal, and book a first meeting.
""",
)
_DECLINED = (
    "Your request to {{ other }} was declined",
    """\
Hello {{ name }},

{{ other }} cannot take your request for a mentoring match up at this time.

The mentoring portal shows others who fit you well.
""",
)
_EXPIRED = (
    "Your request to {{ other }} has expired",
    """\
Hello {{ name }},

{{ other }} did not answer your request for a mentoring match in time.

The mentoring portal shows others who fit you well.
""",
)
_CLOSED = (
    "Your request to {{ other }} is closed",
    """\
Hello {{ name }},

your request to {{ other }} for a mentoring match is closed
{%- if code == "PROGRAM_CLOSED" %}, because the program is over
{%- elif code == "MATCHED_ELSEWHERE" %}, because one of you has been matched already{% endif %}.

You need not do anything.
""",
)
_PROMOTED = (
    "The request of {{ other }} can be answered now",
    """\
Hello {{ name }},

the request of {{ other }} for a mentoring match waited in line. There is a free place now.

Please read the request in the mentoring portal and say yes or no, or ask for more.
""",
)
_ENDED = (
    "Your mentoring with {{ other }} has ended",
    """\
Hello {{ name }},

your mentoring with {{ other }} has ended. Thank you for the time you gave it.

If you want to go on with somebody else, the mentoring portal shows who fits you well.
""",
)
_FOOTER = "\n-- \nThis message was written by your organization's mentoring platform.\n"

_environment = SandboxedEnvironment(
    autoescape=False,  # plain text, never HTML
    undefined=StrictUndefined,
    keep_trailing_newline=True,
)


def _compiled(subject: str, text: str) -> tuple[Template, Template]:
    return _environment.from_string(subject), _environment.from_string(text + _FOOTER)


def _praise(subject: str, sentence: str) -> tuple[Template, Template]:
    return _compiled(subject, f"Hello {{{{ name }}}},\n\n{sentence}{_KEPT}")


_PRAISE = {code: _praise(*words) for code, words in PRAISE.items()}
_ANY_PRAISE = _praise(*ANY_PRAISE)
_TEMPLATES = {
    category: _compiled(subject, text)
    for category, (subject, text) in {
        Category.REBOOK_REMINDER: _REBOOK,
        Category.LEAD_ALERT: _LEAD,
        Category.RECOGNITION: _RECOGNITION,
        Category.MATCH_REQUESTED: _REQUESTED,
        Category.MATCH_REQUEST_REMINDER: _REMINDER,
        Category.MATCH_REQUEST_QUESTION: _QUESTION,
        Category.MATCH_REQUEST_ANSWER: _ANSWER,
        Category.MATCH_REQUEST_MATCHED: _MATCHED,
        Category.MATCH_REQUEST_DECLINED: _DECLINED,
        Category.MATCH_REQUEST_EXPIRED: _EXPIRED,
        Category.MATCH_REQUEST_CLOSED: _CLOSED,
        Category.MATCH_REQUEST_PROMOTED: _PROMOTED,
        Category.MATCH_ENDED: _ENDED,
    }.items()
}


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
    }
    subject, text = _template(message)
    return Content(_line(subject.render(values)), text.render(values))


def _template(message: Message) -> tuple[Template, Template]:
    if message.category is Category.RECOGNITION and message.facts.code:
        return _PRAISE.get(message.facts.code, _ANY_PRAISE)
    return _TEMPLATES[message.category]


def _nameless(message: Message, *, is_mentee: bool) -> str:
    if message.facts.request:
        return "a colleague"
    return "your mentor" if is_mentee else "your mentee"


def _line(text: str) -> str:
    """Return `text` without line breaks, which would end a mail header, and other control characters."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
