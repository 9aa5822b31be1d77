"""What stands beside a page: its neighbours, its place on the map, its counterparts in other data sets."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from kg.charts.neighbours import MOST, Neighbour, draw
from kg.charts.worldmap import Spot, locator_map
from kg.serve.entities.read import Own, kind_of
from kg.serve.entities.records import Node
from kg.serve.entities.writer import Writer
from kg.vocab import split_iri

_GROUPS: Final = {
    "actor": "org",
    "technology": "tec",
    "product": "tec",
    "financing": "fin",
    "place": "plc",
    "project": "prj",
}
# Own properties that lead to a neighbour, with what the line says.
_FORWARD: Final = (
    ("kg:involvementOf", "project"), ("kg:actor", "actor"), ("kg:role", "role"), ("rdf:subject", "statement about"),
    ("kg:source", "source"), ("kg:citedSource", "names"), ("kg:finances", "pays for"), ("kg:provider", "from"),
    ("kg:recipient", "to"), ("kg:claimant", "claimed by"), ("kg:reportedBy", "reported by"),
    ("kg:disputes", "disputes"),
    ("kg:disputedBy", "disputed by"), ("kg:about", "about"), ("kg:indicator", "measured as"), ("kg:member", "member"),
    ("kg:group", "of"), ("kg:parent", "parent"), ("kg:partOf", "part of"), ("kg:issuer", "issued by"),
    ("kg:target", "against"), ("kg:party", "party"), ("kg:maker", "made by"), ("dcterms:publisher", "publisher"),
    ("kg:usesTechnology", "uses"), ("kg:offersTechnology", "offers"), ("kg:offersProduct", "offers"),
    ("kg:offeredIn", "offered in"), ("kg:technology", "is for"), ("kg:usesProduct", "uses"),
    ("kg:underPolicy", "under"), ("skos:broader", "under"), ("skos:narrower", "covers"), ("skos:related", "see also"),
    ("kg:locatedIn", "located in"), ("kg:country", "country"), ("kg:counterpart", "other side"),
    ("kg:addressee", "addressed to"), ("kg:instrument", "instrument"), ("kg:cites", "cites"), ("kg:memberOf", "in"),
)  # fmt: skip
# Nodes that stand between two things: by which property to go on, and what the line says.
_THROUGH: Final = {
    ("kg:involvementOf", "involvement"): ("kg:actor", ""),
    ("kg:actor", "involvement"): ("kg:involvementOf", ""),
    ("kg:finances", "financing"): ("kg:provider", "paid by"),
    ("kg:provider", "financing"): ("kg:finances", "pays for"),
    ("kg:recipient", "financing"): ("kg:provider", "paid by"),
    ("kg:group", "membership"): ("kg:member", "member"),
    ("kg:member", "membership"): ("kg:group", "member of"),
    ("kg:actor", "offering"): ("kg:offersTechnology", "offers"),
    ("kg:offersTechnology", "offering"): ("kg:actor", "offered by"),
    ("kg:offeredIn", "offering"): ("kg:actor", "offers here"),
    ("kg:disputes", "claim"): ("kg:claimant", "disputed by"),
    ("kg:indicator", "observation"): ("kg:about", "value for"),
}
_PARTS: Final = 5
_BACKWARD: Final = {
    "kg:partOf": "part", "kg:usesTechnology": "used by", "kg:usesProduct": "used by", "kg:maker": "product",
    "kg:technology": "product", "kg:target": "restricts it", "kg:issuer": "issued", "kg:parent": "unit",
    "kg:underPolicy": "under it", "kg:suppliesTechnology": "supplier", "kg:party": "party to",
    "dcterms:publisher": "published", "kg:locatedIn": "here", "kg:cites": "cited by",
}  # fmt: skip
_OUTSIDE: Final = (
    ("http://www.wikidata.org/entity/", "Wikidata"),
    ("https://sws.geonames.org/", "GeoNames"),
    ("https://www.iso.org/obp/ui/", "ISO 3166"),
    ("https://ror.org/", "Research Organization Registry"),
    ("https://search.gleif.org/", "Legal Entity Identifier"),
    ("http://dbpedia.org/resource/", "DBpedia"),
    ("https://china.aiddata.org/projects/", "AidData project"),
    ("https://iatistandard.org/", "IATI code list"),
)
MATCHES: Final = (
    ("owl:sameAs", "the same"),
    ("skos:exactMatch", "the same"),
    ("skos:closeMatch", "nearly the same"),
    ("skos:narrowMatch", "narrower"),
    ("skos:broadMatch", "broader"),
    ("skos:relatedMatch", "related"),
)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A counterpart in another data set."""

    where: str
    href: str
    code: str
    relation: str
    name: str


@dataclass(frozen=True, slots=True)
class Picture:
    """The neighbours that are drawn, of how many."""

    svg: str
    shown: int
    known: int


def neighbours(writer: Writer, own: Own, groups: Mapping[tuple[str, str], Sequence[Node]]) -> Picture:
    """Return a picture of what the thing is joined to; each kind of relation gets its turn.

    Arguments:
        groups: what points at the thing, by property and kind.
    """
    streams = [list(_forward(writer, own.node, name, words)) for name, words in _FORWARD]
    behind = [list(_behind(writer, *group, nodes)) for group, nodes in groups.items()]
    # What points at a thing says more about it than what a table cell of its own repeats.
    ordered = [stream for stream in chain(behind, streams) if stream]
    taking_part = [group[1] == "involvement" for group, stream in zip(groups, behind, strict=True) if stream]
    found: dict[str, Neighbour] = {}
    for is_part, stream in zip(taking_part, ordered, strict=False):
        # Who took part comes first; the others share the rest in turn.
        found.update((one.href, one) for one in stream[: _PARTS if is_part else 0])
    for turn in range(max(map(len, ordered), default=0)):
        for stream in ordered:
            if turn < len(stream) and stream[turn].href != writer.link(own.node.iri).href:
                found.setdefault(stream[turn].href, stream[turn])
    chosen = sorted(list(found.values())[:MOST], key=lambda one: (_side(one), one.relation))
    return Picture(draw(writer.title(own.node) or "this", chosen), len(chosen), len(found))


def _side(one: Neighbour) -> int:
    return ("prj", "org", "fin", "tec", "plc", "").index(one.group)


def _forward(writer: Writer, node: Node, name: str, words: str) -> Iterator[Neighbour]:
    for iri in node.iris(name):
        if split_iri(iri):
            yield _neighbour(writer, iri, words)


def _behind(writer: Writer, through: str, kind: str, nodes: Sequence[Node]) -> Iterator[Neighbour]:
    onwards = _THROUGH.get((through, kind))
    for node in nodes:
        if onwards is not None:
            role = node.iri_of("kg:role")
            words = writer.name(role).lower() if role and kind == "involvement" else onwards[1]
            yield from (_neighbour(writer, iri, words) for iri in node.iris(onwards[0])[:3])
        elif through in _BACKWARD:
            yield _neighbour(writer, node.iri, _BACKWARD[through])


def _neighbour(writer: Writer, iri: str, words: str) -> Neighbour:
    link = writer.link(iri, most=60)
    return Neighbour(name=link.text, relation=words, href=link.href, group=_GROUPS.get(kind_of(iri), ""))


def elsewhere(writer: Writer, node: Node) -> tuple[Elsewhere, ...]:
    """Return the counterparts of a thing in other data sets."""
    found = []
    for name, relation in MATCHES:
        for iri in node.iris(name):
            if split_iri(iri) or not iri.startswith(("http://", "https://")):
                continue
            where = next((words for start, words in _OUTSIDE if iri.startswith(start)), iri.split("/")[2])
            code = iri.rstrip("/").replace("#", "/").rpartition("/")[2]
            known = writer.labels.get(iri)
            found.append(
                Elsewhere(
                    where, iri, code.rpartition(":")[2], relation, known.text("rdfs:label") or "" if known else ""
                )
            )
    return tuple(found)


def place_map(writer: Writer, own: Own, places: Mapping[str, Node], inside: Sequence[Node]) -> str:
    """Return a map around the place of a thing, or empty text where nothing can be drawn.

    Arguments:
        places: facts of the places that the thing lies in.
        inside: the places in it.
    """
    around = [own.node] if kind_of(own.node.iri) == "place" else []
    around += [places[iri] for iri in own.node.iris("kg:locatedIn", "kg:country") if iri in places]
    codes = [code for node in around if (code := node.text("kg:isoAlpha3"))]
    if codes:
        around += inside
    spots = list({spot.href: spot for node in around if (spot := _spot(writer, node)) is not None}.values())
    if len(codes) > 8:
        return ""
    title = f"Map around {writer.title(own.node) or 'this'}"
    return locator_map(codes, spots, title=title) or ""


def _spot(writer: Writer, node: Node) -> Spot | None:
    lat, long = node.number("geo:lat"), node.number("geo:long")
    # A country is drawn as itself; a dot in its middle would look like a town.
    if lat is None or long is None or node.has("kg:isoAlpha3"):
        return None
    link = writer.link(node.iri)
    return Spot(longitude=float(long), latitude=float(lat), count=1, name=link.text, words=link.text, href=link.href)
