"""Why SPARQL that somebody wrote found no rows: a term that nothing uses, a part without a match, or not known."""

from dataclasses import replace
from typing import Final

from kg.catalog.doctor import diagnose
from kg.catalog.tokens import Kind, tokenize
from kg.engine import Answer, Engine, Query
from kg.engine.asking import Asking
from kg.errors import KgError

# Reading and comparing the terms of a longer query would hold up everybody else.
_MOST_CHARACTERS: Final = 4_000
NOT_EVIDENCE: Final = "The query matched nothing in this release; that is no evidence that there is nothing."


def why_nothing(engine: Engine, sparql: str, client: str | None = None) -> str:
    """Return in words why the query has no rows.

    What is asked for that runs as a stranger's own queries do: guarded, within their limits and the budget of `client`.
    """
    if len(sparql) > _MOST_CHARACTERS:
        return NOT_EVIDENCE
    try:
        # What FROM makes of the graph is not what the examination looks at.
        if any(token.kind is Kind.WORD and token.is_word("FROM") for token in tokenize(sparql)):
            return NOT_EVIDENCE
        found = diagnose(_AsStranger(engine, client), sparql)
    except KgError:
        return NOT_EVIDENCE
    return found.message if found is not None else NOT_EVIDENCE


class _AsStranger(Asking):
    """An engine that trusts nothing it is asked."""

    def __init__(self, engine: Engine, client: str | None) -> None:
        self._engine = engine
        self._client = client

    def answer(self, query: Query) -> Answer:
        """Answer with the guard on, for the client."""
        return self._engine.answer(replace(query, trusted=False, client=self._client))
