"""Rows to RDF: one N-Quads line a triple, each table in a graph of its own.

The rules are those of CSVW's csv2rdf in minimal mode with two departures: a value template expands once per item
of a list, and a date cell chooses its datatype by its precision. No blank node is ever written.
"""

from collections.abc import Iterable, Iterator, Mapping

from kg.errors import CuratedDataError
from kg.tables.cells import CellError, Reference, Term, read_literal
from kg.tables.corpus import Corpus
from kg.tables.evidence import Lines, Place, SourceText
from kg.tables.metadata import Column, Table
from kg.tables.reader import Row
from kg.tables.withdrawn import TABLE as WITHDRAWN
from kg.vocab import DCTERMS, ID, KG, KINDS, OWL, RDF, RDFS, XSD, expand, graph, iri

_TYPE = f"<{RDF}type>"
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def corpus_to_nquads(corpus: Corpus) -> Iterator[str]:
    """Yield every stated triple as a line of N-Quads, in the order of tables and rows."""
    datatypes = _columns_by_property(corpus.specs)
    used: dict[str, Place] = {}
    for name, rows in corpus.tables.items():
        spec = corpus.specs[name]
        if spec.about is None or name == "evidence":
            continue
        graph_name = f"<{graph(name)}>"
        for row in rows:
            subject = f"<{iri(name, row.slug)}>"
            for item in row.cells.get("evidence", ()):
                place = corpus.places[item]
                used[place.slug] = place
            for predicate, value in _row_pairs(row, spec, corpus, datatypes):
                yield f"{subject} {predicate} {value} {graph_name} ."
    yield from _evidence_nquads(corpus, used)
    yield from _section_nquads(corpus)
    yield from _withdrawn_nquads(corpus)


def _columns_by_property(specs: Mapping[str, Table]) -> dict[str, Column]:
    return {
        column.property_iri: column
        for spec in specs.values()
        for column in spec.columns
        if column.property_iri is not None
    }


def _row_pairs(row: Row, spec: Table, corpus: Corpus, datatypes: Mapping[str, Column]) -> Iterator[tuple[str, str]]:
    if spec.column("type") is None:
        yield _TYPE, f"<{KG}{spec.class_name}>"
    for column in spec.columns:
        if column.property_iri is None or column.name not in row.values:
            continue
        predicate = f"<{column.property_iri}>"
        if column.name == "evidence":
            for item in row.cells["evidence"]:
                yield predicate, f"<{iri('evidence', corpus.places[item].slug)}>"
        elif spec.name == "statement" and column.name in ("predicate", "object"):
            yield predicate, _statement_part(row, column.name, datatypes)
        elif column.value_template is not None:
            for item in row.cells[column.name]:
                yield predicate, "<" + column.value_template.replace("{" + column.name + "}", item) + ">"
        else:
            for value in row.values[column.name]:
                yield predicate, _object(value)


def _object(value: Reference | Term | str) -> str:
    if isinstance(value, Reference):
        return f"<{iri(value.kind, value.slug)}>"
    if isinstance(value, str):
        return _literal(Term(text=value))
    return _literal(value)


def _literal(term: Term) -> str:
    quoted = f'"{term.text.translate(_ESCAPES)}"'
    if term.language:
        return f"{quoted}@{term.language}"
    return quoted if term.datatype == XSD + "string" else f"{quoted}^^<{term.datatype}>"


def _statement_part(row: Row, name: str, datatypes: Mapping[str, Column]) -> str:
    """Return predicate or object of a Statement; the predicate says which datatype the object has.

    Raises:
        CuratedDataError: the predicate has an unknown prefix or the object is not of its form.
    """
    where = f"data/statement.csv:{row.line}"
    try:
        predicate = expand(row.text("predicate"))
    except KeyError as error:
        raise CuratedDataError(
            f"{where}: column predicate: {row.text('predicate')!r}: unknown prefix. Write it as kg:status"
        ) from error
    if name == "predicate":
        return f"<{predicate}>"
    text = row.text("object")
    kind, colon, slug = text.partition(":")
    if colon and kind in KINDS:
        return f"<{iri(kind, slug)}>"
    column = datatypes.get(predicate)
    if column is None:
        return _literal(Term(text=text))
    try:
        return _literal(read_literal(text, column))
    except CellError as error:
        raise CuratedDataError(f"{where}: column object: {text!r}: {error.rule}. {error.repair}") from error


def _evidence_nquads(corpus: Corpus, used: Mapping[str, Place]) -> Iterator[str]:
    """Yield the evidence nodes that rows point at, and what evidence.csv says about them."""
    about: dict[str, list[tuple[str, str]]] = {}
    spec = corpus.specs.get("evidence")
    nodes = dict(used)
    for row in corpus.tables.get("evidence", ()):
        place = corpus.places[row.text("evidence")]
        nodes[place.slug] = place
        assert spec is not None  # noqa: S101  (rows come from a table that has a spec)
        for column in spec.columns:
            if column.property_iri is not None:
                about.setdefault(place.slug, []).extend(
                    (f"<{column.property_iri}>", _object(value)) for value in row.values.get(column.name, ())
                )
    graph_name = f"<{graph('evidence')}>"
    for slug in sorted(nodes):
        pairs = [*_place_pairs(nodes[slug], corpus.sources[nodes[slug].source]), *about.get(slug, ())]
        for predicate, value in dict.fromkeys(pairs):
            yield f"<{iri('evidence', slug)}> {predicate} {value} {graph_name} ."
    for slug, pairs in sorted(_parts(nodes.values(), corpus.sources).items()):
        if slug not in nodes:
            for predicate, value in pairs:
                yield f"<{iri('evidence', slug)}> {predicate} {value} {graph_name} ."


def _section_nquads(corpus: Corpus) -> Iterator[str]:
    """Yield the parts of each document, so that those which no evidence touches can be asked for."""
    graph_name = f"<{graph('section')}>"
    for key, source in sorted(corpus.sources.items()):
        for section in source.sections:
            subject = f"<{iri('section', f'{key}-{section.lines.slug}-{section.kind}')}>"
            yield f"{subject} {_TYPE} <{KG}Section> {graph_name} ."
            label = _literal(Term(text=section.label, datatype="", language="en"))
            yield f"{subject} <{RDFS}label> {label} {graph_name} ."
            yield f"{subject} <{DCTERMS}isPartOf> <{iri('source', key)}> {graph_name} ."
            yield f'{subject} <{KG}firstLine> "{section.lines.first}"^^<{XSD}integer> {graph_name} .'
            yield f'{subject} <{KG}lastLine> "{section.lines.last}"^^<{XSD}integer> {graph_name} .'
            yield f"{subject} <{DCTERMS}type> {_literal(Term(text=section.kind))} {graph_name} ."


def _withdrawn_nquads(corpus: Corpus) -> Iterator[str]:
    """Yield what stands at the address of a thing that was taken back; no class, so that no list counts it."""
    for row in corpus.tables.get(WITHDRAWN, ()):
        subject = _object(row.values["id"][0])
        yield f'{subject} <{OWL}deprecated> "true"^^<{XSD}boolean> <{graph(WITHDRAWN)}> .'
        for column in corpus.specs[WITHDRAWN].columns:
            for value in row.values.get(column.name, ()) if column.property_iri is not None else ():
                yield f"{subject} <{column.property_iri}> {_object(value)} <{graph(WITHDRAWN)}> ."


def _place_pairs(place: Place, source: SourceText) -> Iterator[tuple[str, str]]:
    yield _TYPE, f"<{KG}Evidence>"
    yield f"<{KG}source>", f"<{iri('source', place.source)}>"
    if place.footnote is not None:
        yield f"<{KG}footnote>", _literal(Term(text=place.footnote.number))
        for cited in place.footnote.cited_sources:
            yield f"<{KG}citedSource>", f"<{iri('source', cited)}>"
        if place.footnote.fit:
            yield f"<{KG}fit>", _literal(Term(text=place.footnote.fit))
        if place.footnote.flag:
            yield f"<{KG}flag>", _literal(Term(text=place.footnote.flag, datatype="", language="en"))
    if len(place.lines) == 1:
        yield from _range_pairs(place.lines[0], source)
    for part in place.lines if len(place.lines) > 1 else ():
        yield f"<{DCTERMS}hasPart>", f"<{ID}evidence/{place.source}-{part.slug}>"


def _range_pairs(lines: Lines, source: SourceText) -> Iterator[tuple[str, str]]:
    yield f"<{KG}firstLine>", f'"{lines.first}"^^<{XSD}integer>'
    yield f"<{KG}lastLine>", f'"{lines.last}"^^<{XSD}integer>'
    section = source.section_of(lines.first)
    if section is not None:
        yield f"<{KG}section>", _literal(Term(text=section.label))


def _parts(places: Iterable[Place], sources: Mapping[str, SourceText]) -> dict[str, list[tuple[str, str]]]:
    """Return the line ranges that a wrapped footnote consists of, each a node of its own."""
    parts: dict[str, list[tuple[str, str]]] = {}
    for place in places:
        if len(place.lines) > 1:
            for lines in place.lines:
                single = Place(source=place.source, lines=(lines,), footnote=None)
                parts[single.slug] = list(_place_pairs(single, sources[place.source]))
    return parts
