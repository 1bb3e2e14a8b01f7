"""How messages and preferences are kept in MongoDB; preferences have their person's id."""

from services.kernel.mongo import Kind
from services.notifications.domain.messages import Message
from services.notifications.domain.preferences import Preferences
from services.notifications.wire import messages, preferences

MESSAGES = Kind(
    collection="messages",
    state=Message,
    encode=messages.message_outgoing,
    due_at=lambda message: message.due_at,
    fire=Message.fire,
    indexes=(("person",),),
)
PREFERENCES = Kind(collection="preferences", state=Preferences, encode=preferences.preferences_outgoing)
