"""What callers make people do: get, decide, save; and bringing all of them in line with an HR export."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import batched
from typing import Any, Protocol

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.errors import Exhausted, Invalid, NotFound
from services.kernel.mongo import Cause, Decide, Page, Query, Ref, Save, Versioned
from services.profiles import domain
from services.profiles.domain import Person, Rejected, Roster, Row
