"""Domain to and from protobuf, one module per contract."""
