"""Domain <-> protobuf: `names`, `recognitions`, `settings`, `badges`, `awards`, `credentials`."""
