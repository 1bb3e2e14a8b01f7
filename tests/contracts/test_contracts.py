"""What every contract must keep, checked on the descriptors, whoever adds the next RPC or event."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.api import field_behavior_pb2, resource_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from google.protobuf.message_factory import GetMessageClass

from services.kernel.rpc import policy, validation
from services.pb.buf.validate import validate_pb2
from tests.contracts import surface

TOPICS = Path(__file__).parents[2] / "deploy" / "kafka" / "topics.yaml"
PERSONAL = re.compile(r"(^|_)(email|address|phone|given_name|family_name|preferred_name|title|note|text)$")
REFERENCE: Any = resource_pb2.resource_reference
RULES: Any = validate_pb2.field
BEHAVIOR: Any = field_behavior_pb2.field_behavior
RESOURCES = {"mentor", "mentee", "manager", "person", "program", "meeting", "mentorship", "goal", "match"}
IMPERSONAL = {
    *(
        "GetProgram",
        "ListPrograms",
        "ListProgramRevisions",
        "GetCohortRun",
        "ListCohortRuns",
        "WatchCohortRun",
    ),
    *(
        "GetPlanTemplate",
        "ListPlanTemplates",
        "GetLearningResource",
        "ListLearningResources",
        "SuggestSkills",
    ),
    *("GetTemplate", "ListTemplates", "PreviewTemplate", "GetMeetingSettings", "GetRecognitionSettings"),
    *("GetWebhook", "ListWebhooks", "ListWebhookDeliveries", "CountMessages"),
    *("GetBadge", "ListBadges", "PreviewBadge", "GetIssuerDocument", "GetStatusList"),
}
METHODS = pytest.mark.parametrize("method", surface.methods(), ids=lambda method: method.full_name)


def test_the_surface_is_found() -> None:
    """Without this, an empty list would make every test below pass."""
    assert {"mentoring.profiles.v1.PersonService"} < {service.full_name for service in surface.services()}
    assert len(surface.events()) > 5


@METHODS
def test_every_method_has_a_rule(method: MethodDescriptor) -> None:
    rule = policy.rule(method)
    assert rule.public or (rule.roles and rule.resource_field)


@METHODS
def test_every_change_can_be_repeated_safely(method: MethodDescriptor) -> None:
    """A method without request_id either only reads or is a stream that says how it repeats."""
    reads = method.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS
    if reads or method.client_streaming:
        return
    field = method.input_type.fields_by_name["request_id"]
    assert field.type == FieldDescriptor.TYPE_STRING


@METHODS
def test_every_read_that_hr_may_do_is_personal_or_known_to_be_not(method: MethodDescriptor) -> None:
    """Reads of personal data by HR and operators stand in the audit log: say which are none."""
    rule = policy.rule(method)
    if rule.mutates or rule.roles.isdisjoint({"hr_admin", "operator"}):
        return
    assert rule.personal is not (method.name in IMPERSONAL)


@pytest.mark.parametrize("request_type", surface.requests(), ids=lambda request: request.full_name)
def test_every_request_can_be_validated(request_type: Descriptor) -> None:
    message: Any = GetMessageClass(request_type)()
    assert isinstance(list(validation.violations(message)), list)


@pytest.mark.parametrize("request_type", surface.requests(), ids=lambda request: request.full_name)
def test_names_of_other_resources_are_marked_to_have_their_tenant_checked(
    request_type: Descriptor,
) -> None:
    unmarked = [
        path
        for path, field in surface.fields(request_type)
        if field.type == FieldDescriptor.TYPE_STRING
        and field.name.removesuffix("s") in RESOURCES
        and not field.GetOptions().HasExtension(REFERENCE)
        and field_behavior_pb2.OUTPUT_ONLY not in field.GetOptions().Extensions[BEHAVIOR]
    ]
    assert unmarked == []


@pytest.mark.parametrize("request_type", surface.requests(), ids=lambda request: request.full_name)
def test_every_list_that_callers_send_has_an_end(request_type: Descriptor) -> None:
    """Bounded by the contract, or as long as its map or enum; what callers cannot set is not read at all."""
    shown = [
        path
        for path, field in surface.fields(request_type)
        if field_behavior_pb2.OUTPUT_ONLY in field.GetOptions().Extensions[BEHAVIOR]
    ]
    endless = [
        path
        for path, field in surface.fields(request_type)
        if field.is_repeated
        and not any(f"{path}.".startswith(f"{part}.") for part in shown)
        and not (rules := field.GetOptions().Extensions[RULES].repeated).max_items
        and not (field.type == FieldDescriptor.TYPE_ENUM and rules.unique)
        and not (field.message_type and field.message_type.GetOptions().map_entry)
    ]
    assert endless == []


@pytest.mark.parametrize("event", surface.events(), ids=lambda event: event.full_name)
def test_events_carry_ids_and_codes_but_no_personal_data(event: Descriptor) -> None:
    texts = [path for path, field in surface.fields(event) if field.type == FieldDescriptor.TYPE_STRING]
    assert [path for path in texts if PERSONAL.search(path)] == []


def test_every_events_package_has_its_topic() -> None:
    topics = {topic["name"] for topic in yaml.safe_load(TOPICS.read_text())["events"]}
    assert {event.file.package for event in surface.events()} <= topics
