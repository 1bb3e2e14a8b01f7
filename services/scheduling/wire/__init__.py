"""Domain to and from protobuf; stored ids become full names of their organization."""
