"""Domain <-> protobuf: `names`, `recognitions`."""
