"""Pairs look at how it goes: feedback, thanks, whether they fit, and the first check-in."""

from datetime import UTC, timedelta

from deploy.local.demo.api import Who
from deploy.local.demo.meeting import move_to
from deploy.local.demo.story import Story, mentee, mentor, until
from services.pb.mentoring.mentorships.v1 import check_in_service_pb2 as check_ins
from services.pb.mentoring.mentorships.v1 import codes_pb2 as codes
from services.pb.mentoring.mentorships.v1 import feedback_service_pb2 as feedback
from services.pb.mentoring.mentorships.v1.mentorship_service_pb2 import Mentorship

FIRST_CHECK_IN = timedelta(days=30)


async def appreciate(story: Story) -> None:
    """Mentees who met their mentor early say how it is and that they fit; who reached a goal says thanks."""
    met = [pair for place, pair in enumerate(story.pairs) if place % 5 > 1]
    helped = [pair for place, pair in enumerate(story.pairs) if place % 5 in {1, 3}]
    bar = story.screen.bar("feedback and thanks", 3 * len(met) + len(helped))
    said = feedback.Feedback(rating=5, words="You ask what I have not asked myself.")
    told = [(feedback.GiveFeedbackRequest(parent=pair.name, feedback=said), mentee(pair)) for pair in met]
    given = await story.api.each(story.api.feedback.GiveFeedback, told, bar.step)
    read = [
        (feedback.AcknowledgeFeedbackRequest(name=one.name), mentor(pair))
        for one, pair in zip(given, met, strict=True)
    ]
    await story.api.each(story.api.feedback.AcknowledgeFeedback, read, bar.step)
    fits = [(_fits(pair), mentee(pair)) for pair in met]
    await story.api.each(story.api.check_ins.AnswerFitQuestion, fits, bar.step)
    thanks = feedback.Kudos(
        category=codes.KUDOS_CATEGORY_GUIDANCE, words="I would not have dared without you."
    )
    kudos = [(feedback.GiveKudosRequest(parent=pair.name, kudos=thanks), mentee(pair)) for pair in helped]
    await story.api.each(story.api.feedback.GiveKudos, kudos, bar.step)
    story.screen.said("appreciation", feedback=len(given), fits=len(fits), kudos=len(kudos))


async def check_in(story: Story) -> None:
    """Thirty days after their agreement everybody is asked how it goes; one pair of five answers."""
    signed = [pair.agreement.sign_time.ToDatetime(UTC) for pair in story.pairs]
    if not signed:  # a tiny file may leave nobody to match
        return
    move_to(story, max(signed) + FIRST_CHECK_IN + timedelta(hours=1))
    asked = [pair for place, pair in enumerate(story.pairs) if place % 5 == 2]
    bar = story.screen.bar("check-ins", 2 * len(asked))
    answers = []
    for pair in asked:
        for who in (mentee(pair), mentor(pair)):
            opened = await until(lambda: _open(story, pair, who), bool, "the check-ins")  # noqa: B023
            answers.append((_answer(opened[0]), who))
    await story.api.each(story.api.check_ins.AnswerCheckIn, answers, bar.step)
    story.screen.said("check-ins", answered=len(answers))


async def _open(story: Story, pair: Mentorship, who: Who) -> list[check_ins.CheckIn]:
    """Return the check-ins that wait for an answer of one of a pair."""
    request = check_ins.ListCheckInsRequest(parent=pair.name)
    listed = (await story.api.call(story.api.check_ins.ListCheckIns, request, who)).check_ins
    return [one for one in listed if one.state == one.STATE_OPEN and one.person.endswith(f"/{who.person}")]


def _answer(check_in: check_ins.CheckIn) -> check_ins.AnswerCheckInRequest:
    answer = check_ins.CheckInAnswer(
        quality=5, progress=4, confidence=4, satisfaction=5, changes=[codes.CHANGE_WISH_NOTHING]
    )
    return check_ins.AnswerCheckInRequest(name=check_in.name, answer=answer)


def _fits(pair: Mentorship) -> check_ins.AnswerFitQuestionRequest:
    name = f"{pair.name}/fitQuestions/{mentee(pair).person}"
    return check_ins.AnswerFitQuestionRequest(name=name, fit=codes.FIT_FITS)
