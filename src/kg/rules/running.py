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
from kg.vocab import RDF, graph

# Larger than any corpus that people curate; in memory a store takes about three times as much.
WHOLE_UP_TO_BYTES: Final = 64_000_000
INFERRED: Final = ox.NamedNode(graph("inferred"))
# A rule that never comes to rest is a fault of the rule; the longest honest chain is the depth of the place tree.
_MOST_ROUNDS: Final = 50
_EVERYTHING: Final = Reach(everything=True)
_KNOWN: Final = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
_IN_MEMORY_BYTES: Final = 32_000_000
_TYPE: Final = f"<{RDF}type>".encode()
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
        engine.widen(*(reduce(or_, parts) for parts in zip(*reaches.values(), strict=True)))
        engine.run(stage, reaches)
        added += engine.added
    return added


class _Source:
    """Files of N-Quads, of which a store gets what is in reach, each line once.

    The last file is the one that the rules write.
    """

    def __init__(self, files: tuple[Path, ...]) -> None:
        self._files = files
        self._sizes = [path.stat().st_size for path in files]
        self._given = Reach()

    def give(self, store: ox.Store, wanted: Reach) -> None:
        """Load what is in reach, was there when the stage began, and was not given before."""
        if not self._given.covers(wanted):
            parts = [(path, 0, size) for path, size in zip(self._files, self._sizes, strict=True)]
            _load(store, _lines(parts, wanted, self._given))
            self._given |= wanted

    def give_written(self, store: ox.Store, wanted: Reach, given: Reach) -> None:
        """Load what is in reach, was written since the stage began, and was not given when it was written."""
        path = self._files[-1]
        _load(store, _lines([(path, self._sizes[-1], path.stat().st_size)], wanted, given))


def _load(store: ox.Store, lines: Iterable[bytes]) -> None:
    with tempfile.TemporaryFile() as chosen:
        chosen.writelines(lines)
        chosen.seek(0)
        store.bulk_load(input=chosen, format=ox.RdfFormat.N_QUADS)


def _lines(parts: Iterable[tuple[Path, int, int]], wanted: Reach, given: Reach) -> Iterator[bytes]:
    """Yield the lines that are wanted and not given, between two places of each file."""
    whole, pairs = wanted.predicates - given.predicates, wanted.pairs - given.pairs
    paired = {predicate for predicate, _ in pairs} - given.predicates
    for path, begin, end in parts:
        with path.open("rb") as handle:
            handle.seek(begin)
            left = end - begin
            for line in handle:
                left -= len(line)
                if left < 0:
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
        # What the rules of the stage read. What they write and none of them reads need not be in the store.
        self._read = Reach() if source is not None else _EVERYTHING
        # Digests of triples as text, because only text crosses from the store in bulk and digests take a third of its
        # memory; those of a predicate, or of a predicate and an object, since a rule wrote it.
        self._known: set[bytes] = set()
        self._known_predicates: set[bytes] = set()
        self._known_pairs: set[_Pair] = set()

    def widen(self, read: Reach, written: Reach) -> tuple[Reach, Reach]:
        """See that what is in reach is in the store; return both with the answers to their questions."""
        if self._source is None or self._output is None:
            return _EVERYTHING, _EVERYTHING
        before, found = None, (read, written)
        while found != before:
            self._source.give(self._store, found[0] | found[1])
            before, found = found, (self._answered(read), self._answered(written))
        if not self._read.covers(found[0]):
            self._output.flush()
            self._source.give_written(self._store, found[0], self._read)
            self._read |= found[0]
        return found

    def _answered(self, asking: Reach) -> Reach:
        """Return a reach with what its questions add to it now."""
        # A variable may be bound to a literal elsewhere, which is no predicate.
        predicates = {str(term).encode() for term in self._answers(asking.questions) if isinstance(term, ox.NamedNode)}
        kinds = set(self._answers(asking.kinds))
        if all(isinstance(term, ox.NamedNode) for term in kinds):
            return asking | Reach(
                predicates=frozenset(predicates), pairs=frozenset((_TYPE, str(term).encode()) for term in kinds)
            )
        # As an object a literal may have another spelling in the files.
        return asking | Reach(predicates=frozenset({*predicates, _TYPE}))

    def _answers(self, questions: Iterable[str]) -> Iterator[object]:
        for question in questions:
            answer = self._store.query(question, use_default_graph_as_union=True)
            assert isinstance(answer, ox.QuerySolutions)  # noqa: S101  (a SELECT gives solutions)
            for solution in answer:
                yield solution[0]

    def run(self, rules: tuple[Rule, ...], reaches: Mapping[str, tuple[Reach, Reach]]) -> None:
        """Run the rules of one stage until none of them says anything new.

        Arguments:
            reaches: what each rule reads and writes; a rule that is not named there reads everything.
        """
        due = {rule.name for rule in rules}
        reads: dict[str, Reach] = {}
        for _round in range(_MOST_ROUNDS):
            if not due:
                return
            for rule in rules:
                if rule.name not in due:
                    continue
                due.discard(rule.name)
                reads[rule.name], written = self.widen(*reaches.get(rule.name, (_EVERYTHING, _EVERYTHING)))
                predicates, pairs = self._apply(rule, written)
                # A rule that added something may add more on what it added itself. Who has not run yet is due anyway.
                due.update(name for name, read in reads.items() if _concerns(read, predicates, pairs))
        if due:
            names = ", ".join(rule.name for rule in rules)
            raise CuratedDataError(f"ontology/rules: no rest after {_MOST_ROUNDS} rounds: {names}")

    def _apply(self, rule: Rule, written: Reach) -> tuple[set[bytes], set[_Pair]]:
        """Add what one rule says and is not known; return the predicates of it, and the same with each object."""
        predicates: set[bytes] = set()
        pairs: set[_Pair] = set()
        ending = f" {INFERRED} .\n".encode()
        with (
            tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as said,
            tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as fresh,
        ):
            _ask(self._store, rule).serialize(said, format=ox.RdfFormat.N_TRIPLES)
            said.seek(0)
            for line in said:
                subject, predicate, rest = line.split(b" ", 2)
                pair = predicate, rest.split(b" ", 1)[0]
                if predicate not in self._known_predicates and pair not in self._known_pairs:
                    self._know(pair, written)
                digest = _digest(line)
                if digest in self._known:
                    continue
                if subject.startswith(b"_:") or rest.startswith(b"_:"):
                    raise CuratedDataError(f"{rule.where}: makes a blank node; every node needs an IRI")
                self._known.add(digest)
                self.added += 1
                predicates.add(predicate)
                if rest.startswith(b"<"):
                    pairs.add(pair)
                if self._read.holds(*pair):
                    fresh.write(line)
                if self._output is not None:
                    self._output.write(line.removesuffix(b" .\n") + ending)
            if fresh.tell():
                fresh.seek(0)
                self._store.bulk_load(input=fresh, format=ox.RdfFormat.N_TRIPLES, to_graph=INFERRED)
        return predicates, pairs

    def _know(self, pair: _Pair, written: Reach) -> None:
        """Keep in mind every triple that is in the store and may be said again: those of a predicate, or fewer."""
        names = {"p": pair[0]}
        if pair in written.pairs and pair[0] not in written.predicates:
            self._known_pairs.add(pair)
            names["o"] = pair[1]
        else:
            self._known_predicates.add(pair[0])
        answer = self._store.query(
            _KNOWN,
            use_default_graph_as_union=True,
            substitutions={ox.Variable(name): ox.NamedNode(iri[1:-1].decode()) for name, iri in names.items()},
        )
        assert isinstance(answer, ox.QueryTriples)  # noqa: S101  (a CONSTRUCT gives triples)
        with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as found:
            answer.serialize(found, format=ox.RdfFormat.N_TRIPLES)
            found.seek(0)
            self._known.update(map(_digest, found))


def _digest(line: bytes) -> bytes:
    """Return 128 bits; among ten million lines two are taken for one with a probability of 10 to the power of -25."""
    return hashlib.blake2b(line, digest_size=16).digest()


def _concerns(read: Reach, predicates: set[bytes], pairs: set[_Pair]) -> bool:
    """Tell whether news may change what a rule says."""
    return bool(
        predicates
        and (read.everything or not predicates.isdisjoint(read.predicates) or not pairs.isdisjoint(read.pairs))
    )


def _ask(store: ox.Store, rule: Rule) -> ox.QueryTriples:
    try:
        answer = store.query(rule.text, use_default_graph_as_union=True)
    except SyntaxError as error:
        raise CuratedDataError(f"{rule.where}: {error}") from error
    if not isinstance(answer, ox.QueryTriples):
        raise CuratedDataError(f"{rule.where}:1: not a CONSTRUCT query")
    return answer
