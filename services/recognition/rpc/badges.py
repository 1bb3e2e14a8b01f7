"""BadgeService: decode, act, encode."""

from services.kernel import ids
from services.kernel.mongo import Query, Ref
from services.kernel.rpc import caller, cause
from services.pb.mentoring.recognition.v1 import badge_service_pb2 as pb
from services.pb.mentoring.recognition.v1.badge_service_pb2_grpc import BadgeServiceServicer
from services.recognition.app.awards import Awards
from services.recognition.app.badges import Badges
from services.recognition.wire import awards as encode
from services.recognition.wire import badges as wire
from services.recognition.wire import names


class BadgeService(BadgeServiceServicer):
    """Serves `mentoring.recognition.v1.BadgeService`."""

    def __init__(self, badges: Badges, awards: Awards) -> None:
        self._badges = badges
        self._awards = awards

    async def CreateBadge(self, request: pb.CreateBadgeRequest, _: object) -> pb.Badge:
        """Add a badge."""
        (tenant,) = ids.parse_name(names.ORGANIZATION, request.parent, "parent")
        wanted = wire.wanted(request.badge)
        stored = await self._badges.create(caller(), request.badge_id, wanted, cause(request))
        return wire.badge(Ref(tenant, request.badge_id), stored)

    async def GetBadge(self, request: pb.GetBadgeRequest, _: object) -> pb.Badge:
        """Return one badge."""
        tenant, badge = ids.parse_name(names.BADGE, request.name)
        return wire.badge(Ref(tenant, badge), await self._badges.get(tenant, badge))

    async def ListBadges(self, request: pb.ListBadgesRequest, _: object) -> pb.ListBadgesResponse:
        """Return all badges."""
        (tenant,) = ids.parse_name(names.ORGANIZATION, request.parent, "parent")
        found = await self._badges.all(tenant)
        return pb.ListBadgesResponse(
            badges=[wire.badge(Ref(tenant, badge), stored) for badge, stored in found.items()]
        )

    async def UpdateBadge(self, request: pb.UpdateBadgeRequest, _: object) -> pb.Badge:
        """Change fields of a badge."""
        tenant, badge = ids.parse_name(names.BADGE, request.badge.name, "badge.name")
        stored = await self._badges.update(
            caller(),
            badge,
            lambda known: known.become(wire.changed(request.badge, request.update_mask, known)),
            request.badge.etag,
            cause(request),
        )
        return wire.badge(Ref(tenant, badge), stored)

    async def PreviewBadge(self, request: pb.PreviewBadgeRequest, _: object) -> pb.PreviewBadgeResponse:
        """Tell what a rule would mean."""
        _org, badge = ids.parse_name(names.BADGE, request.badge.name, "badge.name")
        return wire.preview(await self._badges.preview(caller(), badge, wire.wanted(request.badge)))

    async def GrantBadge(self, request: pb.GrantBadgeRequest, _: object) -> pb.GrantBadgeResponse:
        """Award a badge for what was earned before."""
        _org, badge = ids.parse_name(names.BADGE, request.name)
        granted = await self._badges.grant(caller(), badge, request.etag, cause(request))
        return pb.GrantBadgeResponse(
            held=granted.held, opted_out=granted.opted_out, remaining=granted.remaining
        )

    async def GetBadgeAward(self, request: pb.GetBadgeAwardRequest, _: object) -> pb.BadgeAward:
        """Return one award."""
        tenant, person, award = ids.parse_name(names.AWARD, request.name)
        return encode.award(Ref(tenant, award), await self._awards.get(caller(), person, award))

    async def ListBadgeAwards(
        self, request: pb.ListBadgeAwardsRequest, _: object
    ) -> pb.ListBadgeAwardsResponse:
        """Return a page of a person's awards, or of all people's."""
        tenant, person = ids.parse_name(names.PERSON, request.parent, "parent")
        query = Query(page_size=request.page_size, page_token=request.page_token)
        page = await self._awards.list(caller(), person, query)
        return pb.ListBadgeAwardsResponse(
            badge_awards=[encode.award(Ref(tenant, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )

    async def ListLeaders(self, request: pb.ListLeadersRequest, _: object) -> pb.ListLeadersResponse:
        """Return who holds most badges."""
        (tenant,) = ids.parse_name(names.ORGANIZATION, request.parent, "parent")
        found = await self._awards.leaders(caller(), request.page_size)
        leaders = [
            pb.Leader(person=names.person_name(tenant, person), badges=count) for person, count in found
        ]
        return pb.ListLeadersResponse(leaders=leaders)
