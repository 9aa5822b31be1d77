"""Rules run to a fixpoint, on a store that holds everything or on what they can read of a large graph."""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from itertools import groupby
from operator import or_
from pathlib import Path
from typing import IO, Final

import pyoxigraph as ox

from kg.errors import CuratedDataError
from kg.rules.patterns import Reach, reach
from kg.rules.rule import Rule
from kg.vocab import graph

# Larger than any corpus that people curate; in memory a store takes about three times as much.
WHOLE_UP_TO_BYTES: Final = 64_000_000
INFERRED: Final = ox.NamedNode(graph("inferred"))
# A rule that never comes to rest is a fault of the rule; the longest honest chain is the depth of the place tree.
_MOST_ROUNDS: Final = 50
_EVERYTHING: Final = Reach(everything=True)
_OF_PREDICATE: Final = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
_IN_MEMORY_BYTES: Final = 32_000_000
_Pair = tuple[bytes, bytes]


def infer(store: ox.Store, rules: Iterable[Rule]) -> int:
    """Add to the graph `inferred` all that follows and is not stated; return how many triples that is.

    Raises:
        CuratedDataError: a rule is no CONSTRUCT query, makes a blank node, or never comes to rest.
    """
    return _infer(_Engine(store), rules)


def infer_files(
    files: Iterable[Path], rules: Iterable[Rule], target: Path, *, whole_up_to_bytes: int = WHOLE_UP_TO_BYTES
) -> int:
    """Write what `infer` would add as N-Quads into a file; return how many triples that is.

    Arguments:
        files: N-Quads with one space between terms.
        whole_up_to_bytes: of larger files, each stage holds only what its rules can read or write.

    Raises:
        CuratedDataError: as `infer`.
    """
    files = tuple(files)
    with target.open("wb") as output:
        if sum(path.stat().st_size for path in files) > whole_up_to_bytes:
            return _infer_sliced((*files, target), rules, output)
        store = ox.Store()
        for path in files:
            store.bulk_load(path=str(path), format=ox.RdfFormat.N_QUADS)
        return _infer(_Engine(store, output), rules)


def _infer(engine: "_Engine", rules: Iterable[Rule]) -> int:
    for _, stage in groupby(rules, key=lambda rule: rule.stage):
        engine.run(tuple(stage), {})
    return engine.added


def _infer_sliced(files: tuple[Path, ...], rules: Iterable[Rule], output: IO[bytes]) -> int:
    added = 0
    for _, found in groupby(rules, key=lambda rule: rule.stage):
        stage = tuple(found)
        for rule in stage:
            # Oxigraph judges the text of a rule before anything else reads it.
            _ask(ox.Store(), rule)
        reaches = {rule.name: reach(rule.text) for rule in stage}
        # What the stage before wrote is read by this one.
        output.flush()
        engine = _Engine(ox.Store(), output, _Source(files))
        engine.widen(reduce(or_, (part for both in reaches.values() for part in both)))
        engine.run(stage, reaches)
        added += engine.added
    return added


class _Source:
    """Files of N-Quads, of which a store gets what is in reach, each line once."""

    def __init__(self, files: tuple[Path, ...]) -> None:
        self._files = files
        # What was inferred after this moment is in the store already.
        self._sizes = [path.stat().st_size for path in files]
        self._given = Reach()

    def give(self, store: ox.Store, wanted: Reach) -> None:
        """Load what is in reach and was not given before."""
        if self._given.everything or (
            not wanted.everything and wanted.predicates <= self._given.predicates and wanted.pairs <= self._given.pairs
        ):
            return
        with tempfile.TemporaryFile() as chosen:
            chosen.writelines(self._lines(wanted))
            chosen.seek(0)
            store.bulk_load(input=chosen, format=ox.RdfFormat.N_QUADS)
        self._given |= wanted

    def _lines(self, wanted: Reach) -> Iterator[bytes]:
        given = self._given
        whole, pairs = wanted.predicates - given.predicates, wanted.pairs - given.pairs
        paired = {predicate for predicate, _ in pairs}
        for path, size in zip(self._files, self._sizes, strict=True):
            with path.open("rb") as handle:
                for line in handle:
                    size -= len(line)
                    if size < 0:
                        break
                    _, predicate, rest = line.split(b" ", 2)
                    if (
                        wanted.everything
                        or predicate in whole
                        or (predicate in paired and (predicate, rest.split(b" ", 1)[0]) in pairs)
                    ):
                        yield line


class _Engine:
    """A store, what is known in it, and what the rules add to it.

    Attributes:
        added: triples that the rules added.
    """

    def __init__(self, store: ox.Store, output: IO[bytes] | None = None, source: _Source | None = None) -> None:
        self.added = 0
        self._store = store
        self._output = output
        self._source = source
        # Digests of triples as text, because only text crosses from the store in bulk and digests take a third of its
        # memory; those of a predicate since a rule wrote it.
        self._known: set[bytes] = set()
        self._known_predicates: set[bytes] = set()

    def widen(self, wanted: Reach) -> None:
        """See that what is in reach is in the store."""
        if self._source is None:
            return
        self._source.give(self._store, wanted)
        if wanted.questions:
            self._source.give(self._store, Reach(predicates=frozenset(self._answers(wanted.questions))))

    def _answers(self, questions: Iterable[str]) -> Iterator[bytes]:
        for question in questions:
            answer = self._store.query(question, use_default_graph_as_union=True)
            assert isinstance(answer, ox.QuerySolutions)  # noqa: S101  (a SELECT gives solutions)
            for solution in answer:
                # A variable may be bound to a literal elsewhere, which is no predicate.
                if isinstance(solution[0], ox.NamedNode):
                    yield str(solution[0]).encode()

    def run(self, rules: tuple[Rule, ...], reaches: Mapping[str, tuple[Reach, Reach]]) -> None:
        """Run the rules of one stage until none of them says anything new.

        Arguments:
            reaches: what each rule reads and writes; a rule that is not named there reads everything.
        """
        due = {rule.name for rule in rules}
        for _round in range(_MOST_ROUNDS):
            if not due:
                return
            for rule in rules:
                if rule.name not in due:
                    continue
                due.discard(rule.name)
                read, written = reaches.get(rule.name, (_EVERYTHING, _EVERYTHING))
                self.widen(read | written)
                predicates, pairs = self._apply(rule)
                # A rule that added something may add more on what it added itself.
                for one in rules:
                    if _concerns(reaches.get(one.name, (_EVERYTHING,))[0], predicates, pairs):
                        due.add(one.name)
        if due:
            names = ", ".join(rule.name for rule in rules)
            raise CuratedDataError(f"ontology/rules: no rest after {_MOST_ROUNDS} rounds: {names}")

    def _apply(self, rule: Rule) -> tuple[set[bytes], set[_Pair]]:
        """Add what one rule says and is not known; return the predicates of it, and the same with each type."""
        predicates: set[bytes] = set()
        pairs: set[_Pair] = set()
        with (
            tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as said,
            tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as fresh,
        ):
            _ask(self._store, rule).serialize(said, format=ox.RdfFormat.N_TRIPLES)
            said.seek(0)
            for line in said:
                subject, predicate, rest = line.split(b" ", 2)
                if predicate not in self._known_predicates:
                    self._know(predicate)
                digest = _digest(line)
                if digest in self._known:
                    continue
                if subject.startswith(b"_:") or rest.startswith(b"_:"):
                    raise CuratedDataError(f"{rule.where}: makes a blank node; every node needs an IRI")
                self._known.add(digest)
                self.added += 1
                fresh.write(line)
                predicates.add(predicate)
                if rest.startswith(b"<"):
                    pairs.add((predicate, rest.split(b" ", 1)[0]))
            if predicates:
                fresh.seek(0)
                self._store.bulk_load(input=fresh, format=ox.RdfFormat.N_TRIPLES, to_graph=INFERRED)
                self._keep(fresh)
        return predicates, pairs

    def _know(self, predicate: bytes) -> None:
        """Keep in mind every triple of a predicate that is in the store."""
        self._known_predicates.add(predicate)
        name = ox.NamedNode(predicate[1:-1].decode())
        answer = self._store.query(
            _OF_PREDICATE, use_default_graph_as_union=True, substitutions={ox.Variable("p"): name}
        )
        assert isinstance(answer, ox.QueryTriples)  # noqa: S101  (a CONSTRUCT gives triples)
        with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as found:
            answer.serialize(found, format=ox.RdfFormat.N_TRIPLES)
            found.seek(0)
            self._known.update(map(_digest, found))

    def _keep(self, fresh: IO[bytes]) -> None:
        if self._output is not None:
            ending = f" {INFERRED} .\n".encode()
            fresh.seek(0)
            self._output.writelines(line.removesuffix(b" .\n") + ending for line in fresh)


def _digest(line: bytes) -> bytes:
    """Return 128 bits; among ten million lines two are taken for one with a probability of 10 to the power of -25."""
    return hashlib.blake2b(line, digest_size=16).digest()


def _concerns(read: Reach, predicates: set[bytes], pairs: set[_Pair]) -> bool:
    """Tell whether news may change what a rule says."""
    return bool(
        predicates
        and (
            read.everything
            or read.questions
            or not predicates.isdisjoint(read.predicates)
            or not pairs.isdisjoint(read.pairs)
        )
    )


def _ask(store: ox.Store, rule: Rule) -> ox.QueryTriples:
    try:
        answer = store.query(rule.text, use_default_graph_as_union=True)
    except SyntaxError as error:
        raise CuratedDataError(f"{rule.where}: {error}") from error
    if not isinstance(answer, ox.QueryTriples):
        raise CuratedDataError(f"{rule.where}:1: not a CONSTRUCT query")
    return answer
