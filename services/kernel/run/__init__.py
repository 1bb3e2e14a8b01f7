"""From settings to a running process: `main(name, build)` is a service's whole `__main__`.

resources   what a service is built from
service     what `build` returns
commands    what a service does once
roles       which loops a process runs
process     start, watch, drain
"""

from services.kernel.run.commands import Command
from services.kernel.run.main import main
from services.kernel.run.resources import Resources
from services.kernel.run.service import Service

__all__ = ["Command", "Resources", "Service", "main"]
