"""Wires the service. `python -m services.scheduling [rpc|events|relay|due]`, all of them by default."""

from collections.abc import Sequence

from services.kernel.config import Settings
from services.kernel.egress import Guard
from services.kernel.events import Handlers
from services.kernel.rpc.server import Servicer
from services.kernel.run import Resources, Service, main
from services.pb.mentoring.scheduling.v1 import availability_service_pb2_grpc, meeting_service_pb2_grpc
from services.pb.mentoring.scheduling.v1.events_pb2 import PersonalDataErased
from services.scheduling import events, store
from services.scheduling.app.availability import Availability, Free
from services.scheduling.app.calendars import Calendars
from services.scheduling.app.circles import Circles
from services.scheduling.app.diaries import Diaries, Kept
from services.scheduling.app.feeds import Subscriptions
from services.scheduling.app.following import Groups, Mentorships
from services.scheduling.app.invitations import Invitations
from services.scheduling.app.meetings import Meetings
from services.scheduling.app.proposals import Proposals
from services.scheduling.app.series import Series
from services.scheduling.app.settings import Policies, ProgramSettings
from services.scheduling.clients.calendars import Sources, Web
from services.scheduling.clients.profiles import Profiles
from services.scheduling.domain.groups import Group
from services.scheduling.domain.meetings import Pair
from services.scheduling.domain.policy import Policy
from services.scheduling.rpc.availability import Apps, AvailabilityServicer
from services.scheduling.rpc.feed import FeedServer
from services.scheduling.rpc.meetings import MeetingApps, MeetingServicer


def build(settings: Settings, resources: Resources) -> Service:
    """Put the service together."""
    kept = resources.database.aggregates(store.MEETINGS)
    pairs = resources.database.projection(store.PAIRS, Pair)
    groups = resources.database.projection(store.GROUPS, Group)
    circles = Circles(pairs, groups)
    profiles = Profiles(resources.channel(settings.profiles_address))
    own = resources.database.aggregates(store.AVAILABILITIES)
    others = resources.database.aggregates(store.CALENDARS)
    diaries = Diaries(Kept(kept, own, others), profiles, resources.clock)
    policy = Policy()
    told = resources.database.aggregates(store.SETTINGS)
    programs = ProgramSettings(told)
    policies = Policies(policy, programs, circles)
    meetings = Meetings((kept, circles), diaries, resources.clock, policy, policies)
    free = Free(circles, diaries, resources.clock, policy)
    feeds = resources.database.aggregates(store.FEEDS)
    subscriptions = Subscriptions(feeds, kept, resources.clock)
    web = Web(Guard(private=settings.webhook_private))
    imports = Calendars(others, resources.clock, Sources(web))
    apps = Apps(Availability(own), imports, subscriptions, free)
    address = settings.http_address
    booking = MeetingApps(
        meetings,
        Series((kept, circles), meetings, resources.clock),
        Invitations(meetings, kept, profiles),
        Proposals((kept, circles), diaries, resources.clock, policies),
        programs,
    )
    handlers = Handlers()
    events.hear_own(handlers, imports)
    events.hear(handlers, Mentorships(pairs, kept, resources.clock))
    events.hear_of_groups(handlers, Groups(groups, meetings, kept, resources.clock))
    return Service(
        name="scheduling",
        erased=PersonalDataErased,
        servicers=_servicers(MeetingServicer(booking), AvailabilityServicer(apps, settings.public_url or "")),
        handlers=handlers,
        kinds=(kept, own, others, feeds, told),
        loops=() if address is None else (FeedServer(subscriptions, address).run,),
        stop=(imports.hands.close, web.close),
    )


def _servicers(booking: MeetingServicer, free: AvailabilityServicer) -> Sequence[Servicer]:
    return (
        (
            meeting_service_pb2_grpc.add_MeetingServiceServicer_to_server,
            booking,
            "mentoring.scheduling.v1.MeetingService",
        ),
        (
            availability_service_pb2_grpc.add_AvailabilityServiceServicer_to_server,
            free,
            "mentoring.scheduling.v1.AvailabilityService",
        ),
    )


def run() -> None:
    """Serve until told to stop."""
    main("scheduling", build)


if __name__ == "__main__":
    run()
