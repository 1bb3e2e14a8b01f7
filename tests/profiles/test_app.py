"""People and imports over the in-memory store: who sees what, what is refused, what an import leaves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.errors import AlreadyExists, Conflict, Exhausted, Invalid, NotFound
from services.kernel.mongo import Cause, Query, Ref
from services.profiles.app.people import BATCH, IMPORTS_AT_ONCE, Directory, Imports, Wanted
from services.profiles.domain import Person, Progress, Rejected, Role, State, Step, Summary
from services.profiles.store import PEOPLE
from tests import fakes
from tests.examples import examples
from tests.profiles.factories import export, line, people, person, values, written

HR = Caller("acme", "admin", frozenset({"hr_admin"}))
MENTEE = Caller("acme", "ada", frozenset({"mentee"}))


def store() -> fakes.Aggregates[Person]:
    return fakes.Aggregates(PEOPLE, FixedClock(datetime(2026, 1, 1, tzinfo=UTC)))


async def directory(*ids: str) -> Directory:
    """Return a directory of `acme` that holds people with these ids."""
    made = Directory(store())
    for id_ in ids:
        await made.create(HR, id_, values(person(email=f"{id_}@acme.example")), Cause(f"make {id_}"))
    return made


async def parts(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def run(
    imports: Imports, data: bytes, cause: str = "import", *, validate_only: bool = False, org: str = "acme"
) -> list[Step]:
    """Import a file in two chunks and return all steps."""
    caller, half = replace(HR, org=org), len(data) // 2
    chunks = parts(data[:half], data[half:])
    return [step async for step in imports.run(caller, chunks, Cause(cause), validate_only=validate_only)]


def refused(error: pytest.ExceptionInfo[Invalid]) -> tuple[str, str]:
    """Return (field, reason code) of a refusal with one wrong field."""
    ((field, text),) = error.value.fields
    return field, text.split(":")[0]


async def test_colleagues_get_a_person_without_what_is_private() -> None:
    found = await (await directory("bob")).get(MENTEE, "bob")
    assert (found.state.given_name, found.state.email, found.state.grade) == ("Ada", "", 0)


@pytest.mark.parametrize(
    "caller",
    [MENTEE, HR, replace(HR, roles=frozenset({"program_lead"})), replace(HR, roles=frozenset({"service"}))],
    ids=["oneself", "HR", "program lead", "service"],
)
async def test_oneself_and_those_who_run_mentoring_see_everything(caller: Caller) -> None:
    found = await (await directory("ada")).get(caller, "ada")
    assert found.state.email == "ada@acme.example"


async def test_another_organization_has_other_people() -> None:
    with pytest.raises(NotFound):
        await (await directory("ada")).get(replace(HR, org="globex"), "ada")


async def test_a_batch_comes_in_the_order_asked_for() -> None:
    found = await (await directory("ada", "bob")).get_many(HR, ["bob", "ada", "bob"])
    assert [item.state.email[:3] for item in found] == ["bob", "ada", "bob"]


async def test_a_batch_with_an_unknown_person_is_refused_naming_them() -> None:
    with pytest.raises(NotFound) as missing:
        await (await directory("ada")).get_many(HR, ["ada", "eve"])
    assert missing.value.fields == (("names", "eve does not exist"),)


async def test_lists_are_narrowed_by_role_and_state() -> None:
    people_ = await directory("ada", "bob", "cid")
    await people_.update(HR, "bob", {"roles": (Role.MENTOR, Role.MENTEE)}, "", Cause("bob mentors"))
    await people_.update(
        HR, "cid", {"roles": (Role.MENTOR,), "state": State.ON_LEAVE}, "", Cause("cid rests")
    )
    mentors = await people_.list(HR, Wanted(Role.MENTOR), (0, ""))
    working = await people_.list(HR, Wanted(Role.MENTOR, State.ACTIVE), (0, ""))
    assert [id_ for id_, _ in mentors.items] == ["bob", "cid"]
    assert [id_ for id_, _ in working.items] == ["bob"]


async def test_the_same_creation_twice_answers_the_same_and_another_is_refused() -> None:
    people_ = await directory("ada")
    again = await people_.create(HR, "ada", values(person()), Cause("make ada"))
    assert again.version == 1
    with pytest.raises(AlreadyExists):
        await people_.create(HR, "ada", values(person()), Cause("make another ada"))


async def test_an_unknown_manager_is_refused() -> None:
    with pytest.raises(Invalid) as error:
        await (await directory()).create(HR, "ada", values(person(manager="eve")), Cause("c"))
    assert refused(error) == ("person.manager", "UNKNOWN_MANAGER")


async def test_a_manager_who_reports_to_the_person_is_refused() -> None:
    people_ = await directory("ada", "bob", "cid")
    await people_.update(HR, "bob", {"manager": "ada"}, "", Cause("1"))
    await people_.update(HR, "cid", {"manager": "bob"}, "", Cause("2"))
    with pytest.raises(Invalid) as error:
        await people_.update(HR, "ada", {"manager": "cid"}, "", Cause("3"))
    assert refused(error) == ("person.manager", "MANAGER_CYCLE")


async def test_nobody_can_be_given_their_own_id_as_manager() -> None:
    with pytest.raises(Invalid) as error:
        await (await directory("ada")).update(HR, "ada", {"manager": "ada"}, "", Cause("c"))
    assert refused(error) == ("person.manager", "OWN_MANAGER")


async def test_the_address_of_somebody_else_is_refused_but_ones_own_is_fine() -> None:
    people_ = await directory("ada", "bob")
    with pytest.raises(Invalid) as error:
        await people_.update(HR, "bob", {"email": " ADA@acme.example"}, "", Cause("c"))
    assert refused(error) == ("person.email", "DUPLICATE_EMAIL")
    assert (await people_.update(HR, "bob", {"email": "BOB@acme.example"}, "", Cause("d"))).version == 1


async def test_a_request_done_once_is_answered_again_though_it_would_be_refused_by_now() -> None:
    """Ada gives her address up and Bob takes it; late repeats of her own requests still get an answer."""
    people_ = await directory("ada", "bob")
    await people_.update(HR, "ada", {"email": "countess@acme.example"}, "", Cause("marries"))
    await people_.update(HR, "bob", {"email": "ada@acme.example"}, "", Cause("takes over"))
    await people_.update(HR, "ada", {"email": "a@acme.example"}, "", Cause("shortens"))
    await people_.update(HR, "bob", {"email": "countess@acme.example"}, "", Cause("takes over again"))
    made = values(person(email="countess@acme.example"))
    assert (await people_.create(HR, "ada", made, Cause("make ada"))).version == 3
    again = await people_.update(HR, "ada", {"email": "countess@acme.example"}, "", Cause("marries"))
    assert again.state.email == "a@acme.example"
    with pytest.raises(Invalid):
        await people_.create(HR, "eve", made, Cause("make eve"))


async def test_a_change_that_changes_nothing_keeps_the_etag() -> None:
    people_ = await directory("ada")
    assert (await people_.update(HR, "ada", {"title": "Analyst"}, '"1"', Cause("c"))).etag == '"1"'
    assert (await people_.update(HR, "ada", {"title": "Countess"}, '"1"', Cause("d"))).etag == '"2"'


async def test_a_stale_etag_is_a_conflict() -> None:
    people_ = await directory("ada")
    await people_.update(HR, "ada", {"title": "Countess"}, "", Cause("c"))
    with pytest.raises(Conflict):
        await people_.update(HR, "ada", {"title": "Analyst"}, '"1"', Cause("d"))


async def test_an_import_tells_rejected_lines_then_progress_then_the_summary() -> None:
    steps = await run(Imports(store()), export(line(1), line(2, grade="x"), line(3), line(1)))
    assert steps == [
        Rejected(3, "grade", "NOT_A_NUMBER", "must be a whole number"),
        Progress(2, 4),
        Progress(4, 4),
        Summary(created=2, updated=0, unchanged=1, rejected=1),
    ]


async def test_a_second_import_updates_what_differs_and_only_that() -> None:
    kept = store()
    await run(Imports(kept), export(line(1), line(2)), "first")
    steps = await run(Imports(kept), export(line(1), line(2, title="Countess"), line(3)), "second")
    assert steps[-1] == Summary(created=1, updated=1, unchanged=1, rejected=0)
    assert (await kept.get(Ref("acme", "e2"))).state.title == "Countess"
    assert (await kept.get(Ref("acme", "e1"))).version == 1


async def test_the_same_file_sets_right_what_was_changed_in_between() -> None:
    kept = store()
    await run(Imports(kept), export(line(1)), "first")
    await Directory(kept).update(HR, "e1", {"title": "Countess"}, "", Cause("by hand"))
    assert (await run(Imports(kept), export(line(1)), "again"))[-1] == Summary(0, 1, 0, 0)
    assert (await kept.get(Ref("acme", "e1"))).state.title == "Analyst"


async def test_a_check_counts_alike_and_stores_nothing() -> None:
    kept = store()
    await run(Imports(kept), export(line(1), line(2)), "first")
    data = export(line(1), line(2, title="Countess"), line(3), line(4, country="XX"))
    checked = await run(Imports(kept), data, validate_only=True)
    assert [id_ for id_, _ in (await kept.list("acme", Query())).items] == ["e1", "e2"]
    assert checked == await run(Imports(kept), data, "for good")


async def test_a_manager_may_be_stored_already() -> None:
    kept = store()
    await run(Imports(kept), export(line(1)), "first")
    steps = await run(Imports(kept), export(line(2, manager_id="E1"), line(3, manager_id="E9")), "second")
    assert [step.reason for step in steps if isinstance(step, Rejected)] == ["UNKNOWN_MANAGER"]
    assert steps[-1] == Summary(created=1, updated=0, unchanged=0, rejected=1)


async def test_managers_of_other_organizations_are_unknown() -> None:
    kept = store()
    await run(Imports(kept), export(line(1)), org="globex")
    steps = await run(Imports(kept), export(line(2, manager_id="E1")))
    assert steps[-1] == Summary(created=0, updated=0, unchanged=0, rejected=1)


async def test_an_address_of_a_stored_person_outside_the_file_is_taken() -> None:
    kept = store()
    await run(Imports(kept), export(line(1)), "first")
    steps = await run(Imports(kept), export(line(2) | {"email": "e1@acme.example"}), "second")
    assert [(step.line, step.reason) for step in steps if isinstance(step, Rejected)] == [
        (2, "DUPLICATE_EMAIL")
    ]


async def test_large_files_are_stored_in_batches_with_progress_between() -> None:
    steps = await run(Imports(store()), export(*(line(number) for number in range(BATCH + 1))))
    assert steps == [
        Progress(0, BATCH + 1),
        Progress(BATCH, BATCH + 1),
        Progress(BATCH + 1, BATCH + 1),
        Summary(created=BATCH + 1, updated=0, unchanged=0, rejected=0),
    ]


async def test_an_import_cut_off_between_batches_left_nobody_without_their_manager() -> None:
    """The file names every report before their manager; the same file again brings the rest."""
    kept, size = store(), BATCH + 10
    data = export(*(line(n, manager_id="" if n == size else f"E{n + 1}") for n in range(1, size + 1)))
    async with aclosing(Imports(kept).run(HR, parts(data), Cause("c"), validate_only=False)) as steps:
        async for step in steps:
            if step == Progress(BATCH, size):
                break
    there = {row["id"]: row["state"]["manager"] for row in kept.rows.values()}
    assert len(there) == BATCH
    assert set(there.values()) <= {"", *there}
    assert (await run(Imports(kept), data))[-1] == Summary(created=10, updated=0, unchanged=BATCH, rejected=0)


async def test_an_upload_that_breaks_off_changes_nothing() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield export(line(1), line(2))
        raise asyncio.CancelledError

    kept = store()
    with pytest.raises(asyncio.CancelledError):
        _ = [step async for step in Imports(kept).run(HR, broken(), Cause("c"), validate_only=False)]
    with pytest.raises(NotFound):
        await kept.get(Ref("acme", "e1"))


async def test_a_file_that_is_no_export_changes_nothing() -> None:
    kept = store()
    with pytest.raises(Invalid, match="FILE_NOT_CSV"):
        await run(Imports(kept), export(line(1)) + b'"never closed')
    with pytest.raises(NotFound):
        await kept.get(Ref("acme", "e1"))


async def test_an_endless_file_is_refused_instead_of_filling_the_memory() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1 << 20)

    with pytest.raises(Invalid, match="FILE_TOO_LARGE"):
        _ = [step async for step in Imports(store()).run(HR, endless(), Cause("c"), validate_only=False)]


async def test_too_many_imports_at_once_are_refused_and_an_abandoned_one_makes_room() -> None:
    imports, data = Imports(store()), export(line(1))
    running = [
        imports.run(HR, parts(data), Cause(f"c{number}"), validate_only=True)
        for number in range(IMPORTS_AT_ONCE)
    ]
    for one in running:
        await anext(one)
    with pytest.raises(Exhausted, match="TOO_MANY_IMPORTS"):
        await run(imports, data)
    async with aclosing(running.pop()):
        pass
    assert (await run(imports, data))[-1] == Summary(1, 0, 0, 0)
    for one in running:
        await one.aclose()


@examples(30)
@given(st.lists(people(), max_size=6), st.lists(people(), max_size=6))
async def test_importing_a_file_again_changes_nothing_whatever_was_there(
    before: list[Person], after: list[Person]
) -> None:
    kept = store()
    for name, crowd in (("before", before), ("after", after)):
        lines = [
            written(f"e{number}", replace(state, email=f"e{number}@x.example"))
            for number, state in enumerate(crowd)
        ]
        await run(Imports(kept), export(*lines), name)
        *_, summary = await run(Imports(kept), export(*lines), f"{name} again")
        assert summary == Summary(created=0, updated=0, unchanged=len(crowd), rejected=0)
