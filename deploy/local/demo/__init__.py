"""The main job of the platform on real input, through its public APIs only.

`api` calls the services as many people · `story` does the job step by step · `audit` counts what the services,
the topics and the mailbox hold and compares them · `report` prints it · `__main__` wires them.
"""
