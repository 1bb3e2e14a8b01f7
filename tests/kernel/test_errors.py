import pickle

from services.kernel import errors


def test_a_refusal_carries_what_machines_and_people_need() -> None:
    refusal = errors.Refused("GOAL_COMPLETED", "the goal is complete", fields=[("name", "is complete")])
    assert (refusal.reason, refusal.message) == ("GOAL_COMPLETED", "the goal is complete")
    assert refusal.fields == (("name", "is complete"),)
    assert refusal.metadata == {}
    assert str(refusal) == "GOAL_COMPLETED: the goal is complete"


def test_metadata_is_a_copy() -> None:
    given = {"limit": "5"}
    refusal = errors.Exhausted("QUOTA", "too many", metadata=given)
    given["limit"] = "6"
    assert refusal.metadata == {"limit": "5"}


def test_a_refusal_crosses_process_borders_whole() -> None:
    refusal = errors.Denied("NOT_YOURS", "no", fields=[("name", "is another's")], metadata={"limit": "5"})
    copy = pickle.loads(pickle.dumps(refusal))
    assert (type(copy), str(copy)) == (errors.Denied, str(refusal))
    assert (copy.fields, copy.metadata) == (refusal.fields, refusal.metadata)
