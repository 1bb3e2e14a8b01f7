"""TemplateService: decode, act, encode."""

from services.kernel.clock import Clock
from services.kernel.mongo import Query, Ref
from services.kernel.rpc import caller, cause
from services.notifications.app.templates import Templates
from services.notifications.domain.templates import key_of
from services.notifications.wire import templates as wire
from services.pb.mentoring.notifications.v1 import template_service_pb2 as pb
from services.pb.mentoring.notifications.v1.template_service_pb2_grpc import TemplateServiceServicer


class TemplateServicer(TemplateServiceServicer):
    """Serves templates."""

    def __init__(self, app: Templates, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def GetTemplate(self, request: pb.GetTemplateRequest, _: object) -> pb.Template:
        """Return one template."""
        known = wire.named(request.name)
        key = key_of(known.category, known.language)
        return wire.template(Ref(caller().org, key), await self._app.get(caller(), key))

    async def ListTemplates(self, request: pb.ListTemplatesRequest, _: object) -> pb.ListTemplatesResponse:
        """Return a page of templates."""
        who = caller()
        query = Query(page_size=request.page_size, page_token=request.page_token)
        page = await self._app.list(who, query)
        return pb.ListTemplatesResponse(
            templates=[wire.template(Ref(who.org, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )

    async def UpdateTemplate(self, request: pb.UpdateTemplateRequest, _: object) -> pb.Template:
        """Write a template."""
        words = wire.words(request.template)
        stored = await self._app.write(caller(), words, cause(request), request.template.etag)
        return wire.template(Ref(caller().org, key_of(words.category, words.language)), stored)

    async def ResetTemplate(self, request: pb.ResetTemplateRequest, _: object) -> pb.Template:
        """Take a template back."""
        known = wire.named(request.name)
        key = key_of(known.category, known.language)
        stored = await self._app.reset(caller(), key, cause(request), request.etag)
        return wire.template(Ref(caller().org, key), stored)

    async def PreviewTemplate(
        self, request: pb.PreviewTemplateRequest, _: object
    ) -> pb.PreviewTemplateResponse:
        """Show what a message would say."""
        known = wire.named(request.name)
        draft = None
        if request.HasField("draft"):
            request.draft.name = request.name
            draft = wire.words(request.draft)
        sample = wire.sample(request, known.language, self._clock.now())
        return wire.preview(await self._app.preview(caller(), known.category, draft, sample))
