"""What a PromQL expression asks for."""

import promql_parser as promql


def metrics_of(expression: str) -> set[str]:
    """Return the metrics an expression reads. ValueError if it is no PromQL."""
    found: set[str] = set()

    def note(node: object) -> bool:
        if isinstance(node, promql.VectorSelector):
            found.add(str(node.name))
        return True

    promql.walk(promql.parse(expression), note)
    return found
