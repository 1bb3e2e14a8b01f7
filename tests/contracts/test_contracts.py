"""What every contract must keep, checked on the descriptors, whoever adds the next RPC or event."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from google.api import field_behavior_pb2, resource_pb2
from google.protobuf.descriptor import FieldDescriptor
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
    *("GetSurveyPlan", "GetSurveyResults", "GetProgramReport"),
    *("GetTemplate", "ListTemplates", "PreviewTemplate", "GetMeetingSettings", "GetRecognitionSettings"),
    "GetTeamSettings",
    *("GetWebhook", "ListWebhooks", "ListWebhookDeliveries", "CountMessages"),
    *("GetBadge", "ListBadges", "PreviewBadge", "GetIssuerDocument", "GetStatusList"),
}


def test_the_surface_is_found() -> None:
    """Without this, an empty list would make every test below pass."""
    assert {"mentoring.profiles.v1.PersonService"} < {service.full_name for service in surface.services()}
    assert len(surface.methods()) > 100
    assert len(surface.requests()) > 100
    assert len(surface.events()) > 5


def test_every_method_has_a_rule() -> None:
    """By role on a named resource, or public."""
    rules = {method.full_name: policy.rule(method) for method in surface.methods()}
    assert [name for name, rule in rules.items() if not rule.public and not rule.resource_field] == []
    assert [name for name, rule in rules.items() if not rule.public and not rule.roles] == []


def test_every_change_can_be_repeated_safely() -> None:
    """A method without request_id either only reads or is a stream that says how it repeats."""
    changes = [
        method
        for method in surface.methods()
        if method.GetOptions().idempotency_level != MethodOptions.NO_SIDE_EFFECTS
        if not method.client_streaming
    ]
    ids = {method.full_name: method.input_type.fields_by_name.get("request_id") for method in changes}
    assert {
        name for name, field in ids.items() if not field or field.type != FieldDescriptor.TYPE_STRING
    } == set()


def test_every_read_that_hr_may_do_is_personal_or_known_to_be_not() -> None:
    """Reads of personal data by HR and operators stand in the audit log: say which are none."""
    rules = {method: policy.rule(method) for method in surface.methods()}
    unclear = [
        method.full_name
        for method, rule in rules.items()
        if not rule.mutates and not rule.roles.isdisjoint({"hr_admin", "operator"})
        if rule.personal is (method.name in IMPERSONAL)
    ]
    assert unclear == []


def test_every_request_can_be_validated() -> None:
    """A rule that cannot be compiled raises here, not in the first call."""
    for request_type in surface.requests():
        message: Any = GetMessageClass(request_type)()
        assert isinstance(list(validation.violations(message)), list), request_type.full_name


def test_names_of_other_resources_are_marked_to_have_their_tenant_checked() -> None:
    unmarked = [
        f"{request_type.full_name}.{path}"
        for request_type in surface.requests()
        for path, field in surface.fields(request_type)
        if field.type == FieldDescriptor.TYPE_STRING
        and field.name.removesuffix("s") in RESOURCES
        and not field.GetOptions().HasExtension(REFERENCE)
        and field_behavior_pb2.OUTPUT_ONLY not in field.GetOptions().Extensions[BEHAVIOR]
    ]
    assert unmarked == []


def test_every_list_that_callers_send_has_an_end() -> None:
    """Bounded by the contract, or as long as its map or enum; what callers cannot set is not read at all."""
    endless = {
        request_type.full_name: paths
        for request_type in surface.requests()
        if (paths := _endless(dict(surface.fields(request_type))))
    }
    assert endless == {}


def _endless(fields: Mapping[str, FieldDescriptor]) -> list[str]:
    shown = [
        path
        for path, field in fields.items()
        if field_behavior_pb2.OUTPUT_ONLY in field.GetOptions().Extensions[BEHAVIOR]
    ]
    return [
        path
        for path, field in fields.items()
        if field.is_repeated
        and not any(f"{path}.".startswith(f"{part}.") for part in shown)
        and not (rules := field.GetOptions().Extensions[RULES].repeated).max_items
        and not (field.type == FieldDescriptor.TYPE_ENUM and rules.unique)
        and not (field.message_type and field.message_type.GetOptions().map_entry)
    ]


def test_events_carry_ids_and_codes_but_no_personal_data() -> None:
    texts = [
        f"{event.full_name}.{path}"
        for event in surface.events()
        for path, field in surface.fields(event)
        if field.type == FieldDescriptor.TYPE_STRING
    ]
    assert [path for path in texts if PERSONAL.search(path)] == []


def test_every_events_package_has_its_topic() -> None:
    topics = {topic["name"] for topic in yaml.safe_load(TOPICS.read_text())["events"]}
    assert {event.file.package for event in surface.events()} <= topics
