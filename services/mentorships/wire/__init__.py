"""Domain <-> protobuf: `names`, `days`, `mentorships` with `agreements`, what `happenings` tell, `goals`."""
