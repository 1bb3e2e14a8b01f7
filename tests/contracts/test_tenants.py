"""Two tenants on the real services: whatever one calls, the other's things stay unseen and unchanged."""

from collections.abc import Mapping
from typing import Any, Final

import grpc
import pytest
from bson import encode
from google.protobuf.descriptor import MethodDescriptor
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import generate_latest

from services.kernel.rpc import policy
from tests.contracts import matrix, surface
from tests.contracts.belongings import Belongings, stored
from tests.contracts.platform import Answer, Platform
from tests.contracts.requests import request_for

pytestmark = pytest.mark.servers
Code = grpc.StatusCode
WORD: Final = "zyxwords"
METHODS = pytest.mark.parametrize("method", matrix.methods(), ids=lambda method: method.full_name)


@pytest.fixture(scope="module")
async def rival(served: Platform) -> Belongings:
    """Let another organization have something of every kind."""
    return await stored(served, "rival", WORD)


async def documents(served: Platform, org: str) -> Mapping[str, bytes]:
    """Return every document of an organization, with the events in it, in all databases."""
    found: dict[str, bytes] = {}
    mine = {"$or": [{"tenant_id": org}, {"_id": {"$regex": f"^{org}/"}}]}
    for at in served.running:
        for database in (at.database.client[f"{at.database.name}{part}"] for part in ("", "_audit")):
            for name in await database.list_collection_names():
                async for document in database[name].find(mine):
                    found[f"{database.name}/{name}/{document['_id']}"] = encode(document)
    return found


async def tried(
    served: Platform, method: MethodDescriptor, org: str, rival: Belongings, person: str
) -> Answer:
    """Call a method of `org` about the rival's ids, as acme's person with every role that may."""
    token = served.token(*policy.rule(method).roles, person=person)
    return await served.call(method, request_for(method, org, **rival.ids), token)


def seen(answer: Answer) -> bool:
    """Whether a word of the rival's stands anywhere in an answer."""
    shown = answer.text.encode() + b"".join(item.SerializeToString() for item in answer.messages)
    return WORD.encode() in shown


async def test_the_rival_has_something_to_lose(served: Platform, rival: Belongings) -> None:
    """Without this, the tests below would watch nothing."""
    kept = await documents(served, "rival")
    assert len({key.rpartition("/rival")[0] for key in kept}) >= 20
    plain = sum(WORD.encode() in document for document in kept.values())
    assert plain > 5  # names of programs and the like: what people write lies sealed
    get = next(method for method in surface.methods() if method.name == "GetPerson")
    token = served.token("hr_admin", org="rival")
    assert seen(await served.call(get, request_for(get, "rival", **rival.ids), token))


@METHODS
async def test_no_call_reads_what_is_the_rivals(
    served: Platform, rival: Belongings, method: MethodDescriptor
) -> None:
    """Not by the rival's names, nor by the rival's ids under the own organization."""
    by_name = await tried(served, method, "rival", rival, "ada")
    assert by_name.code is Code.NOT_FOUND
    assert not seen(by_name)
    assert not seen(await tried(served, method, "acme", rival, rival.ids["people"]))


CALLS: Any = st.tuples(
    st.sampled_from([method for method in surface.methods() if not method.server_streaming]),
    st.sampled_from(["acme", "acme", "rival"]),
    st.booleans(),
)


@given(calls=st.lists(CALLS, min_size=1, max_size=12))
@settings(max_examples=25)
async def test_no_sequence_of_calls_changes_or_reads_anything_of_the_rival(
    served: Platform, rival: Belongings, calls: list[tuple[MethodDescriptor, str, bool]]
) -> None:
    before = await documents(served, "rival")
    for method, org, namesake in calls:
        person = rival.ids["people"] if namesake else "ada"
        assert not seen(await tried(served, method, org, rival, person)), method.full_name
    assert await documents(served, "rival") == before


def test_no_metric_names_a_tenant_or_shows_its_words(rival: Belongings) -> None:
    shown = generate_latest().decode()
    assert "grpc_server_handled_total" in shown
    assert [word for word in ("rival", "acme", WORD, *rival.ids.values()) if f'"{word}' in shown] == []
