"""Examines what one process of a service would meet: `python -m deploy.doctor profiles`.

finding       what was found, in plain words      examination   which checks there are, in their order
mongo · kafka · issuer · certificates · keys · mail · calls     the checks
rights        what a Kafka login may do           report        table and JSON
"""
