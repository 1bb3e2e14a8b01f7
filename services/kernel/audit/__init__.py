"""The audit log: who called what, when and from where, in a chain that shows what was taken out or changed.

entry     what is kept of one call, and how an entry is bound to the one before it
chaining   one process per service binds what all of them wrote, within a second
checking  reads a chain and says where it is broken
wire, rpc the service that lists, exports and verifies
"""
