"""Templates to and from protobuf."""

from datetime import datetime, timedelta
from typing import Final

from services.kernel import fields, ids
from services.kernel.errors import Invalid
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.notifications.domain.messages import Category, Content, Facts
from services.notifications.domain.templates import TemplateEvent, TemplateUpdated, Words, key_of
from services.notifications.domain.texts import Names, Reader, Sample
from services.notifications.wire.messages import category_value
from services.pb.mentoring.notifications.v1 import events_pb2 as events
from services.pb.mentoring.notifications.v1 import template_service_pb2 as pb

TEMPLATE = "organizations/*/templates/*"
_EXAMPLE: Final = Facts("example", "mentor", "mentee", webhook="example")


def named(name: str, field: str = "name") -> Words:
    """Decode which template a name means, with nothing in it. Invalid MALFORMED_NAME, UNKNOWN_CATEGORY."""
    _, key = ids.parse_name(TEMPLATE, name, field)
    category, _, language = key.partition(".")
    if category not in set(Category):
        wrong = ((field, f"{category[:64]} is no category"),)
        raise Invalid("UNKNOWN_CATEGORY", "the template is of no category", fields=wrong)
    return Words(Category(category), language, "", "")


def words(message: pb.Template, field: str = "template.name") -> Words:
    """Decode a template. Raises Invalid as `named` does."""
    known = named(message.name, field)
    return Words(known.category, known.language, message.subject, message.text, message.html)


def sample(request: pb.PreviewTemplateRequest, language: str, now: datetime) -> Sample:
    """Decode whom a preview is for: people who do not exist, and a week from now."""
    person, other = ("Ada", "Kim Lee") if request.as_mentor else ("Kim", "Ada Lovelace")
    later = now + timedelta(days=7)
    facts = Facts(
        _EXAMPLE.mentorship,
        _EXAMPLE.mentor,
        _EXAMPLE.mentee,
        misses_in_row=request.misses,
        code=request.code,
        webhook=_EXAMPLE.webhook,
        day=later.date(),
        moment=later,
    )
    reader = Reader(Names(person, other), language)
    return Sample(reader, facts.mentor if request.as_mentor else facts.mentee, facts)


def template(ref: Ref, stored: Versioned[Words]) -> pb.Template:
    """Encode a template."""
    state = stored.state
    shown = pb.Template(
        name=_name(ref),
        category=category_value(state.category),
        language=state.language,
        subject=state.subject,
        text=state.text,
        html=state.html,
        etag=stored.etag,
    )
    fields.set_time(shown.update_time, stored.update_time)
    return shown


def preview(content: Content) -> pb.PreviewTemplateResponse:
    """Encode what a message would say."""
    return pb.PreviewTemplateResponse(subject=content.subject, text=content.text, html=content.html)


def template_outgoing(ref: Ref, state: Words, event: TemplateEvent) -> Outgoing:
    """Encode what happened to a template, keyed by its id; what it says stays here."""
    name = _name(ref)
    kind = events.TemplateUpdated if isinstance(event, TemplateUpdated) else events.TemplateReset
    return Outgoing(message=kind(template=name), subject=name, key=key_of(state.category, state.language))


def _name(ref: Ref) -> str:
    return ids.name("organizations", ref.tenant, "templates", ref.id)
