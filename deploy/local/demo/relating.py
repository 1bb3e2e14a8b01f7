"""Pairs work together: they sign an agreement, set goals, and reach some of them."""

from google.protobuf.duration_pb2 import Duration

from deploy.local.demo.joining import matches
from deploy.local.demo.story import Story, mentee, mentor, until
from services.pb.mentoring.mentorships.v1 import goal_service_pb2 as goals
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2 as mentorships


async def agree(story: Story) -> None:
    """Each mentee proposes an agreement, both sign, the mentorship becomes active."""
    confirmed = len(await matches(story))
    story.pairs = await until(
        lambda: _mentorships(story), lambda held: len(held) == confirmed, "the mentorships"
    )
    bar = story.screen.bar("agreements", 3 * len(story.pairs))
    agreement = mentorships.Agreement(
        cadence=Duration(seconds=14 * 86400),
        meeting_length=Duration(seconds=45 * 60),
        channels=[mentorships.Agreement.CHANNEL_VIDEO, mentorships.Agreement.CHANNEL_CHAT],
        focus_areas=["career planning", "public speaking"],
    )
    wishes = [
        (mentorships.ProposeAgreementRequest(name=pair.name, agreement=agreement), mentee(pair))
        for pair in story.pairs
    ]
    proposed = await story.api.each(story.api.mentorships.ProposeAgreement, wishes, bar.step)
    signed = proposed
    for signer in (mentee, mentor):
        signatures = [
            (
                mentorships.SignAgreementRequest(name=pair.name, revision=pair.agreement.revision),
                signer(pair),
            )
            for pair in proposed
        ]
        signed = await story.api.each(story.api.mentorships.SignAgreement, signatures, bar.step)
    story.pairs = signed
    active = sum(pair.state == mentorships.Mentorship.STATE_ACTIVE for pair in signed)
    story.screen.said("agree", proposed=len(proposed), signed=2 * len(signed), active=active)


async def set_goals(story: Story) -> None:
    """Each mentee sets one goal."""
    bar = story.screen.bar("goals", len(story.pairs))
    goal = goals.Goal(
        kind=goals.Goal.KIND_SOFT_SKILL,
        title="Speak in front of the whole department",
        measure="one talk given and feedback collected",
    )
    wishes = [(goals.CreateGoalRequest(parent=pair.name, goal=goal), mentee(pair)) for pair in story.pairs]
    story.goals = await story.api.each(story.api.goals.CreateGoal, wishes, bar.step)
    story.screen.said("goals", set=len(story.goals))


async def complete_goals(story: Story) -> None:
    """Two of five mentees reach their goal."""
    chosen = [place for place in range(len(story.pairs)) if place % 5 in {1, 3}]
    bar = story.screen.bar("goals reached", len(chosen))
    requests = [
        (goals.CompleteGoalRequest(name=story.goals[place].name), mentee(story.pairs[place]))
        for place in chosen
    ]
    done = await story.api.each(story.api.goals.CompleteGoal, requests, bar.step)
    story.completed = [goal.name for goal in done]
    story.screen.said("goals reached", completed=len(done))


async def _mentorships(story: Story) -> list[mentorships.Mentorship]:
    request = mentorships.ListMentorshipsRequest(parent=story.api.parent, program=story.program.name)
    pages = story.api.pages(story.api.mentorships.ListMentorships, request)
    return sorted([one async for page in pages for one in page.mentorships], key=lambda pair: pair.mentee)
