"""The keys that personal texts are stored under: without its key a text is gone, wherever copies of it lie.

master  the keys outside of the database, which wrap all others     cipher  seals and opens one text
vault   the keys of people and organizations, remembered for a while
"""

from services.kernel.vault.cipher import DataKey, Tampered, Unreadable
from services.kernel.vault.master import Master, Wrapped, WrongMaster
from services.kernel.vault.vault import INDEX_KEY, KeyMissing, Keys, Store, Stored, Vault

__all__ = [
    "INDEX_KEY",
    "DataKey",
    "KeyMissing",
    "Keys",
    "Master",
    "Store",
    "Stored",
    "Tampered",
    "Unreadable",
    "Vault",
    "Wrapped",
    "WrongMaster",
]
