"""The main job of the platform on real input, through its public APIs only.

`api` calls the services as many people · `joining`, `relating` and `meeting` are the steps, `story` what they
share · `audit` counts what services, topics and mailbox hold and compares them · `report` prints it ·
`__main__` wires them.
"""
