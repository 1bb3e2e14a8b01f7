"""The pages behind links that answer what is asked: GET asks, POST does, without scripts or sign-in."""

from collections.abc import Awaitable, Sequence
from typing import Final

from aiohttp import web

from services.kernel.errors import NotFound, Unavailable
from services.notifications.app.answering import Answering, Asked
from services.notifications.domain import pages
from services.notifications.domain.checkins import Stage
from services.notifications.domain.words import words_of
from services.notifications.rpc.site import page, spoken, unknown

_PATH: Final = "/answer/{token}"


class AnswerPages:
    """Serves the pages."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering

    def routes(self) -> Sequence[web.RouteDef]:
        """Return what to serve."""
        return [web.get(_PATH, self._ask), web.post(_PATH, self._do)]

    async def _ask(self, request: web.Request) -> web.Response:
        return await _told(request, self._answering.asked(request.match_info["token"]))

    async def _do(self, request: web.Request) -> web.Response:
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        return await _told(request, self._answering.answer(request.match_info["token"], form), refused=400)


async def _told(request: web.Request, asking: Awaitable[Asked], refused: int = 200) -> web.Response:
    """Show how it stands, with the status `refused` unless an answer was taken."""
    language = spoken(request)
    try:
        asked = await asking
    except NotFound:
        return unknown(language)
    except Unavailable:
        return page(503, pages.notice(words_of(language).page.later, language))
    if asked.taken:
        return page(200, pages.thanks(asked.about, asked.language))
    if asked.about.stage is Stage.OPEN:
        return page(refused, pages.question(asked.about, asked.language, asked.zone))
    return page(refused, pages.over(asked.about, asked.language))
