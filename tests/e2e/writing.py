"""A person writes whatever can be written, through the public APIs, with texts that occur nowhere else."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.duration_pb2 import Duration

from deploy.local.demo.api import HR, Api, Who
from deploy.local.demo.story import until
from deploy.local.stack import Stack
from services.pb.mentoring.matching.v1 import match_request_service_pb2 as requests
from services.pb.mentoring.matching.v1 import program_service_pb2 as programs
from services.pb.mentoring.matching.v1.match_request_service_pb2_grpc import MatchRequestServiceStub
from services.pb.mentoring.mentorships.v1 import codes_pb2 as codes
from services.pb.mentoring.mentorships.v1 import feedback_service_pb2 as feedback
from services.pb.mentoring.mentorships.v1 import goal_service_pb2 as goals
from services.pb.mentoring.mentorships.v1 import group_service_pb2 as groups
from services.pb.mentoring.mentorships.v1 import introduction_service_pb2 as introductions
from services.pb.mentoring.mentorships.v1 import journal_service_pb2 as journal
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2 as mentorships
from services.pb.mentoring.mentorships.v1 import safety_service_pb2 as safety
from services.pb.mentoring.mentorships.v1.group_service_pb2_grpc import GroupServiceStub
from services.pb.mentoring.mentorships.v1.introduction_service_pb2_grpc import IntroductionServiceStub
from services.pb.mentoring.mentorships.v1.journal_service_pb2_grpc import JournalServiceStub
from services.pb.mentoring.mentorships.v1.safety_service_pb2_grpc import SafetyServiceStub
from services.pb.mentoring.notifications.v1 import chat_service_pb2 as chats
from services.pb.mentoring.notifications.v1 import preference_service_pb2 as preferences
from services.pb.mentoring.notifications.v1.chat_service_pb2_grpc import ChatServiceStub
from services.pb.mentoring.profiles.v1 import person_service_pb2 as people
from services.pb.mentoring.profiles.v1 import privacy_service_pb2 as privacy
from services.pb.mentoring.profiles.v1.privacy_service_pb2_grpc import PrivacyServiceStub
from services.pb.mentoring.scheduling.v1 import availability_service_pb2 as availability
from tests.profiles.factories import export, line

ANN, MO, CY = (
    Who("e1", ("mentee", "mentor")),
    Who("e2", ("mentor", "mentee")),
    Who("e3", ("mentor", "mentee")),
)
MARK = "kanarie"
"""Begins every text that is looked for later; no word of the platform has it."""
AGREEMENT: dict[str, Any] = {
    "cadence": Duration(seconds=14 * 86400),
    "meeting_length": Duration(seconds=45 * 60),
    "channels": [mentorships.Agreement.CHANNEL_VIDEO],
}


@dataclass
class Texts:
    """The texts of one person, by what they are."""

    person: str
    said: dict[str, str] = field(default_factory=dict)

    def say(self, what: str) -> str:
        """Return a text of the person's that occurs nowhere else."""
        return self.said.setdefault(what, f"{MARK}-{self.person}-{what}")


@dataclass
class World:
    """A platform on which three people work together: Ann and Mo are a pair, Cy is somebody else."""

    stack: Stack
    api: Api
    ann: Texts
    mo: Texts
    pair: str = ""

    def name(self, who: Who) -> str:
        return f"{self.api.parent}/people/{who.person}"

    def stub(self, kind: Callable[..., Any], service: str) -> Any:
        return kind(self.api._channel(service))

    async def exported(self, person: Who, by: Who) -> str:
        """Return everything that is handed out about a person, as one text."""
        stub = self.stub(PrivacyServiceStub, "profiles")
        request = privacy.ExportPersonRequest(name=self.name(person))
        answers = stub.ExportPerson(request, metadata=await self.api.metadata(by), timeout=60)
        return "\n".join([str(answer.record) async for answer in answers])

    async def erased(self, person: Who) -> privacy.Erasure:
        """Erase somebody, and return the ledger's entry once all services have confirmed it."""
        stub = self.stub(PrivacyServiceStub, "profiles")
        request = privacy.ErasePersonRequest(name=self.name(person), reason=privacy.Erasure.REASON_REQUESTED)
        entry = await self.api.call(stub.ErasePerson, request)
        return await self.finished(entry.name)

    async def finished(self, name: str) -> privacy.Erasure:
        """Return an entry when all services have confirmed it."""
        stub = self.stub(PrivacyServiceStub, "profiles")
        read = lambda: self.api.call(stub.GetErasure, privacy.GetErasureRequest(name=name))  # noqa: E731
        done = await until(read, lambda one: one.state == privacy.Erasure.STATE_FINISHED, "the erasure")
        assert isinstance(done, privacy.Erasure)
        return done


async def join(world: World) -> None:
    """Import the three."""
    say = world.ann.say
    ann = line(1, given_name=say("given"), family_name=say("family"), preferred_name=say("preferred"))
    ann |= {"email": f"{say('address')}@acme.example", "title": say("title"), "roles": "mentee;mentor"}
    mo = line(2, given_name=world.mo.say("given"), family_name=world.mo.say("family"))
    mo |= {"roles": "mentor;mentee", "mentor_capacity": "3"}
    cy = line(3, given_name="Cy", roles="mentor;mentee")
    assert (await imported(world, export(ann, mo, cy))).created == 3


async def imported(world: World, file: bytes) -> people.ImportSummary:
    """Import a file and return its counts."""
    request = people.ImportPeopleRequest(parent=world.api.parent, data=file)
    metadata = await world.api.metadata(HR)
    answers = world.api.people.ImportPeople(iter([request]), timeout=60, metadata=metadata)
    return [answer.summary async for answer in answers if answer.HasField("summary")][-1]


async def ask(world: World) -> None:
    """Ann asks Mo to be her mentor in a program; he wants to know more, she tells."""
    asked = await requested(world, ANN, MO, world.ann.say("wish"))
    stub = world.stub(MatchRequestServiceStub, "matching")
    more = requests.AskForMoreRequest(name=asked, question=world.mo.say("question"))
    await world.api.call(stub.AskForMore, more, MO)
    answer = requests.AnswerMatchRequestRequest(name=asked, answer=world.ann.say("answer"))
    await world.api.call(stub.AnswerMatchRequest, answer, ANN)


async def requested(world: World, mentee: Who, mentor: Who, message: str) -> str:
    """Enrol two people in a program and let one ask the other; return the request's name."""
    program = programs.Program(
        display_name="Growing",
        lead=world.name(CY),
        cadence=AGREEMENT["cadence"],
        meeting_length=AGREEMENT["meeting_length"],
    )
    made = await world.api.call(
        world.api.programs.CreateProgram,
        programs.CreateProgramRequest(parent=world.api.parent, program=program),
    )
    wishes = [
        programs.EnrolmentRequest(person=world.name(who), roles=[people.Person.Role.Value(role)])
        for who, role in ((mentee, "ROLE_MENTEE"), (mentor, "ROLE_MENTOR"))
    ]
    await world.api.call(
        world.api.programs.BatchEnrolPeople,
        programs.BatchEnrolPeopleRequest(parent=made.name, requests=wishes),
    )
    stub = world.stub(MatchRequestServiceStub, "matching")
    request = requests.CreateMatchRequestRequest(
        parent=made.name,
        person=world.name(mentor),
        role=people.Person.ROLE_MENTEE,
        message=message,
    )
    return str((await world.api.call(stub.CreateMatchRequest, request, mentee)).name)


async def work(world: World) -> None:
    """Ann and Mo work together without a program; both write whatever can be written."""
    say = world.ann.say
    agreement = mentorships.Agreement(
        **AGREEMENT, focus_areas=[say("focus")], mentee_expectations=say("expectations")
    )
    world.pair = await paired(world, ANN, MO, agreement)
    await plan(world)
    await reflect(world)
    await choose(world)
    await close(world)


async def paired(world: World, mentee: Who, mentor: Who, agreement: mentorships.Agreement) -> str:
    """Let two people agree to work together; return the mentorship's name."""
    api = world.api
    pair = mentorships.Mentorship(mentor=world.name(mentor), mentee=world.name(mentee))
    wish = mentorships.CreateMentorshipRequest(parent=api.parent, mentorship=pair)
    name: str = (await api.call(api.mentorships.CreateMentorship, wish, mentee)).name
    proposal = mentorships.ProposeAgreementRequest(name=name, agreement=agreement)
    proposed = await api.call(api.mentorships.ProposeAgreement, proposal, mentee)
    for who in (mentee, mentor):
        signature = mentorships.SignAgreementRequest(
            name=name, revision=proposed.proposed_agreement.revision or 1
        )
        await api.call(api.mentorships.SignAgreement, signature, who)
    return name


async def plan(world: World) -> None:
    """Set a goal, note how it goes, and what is to be done."""
    api, say = world.api, world.ann.say
    goal = goals.Goal(
        kind=goals.Goal.KIND_CAREER,
        title=say("goal"),
        measure=say("measure"),
        milestones=[goals.Goal.Milestone(title=say("milestone"))],
        tasks=[goals.Goal.Task(title=say("task"), owner=world.name(ANN))],
    )
    made = await api.call(api.goals.CreateGoal, goals.CreateGoalRequest(parent=world.pair, goal=goal), ANN)
    for who, text in ((ANN, say("progress")), (MO, world.mo.say("progress"))):
        await api.call(
            api.goals.AddProgressNote, goals.AddProgressNoteRequest(name=made.name, text=text), who
        )
    stub = world.stub(JournalServiceStub, "mentorships")
    for who, text in ((ANN, say("diary")), (MO, world.mo.say("diary"))):
        note = journal.CreateNoteRequest(parent=world.pair, note=journal.Note(text=text))
        await api.call(stub.CreateNote, note, who)
    item = journal.ActionItem(title=say("item"), owner=world.name(ANN))
    await api.call(
        stub.CreateActionItem, journal.CreateActionItemRequest(parent=world.pair, action_item=item), ANN
    )


async def reflect(world: World) -> None:
    """Thank, report, introduce, open a group, bring a calendar."""
    api, say = world.api, world.ann.say
    thanks = feedback.Kudos(category=codes.KUDOS_CATEGORY_GUIDANCE, words=say("thanks"))
    await api.call(api.feedback.GiveKudos, feedback.GiveKudosRequest(parent=world.pair, kudos=thanks), ANN)
    report = safety.SafetyReport(
        person=world.name(CY), category=safety.SafetyReport.CATEGORY_OTHER, words=say("report")
    )
    stub = world.stub(SafetyServiceStub, "mentorships")
    await api.call(
        stub.ReportPerson, safety.ReportPersonRequest(parent=api.parent, safety_report=report), ANN
    )
    known = introductions.Introduction(contact=world.name(CY), note=world.mo.say("introduction"))
    await api.call(
        world.stub(IntroductionServiceStub, "mentorships").ProposeIntroduction,
        introductions.ProposeIntroductionRequest(parent=world.pair, introduction=known),
        MO,
    )
    group = groups.Group(
        title=say("group"), seats=3, agreement=mentorships.Agreement(**AGREEMENT, focus_areas=[say("circle")])
    )
    request = groups.CreateGroupRequest(parent=api.parent, group=group)
    await api.call(world.stub(GroupServiceStub, "mentorships").CreateGroup, request, ANN)
    calendar = availability.ImportCalendarRequest(
        name=f"{world.name(ANN)}/calendars/work", document=CALENDAR, time_zone="Europe/London"
    )
    await api.call(api.availability.ImportCalendar, calendar, ANN)


async def choose(world: World) -> None:
    """Ann chooses which mails she gets, and has a chat of her own."""
    chosen = preferences.Preferences(
        name=f"{world.name(ANN)}/preferences",
        chat=preferences.Preferences.SWITCH_OFF,
        weekly_mails=CHOSEN_MAILS,
    )
    await world.api.call(
        world.api.preferences.UpdatePreferences,
        preferences.UpdatePreferencesRequest(preferences=chosen),
        ANN,
    )
    chat = chats.Chat(name=f"{world.name(ANN)}/chat", url=f"https://{CHAT_HOST}/{UNKEPT}")
    await world.api.call(
        world.stub(ChatServiceStub, "notifications").UpdateChat, chats.UpdateChatRequest(chat=chat), ANN
    )


CHAT_HOST = "chat-of-ann.invalid"
CHOSEN_MAILS = 37
UNKEPT = f"{MARK}-dentist"
"""What an imported calendar says beside times is read and forgotten."""
CALENDAR = "\r\n".join(
    (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//tests//EN",
        "BEGIN:VEVENT",
        "UID:1",
        "DTSTAMP:20300101T000000Z",
        "DTSTART:20300102T090000Z",
        "DTEND:20300102T100000Z",
        f"SUMMARY:{UNKEPT}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    )
)


async def close(world: World) -> None:
    """End it together and look back."""
    api = world.api
    for who in (ANN, MO):
        await api.call(
            api.mentorships.CloseMentorship, mentorships.CloseMentorshipRequest(name=world.pair), who
        )
    for who, text in ((ANN, world.ann.say("survey")), (MO, world.mo.say("survey"))):
        survey = mentorships.ClosingSurvey(satisfaction=4, recommends=True, comment=text)
        request = mentorships.AnswerClosingSurveyRequest(name=world.pair, survey=survey)
        await api.call(api.mentorships.AnswerClosingSurvey, request, who)
