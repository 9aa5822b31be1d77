"""The data set described: VoID with partitions and linksets, DCAT 3 with versions, files and services."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import pyoxigraph as ox

from kg.engine import Iri, Term
from kg.export import jsonld
from kg.export.dumps import Dump
from kg.export.reading import LICENCE
from kg.export.statistics import Statistics
from kg.vocab import ID, KG, OUTSIDE, PREFIXES, RDF, RDFS, XSD, compact, iri

_DCT: Final = PREFIXES["dcterms"]
_DCAT: Final = PREFIXES["dcat"]
_VOID: Final = PREFIXES["void"]
_FOAF: Final = PREFIXES["foaf"]
_SPDX: Final = "http://spdx.org/rdf/terms#"
_MEDIA: Final = "https://www.iana.org/assignments/media-types/"
DATASET: Final = "https://w3id.org/cityledger/dataset"
CONTRIBUTORS: Final = "https://w3id.org/cityledger/contributors"
SYNTAXES: Final = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/ld+json": ox.RdfFormat.JSON_LD,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
}
_SHOWN: Final = {name: PREFIXES[name] for name in ("kg", "rdfs", "xsd", "dcterms", "dcat", "void", "foaf")} | {
    "spdx": _SPDX
}
# Whose data the links lead to, for people.
_OUTSIDE: Final = {
    "wikidata": "Wikidata",
    "geonames": "GeoNames",
    "iso3166": "ISO 3166-1",
    "ror": "Research Organization Registry",
    "lei": "GLEIF",
    "dbpedia": "DBpedia",
    "aiddata": "AidData",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One kept release.

    Attributes:
        published: moment of publication as ISO 8601, empty when unknown.
        dumps: the files that it carries.
        triples: how many it holds, or None when unknown.
        provenance: what it was made with, a line each.
    """

    release: str
    published: str
    dumps: tuple[Dump, ...] = ()
    triples: int | None = None
    provenance: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What is said of the data set at one address.

    Attributes:
        base: address of the service without a final slash.
        versions: kept releases, newest first; the served one is among them.
    """

    base: str
    release: str
    statistics: Statistics
    versions: tuple[Version, ...]

    @property
    def dumps(self) -> tuple[Dump, ...]:
        """The files of the served release."""
        return next((one.dumps for one in self.versions if one.release == self.release), ())


def void(description: Description, media_type: str) -> bytes:
    """Return the VoID description in one of SYNTAXES."""
    return _serialise(_void(description), media_type)


def dcat(description: Description, media_type: str) -> bytes:
    """Return the DCAT catalogue in one of SYNTAXES."""
    return _serialise(_dcat(description), media_type)


def release(version: Version, media_type: str, *, base: str, previous: str | None) -> bytes:
    """Return what is said of one release in one of SYNTAXES.

    Arguments:
        base: address of the service without a final slash.
        previous: id of the release that it follows, or None.
    """
    return _serialise(_version(base, version, previous), media_type)


def _void(d: Description) -> Iterator[ox.Triple]:
    numbers = d.statistics
    yield _t(DATASET, RDF + "type", _VOID + "Dataset")
    yield _t(DATASET, _DCT + "title", _words("CityLedger"))
    yield _t(DATASET, _DCT + "license", LICENCE)
    yield _t(DATASET, _FOAF + "homepage", f"{d.base}/")
    yield _t(DATASET, _VOID + "uriSpace", _plain(ID))
    yield _t(DATASET, _VOID + "sparqlEndpoint", f"{d.base}/sparql")
    yield _t(DATASET, _VOID + "exampleResource", iri("project", "ecu911"))
    yield _t(DATASET, _VOID + "exampleResource", iri("actor", "huawei"))
    yield _t(DATASET, "http://www.w3.org/2002/07/owl#versionInfo", _plain(d.release))
    for vocabulary in (KG, PREFIXES["skos"], PREFIXES["prov"], _DCT):
        yield _t(DATASET, _VOID + "vocabulary", vocabulary)
    for dump in d.dumps:
        if dump.format in {"nquads", "trig", "turtle", "jsonld"}:
            yield _t(DATASET, _VOID + "dataDump", f"{d.base}/dump/{d.release}/{dump.name}")
    for name, number in (
        ("triples", numbers.triples),
        ("entities", numbers.entities),
        ("distinctSubjects", numbers.subjects),
        ("distinctObjects", numbers.objects),
        ("classes", len(numbers.classes)),
        ("properties", len(numbers.properties)),
    ):
        yield _t(DATASET, _VOID + name, _count(number))
    for name, number in numbers.classes:
        part = f"{DATASET}#class-{_slug(name)}"
        yield _t(DATASET, _VOID + "classPartition", part)
        yield _t(part, _VOID + "class", name)
        yield _t(part, _VOID + "entities", _count(number))
    for name, number in numbers.properties:
        part = f"{DATASET}#property-{_slug(name)}"
        yield _t(DATASET, _VOID + "propertyPartition", part)
        yield _t(part, _VOID + "property", name)
        yield _t(part, _VOID + "triples", _count(number))
    for name, number in numbers.graphs:
        part = f"{DATASET}#graph-{_slug(name)}"
        yield _t(DATASET, _VOID + "subset", part)
        yield _t(part, RDF + "type", _VOID + "Dataset")
        yield _t(part, _VOID + "triples", _count(number))
        yield _t(part, _DCT + "identifier", _plain(name))
    yield from _linksets(d)


def _linksets(d: Description) -> Iterator[ox.Triple]:
    for scheme, relation, number in d.statistics.linksets:
        part = f"{DATASET}#links-{scheme}-{relation.rpartition('#')[2]}"
        target = f"{DATASET}#outside-{scheme}"
        yield _t(DATASET, _VOID + "subset", part)
        yield _t(part, RDF + "type", _VOID + "Linkset")
        yield _t(part, _VOID + "subjectsTarget", DATASET)
        yield _t(part, _VOID + "objectsTarget", target)
        yield _t(part, _VOID + "linkPredicate", relation)
        yield _t(part, _VOID + "triples", _count(number))
        yield _t(target, RDF + "type", _VOID + "Dataset")
        yield _t(target, _DCT + "title", _words(_OUTSIDE.get(scheme, scheme)))
        if scheme in OUTSIDE:
            yield _t(target, _VOID + "uriSpace", _plain(OUTSIDE[scheme]))


def _dcat(d: Description) -> Iterator[ox.Triple]:
    catalog, service = f"{d.base}/catalog#catalog", f"{d.base}/catalog#sparql"
    current = iri("release", d.release)
    yield _t(catalog, RDF + "type", _DCAT + "Catalog")
    yield _t(catalog, _DCT + "title", _words("CityLedger catalogue"))
    yield _t(catalog, _DCT + "description", _words("One data set, its releases, files and services"))
    yield _t(catalog, _DCT + "publisher", CONTRIBUTORS)
    yield _t(catalog, _DCT + "license", LICENCE)
    yield _t(catalog, _FOAF + "homepage", f"{d.base}/")
    yield _t(CONTRIBUTORS, RDF + "type", _FOAF + "Group")
    yield _t(CONTRIBUTORS, _FOAF + "name", _words("CityLedger contributors"))
    yield _t(catalog, _DCAT + "dataset", DATASET)
    yield _t(catalog, _DCAT + "service", service)
    yield _t(DATASET, RDF + "type", _DCAT + "Dataset")
    yield _t(DATASET, _DCT + "title", _words("CityLedger"))
    yield _t(
        DATASET,
        _DCT + "description",
        _words(
            "Who supplies, finances, commissions, operates and disputes which smart-city or digital-infrastructure "
            "project, where, with which technology, and which lines of which document say so"
        ),
    )
    yield _t(DATASET, _DCT + "publisher", CONTRIBUTORS)
    yield _t(DATASET, _DCT + "license", LICENCE)
    if d.statistics.slices:
        yield _t(DATASET, _DCT + "rights", _words("The slices of outside data keep the licences of their owners"))
        for name in sorted({name for name, _, _ in d.statistics.slices}):
            yield _t(DATASET, _DCT + "hasPart", name)
    for language in ("ENG", "ZHO"):
        yield _t(DATASET, _DCT + "language", f"http://publications.europa.eu/resource/authority/language/{language}")
    for keyword in ("smart city", "digital infrastructure", "technology export", "surveillance", "evidence"):
        yield _t(DATASET, _DCAT + "keyword", _words(keyword))
    yield _t(DATASET, _DCAT + "landingPage", f"{d.base}/about")
    yield _t(DATASET, _DCAT + "hasCurrentVersion", current)
    yield _t(DATASET, _DCT + "conformsTo", KG.rstrip("#"))
    yield from _versions(d, current)
    yield _t(service, RDF + "type", _DCAT + "DataService")
    yield _t(service, _DCT + "title", _words("SPARQL 1.1 endpoint and saved questions"))
    yield _t(service, _DCAT + "endpointURL", f"{d.base}/sparql")
    yield _t(service, _DCAT + "endpointDescription", f"{d.base}/openapi.json")
    yield _t(service, _DCT + "conformsTo", "https://www.w3.org/TR/sparql11-protocol/")
    yield _t(service, _DCAT + "servesDataset", DATASET)
    for name, relation, value in d.statistics.slices:
        yield _t(catalog, _DCAT + "dataset", name)
        yield _t(name, RDF + "type", _DCAT + "Dataset")
        yield _t(name, _DCT + "title" if relation == f"{RDFS}label" else relation, _term(value))


def _versions(d: Description, current: str) -> Iterator[ox.Triple]:
    for place, version in enumerate(d.versions):
        name = iri("release", version.release)
        yield _t(DATASET, _DCAT + "hasVersion", name)
        if name == current:
            if version.published:
                day = ox.Literal(version.published[:10], datatype=ox.NamedNode(XSD + "date"))
                yield ox.Triple(ox.NamedNode(DATASET), ox.NamedNode(_DCT + "modified"), day)
            for dump in version.dumps:
                yield _t(DATASET, _DCAT + "distribution", f"{name}#{dump.format}")
        older = d.versions[place + 1 :]
        yield from _version(d.base, version, older[0].release if older else None)


def _version(base: str, version: Version, previous: str | None) -> Iterator[ox.Triple]:
    name = iri("release", version.release)
    yield _t(name, RDF + "type", _DCAT + "Dataset")
    yield _t(name, _DCAT + "isVersionOf", DATASET)
    yield _t(name, _DCAT + "version", _plain(version.release))
    yield _t(name, _DCT + "identifier", _plain(version.release))
    yield _t(name, _DCT + "title", _words(f"CityLedger release {version.release}"))
    yield _t(name, _DCT + "license", LICENCE)
    if version.published:
        moment = ox.Literal(version.published, datatype=ox.NamedNode(XSD + "dateTime"))
        yield ox.Triple(ox.NamedNode(name), ox.NamedNode(_DCT + "issued"), moment)
    if previous is not None:
        yield _t(name, _DCAT + "previousVersion", iri("release", previous))
    if version.triples is not None:
        yield _t(name, _VOID + "triples", _count(version.triples))
    for line in version.provenance:
        yield _t(name, _DCT + "provenance", _plain(line))
    for dump in version.dumps:
        yield from _distribution(base, version, dump)


def _distribution(base: str, version: Version, dump: Dump) -> Iterator[ox.Triple]:
    # The address with the release in it is for ever; the one without leads to the newest.
    address = f"{base}/dump/{version.release}/{dump.name}"
    owner = iri("release", version.release)
    name, checksum = f"{owner}#{dump.format}", f"{owner}#{dump.format}-sha256"
    yield _t(owner, _DCAT + "distribution", name)
    yield _t(name, RDF + "type", _DCAT + "Distribution")
    yield _t(name, _DCT + "title", _words(dump.title))
    yield _t(name, _DCAT + "downloadURL", address)
    yield _t(name, _DCAT + "accessURL", f"{base}/dump/")
    yield _t(name, _DCAT + "mediaType", _MEDIA + dump.media_type)
    yield _t(name, _DCAT + "byteSize", ox.Literal(str(dump.size), datatype=ox.NamedNode(XSD + "nonNegativeInteger")))
    yield _t(name, _DCT + "license", LICENCE)
    if dump.note:
        yield _t(name, _DCT + "description", _words(dump.note))
    yield _t(name, _SPDX + "checksum", checksum)
    yield _t(checksum, RDF + "type", _SPDX + "Checksum")
    yield _t(checksum, _SPDX + "algorithm", _SPDX + "checksumAlgorithm_sha256")
    value = ox.Literal(dump.sha256, datatype=ox.NamedNode(XSD + "hexBinary"))
    yield ox.Triple(ox.NamedNode(checksum), ox.NamedNode(_SPDX + "checksumValue"), value)


def _t(subject: str, predicate: str, value: str | ox.Literal) -> ox.Triple:
    other = value if isinstance(value, ox.Literal) else ox.NamedNode(value)
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), other)


def _term(value: Term) -> str | ox.Literal:
    if isinstance(value, Iri):
        return value.value
    if value.language:
        return ox.Literal(value.value, language=value.language)
    return ox.Literal(value.value, datatype=ox.NamedNode(value.datatype))


def _words(text: str) -> ox.Literal:
    return ox.Literal(text, language="en")


def _plain(text: str) -> ox.Literal:
    return ox.Literal(text)


def _count(number: int) -> ox.Literal:
    return ox.Literal(str(number), datatype=ox.NamedNode(XSD + "integer"))


def _slug(name: str) -> str:
    """Return a part of an IRI that differs for different names, such as kg-actor."""
    fits = [(base, prefix) for prefix, base in PREFIXES.items() if name.startswith(base)]
    if fits:
        base, prefix = max(fits)
        name = f"{prefix}-{name[len(base) :]}"
    return re.sub(r"[^A-Za-z0-9]+", "-", name.removeprefix("https://").removeprefix("http://")).strip("-")


def _serialise(triples: Iterator[ox.Triple], media_type: str) -> bytes:
    unique = list(dict.fromkeys(triples))
    # Grouped by subject, so that Turtle writes each subject once.
    order = {triple.subject: place for place, triple in reversed(list(enumerate(unique)))}
    unique.sort(key=lambda triple: order[triple.subject])
    form = SYNTAXES[media_type]
    if form == ox.RdfFormat.JSON_LD:
        return _framed(unique)
    prefixes = None if form == ox.RdfFormat.N_TRIPLES else _SHOWN
    return ox.serialize(unique, format=form, prefixes=prefixes) or b""


def _framed(triples: Iterable[ox.Triple]) -> bytes:
    """Return a tree that begins at the first subject, as `/data/` has it, with the context inside."""
    nodes: dict[str, dict[str, Any]] = {}
    for triple in triples:
        subject, value = str(getattr(triple.subject, "value", "")), triple.object
        node = nodes.setdefault(subject, {"id": compact(subject)})
        if triple.predicate.value == RDF + "type":
            node.setdefault("type", []).append(compact(str(getattr(value, "value", ""))))
        elif isinstance(value, ox.Literal):
            cell = jsonld.literal(value.value, value.datatype.value, value.language)
            node.setdefault(compact(triple.predicate.value), []).append(cell)
        else:
            cell = jsonld.reference(str(getattr(value, "value", "")))
            node.setdefault(compact(triple.predicate.value), []).append(cell)
    main, *others = nodes.values() or ({},)
    document = {"@context": jsonld.context(), **main, **({"@included": others} if others else {})}
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()
