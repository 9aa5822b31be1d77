"""SHACL shapes checked over a graph, as a list of violations in people's words.

Pure: graphs in, violations out. The shapes (ontology/shapes-*.ttl) hold the rules and the messages. `validate` asks
pySHACL, the judge; `check_store` asks the same shapes as SPARQL queries (docs/decisions/0060-fast-validation.md).
"""

from kg.validate.compiled import check_store
from kg.validate.judge import validate
from kg.validate.violation import ShapesError, Violation

__all__ = ["ShapesError", "Violation", "check_store", "validate"]
