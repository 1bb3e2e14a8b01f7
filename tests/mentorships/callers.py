"""Who calls in tests: the pair of the factories and everybody who is not of it."""

from services.kernel.auth import Caller
from tests.mentorships.factories import LEAD, MENTEE, MENTOR, ORG, STRANGER

HR_ID = "admin"

mentor = Caller(ORG, MENTOR, frozenset({"mentor"}))
mentee = Caller(ORG, MENTEE, frozenset({"mentee"}))
stranger = Caller(ORG, STRANGER, frozenset({"mentee", "mentor"}))
lead = Caller(ORG, LEAD, frozenset({"program_lead"}))
hr = Caller(ORG, HR_ID, frozenset({"hr_admin"}))
foreigner = Caller("globex", MENTEE, frozenset({"mentee"}))
