"""What may be issued, who may see it, and how it is taken back."""

from dataclasses import replace

import pytest

from services.kernel.errors import NotFound, Refused
from services.recognition.domain.recognitions import (
    Reason,
    RecognitionIssued,
    RecognitionRevoked,
    Stage,
    issue,
    not_found,
)
from tests.recognition.factories import EARNED, HELD, MENTEE, MENTOR, STRANGER


def test_what_was_earned_is_issued_as_it_is() -> None:
    assert issue(EARNED) == (EARNED, [RecognitionIssued()])


@pytest.mark.parametrize("evidence", [(), ("",), ("proof", "")])
def test_nobody_is_recognised_without_evidence(evidence: tuple[str, ...]) -> None:
    with pytest.raises(Refused) as refusal:
        issue(replace(EARNED, evidence=evidence))
    assert refusal.value.reason == "EVIDENCE_MISSING"


def test_only_the_pair_reads_it_and_others_cannot_tell_it_from_none() -> None:
    for person in (MENTOR, MENTEE):
        EARNED.require_reader(person)
    with pytest.raises(NotFound) as refusal:
        EARNED.require_reader(STRANGER)
    assert refusal.value.reason == not_found().reason


def test_it_is_the_one_who_earned_its_and_in_older_documents_the_mentees() -> None:
    assert (HELD.earner, EARNED.earner, replace(EARNED, person="").earner) == (MENTOR, MENTEE, MENTEE)
    with pytest.raises(NotFound):
        HELD.require_of(MENTEE)


def test_it_is_taken_back_once_and_for_good() -> None:
    revoked, told = EARNED.revoke(Reason.EVIDENCE_WRONG)
    assert (revoked.stage, revoked.revoke_reason, told) == (
        Stage.REVOKED,
        "EVIDENCE_WRONG",
        [RecognitionRevoked()],
    )
    assert revoked.revoke(Reason.PERSON_ASKED) == (revoked, [])
