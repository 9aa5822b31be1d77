"""The page of a thing, put together from a handful of queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from kg.engine import Iri, Literal
from kg.report.citation import Reference
from kg.serve.entities import beside, evidence, schema
from kg.serve.entities.facts import facts
from kg.serve.entities.read import (
    Behind,
    Own,
    kind_of,
    read_behind,
    read_labels,
    read_nodes,
    read_own,
    read_places,
    read_sections,
    read_terms,
    read_total,
)
from kg.serve.entities.records import Bit, EvidenceItem, Fact, Node, Section
from kg.serve.entities.sections import PAGE_ROWS, Planned, plan, sections
from kg.serve.entities.words import counted, from_slug, shortened
from kg.serve.entities.writer import Writer, href
from kg.serve.resources import FORMATS
from kg.serve.site import Site
from kg.vocab import CODE_KINDS, KG, iri, split_iri

_ROOMS: Final = {
    "project": ("Projects", "projects"),
    "actor": ("Actors", "actors"),
    "place": ("Places", "places"),
    "technology": ("Technologies", "technologies"),
    "financing": ("Financing", "financing"),
    "agreement": ("Agreements", "agreements"),
    "policy": ("Policies", "policies"),
    "claim": ("Claims", "claims"),
    "source": ("Sources", "sources"),
}
_PLURALS: Final = {
    "restriction": "Restrictions",
    "event": "Events",
    "product": "Products",
    "indicator": "Indicators",
    "observation": "Figures",
    "involvement": "Parts in projects",
    "offering": "Offers",
    "membership": "Memberships",
    "statement": "Statements",
    "role": "Roles",
}
# What a thing belongs to, for the way that leads to it.
_ABOVE: Final = {
    "evidence": "kg:source",
    "involvement": "kg:involvementOf",
    "statement": "rdf:subject",
    "observation": "kg:about",
    "offering": "kg:actor",
    "membership": "kg:group",
}
# Kinds whose things have no label: their names are made of what they join.
_UNNAMED: Final = ("claim", "observation", "statement", "involvement", "offering", "membership")
# What a class means is worth a sentence where readers easily take one kind of saying for another.
_EXPLAINED: Final = (
    "Target", "ReportedResult", "Concern", "Denial", "Forecast", "Recommendation", "NegativeFinding", "Statement",
)  # fmt: skip
_FORMAT_NAMES: Final = {"ttl": "Turtle", "jsonld": "JSON-LD", "nt": "N-Triples", "rdf": "RDF/XML", "json": "JSON"}
_LONG_TITLE: Final = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything that the template sets.

    Attributes:
        is_withdrawn: the thing was taken back; only its tombstone is shown, with why and when.
        is_replaced: another thing took its place.
        source_sections: of a text with lines: name, places, facts, first and last line.
        only: the one list that is shown, or None for the whole page.
    """

    iri: str
    kind: str
    compact: str
    title: str
    is_long: bool
    names: tuple[Bit, ...]
    type_words: str
    type_note: str
    status: tuple[Bit, ...]
    crumbs: tuple[tuple[str, str], ...]
    room: str
    lead: str
    is_withdrawn: bool
    is_replaced: bool
    withdrawn_because: str
    withdrawn_on: str
    facts: tuple[Fact, ...]
    silences: tuple[str, ...]
    sections: tuple[Section, ...]
    source_sections: tuple[tuple[str, int, int, int, int], ...]
    source_total: str
    evidence: tuple[EvidenceItem, ...]
    independence: str
    picture: beside.Picture
    map: str
    elsewhere: tuple[beside.Elsewhere, ...]
    downloads: tuple[tuple[str, str], ...]
    reference: Reference
    schema: str
    only: Section | None
    number: int
    pages: int


def build(where: Site, thing: str, *, address: str, only: str = "", number: int = 1) -> Page | None:
    """Return the page of a thing, or None where nothing is known of it, or nothing of the list that is wanted.

    Arguments:
        thing: its IRI.
        address: of the service, without a final slash.
        only: key of one list, for its page `number`.
    """
    own = read_own(where.engine, thing)
    parts = split_iri(thing)
    if own is None or parts is None:
        return None
    kind = parts[0]
    behind = read_behind(where.engine, thing, kind, has_text=own.node.has("kg:lineCount"))
    planned = plan(kind, behind, only=only, page=number)
    if only and (not planned or not planned[0].shown):
        return None
    writer, nodes = _writer(where, own, behind, planned)
    return _assembled(where, own, behind, planned, writer, nodes, address=address, only=only, number=number)


def _writer(where: Site, own: Own, behind: Behind, planned: Sequence[Planned]) -> tuple[Writer, dict[str, Node]]:
    """Read everything that the page mentions."""
    engine, node = where.engine, own.node
    shown = {each for one in planned for each in one.iris}
    statements = {iri("statement", slug) for slug in behind.get(("rdf:subject", "statement"), ())}
    unnamed = {each for each in _things(node) if kind_of(each) in _UNNAMED}
    around = set(node.iris("kg:locatedIn", "kg:country"))
    if kind_of(node.iri) in ("claim", "observation"):
        around |= {each for each in node.iris("kg:about") if kind_of(each) in ("project", "product")}
    nodes = read_nodes(engine, shown | statements | unnamed | around)
    cited = {place for each in (node, *(nodes[one] for one in (shown | statements) & set(nodes)))
             for place in each.iris("kg:evidence")}  # fmt: skip
    cited |= {each for each in shown if kind_of(each) == "evidence"}
    if kind_of(node.iri) == "evidence":
        cited.add(node.iri)
    places = read_places(engine, cited)
    terms = where.memo.once("terms", lambda: read_terms(engine))
    works = {each for place in places.values() for each in place.iris("kg:source", "kg:citedSource", "kg:origin")}
    mentioned = {each for one in (node, *nodes.values()) for each in _things(one)} | works
    mentioned |= {each for name, _ in beside.MATCHES for each in node.iris(name)}
    named = {each for each, one in nodes.items() if one.has("rdfs:label")}
    wanted = {each for each in mentioned - named if kind_of(each) != "evidence" and each not in terms.labels}
    described = {each for each in wanted if kind_of(each) in _UNNAMED}
    labels = read_labels(engine, wanted - described, described=described, whole=works)
    return Writer(node.iri, terms, nodes, labels, places), nodes


def _things(node: Node) -> Iterable[str]:
    for name, terms in node.facts.items():
        if name == "kg:evidence":
            continue
        for term in terms:
            if isinstance(term, Iri) and split_iri(term.value):
                yield term.value


def _assembled(
    where: Site, own: Own, behind: Behind, planned: Sequence[Planned], writer: Writer, nodes: dict[str, Node], *,
    address: str, only: str, number: int,
) -> Page:  # fmt: skip
    node = own.node
    kind, slug = split_iri(node.iri) or ("", "")
    title = writer.title(node) or node.text("dcterms:title") or from_slug(slug)
    statements = [
        nodes[each]
        for each in (iri("statement", name) for name in behind.get(("rdf:subject", "statement"), ()))
        if each in nodes
    ]
    # The order in which things are set is the order of the numbers of their evidence.
    if kind == "evidence" and not only:
        writer.marks_of([node.iri])
    said = facts(writer, own, statements) if not only else ()
    lists = sections(writer, planned, nodes, href(node.iri))
    groups = {
        (one.listing.through, one.listing.kind): [nodes[each] for each in one.iris if each in nodes] for one in planned
    }
    other_names = _names(node)
    has_text = node.has("kg:lineCount")
    is_source = kind == "source" and not only
    total = read_total(where.engine, node.iri) if is_source else 0
    url = f"{address}{href(node.iri)}"
    issued = writer.terms.issued
    crumbs, room = _crumbs(writer, node, kind)
    return Page(
        iri=node.iri,
        kind=kind,
        compact=f"{kind}:{slug}",
        title=title,
        is_long=len(title) > _LONG_TITLE,
        names=other_names,
        type_words=from_slug(kind) if kind in CODE_KINDS else writer.type_words(node),
        type_note=_type_note(writer, node),
        status=tuple(writer.status(each) for each in node.iris("kg:status")[:1]),
        crumbs=crumbs,
        room=room,
        lead=_lead(node, title),
        is_withdrawn=node.text("owl:deprecated") in ("true", "1"),
        is_replaced=node.has("dcterms:isReplacedBy"),
        withdrawn_because=node.text("skos:changeNote") or "",
        withdrawn_on=node.text("dcterms:modified") or "",
        facts=said,
        silences=_silences(node, behind) if kind == "project" else (),
        sections=lists,
        source_sections=read_sections(where.engine, node.iri) if is_source and has_text else (),
        source_total=_total_words(total) if is_source else "",
        evidence=evidence.items(writer, where.settings.texts),
        independence=evidence.independence(node),
        picture=beside.neighbours(writer, own, groups) if not only else beside.Picture("", 0, 0),
        map=beside.place_map(writer, own, nodes, groups.get(("kg:locatedIn", "place"), ())) if not only else "",
        elsewhere=beside.elsewhere(writer, node),
        downloads=tuple((_FORMAT_NAMES[suffix], f"/data/{kind}/{slug}.{suffix}") for suffix in FORMATS),
        reference=Reference(
            title=shortened(title, 160),
            kind="entity",
            url=f"{url}?release={where.release}",
            release=where.release,
            issued=issued,
        ),
        schema=schema.document(
            writer, node, title=title, names=other_names, url=url, release=where.release, issued=issued
        ),
        only=lists[0] if only else None,
        number=number,
        pages=-(-lists[0].total // PAGE_ROWS) if only else 1,
    )


def _names(node: Node) -> tuple[Bit, ...]:
    """Return the other names of a thing, those in other languages first and marked as such."""
    label = node.text("rdfs:label", "skos:prefLabel")
    found = [
        Bit(term.value, language="" if (term.language or "en") == "en" else term.language or "")
        for term in node.terms("rdfs:label", "skos:prefLabel", "skos:altLabel")
        if isinstance(term, Literal) and term.value != label
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda bit: (bit.language == "", bit.text.casefold())))


def _lead(node: Node, title: str) -> str:
    said = node.text("dcterms:description", "skos:definition") or ""
    return "" if said == title else said


def _type_note(writer: Writer, node: Node) -> str:
    for name in _EXPLAINED:
        if KG + name in node.iris("rdf:type"):
            return writer.terms.comments.get(KG + name, "")
    return ""


def _crumbs(writer: Writer, node: Node, kind: str) -> tuple[tuple[tuple[str, str], ...], str]:
    words, room = _ROOMS.get(kind, (_PLURALS.get(kind, from_slug(kind)), ""))
    crumbs = [(words, f"/{room}" if room else "")]
    above = node.iri_of(_ABOVE.get(kind, ""))
    if above is not None:
        crumbs.append((shortened(writer.name(above), 60), href(above)))
    countries = node.iris("kg:country")
    if len(countries) == 1 and kind != "place":
        crumbs.append((writer.name(countries[0]), href(countries[0])))
    return tuple(crumbs), room


def _silences(node: Node, behind: Behind) -> tuple[str, ...]:
    """Say what no source of the release says about a project."""
    roles = (("kg:suppliedBy", "a supplier"), ("kg:commissionedBy", "a client"), ("kg:operatedBy", "an operator"))
    missing = [words for name, words in roles if not node.has(name)]
    found = []
    if missing:
        listed = ", ".join(missing[:-1]) + (" or " if len(missing) > 1 else "") + missing[-1]
        found.append(f"No source in this release names {listed}.")
    if not behind.get(("kg:finances", "financing")) and not node.has("kg:financedBy"):
        found.append("No source in this release says how it is paid for.")
    return tuple(found)


def _total_words(total: int) -> str:
    if not total:
        return "No fact of this release rests on a line of this work itself."
    return f"{counted(total, 'record')} of this release {'rests' if total == 1 else 'rest'} on it."
