"""Weights as people type them become per mille that add up; wrong ones are named by criterion."""

import math
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Invalid
from services.matching.domain import policy
from services.matching.domain.policy import Criterion, Past, Policy, Rules, Weights
from services.matching.wire.policy import policy_draft, policy_message
from services.pb.mentoring.matching.v1 import policy_pb2 as pb

TYPED = st.dictionaries(
    st.sampled_from([one.value for one in Criterion]), st.floats(0, 1e6), min_size=1
).filter(lambda typed: sum(typed.values()) > 1e-3)
WEIGHTS = st.builds(policy.normalised, TYPED)


@given(TYPED)
def test_weights_add_up_and_keep_their_proportions(typed: dict[str, float]) -> None:
    weights = asdict(policy.normalised(typed))
    assert sum(weights.values()) == policy.FULL_WEIGHT
    total = math.fsum(typed.values())
    assert all(abs(weight - typed.get(name, 0) / total * 1000) < 1 for name, weight in weights.items())


@given(WEIGHTS)
def test_what_is_per_mille_already_stays(weights: Weights) -> None:
    assert policy.normalised(asdict(weights)) == weights


def test_equal_remainders_go_to_the_earlier_criterion() -> None:
    thirds = policy.normalised({"skills": 1, "focus": 1, "overlap": 1})
    assert (thirds.skills, thirds.focus, thirds.overlap) == (334, 333, 333)


@pytest.mark.parametrize("defaults", [policy.MENTEE_WEIGHTS, policy.MENTOR_WEIGHTS])
def test_the_house_weights_are_per_mille(defaults: Weights) -> None:
    assert sum(defaults.of(one) for one in Criterion) == policy.FULL_WEIGHT


@given(
    st.builds(
        Policy,
        WEIGHTS,
        WEIGHTS,
        st.builds(
            Rules,
            st.integers(1, 10_080),
            st.none() | st.integers(-9, 9),
            st.booleans(),
            st.sampled_from(Past),
        ),
        st.integers(-9, 9),
    )
)
def test_a_policy_comes_back_as_it_went_out(given_: Policy) -> None:
    assert policy_draft(policy_message(given_), "policy") == given_


def test_no_policy_is_the_house_policy() -> None:
    assert policy_draft(pb.MatchingPolicy(), "policy") == policy.DEFAULT_POLICY


@pytest.mark.parametrize(
    ("weights", "field"),
    [
        ({"skills": -1}, "policy.mentor_weights[skills]"),
        ({"skills": math.nan}, "policy.mentor_weights[skills]"),
        ({"overlap": math.inf}, "policy.mentor_weights[overlap]"),
        ({"charm": 1}, "policy.mentor_weights[charm]"),
        ({"skills": 0}, "policy.mentor_weights"),
        ({"skills": 1e308, "focus": 1e308}, "policy.mentor_weights"),
    ],
)
def test_a_wrong_weight_is_named(weights: dict[str, float], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        policy_draft(pb.MatchingPolicy(mentor_weights=weights), "policy")
    assert refusal.value.reason == "WEIGHTS_INVALID"
    assert [name for name, _ in refusal.value.fields] == [field]
