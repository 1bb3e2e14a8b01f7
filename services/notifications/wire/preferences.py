"""Preferences to and from protobuf."""

from collections.abc import Iterable
from typing import Final

from google.protobuf.field_mask_pb2 import FieldMask

from services.kernel import ids
from services.kernel.fields import masked
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.notifications.domain.hours import Hours, Window
from services.notifications.domain.messages import Category
from services.notifications.domain.preferences import Preferences, PreferencesUpdated, Switch
from services.notifications.wire.messages import category_value
from services.pb.mentoring.notifications.v1 import events_pb2 as events
from services.pb.mentoring.notifications.v1 import inbox_service_pb2 as inbox
from services.pb.mentoring.notifications.v1 import preference_service_pb2 as pb

PREFERENCES = "organizations/*/people/*/preferences"
_FIELDS: Final = {
    "muted_mail": "muted",
    "wanted_mail": "wanted",
    "mail": "mail",
    "hours": "hours",
    "weekly_mails": "weekly_mails",
    "muted_chat": "muted_chat",
    "wanted_chat": "wanted_chat",
    "chat": "chat",
}
"""Fields that can be changed, by their names in the contract."""


def update(message: pb.Preferences, mask: FieldMask) -> tuple[Preferences, tuple[str, ...]]:
    """Decode new values and which fields to take from them: those the mask names, else those populated.

    Raises Invalid UNKNOWN_FIELD for a path that is no changeable field.
    """
    named = masked(message, mask, _FIELDS)
    return _preferences(message), tuple(_FIELDS[path] for path in named)


def preferences(tenant: str, person: str, stored: Versioned[Preferences]) -> pb.Preferences:
    """Encode a person's preferences; none stored are the defaults, without an etag."""
    shown = pb.Preferences(name=_name(tenant, person), etag=stored.etag if stored.version else "")
    state = stored.state
    shown.muted_mail.extend(category_value(one) for one in state.muted)
    shown.wanted_mail.extend(category_value(one) for one in state.wanted)
    shown.muted_chat.extend(category_value(one) for one in state.muted_chat)
    shown.wanted_chat.extend(category_value(one) for one in state.wanted_chat)
    for field in ("mail", "chat"):
        if (chosen := getattr(state, field)) is not Switch.UNSET:
            setattr(shown, field, pb.Preferences.Switch.Value(f"SWITCH_{chosen}"))
    if state.hours is not None:
        shown.hours.CopyFrom(_shown(state.hours))
    if state.weekly_mails is not None:
        shown.weekly_mails = state.weekly_mails
    return shown


def preferences_outgoing(ref: Ref, _state: Preferences, _event: PreferencesUpdated) -> Outgoing:
    """Encode that preferences changed, keyed by their person's id."""
    name = _name(ref.tenant, ref.id)
    return Outgoing(message=events.PreferencesUpdated(preferences=name), subject=name, key=ref.id)


def _preferences(message: pb.Preferences) -> Preferences:
    return Preferences(
        muted=categories(message.muted_mail),
        wanted=categories(message.wanted_mail),
        mail=_switch(message.mail),
        hours=_hours(message.hours) if message.HasField("hours") else None,
        weekly_mails=message.weekly_mails if message.HasField("weekly_mails") else None,
        muted_chat=categories(message.muted_chat),
        wanted_chat=categories(message.wanted_chat),
        chat=_switch(message.chat),
    )


def _switch(value: pb.Preferences.Switch.ValueType) -> Switch:
    return Switch(pb.Preferences.Switch.Name(value).removeprefix("SWITCH_").replace("UNSPECIFIED", "UNSET"))


def categories(values: Iterable[inbox.Message.Category.ValueType]) -> tuple[Category, ...]:
    """Decode categories, sorted."""
    names = {inbox.Message.Category.Name(value).removeprefix("CATEGORY_") for value in values}
    return tuple(sorted(Category(name) for name in names))


def _hours(message: pb.MailHours) -> Hours:
    windows = tuple(Window(one.day, one.start_minute, one.end_minute) for one in message.windows)
    quiet = message.quiet
    return Hours(windows, (quiet.start_minute, quiet.end_minute) if message.HasField("quiet") else None)


def _shown(hours: Hours) -> pb.MailHours:
    windows = [
        pb.MailWindow(day=one.day, start_minute=one.start, end_minute=one.end) for one in hours.windows
    ]
    if hours.quiet is None:
        return pb.MailHours(windows=windows)
    start, end = hours.quiet
    return pb.MailHours(windows=windows, quiet=pb.QuietHours(start_minute=start, end_minute=end))


def _name(tenant: str, person: str) -> str:
    return ids.name("organizations", tenant, "people", person, "preferences")
