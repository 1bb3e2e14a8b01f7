"""What every release told and stored, as bytes: each later build has to read all of it.

`<release>/<topic>.jsonl.gz` holds the records of a topic, a line each: {"kind", "key", "headers", "value"},
the value in base64. Of every event type there are four kinds: see `making.KINDS`. What lies in databases is
beside them: see `documents`. A release adds its folder before it is tagged, with `python -m tests.corpus
write`; nobody edits or removes one, as `SHA256SUMS` proves.
"""
