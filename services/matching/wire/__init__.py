"""Domain <-> protobuf: `names`, `programs`, `matching`, `events`."""
