"""Aggregates, projections and leases on MongoDB. The driver (motor) stays in this package.

model        Ref Cause Kind Versioned Query Page …   what users write down and get
aggregates   get create change list apply_many       the commands of one kind
singletons   present put                             those of which there is one each, there from the start
projection   put fold get find page                  copies of what other services told
sealing      open seal                               texts that only their person's key makes readable
keys         find add destroy                        those keys, in a database of their own
counts       count_by                                how many there are, by what they say
forgetting   empty forget_digests                    what else goes at erasure than texts
whole        whole_list whole_stored whole_pages …   lists to their end
feed         follow                                  what is saved from now on, for those who look
trail        record list walk blocks                 the audit log, in a database of its own
usage        take give_back add                      how much of a day's allowance is used
claims       take free forget                        what callers' request ids stand for
spans        command                                 what traces say of a command
database     connection, indexes, doorbell           documents  how it all lies in BSON
"""

from services.kernel.mongo.aggregates import Aggregates
from services.kernel.mongo.database import Database
from services.kernel.mongo.lease import Lease
from services.kernel.mongo.model import (
    Cause,
    Decide,
    Kind,
    Outcome,
    Outgoing,
    Page,
    Query,
    Ref,
    Save,
    Versioned,
)
from services.kernel.mongo.projection import Projection

__all__ = [
    "Aggregates",
    "Cause",
    "Database",
    "Decide",
    "Kind",
    "Lease",
    "Outcome",
    "Outgoing",
    "Page",
    "Projection",
    "Query",
    "Ref",
    "Save",
    "Versioned",
]
