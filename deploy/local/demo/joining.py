"""People join: the HR export is imported, a program opens, the cohort is matched, both sides accept."""

from collections.abc import AsyncIterator, Sequence

from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask

from deploy.local.demo.api import HR
from deploy.local.demo.story import GaveUpError, Story, acting, until
from services.pb.mentoring.matching.v1 import matching_service_pb2 as matching
from services.pb.mentoring.matching.v1 import program_service_pb2 as programs
from services.pb.mentoring.notifications.v1 import preference_service_pb2 as preference
from services.pb.mentoring.profiles.v1 import person_service_pb2 as people

CHUNK = 64 * 1024
IMPORT_TIMEOUT = 300.0
ENROL_AT_ONCE = 500
NOBODY_TO_MATCH = {"NO_MENTEES", "NO_MENTORS", "NO_SEATS"}
"""Why a cohort run of a tiny file fails: no mistake, and the demo goes on without pairs."""


async def import_people(story: Story, file: bytes) -> None:
    """Import the file twice; the second time nothing may change."""
    story.imported, story.rejected = await upload(story, file, "importing people")
    first = story.imported
    story.screen.said(
        "import",
        created=first.created,
        updated=first.updated,
        unchanged=first.unchanged,
        rejected=first.rejected,
    )
    again, _ = await upload(story, file, "importing the same file again")
    story.screen.said(
        "same file again", created=again.created, updated=again.updated, unchanged=again.unchanged
    )


async def upload(
    story: Story, file: bytes, title: str
) -> tuple[people.ImportSummary, list[people.RejectedRow]]:
    """Stream the file in chunks; return the counts and the rows not taken."""
    progress, rejected, summary = story.screen.counting(title), [], people.ImportSummary()

    async def chunks() -> AsyncIterator[people.ImportPeopleRequest]:
        for at in range(0, len(file), CHUNK):
            yield people.ImportPeopleRequest(parent=story.api.parent, data=file[at : at + CHUNK])

    metadata = await story.api.metadata(HR)
    async for answer in story.api.people.ImportPeople(chunks(), timeout=IMPORT_TIMEOUT, metadata=metadata):
        if answer.HasField("rejected"):
            rejected.append(answer.rejected)
        elif answer.HasField("progress"):
            progress(answer.progress.done, answer.progress.total)
        else:
            summary = answer.summary
    return summary, rejected


async def open_program(story: Story) -> None:
    """Open a program and enrol everybody who is at work. A month passes in a minute: mails do not wait."""
    patient = preference.Preferences(name=f"{story.api.parent}/people/-/preferences", weekly_mails=1000)
    await story.api.call(
        story.api.preferences.UpdatePreferences,
        preference.UpdatePreferencesRequest(
            preferences=patient, update_mask=FieldMask(paths=["weekly_mails"])
        ),
    )
    everybody = await _active_people(story)
    program = programs.Program(
        display_name="Growing together",
        lead=max(everybody, key=lambda person: (person.grade, person.name)).name,
        cadence=Duration(seconds=14 * 86400),
        meeting_length=Duration(seconds=45 * 60),
    )
    request = programs.CreateProgramRequest(parent=story.api.parent, program=program)
    story.program = await story.api.call(story.api.programs.CreateProgram, request)
    wishes = [programs.EnrolmentRequest(person=one.name, roles=one.roles) for one in everybody]
    bar = story.screen.bar("enrolment", len(wishes))
    for at in range(0, len(wishes), ENROL_AT_ONCE):
        some = wishes[at : at + ENROL_AT_ONCE]
        batch = programs.BatchEnrolPeopleRequest(parent=story.program.name, requests=some)
        await story.api.call(story.api.programs.BatchEnrolPeople, batch)
        bar.step(len(some))
    story.screen.said("program", enrolled=len(wishes))


async def match(story: Story) -> None:
    """Match the cohort, publish it, and let both sides of every match say yes."""
    story.run = await _cohort(story)
    proposals = story.run.report.matched
    found = await until(lambda: matches(story), lambda held: len(held) == proposals, "the matches")
    story.matches = {match.mentee: match for match in found}
    bar = story.screen.bar("participants accept", 2 * len(found))
    answers = [
        (matching.AcceptMatchRequest(name=match.name), acting(person, role))
        for match in found
        for person, role in ((match.mentee, "mentee"), (match.mentor, "mentor"))
    ]
    await story.api.each(story.api.matching.AcceptMatch, answers, bar.step)
    report = story.run.report
    story.screen.said(
        "match",
        mentees=report.mentees,
        proposed=proposals,
        accepted=len(found),
        blocking_pairs=report.blocking_pairs,
        got_first_choice=sum(bar.count for bar in report.ranks if bar.value == 1),
        percent_of_best_total=report.total_score_ppm * 100 // max(report.best_total_score_ppm, 1),
    )


async def matches(story: Story) -> Sequence[matching.Match]:
    """Return every match of the program."""
    request = matching.ListMatchesRequest(parent=story.program.name)
    pages = story.api.pages(story.api.matching.ListMatches, request)
    return [one async for page in pages for one in page.matches]


async def _active_people(story: Story) -> list[people.Person]:
    request = people.ListPeopleRequest(parent=story.api.parent, state=people.Person.STATE_ACTIVE)
    pages = story.api.pages(story.api.people.ListPeople, request)
    found = [one async for page in pages for one in page.people]
    if not found:
        raise GaveUpError("the file holds no active person")
    return found


async def _cohort(story: Story) -> matching.CohortRun:
    """Run, follow and publish; return the published run, or the failed one when there is nobody to match."""
    api, progress = story.api, story.screen.counting("cohort match")
    start = matching.CreateCohortRunRequest(parent=story.program.name)
    run = await api.call(api.matching.CreateCohortRun, start)

    async def read() -> matching.CohortRun:
        found: matching.CohortRun = await api.call(
            api.matching.GetCohortRun, matching.GetCohortRunRequest(name=run.name)
        )
        progress(found.progress.done, max(found.progress.total, 1))
        return found

    ready = await until(read, lambda run: run.state != run.STATE_RUNNING, "the cohort run")
    if ready.failure_reason in NOBODY_TO_MATCH:
        return ready
    if ready.state == ready.STATE_FAILED:
        raise GaveUpError(f"the cohort run failed: {ready.failure_reason} {ready.failure_field}")
    publish = matching.PublishCohortRunRequest(name=run.name, etag=ready.etag)
    published: matching.CohortRun = await api.call(api.matching.PublishCohortRun, publish)
    progress(1, 1)
    return published
