"""The whole platform on one machine, for development and tests: real servers, every service a process.

mongod · kafka · jars · topics   the two servers and what must exist in them
issuer · keys · mailbox          stand-ins for the identity provider and the mail server
stack · specs · state · tether   what is started, in which order, and how nothing is left behind
"""
