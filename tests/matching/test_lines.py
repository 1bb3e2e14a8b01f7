"""Reporting lines as intervals: who is above whom, also where the data goes round in circles."""

from hypothesis import given
from hypothesis import strategies as st

from services.matching.domain.lines import intervals

PEOPLE = [f"e{number}" for number in range(9)]
MANAGERS = st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from([*PEOPLE, "", "boss"]))


def joined(manager_of: dict[str, str], one: str, other: str) -> bool:
    found = intervals(manager_of)
    return one in found and other in found and found[one].joins(found[other])


def above(manager_of: dict[str, str], person: str) -> set[str]:
    """Return everybody above, as far as the links go; links from the smallest id of a circle are cut."""
    found: set[str] = set()
    while manager_of.get(person):
        circle = {person, *_walk(manager_of, person)}
        if person in _walk(manager_of, person) and person == min(circle & _circle(manager_of, person)):
            break
        person = manager_of[person]
        found.add(person)
    return found


def _walk(manager_of: dict[str, str], person: str) -> set[str]:
    found: set[str] = set()
    while (person := manager_of.get(person, "")) and person not in found:
        found.add(person)
    return found


def _circle(manager_of: dict[str, str], person: str) -> set[str]:
    return {one for one in _walk(manager_of, person) if person in _walk(manager_of, one)}


def test_anybody_above_is_joined_over_any_distance_and_colleagues_are_not() -> None:
    lines = {"c": "b", "b": "a", "d": "a"}
    assert joined(lines, "c", "a")
    assert joined(lines, "a", "c")
    assert not joined(lines, "c", "d")
    assert not joined(lines, "b", "d")


def test_a_circle_is_cut_above_its_smallest_id() -> None:
    """a, b and c go round; x reports to a: only those are above x whom the way up reaches before the cut."""
    lines = {"a": "b", "b": "c", "c": "a", "x": "a"}
    assert joined(lines, "b", "c")
    assert joined(lines, "x", "a")
    assert not joined(lines, "x", "b")


def test_whoever_is_their_own_manager_has_none() -> None:
    assert intervals({"a": "a"}) == {}


def test_a_chain_longer_than_the_stack_is_no_problem() -> None:
    lines = {f"e{number:05}": f"e{number + 1:05}" for number in range(20_000)}
    assert joined(lines, "e00000", "e20000")


@given(MANAGERS)
def test_intervals_join_whom_a_walk_up_joins(manager_of: dict[str, str]) -> None:
    found = intervals(manager_of)
    for one in found:
        for other in found:
            expected = one == other or one in above(manager_of, other) or other in above(manager_of, one)
            assert found[one].joins(found[other]) == expected
