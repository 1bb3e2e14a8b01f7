"""Domain <-> protobuf: `messages` (and what leads to them), `preferences`."""
