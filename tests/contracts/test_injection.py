"""What would mean something to MongoDB means nothing: in every text of every request of the real services."""

from typing import Any, Final

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor

from services.kernel.rpc import policy
from tests.contracts import matrix
from tests.contracts.belongings import stored
from tests.contracts.platform import Answer, Platform
from tests.contracts.requests import put, request_for, texts

pytestmark = pytest.mark.servers
Code = grpc.StatusCode
HARMLESS: Final = "zz-nothing-like-it"
HOSTILE: Final = (
    '{"$gt": ""}',
    "$where",
    "tenant_id.$ne",
    ".*",
    "\0",
)
REFUSED: Final = {Code.INVALID_ARGUMENT, Code.NOT_FOUND, Code.PERMISSION_DENIED, Code.FAILED_PRECONDITION}
COMPARES_SPELLING: Final = "mentoring.matching.v1.SkillService.SuggestSkills"
"""Anything is like something; it looks into a list of its own, not into the database."""

METHODS = pytest.mark.parametrize("method", matrix.methods(), ids=lambda method: method.full_name)


@pytest.fixture(scope="module", autouse=True)
async def _something_to_find(served: Platform) -> None:
    """Let there be something that an operator in a filter would find."""
    await stored(served, "filled", "words")


def shown(answer: Answer) -> int:
    """Return how many things an answer lists."""
    return sum(
        len(value)
        for message in answer.messages
        for field, value in message.ListFields()
        if field.is_repeated
    )


@METHODS
async def test_an_operator_in_a_text_is_a_text(served: Platform, method: MethodDescriptor) -> None:
    """It is refused, or answered as any other word that nothing is called by."""
    token = served.token(*policy.rule(method).roles, org="filled")
    for place in range(len(list(texts(request_for(method, "filled"))))):
        expected = await asked(served, method, place, HARMLESS, token)
        for hostile in HOSTILE[:1] if method.server_streaming else HOSTILE:
            answer = await asked(served, method, place, hostile, token)
            assert answer.code in REFUSED | {expected.code}, (place, hostile, answer.text)
            if method.full_name != COMPARES_SPELLING:
                assert shown(answer) <= shown(expected), (place, hostile)


async def asked(served: Platform, method: MethodDescriptor, place: int, text: str, token: Any) -> Answer:
    """Put a text into the one field; in a resource name it becomes the last id."""
    request = request_for(method, "filled")
    _, owner, field = list(texts(request))[place]
    before = getattr(owner, field.name)
    name = before[0] if field.is_repeated and before else before
    inside = isinstance(name, str) and name.startswith("organizations/") and name.count("/") > 1
    put(owner, field, f"{name.rpartition('/')[0]}/{text}" if inside else text)
    return await served.call(method, request, token)
