"""An organization's own words over real gRPC and MongoDB."""

from collections.abc import AsyncIterator

import grpc
import pytest

from services.kernel.clock import FixedClock
from services.notifications.__main__ import build
from services.pb.mentoring.notifications.v1 import template_service_pb2 as pb
from services.pb.mentoring.notifications.v1.inbox_service_pb2 import Message
from services.pb.mentoring.notifications.v1.template_service_pb2_grpc import TemplateServiceStub
from tests.harness import Metadata, Running, running
from tests.notifications.factories import NOON, ORG
from tests.notifications.test_rpc import refused

pytestmark = pytest.mark.servers

NAME = f"organizations/{ORG}/templates/KUDOS.de"


@pytest.fixture
async def at(mongo_url: str) -> AsyncIterator[Running]:
    async with running(build, mongo_url, FixedClock(NOON), profiles_address="127.0.0.1:1") as made:
        yield made


@pytest.fixture
def stub(at: Running) -> TemplateServiceStub:
    return TemplateServiceStub(at.channel)


@pytest.fixture
def hr(at: Running) -> Metadata:
    return at.token("admin", "hr_admin")


async def test_words_are_written_previewed_and_taken_back(stub: TemplateServiceStub, hr: Metadata) -> None:
    template = pb.Template(name=NAME, subject="Danke von {{ other }}", text="Hallo {{ name }}!")
    request = pb.UpdateTemplateRequest(template=template, request_id="write")
    stored = await stub.UpdateTemplate(request, metadata=hr)
    assert await stub.UpdateTemplate(request, metadata=hr) == stored
    assert (stored.category, stored.language, stored.etag) == (Message.CATEGORY_KUDOS, "de", '"1"')
    assert await stub.GetTemplate(pb.GetTemplateRequest(name=NAME), metadata=hr) == stored
    shown = await stub.PreviewTemplate(pb.PreviewTemplateRequest(name=NAME, as_mentor=True), metadata=hr)
    assert (shown.subject, shown.text) == ("Danke von Kim Lee", "Hallo Ada!")
    assert '<html lang="de" dir="ltr">' in shown.html
    listed = await stub.ListTemplates(pb.ListTemplatesRequest(parent=f"organizations/{ORG}"), metadata=hr)
    assert list(listed.templates) == [stored]
    await stub.ResetTemplate(pb.ResetTemplateRequest(name=NAME, etag=stored.etag), metadata=hr)
    again = await stub.PreviewTemplate(pb.PreviewTemplateRequest(name=NAME), metadata=hr)
    assert again.subject == "Ada Lovelace sagt danke"


async def test_a_broken_template_is_refused_and_changes_nothing(
    stub: TemplateServiceStub, hr: Metadata
) -> None:
    template = pb.Template(name=NAME, subject="x", text="{% for a in name %}{% endfor %}")
    code, why = await refused(stub.UpdateTemplate(pb.UpdateTemplateRequest(template=template), metadata=hr))
    assert (code, why) == (grpc.StatusCode.INVALID_ARGUMENT, "TEMPLATE_BROKEN")
    code, _ = await refused(stub.GetTemplate(pb.GetTemplateRequest(name=NAME), metadata=hr))
    assert code is grpc.StatusCode.NOT_FOUND
