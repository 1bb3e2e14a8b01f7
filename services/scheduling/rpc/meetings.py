"""MeetingService: decode, app, encode."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from services.kernel import fields
from services.kernel.auth import Caller
from services.kernel.ids import parse_name
from services.kernel.mongo import Query, Ref
from services.kernel.rpc import caller, cause
from services.pb.mentoring.scheduling.v1 import meeting_service_pb2 as meetings
from services.pb.mentoring.scheduling.v1.meeting_service_pb2_grpc import MeetingServiceServicer
from services.scheduling.app.invitations import Invitations, whose
from services.scheduling.app.meetings import How, Meetings
from services.scheduling.app.proposals import Proposals
from services.scheduling.app.series import Scope, Series
from services.scheduling.app.settings import ProgramSettings
from services.scheduling.domain.booking import Wish
from services.scheduling.domain.meetings import Meeting
from services.scheduling.wire import calendar, codes, replies, series, settings
from services.scheduling.wire import meetings as wire
from services.scheduling.wire.names import MENTORSHIP, PERSON, SETTINGS, meeting_of, moment_of, parent_of


@dataclass(frozen=True, slots=True)
class MeetingApps:
    """What answers."""

    meetings: Meetings
    series: Series
    invitations: Invitations
    proposals: Proposals
    settings: ProgramSettings


class MeetingServicer(MeetingServiceServicer):
    """Serves meetings."""

    def __init__(self, apps: MeetingApps) -> None:
        self._apps = apps
        self._app = apps.meetings
        self._invitations = apps.invitations
        self._series = apps.series

    async def BookMeeting(self, request: meetings.BookMeetingRequest, _: object) -> meetings.Meeting:
        """Book a meeting."""
        wish = wire.wish(request.parent, request.meeting)
        return wire.meeting(*await self._app.book(caller(), wish, cause(request)))

    async def ProposeMeeting(self, request: meetings.ProposeMeetingRequest, _: object) -> meetings.Meeting:
        """Offer times."""
        _tenant, mentorship = parse_name(MENTORSHIP, request.parent, "parent")
        made = await self._apps.proposals.propose(caller(), mentorship, wire.offer(request), cause(request))
        return wire.meeting(*made)

    async def AcceptProposal(self, request: meetings.AcceptProposalRequest, _: object) -> meetings.Meeting:
        """Pick a time."""
        ref, names = meeting_of(request.name)
        start = moment_of(request.start_time, "start_time")
        return wire.meeting(ref, await self._apps.proposals.accept(caller(), names, start, _how(request)))

    async def CloseProposal(self, request: meetings.CloseProposalRequest, _: object) -> meetings.Meeting:
        """Decline an offer, or take it back."""
        ref, names = meeting_of(request.name)
        return wire.meeting(ref, await self._apps.proposals.close(caller(), names, _how(request)))

    async def GetLinkedProposal(
        self, request: meetings.GetLinkedProposalRequest, _: object
    ) -> meetings.LinkedProposal:
        """Return what can be picked by who followed a link."""
        ref, names = meeting_of(request.name)
        return wire.linked(ref, *await self._apps.proposals.offered(_linked(request.person), names))

    async def AnswerLinkedProposal(
        self, request: meetings.AnswerLinkedProposalRequest, _: object
    ) -> meetings.LinkedProposal:
        """Pick a time, or none, for who followed a link."""
        ref, names = meeting_of(request.name)
        who, how, offers = _linked(request.person), ("", cause(request)), self._apps.proposals
        if request.HasField("start_time"):
            start = moment_of(request.start_time, "start_time")
            return wire.linked(ref, await offers.accept(who, names, start, how), ())
        return wire.linked(ref, await offers.decline(who, names, how), ())

    async def GetMeeting(self, request: meetings.GetMeetingRequest, _: object) -> meetings.Meeting:
        """Return one meeting."""
        ref, names = meeting_of(request.name)
        return wire.meeting(ref, await self._app.get(caller(), names))

    async def ListMeetings(
        self, request: meetings.ListMeetingsRequest, _: object
    ) -> meetings.ListMeetingsResponse:
        """Return a page of a mentorship's or group's meetings, or of all such."""
        tenant, parent = parent_of(request.parent)
        query = Query(page_size=request.page_size, page_token=request.page_token)
        page = await self._app.list(caller(), parent, query)
        return meetings.ListMeetingsResponse(
            meetings=[wire.meeting(Ref(tenant, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )

    async def RescheduleMeeting(
        self, request: meetings.RescheduleMeetingRequest, _: object
    ) -> meetings.Meeting:
        """Give a meeting another time."""
        ref, names = meeting_of(request.name)

        def times(known: Meeting) -> Wish:
            return wire.new_times(names[0], request, known)

        return wire.meeting(ref, await self._app.move(caller(), names, times, _how(request)))

    async def BookSeries(self, request: meetings.BookSeriesRequest, _: object) -> meetings.BookSeriesResponse:
        """Book meetings at the same time on one wall clock."""
        _tenant, parent = parent_of(request.parent)
        rhythm = partial(series.rhythm, request)
        made = await self._series.book(caller(), parent, rhythm, cause(request))
        return series.booked(made.meetings, made.skipped)

    async def RescheduleSeries(
        self, request: meetings.RescheduleSeriesRequest, _: object
    ) -> meetings.RescheduleSeriesResponse:
        """Move a series."""
        ref, names = meeting_of(request.name)
        start = moment_of(request.start_time, "start_time")
        scope = Scope(meetings.RescheduleSeriesRequest.Scope.Name(request.scope).removeprefix("SCOPE_"))
        made = await self._series.move(caller(), names, start, scope, cause(request))
        return series.moved(ref.tenant, names[0], made.meetings, made.kept)

    async def CancelSeries(
        self, request: meetings.CancelSeriesRequest, _: object
    ) -> meetings.CancelSeriesResponse:
        """Call off the rest of a series."""
        _ref, names = meeting_of(request.name)
        reason = codes.reason_of(request.reason)
        off = await self._series.cancel(caller(), names, reason, cause(request))
        return meetings.CancelSeriesResponse(meetings=[wire.meeting(*one) for one in off])

    async def GetInvitation(self, request: meetings.GetInvitationRequest, _: object) -> meetings.Invitation:
        """Return what calendars read."""
        ref, names = meeting_of(request.name)
        organizer, people = request.organizer_address, (request.mentor_address, request.mentee_address)
        if all(people):
            stored = await self._app.get(caller(), names)
            stored.state.require_pair()
            look = calendar.Look(organizer, people, request.summary, request.location)
        else:
            told = request.attendee
            attendee = fields.owned_id(ref.tenant, PERSON, told, "attendee") if told else ""
            stored, contacts = await self._invitations.attendees(caller(), names, attendee)
            look = calendar.look(contacts, request)
        stored.state.require_scheduled()
        whole = request.whole_series and stored.state.recurrence is not None
        siblings = await self._invitations.siblings(caller(), stored.state) if whole else ()
        document = calendar.series(siblings, look) if siblings else calendar.invitation(ref, stored, look)
        _, shown = siblings[0] if siblings else (ref, stored)
        return meetings.Invitation(
            method=calendar.method(shown.state),
            document=document,
            uid=calendar.uid(ref, stored.state),
            sequence=stored.state.revision,
        )

    async def AnswerInvitation(
        self, request: meetings.AnswerInvitationRequest, _: object
    ) -> meetings.Meeting:
        """Take over the answer of a person's calendar."""
        who = caller()
        person = fields.owned_id(who.org, PERSON, request.person, "person")
        told = replies.reply(who.org, request.document)
        said = replace(told.answer, person=person), told.revision
        meant = whose(await self._invitations.meant(who.org, told), person)
        answered = [await self._app.answer(who, ref.id, said, cause(request)) for ref, _ in meant]
        return wire.meeting(*answered[0])

    async def ReceiveReply(
        self, request: meetings.ReceiveReplyRequest, _: object
    ) -> meetings.ReceiveReplyResponse:
        """Take over an answer that came by mail."""
        told = replies.received(caller().org, request)
        outcome, ref, stored = await self._invitations.receive(caller(), told, cause(request))
        code = meetings.ReceiveReplyResponse.Outcome.Value(f"OUTCOME_{outcome}")
        return meetings.ReceiveReplyResponse(outcome=code, meeting=wire.meeting(ref, stored))

    async def CheckIn(self, request: meetings.CheckInRequest, _: object) -> meetings.Meeting:
        """Say that the caller is there."""
        ref, names = meeting_of(request.name)
        return wire.meeting(ref, await self._app.check_in(caller(), names, cause(request)))

    async def RecordAttendance(
        self, request: meetings.RecordAttendanceRequest, _: object
    ) -> meetings.Meeting:
        """Say who was there."""
        ref, names = meeting_of(request.name)
        present = tuple(fields.owned_id(ref.tenant, PERSON, one, "present") for one in request.present)
        return wire.meeting(ref, await self._app.record(caller(), names, present, _how(request)))

    async def GiveNotice(self, request: meetings.GiveNoticeRequest, _: object) -> meetings.Meeting:
        """Say that the caller comes late or not."""
        ref, names = meeting_of(request.name)
        said = codes.notice_of(request.notice), request.minutes_late
        return wire.meeting(ref, await self._app.give_notice(caller(), names, said, _how(request)))

    async def LogMeeting(self, request: meetings.LogMeetingRequest, _: object) -> meetings.Meeting:
        """Tell of a meeting that took place elsewhere."""
        wish = wire.wish(request.parent, request.meeting)
        return wire.meeting(*await self._app.log(caller(), wish, cause(request)))

    async def DisputeMeeting(self, request: meetings.DisputeMeetingRequest, _: object) -> meetings.Meeting:
        """Say that a missed meeting was held."""
        ref, names = meeting_of(request.name)
        return wire.meeting(ref, await self._app.dispute(caller(), names, _how(request)))

    async def ConfirmMeeting(self, request: meetings.ConfirmMeetingRequest, _: object) -> meetings.Meeting:
        """Agree that a meeting took place."""
        ref, names = meeting_of(request.name)
        return wire.meeting(ref, await self._app.confirm(caller(), names, _how(request)))

    async def RejectMeeting(self, request: meetings.RejectMeetingRequest, _: object) -> meetings.Meeting:
        """Disagree."""
        ref, names = meeting_of(request.name)
        return wire.meeting(ref, await self._app.reject(caller(), names, _how(request)))

    async def WithdrawClaim(self, request: meetings.WithdrawClaimRequest, _: object) -> meetings.Meeting:
        """Take a claim back."""
        ref, names = meeting_of(request.name)
        return wire.meeting(ref, await self._app.withdraw(caller(), names, _how(request)))

    async def GetMeetingSettings(
        self, request: meetings.GetMeetingSettingsRequest, _: object
    ) -> meetings.MeetingSettings:
        """Return what a program says about its meetings."""
        ref = Ref(*parse_name(SETTINGS, request.name))
        return settings.shown(ref, await self._apps.settings.get(ref))

    async def SetMeetingSettings(
        self, request: meetings.SetMeetingSettingsRequest, _: object
    ) -> meetings.MeetingSettings:
        """Set it."""
        told = request.settings
        ref = Ref(*parse_name(SETTINGS, told.name, "settings.name"))
        how = told.etag, cause(request)
        stored = await self._apps.settings.put(caller(), ref.id, settings.settings(told), how)
        return settings.shown(ref, stored)

    async def CancelMeeting(self, request: meetings.CancelMeetingRequest, _: object) -> meetings.Meeting:
        """Call a meeting off."""
        ref, names = meeting_of(request.name)
        reason = codes.reason_of(request.reason)
        return wire.meeting(ref, await self._app.cancel(caller(), names, reason, _how(request)))


def _linked(person: str) -> Caller:
    """Return the person a service vouches for, who may do only what everybody asked may."""
    org = caller().org
    return Caller(org, fields.owned_id(org, PERSON, person, "person"), frozenset())


def _how(request: Any) -> How:
    return request.etag, cause(request)
