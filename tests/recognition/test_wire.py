"""Badges, awards, choices and settings to and from protobuf."""

from dataclasses import replace

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from services.kernel.errors import Invalid
from services.kernel.mongo import Ref, Versioned
from services.pb.mentoring.recognition.v1 import badge_service_pb2 as pb
from services.pb.mentoring.recognition.v1 import events_pb2 as events
from services.pb.mentoring.recognition.v1 import settings_service_pb2 as settings_pb
from services.pb.mentoring.recognition.v1.recognition_service_pb2 import Recognition
from services.recognition.domain import awards as domain
from services.recognition.domain.awards import Credential, Origin
from services.recognition.domain.badges import DEFAULTS, Badge, BadgeUpdated
from services.recognition.domain.choices import Choice, ChoiceUpdated, Settings, SettingsUpdated
from services.recognition.domain.recognitions import Kind
from services.recognition.wire import awards, badges, credentials, settings
from tests.recognition.factories import HELD, MENTOR, MENTORSHIP, NOON, ORG
from tests.recognition.world import ISSUER

TEN = DEFAULTS["ten-meetings"]
BADGE_REF = Ref(ORG, "ten-meetings")
BADGE = f"organizations/{ORG}/badges/ten-meetings"
REF = Ref(ORG, "a1")
AWARD = domain.award(("ten-meetings", TEN), ("r1", HELD), Origin.GRANT, NOON)[0]
NAME = f"organizations/{ORG}/people/{MENTOR}/badgeAwards/a1"
ISSUED = AWARD.issue(Credential("h.c.s", domain.slot("a1", 0), NOON))[0]


@pytest.mark.parametrize("key", DEFAULTS)
def test_a_badge_survives_both_ways(key: str) -> None:
    shown = badges.badge(Ref(ORG, key), Versioned(DEFAULTS[key], 1, NOON, NOON))
    assert badges.wanted(shown) == DEFAULTS[key]
    assert (shown.name, shown.etag) == (f"organizations/{ORG}/badges/{key}", '"1"')


def test_a_badge_from_the_start_has_no_times() -> None:
    shown = badges.badge(BADGE_REF, Versioned(TEN, 0, NOON, NOON))
    assert (shown.HasField("create_time"), shown.HasField("update_time")) == (False, False)


@pytest.mark.parametrize(
    ("message", "paths", "expected"),
    [
        pytest.param(pb.Badge(min_count=12), [], replace(TEN, min_count=12), id="what is set"),
        pytest.param(pb.Badge(), ["enabled"], replace(TEN, enabled=False), id="what the mask names"),
        pytest.param(
            pb.Badge(kind=Recognition.KIND_STREAK, min_count=3),
            ["kind"],
            replace(TEN, kind=Kind.STREAK),
            id="nothing else",
        ),
        pytest.param(
            pb.Badge(criteria="Come.", certificate=True),
            ["criteria"],
            replace(TEN, words=replace(TEN.words, criteria="Come.")),
            id="words",
        ),
    ],
)
def test_an_update_changes_what_it_names(message: pb.Badge, paths: list[str], expected: Badge) -> None:
    assert badges.changed(message, FieldMask(paths=paths), TEN) == expected


def test_a_star_replaces_all_of_it() -> None:
    whole = badges.badge(BADGE_REF, Versioned(DEFAULTS["streak"], 1, NOON, NOON))
    assert badges.changed(whole, FieldMask(paths=["*"]), TEN) == DEFAULTS["streak"]


@pytest.mark.parametrize(
    ("message", "paths", "reason", "field"),
    [
        (pb.Badge(), ["version"], "UNKNOWN_FIELD", "update_mask"),
        (pb.Badge(), ["kind"], "KIND_MISSING", "badge.kind"),
    ],
)
def test_a_wrong_update_names_what_is_wrong(
    message: pb.Badge, paths: list[str], reason: str, field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        badges.changed(message, FieldMask(paths=paths), TEN)
    assert (refusal.value.reason, refusal.value.fields[0][0]) == (reason, field)


def test_a_badge_without_kind_is_refused() -> None:
    with pytest.raises(Invalid, match="KIND_MISSING"):
        badges.wanted(pb.Badge(display_name="Nothing"))


def test_an_award_tells_what_for_by_which_proof_and_how() -> None:
    shown = awards.award(REF, Versioned(ISSUED, 2, NOON, NOON))
    assert (shown.name, shown.badge, shown.badge_revision) == (NAME, BADGE, 1)
    assert shown.recognition == f"organizations/{ORG}/people/{MENTOR}/recognitions/r1"
    assert list(shown.evidence_event_ids) == list(HELD.evidence)
    assert (shown.origin, shown.state) == (pb.BadgeAward.ORIGIN_GRANT, pb.BadgeAward.STATE_HELD)
    assert (shown.has_credential, shown.etag) == (True, '"2"')


MENTORSHIP_NAME = f"organizations/{ORG}/mentorships/{MENTORSHIP}"
PERSON = f"organizations/{ORG}/people/{MENTOR}"


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (
            domain.BadgeAwarded(),
            events.BadgeAwarded(
                badge_award=NAME,
                badge=BADGE,
                person=PERSON,
                mentorship=MENTORSHIP_NAME,
                recognition=f"{PERSON}/recognitions/r1",
            ),
        ),
        (
            domain.BadgeAwardRevoked(),
            events.BadgeAwardRevoked(
                badge_award=NAME, badge=BADGE, person=PERSON, mentorship=MENTORSHIP_NAME
            ),
        ),
        (
            domain.CredentialIssued(),
            events.CredentialIssued(badge_award=NAME, person=PERSON, mentorship=MENTORSHIP_NAME),
        ),
    ],
)
def test_what_happens_to_an_award_travels_with_its_mentorship(event: domain.Event, told: Message) -> None:
    outgoing = awards.outgoing(REF, ISSUED, event)
    assert (outgoing.message, outgoing.subject, outgoing.key) == (told, NAME, MENTORSHIP)


def test_other_events_carry_names_and_codes() -> None:
    changed = badges.outgoing(BADGE_REF, replace(TEN, revision=3), BadgeUpdated())
    assert (changed.message, changed.key) == (events.BadgeUpdated(badge=BADGE, revision=3), "ten-meetings")
    chosen = settings.choice_outgoing(Ref(ORG, MENTOR), Choice(opted_out=True), ChoiceUpdated())
    assert chosen.message == events.RecognitionChoiceUpdated(person=PERSON, opted_out=True)
    assert (chosen.subject, chosen.key) == (f"{PERSON}/recognitionChoice", MENTOR)
    configured = settings.settings_outgoing(Ref(ORG, "settings"), Settings(), SettingsUpdated())
    assert (configured.subject, configured.key) == (f"organizations/{ORG}/recognitionSettings", ORG)


def test_choices_and_settings_survive_both_ways_and_show_when_they_changed() -> None:
    chosen = settings.choice(ORG, MENTOR, Versioned(Choice(opted_out=True), 1, NOON, NOON))
    assert settings.wanted_choice(chosen) == Choice(opted_out=True)
    wanted = Settings(leaderboards=True, issuer=ISSUER)
    shown = settings.settings(ORG, Versioned(wanted, 1, NOON, NOON))
    assert settings.wanted_settings(shown) == wanted
    untouched = settings.settings(ORG, Versioned(Settings(), 0, NOON, NOON))
    assert (shown.HasField("update_time"), untouched.HasField("update_time")) == (True, False)


def test_an_issuers_name_is_one_line_of_plain_text() -> None:
    with pytest.raises(Invalid) as refusal:
        settings.wanted_settings(settings_pb.RecognitionSettings(issuer_name="ACME\nInc."))
    assert refusal.value.reason == "ISSUER_NAME_NOT_PLAIN"


def test_a_credential_shows_whether_it_was_revoked() -> None:
    shown = credentials.credential(REF, ISSUED.revoke()[0])
    assert (shown.name, shown.jwt, shown.revoked) == (f"{NAME}/credential", "h.c.s", True)
