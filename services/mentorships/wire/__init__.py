"""Domain <-> protobuf: `names`, `mentorships`, `goals`."""
