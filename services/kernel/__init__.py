"""Machinery every service stands on; it knows no service.

errors clock ids config log metrics tracing crash auth   small modules without wiring
rpc                                                       server, gate, clients
mongo outbox due                                          aggregates, their events, their timers
kafka events                                              records in and out
run                                                       settings -> resources -> roles, until SIGTERM
"""
