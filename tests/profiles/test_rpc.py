"""PersonService through real sockets and a real database: answers, refusals, whole exports."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from services.kernel.mongo import Query, Ref
from services.pb.mentoring.profiles.v1 import person_service_pb2 as pb
from services.profiles.domain import Role, Skill, State, Window
from tests.kernel.rpc.conftest import Failure, failure
from tests.profiles.conftest import Client
from tests.profiles.factories import cells, export, line
from tests.profiles.test_export import BAD, GOOD, NOTES

pytestmark = pytest.mark.servers
Code = grpc.StatusCode


async def call(
    client: Client, method: str, request: Any, role: str = "hr_admin", subject: str = "admin"
) -> Any:
    stub = getattr(client.stub, method)
    return await stub(request, metadata=client.auth(role, subject), timeout=10)


async def update(client: Client, id_: str, *paths: str, etag: str = "", **fields: Any) -> pb.Person:
    person = pb.Person(name=client.name(id_), etag=etag, **fields)
    request = pb.UpdatePersonRequest(person=person, update_mask=FieldMask(paths=paths))
    answer: pb.Person = await call(client, "UpdatePerson", request)
    return answer


def refused(failed: Failure) -> tuple[grpc.StatusCode, str]:
    return failed.code, failed.info.reason


async def test_what_is_created_is_what_is_got(client: Client) -> None:
    made = await client.create(
        "ada",
        roles=(Role.MENTEE, Role.MENTOR),
        skills_offered=(Skill("c#", 5),),
        weekly_hours=(Window(7, 0, 1440),),
        state=State.ON_LEAVE,
    )
    got = await call(client, "GetPerson", pb.GetPersonRequest(name=client.name("ada")))
    assert got == made
    assert (got.name, got.etag, got.family_name) == (client.name("ada"), '"1"', "Lovelace")
    assert got.create_time == got.update_time


async def test_names_and_addresses_are_nowhere_readable_in_the_database(client: Client) -> None:
    await client.create("ada", preferred_name="Countess", title="Enchantress of numbers")
    await client.upload(export(line(7, given_name="Grace")))
    stored = [json.dumps(found, default=str) async for found in client.people.collection.find()]
    texts = ("Ada", "Lovelace", "Countess", "Enchantress", "Grace", "@acme.example")
    assert len(stored) >= 2
    assert [text for text in texts if any(text in document for document in stored)] == []


async def test_the_same_request_id_answers_the_same_and_with_another_body_is_refused(client: Client) -> None:
    made = await client.create("ada", "first")
    assert await client.create("ada", "first") == made
    assert refused(await failure(client.create("ada", "first", title="Other"))) == (
        Code.INVALID_ARGUMENT,
        "REQUEST_ID_REUSED",
    )
    assert refused(await failure(client.create("ada", "second"))) == (Code.ALREADY_EXISTS, "ALREADY_EXISTS")


async def test_a_person_without_required_fields_is_refused_naming_each(client: Client) -> None:
    request = pb.CreatePersonRequest(
        parent=client.parent, person_id="ada", person=pb.Person(title="Countess")
    )
    failed = await failure(call(client, "CreatePerson", request))
    assert failed.code is Code.INVALID_ARGUMENT
    assert set(failed.violations) == {
        f"person.{field}"
        for field in ("email", "given_name", "family_name", "grade", "country", "time_zone", "languages")
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no-address"),
        ("grade", 100),
        ("country", "GBR"),
        ("mentor_capacity", 21),
        ("skills_offered", [pb.Skill(tag="go", level=9)]),
        ("weekly_hours", [pb.WeeklyWindow(day=1, start_minute=60, end_minute=60)]),
        ("time_zone", "Mars/Olympus"),
    ],
)
async def test_broken_fields_are_named_whoever_finds_them(client: Client, field: str, value: Any) -> None:
    """The contract's own rules and those of the domain answer alike."""
    person = client.message("ada")
    person.ClearField(field)  # type: ignore[arg-type]
    person.MergeFrom(pb.Person(**{field: value}))
    request = pb.CreatePersonRequest(parent=client.parent, person_id="ada", person=person)
    failed = await failure(call(client, "CreatePerson", request))
    assert failed.code is Code.INVALID_ARGUMENT
    (found,) = failed.violations
    assert found.startswith(f"person.{field}")


async def test_an_update_changes_the_fields_of_its_mask_and_no_other(client: Client) -> None:
    made = await client.create("ada")
    changed = await update(client, "ada", "title", title="Countess", grade=9)
    assert (changed.title, changed.grade, changed.etag) == ("Countess", made.grade, '"2"')
    assert changed.email == made.email
    assert changed.update_time.ToNanoseconds() >= made.update_time.ToNanoseconds()


async def test_an_empty_mask_changes_what_is_populated_and_a_named_field_can_be_emptied(
    client: Client,
) -> None:
    await client.create("ada")
    assert (await update(client, "ada", title="Countess")).title == "Countess"
    assert (await update(client, "ada", "title", "roles")).title == ""


async def test_changing_nothing_keeps_the_etag(client: Client) -> None:
    made = await client.create("ada")
    assert await update(client, "ada", "title", title=made.title, etag=made.etag) == made


async def test_a_stale_etag_is_refused(client: Client) -> None:
    made = await client.create("ada")
    await update(client, "ada", title="Countess")
    failed = await failure(update(client, "ada", title="Analyst", etag=made.etag))
    assert refused(failed) == (Code.ABORTED, "ETAG_MISMATCH")


async def test_every_change_waits_in_the_outbox_with_ids_and_codes_only(client: Client) -> None:
    await client.create("ada")
    await update(client, "ada", "title", "grade", title="Countess", grade=7)
    document = await client.people.collection.find_one({"_id": f"{client.org}/ada"})
    assert document is not None
    told = [(event["type"], event["ver"], event["subject"], event["key"]) for event in document["outbox"]]
    assert told == [
        ("mentoring.profiles.v1.PersonCreated", 1, client.name("ada"), "ada"),
        ("mentoring.profiles.v1.PersonUpdated", 2, client.name("ada"), "ada"),
    ]
    assert b"Countess" not in b"".join(event["value"] for event in document["outbox"])


async def test_a_mentee_sees_colleagues_without_what_is_private_and_themselves_whole(client: Client) -> None:
    await client.create("ada")
    request = pb.GetPersonRequest(name=client.name("ada"))
    colleague = await call(client, "GetPerson", request, "mentee", "bob")
    oneself = await call(client, "GetPerson", request, "mentee", "ada")
    assert (colleague.family_name, colleague.email, colleague.grade) == ("Lovelace", "", 0)
    assert (colleague.HasField("hire_date"), oneself.HasField("hire_date")) == (False, True)
    assert oneself.email == "ada@acme.example"


async def test_a_batch_keeps_its_order_and_names_who_is_missing(client: Client) -> None:
    await client.create("ada")
    await client.create("bob")
    names = [client.name("bob"), client.name("ada")]
    batch = pb.BatchGetPeopleRequest(parent=client.parent, names=names)
    assert [found.name for found in (await call(client, "BatchGetPeople", batch, "service")).people] == names
    batch.names.append(client.name("eve"))
    assert (await failure(call(client, "BatchGetPeople", batch))).code is Code.NOT_FOUND


async def test_lists_come_page_by_page_narrowed_by_role_and_state(client: Client) -> None:
    ids = [f"e{number}" for number in range(5)]
    for id_ in ids:
        await client.create(id_, roles=(Role.MENTOR,))
    await client.create("apart", roles=(Role.MENTEE,))
    request = pb.ListPeopleRequest(
        parent=client.parent, page_size=2, role=pb.Person.ROLE_MENTOR, state=pb.Person.STATE_ACTIVE
    )
    seen: list[str] = []
    while True:
        page = await call(client, "ListPeople", request)
        seen += [found.name for found in page.people]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert seen == [client.name(id_) for id_ in ids]


async def test_lists_are_narrowed_to_the_direct_reports_of_a_manager(client: Client) -> None:
    for id_, manager in (("ada", ""), ("bob", "ada"), ("cid", "bob"), ("dan", "ada")):
        await client.create(id_, manager=manager)
    request = pb.ListPeopleRequest(parent=client.parent, manager=client.name("ada"))
    found = await call(client, "ListPeople", request, "service")
    assert [one.name for one in found.people] == [client.name("bob"), client.name("dan")]
    request.manager = "organizations/globex/people/ada"
    assert (await failure(call(client, "ListPeople", request))).code is Code.NOT_FOUND


@pytest.mark.parametrize("method", ["BatchGetPeople", "ListPeople", "CreatePerson", "UpdatePerson"])
async def test_mentees_may_only_look_people_up(client: Client, method: str) -> None:
    request = {
        "BatchGetPeople": pb.BatchGetPeopleRequest(parent=client.parent, names=[client.name("ada")]),
        "ListPeople": pb.ListPeopleRequest(parent=client.parent),
        "CreatePerson": pb.CreatePersonRequest(
            parent=client.parent, person_id="e", person=client.message("e")
        ),
        "UpdatePerson": pb.UpdatePersonRequest(person=client.message("ada")),
    }[method]
    assert (await failure(call(client, method, request, "mentee"))).code is Code.PERMISSION_DENIED


async def test_people_of_another_organization_do_not_exist(client: Client) -> None:
    await client.create("ada")
    stranger = Client(f"{client.org}-evil", client.stub, client.issuer, client.people)
    failed = await failure(call(stranger, "GetPerson", pb.GetPersonRequest(name=client.name("ada"))))
    assert failed.code is Code.NOT_FOUND


async def test_a_call_without_a_token_is_not_answered(client: Client) -> None:
    failed = await failure(client.stub.GetPerson(pb.GetPersonRequest(name=client.name("ada")), timeout=10))
    assert failed.code is Code.UNAUTHENTICATED


async def stored(client: Client) -> list[str]:
    """Return the ids of everybody in the organization."""
    return [id_ for id_, _ in (await client.people.list(client.org, Query(page_size=1000))).items]


async def test_the_real_export_is_stored_whole_and_the_same_file_again_changes_nothing(
    client: Client,
) -> None:
    first = await client.upload(GOOD.read_bytes())
    again = await client.upload(GOOD.read_bytes())
    progress = [(step.progress.done, step.progress.total) for step in first[:-1]]
    assert progress == [(0, 1198), (500, 1198), (1000, 1198), (1198, 1198)]
    assert first[-1].summary == pb.ImportSummary(created=1198)
    assert again[-1].summary == pb.ImportSummary(unchanged=1198)
    kept = await client.people.get(Ref(client.org, "e0100746"))
    assert (kept.version, kept.state.manager, kept.state.time_zone) == (1, "e0100286", "Africa/Nairobi")


async def test_bad_rows_are_refused_by_line_and_field_and_the_good_ones_stored(client: Client) -> None:
    *rejected, _, _, end = await client.upload(BAD.read_bytes())
    noted = [note for note in json.loads(NOTES.read_text()) if note["line"] not in {25, 27}]
    assert [(step.rejected.line, step.rejected.field) for step in rejected] == [
        (note["line"], note["field"]) for note in noted
    ]
    assert all(step.rejected.reason and step.rejected.description for step in rejected)
    assert end.summary == pb.ImportSummary(created=2, unchanged=1, rejected=len(noted))
    assert await stored(client) == ["b10023", "b19001"]


async def test_a_check_of_a_file_stores_nothing(client: Client) -> None:
    steps = await client.upload(export(line(1), line(2, grade="x")), validate_only=True)
    assert steps[-1].summary == pb.ImportSummary(created=1, rejected=1)
    assert await stored(client) == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "FILE_EMPTY"),
        (export(cells()).decode().encode("utf-16"), "FILE_NOT_UTF8"),
        (b"name;mail\nAda;ada@acme.example\n", "FILE_NOT_CSV"),
        (export(line(1)) + b'"never closed', "FILE_NOT_CSV"),
    ],
)
async def test_what_is_no_export_gets_one_clear_error_and_changes_nothing(
    client: Client, data: bytes, reason: str
) -> None:
    assert refused(await failure(client.upload(data))) == (Code.INVALID_ARGUMENT, reason)
    assert await stored(client) == []


async def test_only_hr_imports(client: Client) -> None:
    failed = await failure(client.upload(export(line(1)), role="program_lead"))
    assert failed.code is Code.PERMISSION_DENIED


async def test_an_upload_that_is_cancelled_half_way_changes_nothing(client: Client) -> None:
    """The next import of the same file proves that nothing was there and that the place was given back."""
    halfway = asyncio.Event()

    async def chunks() -> AsyncIterator[pb.ImportPeopleRequest]:
        yield pb.ImportPeopleRequest(parent=client.parent, data=export(line(1), line(2)))
        halfway.set()
        await asyncio.Event().wait()

    upload = client.stub.ImportPeople(chunks(), metadata=client.auth(), timeout=30)
    await halfway.wait()
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload.read()
    assert (await client.upload(export(line(1), line(2))))[-1].summary == pb.ImportSummary(created=2)
