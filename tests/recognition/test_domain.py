"""What may be issued and who may see it."""

from dataclasses import replace

import pytest

from services.kernel.errors import NotFound, Refused
from services.recognition.domain import RecognitionIssued, issue, not_found
from tests.recognition.factories import EARNED, MENTEE, MENTOR, STRANGER


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
