"""Policies as operators write them: what they may say, and what is refused by name."""

from dataclasses import fields, replace
from datetime import timedelta

import pytest
from google.protobuf.descriptor import Descriptor

from services.kernel.errors import Invalid
from services.pb.mentoring.processor.v1 import policy_pb2 as pb
from services.processor import wire
from services.processor.domain.policy import DEFAULT, Health, Ladder, Recognition, Step


def test_what_is_left_out_is_as_in_the_house() -> None:
    assert wire.policy(pb.Policy(version="1")) == DEFAULT


def test_what_is_given_counts_and_nothing_else_changes() -> None:
    text = """{
        "version": "2026-spring",
        "nudgesPerWeek": 0,
        "ladder": {"nudgeDays": 2, "skippedSteps": ["LADDER_STEP_WARN"], "outcomeHours": 48},
        "health": {"gapRiskCadences": 2.5, "lateCancellationHours": 3},
        "recognition": {"streaks": {}, "kudos": {"counts": [3, 9]}}
    }"""
    skipped = frozenset({Step.WARN})
    assert wire.read_policy(text) == replace(
        DEFAULT,
        version="2026-spring",
        nudges_per_week=0,
        ladder=Ladder(nudge=timedelta(days=2), skipped_steps=skipped, outcome=timedelta(hours=48)),
        health=Health(gap_risk_cadences=2.5, late_cancellation=timedelta(hours=3)),
        recognition=Recognition(streaks=frozenset(), kudos=frozenset({3, 9})),
    )


@pytest.mark.parametrize(
    ("text", "reason", "names"),
    [
        ("{", "POLICY_UNREADABLE", ()),
        ("[]", "INVALID_FIELDS", ("version",)),
        ("null", "POLICY_UNREADABLE", ()),
        ('{"version": "1", "nudgesPerDay": 1}', "POLICY_UNREADABLE", ()),
        ('{"version": "1", "ladder": {"nudge": 1}}', "POLICY_UNREADABLE", ()),
        ('{"version": "1", "ladder": {"nudgeDays": "soon"}}', "POLICY_UNREADABLE", ()),
        ("{}", "INVALID_FIELDS", ("version",)),
        ('{"version": "a b"}', "INVALID_FIELDS", ("version",)),
        ('{"version": "1", "nudgesPerWeek": -1}', "INVALID_FIELDS", ("nudges_per_week",)),
        ('{"version": "1", "ladder": {"warnDays": 0}}', "INVALID_FIELDS", ("ladder.warn_days",)),
        (
            '{"version": "1", "ladder": {"skippedSteps": ["LADDER_STEP_UNSPECIFIED"]}}',
            "INVALID_FIELDS",
            ("ladder.skipped_steps[0]",),
        ),
        (
            '{"version": "1", "recognition": {"meetings": {"counts": [5, 5]}}}',
            "INVALID_FIELDS",
            ("recognition.meetings.counts",),
        ),
        (
            '{"version": "1", "ladder": {"nudgeDays": 5}}',
            "POLICY_CONTRADICTS",
            ("ladder.nudge_again_days",),
        ),
        (
            '{"version": "1", "health": {"gapRiskCadences": 1, "missedOften": 4}}',
            "POLICY_CONTRADICTS",
            ("health.gap_risk_cadences", "health.missed_often"),
        ),
        ('{"version": "1", "health": {"lowAnswer": 4}}', "POLICY_CONTRADICTS", ("health.good_answer",)),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(text: str, reason: str, names: tuple[str, ...]) -> None:
    with pytest.raises(Invalid) as refused:
        wire.read_policy(text)
    assert refused.value.reason == reason
    assert tuple(name for name, _ in refused.value.fields) == names


def test_an_unreadable_policy_says_what_it_stumbled_over() -> None:
    with pytest.raises(Invalid, match="nudgesPerDay"):
        wire.read_policy('{"version": "1", "nudgesPerDay": 1}')


def test_a_threshold_of_a_newer_build_is_refused_and_not_left_out_silently() -> None:
    newer = pb.Policy(version="1", health=pb.Policy.Health.FromString(b"\xf8\x07\x01"))
    with pytest.raises(Invalid) as refused:
        wire.policy(newer)
    assert (refused.value.reason, refused.value.fields[0][0]) == ("UNKNOWN_FIELDS", "health.127")


@pytest.mark.parametrize(
    ("message", "kind"),
    [(pb.Policy.Ladder, Ladder), (pb.Policy.Health, Health), (pb.Policy.Recognition, Recognition)],
)
def test_every_threshold_of_the_contract_has_its_place_and_none_is_missing(message: type, kind: type) -> None:
    descriptor: Descriptor = message.DESCRIPTOR  # type: ignore[attr-defined]
    told = {name.removesuffix("_days").removesuffix("_hours") for name in descriptor.fields_by_name}
    assert told == {field.name for field in fields(kind)}
