"""The facts of a thing, in an order that reads; values that compete stand side by side."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from kg.engine import Literal, Term
from kg.serve.entities.lines import LINES, Line
from kg.serve.entities.read import Own, kind_of, short
from kg.serve.entities.records import Bit, Cell, Fact, Node
from kg.serve.entities.words import money, qualified, quantity, when_words
from kg.serve.entities.writer import Writer, capital, cell, joined
from kg.vocab import CODE_KINDS

# Said in the head of the page, in a section, in the side column, inside another line, or not at all.
_ELSEWHERE: Final = frozenset((
    "rdf:type", "rdfs:label", "skos:prefLabel", "skos:altLabel", "dcterms:description", "skos:definition",
    "kg:evidence", "kg:originCount", "kg:earliest", "kg:latest", "geo:lat", "geo:long", "gsp:hasGeometry",
    "gsp:asWKT", "skos:exactMatch", "skos:closeMatch", "skos:relatedMatch", "skos:broadMatch", "skos:narrowMatch",
    "owl:sameAs", "kg:involves", "kg:suppliedBy", "kg:operatedBy", "kg:commissionedBy", "kg:financedBy",
    "kg:memberOf", "kg:ultimateParent", "skos:inScheme", "skos:topConceptOf", "owl:deprecated",
    "dcterms:isReplacedBy", "dcterms:language", "kg:conversionRate", "kg:lender", "kg:borrower", "kg:currency",
    "kg:qualifier", "kg:unit", "kg:end", "kg:notBefore", "kg:notAfter", "kg:dateNote", "kg:asOf", "kg:country",
    "kg:suppliesTechnology", "kg:basis", "kg:basisNote", "kg:firstLine", "kg:lastLine",
))  # fmt: skip
_CHIPS: Final = frozenset((
    "kg:usesTechnology", "kg:offersTechnology", "kg:technology", "skos:broader", "skos:narrower", "skos:related",
))  # fmt: skip
_WORKED_OUT: Final = "worked out from what is recorded"


def facts(writer: Writer, own: Own, statements: Sequence[Node]) -> tuple[Fact, ...]:
    """Return the lines of facts of a thing; `statements` are those about it."""
    node = own.node
    kind = kind_of(node.iri)
    lines = list(LINES.get("technology" if kind in CODE_KINDS else kind, ()))
    done = {name for line in lines for name in line.properties} | _ELSEWHERE
    apart: dict[str, list[Node]] = {}
    for statement in statements:
        if name := statement.iri_of("rdf:predicate"):
            apart.setdefault(short(name), []).append(statement)
    extra = [name for name in (*node.facts, *apart) if name not in done]
    lines += [Line(capital(writer.property_words(name)), (name,)) for name in dict.fromkeys(extra)]
    found = []
    for line in lines:
        about = [one for name in line.properties for one in apart.get(name, ())]
        fact = _stated_apart(writer, own, line, about) if about else _plain(writer, own, line)
        if fact is not None:
            found.append(fact)
    if basis := _basis(node):
        found.append(basis)
    return tuple(found)


def _plain(writer: Writer, own: Own, line: Line) -> Fact | None:
    if line.draw is not None:
        cells = line.draw(writer, own)
    else:
        cells = _values(writer, own, [(name, term) for name in line.properties for term in own.node.terms(name)])
    if not cells and not line.is_expected:
        return None
    return Fact(name=line.name, lines=cells)


def _values(writer: Writer, own: Own, terms: Iterable[tuple[str, Term]]) -> tuple[Cell, ...]:
    """Return values in one line, those that the build worked out in a second one that says so."""
    stated: dict[Term, Bit] = {}
    worked_out: dict[Term, Bit] = {}
    for name, term in terms:
        bit = writer.term(term, look="chip" if name in _CHIPS else "")
        (worked_out if (name, term.value) in own.worked_out else stated)[term] = bit
    lines = []
    if stated:
        lines.append(Cell(joined(list(stated.values())), writer.marks(own.node)))
    if only := [bit for term, bit in worked_out.items() if term not in stated]:
        lines.append(cell(*joined(only), subs=(_WORKED_OUT,)))
    return tuple(lines)


def _stated_apart(writer: Writer, own: Own, line: Line, statements: Sequence[Node]) -> Fact:
    """Return values that have evidence of their own; several of them side by side."""
    several = len(statements) > 1
    cells = [_statement(writer, own.node, one, with_rank=several) for one in _by_rank(statements)]
    said = {term for one in statements for term in one.terms("rdf:object")}
    rest = [
        (name, term)
        for name in line.properties
        for term in own.node.terms(name)
        if (name, term.value) not in own.worked_out and term not in said
    ]
    if rest and line.draw is None:
        cells += _values(writer, own, rest)
    values = {one.terms("rdf:object") for one in statements}
    if len(values) < 2:
        return Fact(name=line.name, lines=tuple(cells))
    times = {one.text("kg:asOf", "kg:date") for one in statements}
    in_turn = len(times) == len(statements) and None not in times
    return Fact(
        name=line.name, lines=tuple(cells), conflict="Said at different times" if in_turn else "Sources disagree"
    )


def _by_rank(statements: Sequence[Node]) -> list[Node]:
    ranks = {"preferred": 0, "normal": 1, "rejected": 2}
    return sorted(
        statements, key=lambda one: (ranks.get(one.text("kg:rank") or "", 1), one.text("kg:asOf") or "", one.iri)
    )


def _statement(writer: Writer, node: Node, statement: Node, *, with_rank: bool) -> Cell:
    """Return a value with its rank, its time, who says it and the source that prints it."""
    name = short(statement.iri_of("rdf:predicate") or "")
    values = joined([_object(writer, node, name, term) for term in statement.terms("rdf:object")])
    rank = statement.text("kg:rank") or "normal"
    behind = [Bit(f"{rank} value")] if with_rank else []
    if when := when_words(statement):
        behind.append(Bit(when))
    claimant = statement.iri_of("kg:claimant")
    if claimant is not None:
        behind.append(writer.link(claimant))
    behind += _sources(writer, statement)
    behind.append(Bit("this statement", writer.link(statement.iri).href))
    return cell(
        *values,
        marks=writer.marks(statement),
        subs=(joined(behind, " · "), statement.text("kg:basisNote")),
    )


def _sources(writer: Writer, node: Node) -> list[Bit]:
    places = [writer.places[iri] for iri in node.iris("kg:evidence") if iri in writer.places]
    sources = dict.fromkeys(source for place in places if (source := place.iri_of("kg:source")))
    return [writer.link(source, most=60) for source in sources]


def _object(writer: Writer, node: Node, name: str, term: Term) -> Bit:
    """Return a value; its currency or unit stands in the row of the thing itself."""
    if isinstance(term, Literal) and name == "kg:amount":
        return Bit(qualified(node, money(Decimal(term.value), node.text("kg:currency"))), look="strong")
    if isinstance(term, Literal) and name == "kg:value":
        return Bit(qualified(node, quantity(Decimal(term.value), node.text("kg:unit"))), look="strong")
    return writer.term(term)


def _basis(node: Node) -> Fact | None:
    basis, note = node.text("kg:basis"), node.text("kg:basisNote")
    if basis in (None, "stated") and note is None:
        return None
    words = {"deduced": "Deduced by the curator", "derived": "Derived from other values"}.get(basis or "", "As stated")
    return Fact(name="Basis", lines=(cell(Bit(words), subs=(note,)),))
