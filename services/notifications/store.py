"""How notifications keeps what it owns in MongoDB; preferences and chats have their person's id."""

from services.kernel.fates import IDS, ORGANIZATION, Emptied, Sealed
from services.kernel.mongo import Kind
from services.kernel.personal import ITSELF
from services.notifications.domain import posting
from services.notifications.domain.chats import Chat
from services.notifications.domain.deliveries import Delivery
from services.notifications.domain.messages import Message
from services.notifications.domain.preferences import Preferences
from services.notifications.domain.templates import Words
from services.notifications.domain.webhooks import Webhook
from services.notifications.domain.workflows import Workflow
from services.notifications.wire import chats, messages, preferences, templates, webhooks, workflows

MESSAGES = Kind(
    collection="messages",
    erasure=Sealed(),
    concerns=("person",),
    state=Message,
    encode=messages.message_outgoing,
    due_at=posting.due_at,
    fire=posting.fire,
    indexes=(("person",), ("category",), ("stage",)),
)
PREFERENCES = Kind(
    collection="preferences",
    erasure=Emptied(lambda _, known: known.forget()),
    concerns=(ITSELF,),
    state=Preferences,
    encode=preferences.preferences_outgoing,
)
CHATS = Kind(
    collection="chats",
    erasure=Emptied(lambda _, known: known.forget()),
    concerns=(ITSELF,),
    withheld=("url",),
    state=Chat,
    encode=chats.chat_outgoing,
    indexes=(("stage",),),
)
TEMPLATES = Kind(
    collection="templates",
    erasure=ORGANIZATION,
    state=Words,
    encode=templates.template_outgoing,
    indexes=(("removed",),),
)
WORKFLOWS = Kind(
    collection="workflows",
    erasure=ORGANIZATION,
    state=Workflow,
    encode=workflows.workflow_outgoing,
    indexes=(("removed",),),
)
WEBHOOKS = Kind(
    collection="webhooks",
    erasure=ORGANIZATION,
    state=Webhook,
    encode=webhooks.webhook_outgoing,
    indexes=(("stage",),),
)
DELIVERIES = Kind(
    collection="webhook_deliveries",
    erasure=IDS,
    state=Delivery,
    encode=webhooks.delivery_outgoing,
    due_at=lambda delivery: delivery.due,
    fire=Delivery.fire,
    indexes=(("webhook",), ("webhook", "stage")),
)
