"""Postings as the incoming webhooks of chats take them: JSON with one text, small, and calling nobody.

{"text": …} is what Slack, Mattermost, Rocket.Chat and Google Chat read; Teams reads a message with a card.
"""

import json
from dataclasses import replace
from typing import Any, Final

from services.notifications.app.ports import Channel, Parcel, Posting
from services.notifications.domain.chats import Format
from services.notifications.domain.links import Button
from services.notifications.domain.messages import Attempt, Verdict

LONGEST: Final = 3_000
"""Characters of a text; Teams takes 28 kB a message, and Slack shows 3,000 without folding them away."""
_HEADERS: Final = {"content-type": "application/json", "user-agent": "mentoring-chat/1"}
_NOT_FOUND: Final = "HTTP_404"


class ChatHooks:
    """Sends postings by `http`, as webhooks go: to public addresses only, without redirects, for 15 s."""

    def __init__(self, http: Channel[Parcel]) -> None:
        self._http = http

    async def send(self, posting: Posting) -> Attempt:
        """Try once. 404 is for ever too: a removed webhook answers it."""
        attempt = await self._http.send(Parcel(posting.url, _HEADERS, body(posting)))
        return replace(attempt, verdict=Verdict.PERMANENT) if attempt.reason == _NOT_FOUND else attempt


def body(posting: Posting) -> bytes:
    """Return the body of a request."""
    text, button = _bounded(posting.text), posting.button
    if posting.format is Format.ADAPTIVE_CARD:
        return json.dumps(_card(text, button), ensure_ascii=False).encode()
    # An address that stands alone is a link everywhere, and ours has nothing in it to escape.
    link = f"\n\n{_escaped(button.label)}:\n{button.url}" if button else ""
    told = {"text": _escaped(text) + link}
    return json.dumps(told, ensure_ascii=False).encode()


def _bounded(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _escaped(text: str) -> str:
    """Return a text in which no name is a link, a mention or a call to a whole channel."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.replace("@", "@\u200b")


def _card(text: str, button: Button | None) -> dict[str, Any]:
    """Return a Teams message: TextRun shows what it gets as it is, without Markdown."""
    lines = [
        {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": line}]}
        for line in text.split("\n")
        if line.strip()
    ]
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": lines,
    }
    if button is not None:
        card["actions"] = [{"type": "Action.OpenUrl", "title": button.label, "url": button.url}]
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [content]}
