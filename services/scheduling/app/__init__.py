"""Use cases: one method per call, per heard event and per due time."""
