"""What people want, over what their organization decided."""

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Invalid
from services.kernel.mongo import Ref, Versioned
from services.kernel.mongo.singletons import unstored
from services.notifications.domain.hours import Hours, Window
from services.notifications.domain.messages import Category, Reason
from services.notifications.domain.preferences import Levels, Preferences, PreferencesUpdated, Switch
from services.notifications.wire import preferences as wire
from services.pb.mentoring.notifications.v1 import events_pb2 as events
from services.pb.mentoring.notifications.v1 import preference_service_pb2 as pb
from services.pb.mentoring.notifications.v1.inbox_service_pb2 import Message
from tests.notifications.factories import MENTEE, NOON, ORG

KUDOS, NUDGE = Category.KUDOS, Category.NUDGE
NAME = f"organizations/{ORG}/people/{MENTEE}/preferences"
ALL = ("muted", "wanted", "mail", "hours", "weekly_mails", "muted_chat", "wanted_chat", "chat")

_CATEGORIES = st.sets(st.sampled_from(Category)).map(lambda some: tuple(sorted(some)))
_HOURS = st.builds(
    Hours,
    st.lists(st.builds(Window, st.integers(1, 7), st.just(480), st.just(1020)), max_size=3).map(tuple),
    st.none() | st.just((1320, 420)),
)
PREFERENCES = st.builds(
    Preferences,
    muted=_CATEGORIES,
    mail=st.sampled_from(Switch),
    hours=st.none() | _HOURS,
    weekly_mails=st.none() | st.integers(0, 1000),
    muted_chat=_CATEGORIES,
    chat=st.sampled_from(Switch),
)


@given(PREFERENCES, PREFERENCES)
def test_preferences_keep_exactly_what_was_chosen(before: Preferences, chosen: Preferences) -> None:
    after, happened = before.adopt(chosen, ALL)
    assert after == chosen
    assert happened == ([] if before == chosen else [PreferencesUpdated()])
    assert after.adopt(chosen, ALL) == (after, [])


def test_only_the_fields_named_change() -> None:
    changed, _ = Preferences(muted=(KUDOS,)).adopt(Preferences(mail=Switch.OFF), ("mail",))
    assert changed == Preferences(muted=(KUDOS,), mail=Switch.OFF)


def test_a_category_is_not_muted_and_wanted_at_once() -> None:
    with pytest.raises(Invalid, match="CATEGORY_TWICE"):
        Preferences(muted=(KUDOS,)).adopt(Preferences(wanted=(KUDOS,)), ("wanted",))


def test_an_unsubscribe_link_wins_over_an_earlier_wish() -> None:
    muted, happened = Preferences(wanted=(KUDOS, NUDGE)).mute(KUDOS)
    assert muted == Preferences(muted=(KUDOS,), wanted=(NUDGE,))
    assert happened == [PreferencesUpdated()]
    assert muted.mute(KUDOS) == (muted, [])


_OFF, _ON = Preferences(mail=Switch.OFF), Preferences(mail=Switch.ON)


@pytest.mark.parametrize(
    ("person", "organization", "wanted", "reason"),
    [
        (Preferences(), Preferences(), True, Reason.DEFAULT),
        (Preferences(muted=(KUDOS,)), Preferences(), False, Reason.CATEGORY_OFF),
        (_OFF, Preferences(), False, Reason.CHANNEL_OFF),
        (Preferences(wanted=(KUDOS,), mail=Switch.OFF), Preferences(), True, Reason.CHOSEN),
        (Preferences(muted=(KUDOS,), mail=Switch.ON), Preferences(), False, Reason.CATEGORY_OFF),
        (Preferences(), Preferences(muted=(KUDOS,)), False, Reason.ORGANIZATION_OFF),
        (Preferences(), _OFF, False, Reason.ORGANIZATION_OFF),
        (Preferences(), Preferences(wanted=(KUDOS,), mail=Switch.OFF), True, Reason.DEFAULT),
        (_ON, _OFF, True, Reason.CHOSEN),
        (Preferences(wanted=(KUDOS,)), Preferences(muted=(KUDOS,)), True, Reason.CHOSEN),
        (Preferences(muted=(NUDGE,)), Preferences(), True, Reason.DEFAULT),
    ],
)
def test_a_persons_word_counts_more_and_a_categorys_more_than_the_channels(
    person: Preferences, organization: Preferences, *, wanted: bool, reason: Reason
) -> None:
    assert Levels(person, organization).choice(KUDOS) == (wanted, reason)


def test_hours_and_budget_come_from_the_first_level_that_has_any() -> None:
    early, late = Hours(quiet=(0, 420)), Hours(quiet=(1320, 420))
    assert Levels().weekly_mails == 5
    assert Levels().hours == Hours()
    organization = Preferences(hours=early, weekly_mails=3)
    assert (Levels(Preferences(), organization).hours, Levels(Preferences(), organization).weekly_mails) == (
        early,
        3,
    )
    person = Preferences(hours=late, weekly_mails=0)
    assert (Levels(person, organization).hours, Levels(person, organization).weekly_mails) == (late, 0)


@given(PREFERENCES)
def test_preferences_survive_the_way_out_and_in(chosen: Preferences) -> None:
    shown = wire.preferences(ORG, MENTEE, Versioned(chosen, 2, NOON, NOON))
    assert (shown.name, shown.etag) == (NAME, '"2"')
    values, fields = wire.update(shown, FieldMask(paths=["*"]))
    assert Preferences().adopt(values, fields)[0] == chosen


def test_without_stored_preferences_the_defaults_show() -> None:
    assert wire.preferences(ORG, MENTEE, unstored(Preferences())) == pb.Preferences(name=NAME)


@pytest.mark.parametrize(
    ("paths", "message", "fields"),
    [
        ([], pb.Preferences(muted_mail=[Message.CATEGORY_KUDOS]), ("muted",)),
        ([], pb.Preferences(weekly_mails=0), ("weekly_mails",)),
        ([], pb.Preferences(), ()),
        (["*"], pb.Preferences(), ALL),
        (["hours", "mail"], pb.Preferences(), ("mail", "hours")),
    ],
)
def test_an_update_changes_what_its_mask_says(
    paths: list[str], message: pb.Preferences, fields: tuple[str, ...]
) -> None:
    assert wire.update(message, FieldMask(paths=paths))[1] == fields


def test_a_mask_names_only_what_can_be_changed() -> None:
    with pytest.raises(Invalid, match="UNKNOWN_FIELD") as refusal:
        wire.update(pb.Preferences(), FieldMask(paths=["colour", "muted_mail", "mail.rhythm"]))
    assert [path for path, _ in refusal.value.fields] == ["update_mask", "update_mask"]


def test_changed_preferences_are_told_under_their_persons_key() -> None:
    told = wire.preferences_outgoing(Ref(ORG, MENTEE), Preferences(), PreferencesUpdated())
    assert (told.message, told.subject, told.key) == (
        events.PreferencesUpdated(preferences=NAME),
        NAME,
        MENTEE,
    )


@given(PREFERENCES)
def test_of_who_was_erased_no_choice_stays(chosen: Preferences) -> None:
    forgotten, events = chosen.forget()
    assert forgotten == Preferences()
    assert bool(events) == (chosen != forgotten)
