"""Every text that people write, and their names, are marked as somebody's in what services keep."""

import importlib
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints

import pytest

from services.kernel.mongo import Kind
from services.kernel.personal import shape_of

SERVICES = ("profiles", "matching", "mentorships", "scheduling", "notifications", "recognition")
TEXT = re.compile(
    r"(name|email|address|title|text|words|note|notes|message|comment|measure|subject|html|question|answer"
    r"|description|expectations|reason|focus_areas)$"
)
OF_THE_ORGANIZATION = {
    "badges.words.display_name",
    "badges.words.description",
    "badge_awards.words.display_name",
    "badge_awards.words.description",
    "matches.origin.agreement.focus_areas",
    "learning_resources.title",
    "learning_resources.focus_areas",
    "mentorships.usual.focus_areas",
    "plan_templates.display_name",
    "program_revisions.revision.program.agreement.focus_areas",
    "programs.agreement.focus_areas",
    "programs.history.program.agreement.focus_areas",
    "programs.display_name",
    "programs.history.program.display_name",
    "program_revisions.revision.program.display_name",
    "recognition_settings.issuer.name",
    "survey_plans.questions.wording.text",
    "templates.subject",
    "templates.text",
    "templates.html",
}
"""Words of programs, surveys, badges and templates: HR writes them, about nobody."""
OUTLINES = re.compile(r"(plan_templates|plans)\.(goals|tips)\.")
"""What a plan template says, and what was copied of it when it was applied."""
CODES = re.compile(r"(^|\.)(reason|\w+_reason)$")
"""Of a fixed set, or a mail server's number."""


SEALED = {
    "action_items": ("title",),
    "calendars": ("feed.url", "name"),
    "check_in_plans": ("check_ins.answer.said.words", "check_ins.answer.words"),
    "feedback": ("words",),
    "fit_questions": ("words",),
    "goals": ("measure", "milestones.title", "notes.text", "tasks.title", "title"),
    "groups": (
        "goals.title",
        "terms.focus_areas",
        "terms.mentee_expectations",
        "terms.mentor_expectations",
        "title",
    ),
    "introductions": ("message", "note"),
    "kudos": ("words",),
    "match_requests": ("answer", "message", "question"),
    "mentorships": (
        "agreement.terms.focus_areas",
        "agreement.terms.mentee_expectations",
        "agreement.terms.mentor_expectations",
        "amendment.terms.focus_areas",
        "amendment.terms.mentee_expectations",
        "amendment.terms.mentor_expectations",
        "earlier.terms.focus_areas",
        "earlier.terms.mentee_expectations",
        "earlier.terms.mentor_expectations",
        "surveys.comment",
        "surveys.said.words",
    ),
    "messages": ("content.html", "content.subject", "content.text"),
    "notes": ("text",),
    "people": ("email", "family_name", "given_name", "preferred_name", "title"),
    "safety_reports": ("log.words", "words"),
}


def kinds() -> list[Kind[Any]]:
    """Return every kind of document that any service keeps."""
    stores = [importlib.import_module(f"services.{service}.store") for service in SERVICES]
    return [item for store in stores for item in vars(store).values() if isinstance(item, Kind)]


def texts(state: Any, above: str, within: tuple[Any, ...] = ()) -> Iterator[str]:
    """Yield the path of every field that holds text, or several."""
    if state in within:
        return
    hints = get_type_hints(state)
    for field in fields(state):
        inner = set(flat(hints[field.name]))
        if str in inner:
            yield f"{above}.{field.name}"
        for kind in inner:
            if is_dataclass(kind):
                yield from texts(kind, f"{above}.{field.name}", (*within, state))


def flat(hint: Any) -> Iterator[Any]:
    yield hint
    for inner in get_args(hint):
        yield from flat(inner)


def test_kinds_are_found() -> None:
    assert {"people", "goals", "messages", "meetings", "match_requests"} < {
        kind.collection for kind in kinds()
    }


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.collection)
def test_texts_that_people_write_are_marked(kind: Kind[Any]) -> None:
    marked = {f"{kind.collection}.{path}" for path in shape_of(kind.state).paths()}
    found = set(texts(kind.state, kind.collection))
    plain = {path for path in found - marked - OF_THE_ORGANIZATION if TEXT.search(path)}
    assert [path for path in sorted(plain) if not OUTLINES.match(path) and not CODES.search(path)] == []
    assert marked <= found


def test_what_is_sealed() -> None:
    """The whole list, so that a mark that is lost by accident is seen."""
    found = {kind.collection: tuple(sorted(shape_of(kind.state).paths())) for kind in kinds()}
    assert {collection: paths for collection, paths in found.items() if paths} == SEALED
