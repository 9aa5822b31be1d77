"""What every engine does the same way, once it can `answer`."""

import asyncio
from abc import ABC, abstractmethod
from concurrent.futures import Executor

from kg.engine.formats import JSON, N_TRIPLES
from kg.engine.terms import boolean_of, rows_of
from kg.engine.types import Answer, Limits, Query, Rows
from kg.errors import QuerySyntaxError


class Asking(ABC):
    """`rows`, `graph`, `ask` and `answer_soon` on top of `answer`."""

    @abstractmethod
    def answer(self, query: Query) -> Answer:
        """Answer in the asked media type, as `Engine.answer`."""

    async def answer_soon(self, query: Query, threads: Executor) -> Answer:
        """Answer without holding up the event loop that runs this, as `Engine.answer_soon`."""
        return await asyncio.get_running_loop().run_in_executor(threads, self.answer, query)

    def rows(self, sparql: str, *, limits: Limits | None = None, trusted: bool = False) -> Rows:
        """Answer a SELECT as terms."""
        return rows_of(self._form("bindings", "a SELECT", sparql, limits, trusted))

    def graph(self, sparql: str, *, limits: Limits | None = None, trusted: bool = False) -> bytes:
        """Answer a CONSTRUCT or DESCRIBE as N-Triples."""
        return self._form("graph", "a CONSTRUCT or DESCRIBE", sparql, limits, trusted).body

    def ask(self, sparql: str, *, limits: Limits | None = None, trusted: bool = False) -> bool:
        """Answer an ASK."""
        return boolean_of(self._form("boolean", "an ASK", sparql, limits, trusted))

    def _form(self, form: str, words: str, sparql: str, limits: Limits | None, trusted: bool) -> Answer:
        answer = self.answer(
            Query(text=sparql, results_type=JSON, graph_type=N_TRIPLES, limits=limits, trusted=trusted)
        )
        if answer.form != form:
            raise QuerySyntaxError(f"{words} query is needed here")
        return answer
