"""placeholder, being written."""
from collections.abc import Iterable


def to_nquads(catalog: object) -> Iterable[str]:
    return ()
