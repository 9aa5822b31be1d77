"""Every named thing of a release with its names, classes and facts, read once and kept for matching."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kg.engine import Engine, Iri, Limits, Literal
from kg.vocab import ID, KG, PROLOGUE, RDFS, split_iri

# Kinds that people look up by name. Claims, evidence and the like have none.
KINDS: Final = (
    "actor",
    "place",
    "project",
    "product",
    "technology",
    "policy",
    "agreement",
    "event",
    "source",
    "indicator",
)
# Most of the graph is evidence and claims, which must not travel out of the engine.
_WANTED: Final = f'FILTER(REGEX(STR(?thing), "^{ID}({"|".join(KINDS)})/"))'
_NAMES: Final = """
SELECT ?thing ?property ?name WHERE {
  VALUES ?property { rdfs:label skos:prefLabel skos:altLabel }
  ?thing ?property ?name .
}
ORDER BY ?thing ?property ?name
"""
_TYPES: Final = f"SELECT DISTINCT ?thing ?class WHERE {{ ?thing a ?class {_WANTED} }} ORDER BY ?thing ?class"
_FACTS: Final = """
SELECT DISTINCT ?thing ?property ?value WHERE {
  ?thing ?property ?value .
  WANTED
  FILTER(?property NOT IN (rdf:type, rdfs:label, skos:prefLabel, skos:altLabel, kg:evidence, gsp:hasGeometry))
}
ORDER BY ?thing ?property ?value
""".replace("WANTED", _WANTED)
_TERMS: Final = """
SELECT ?term ?label ?comment WHERE {
  GRAPH graph:ontology { ?term rdfs:label ?label . OPTIONAL { ?term rdfs:comment ?comment } }
}
ORDER BY ?term ?label
"""
# The whole graph is read, which takes longer than a stranger's query may.
_READING: Final = Limits(seconds=120.0, rows=5_000_000, bytes=1_000_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value of a property: a thing of ours or elsewhere, or a text.

    Attributes:
        iri: empty for a text.
        text: the label of a thing, or the text itself.
    """

    iri: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One thing.

    Attributes:
        id: kind and slug, such as `actor/huawei`: what follows the identifier space.
        names: the label, then the aliases.
        types: local names of its `kg:` classes, superclasses included.
        facts: local name of a property to its values.
    """

    id: str
    names: tuple[str, ...]
    types: frozenset[str]
    facts: Mapping[str, tuple[Value, ...]]

    @property
    def label(self) -> str:
        """The English label."""
        return self.names[0]

    @property
    def description(self) -> str:
        """What the curator says of it, empty when nothing."""
        found = self.facts.get("description", ())
        return found[0].text if found else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermLabel:
    """A class or property for people."""

    id: str
    name: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entities:
    """All named things of one release.

    Attributes:
        by_id: in the order of ids.
        types: the classes that have members, by id.
        properties: the properties that have values, by id.
        type_properties: class to the properties that its members have, the commonest first.
    """

    release: str
    by_id: Mapping[str, Entity]
    types: Mapping[str, TermLabel]
    properties: Mapping[str, TermLabel]
    type_properties: Mapping[str, tuple[str, ...]]


def read_entities(engine: Engine) -> Entities:
    """Read all named things.

    Raises:
        KgError: the engine cannot answer.
    """
    labels: dict[str, str] = {}
    names: dict[str, dict[str, None]] = defaultdict(dict)
    other_names: dict[str, dict[str, None]] = defaultdict(dict)
    for thing, prop, name in _rows(engine, _NAMES):
        if not isinstance(thing, Iri) or not isinstance(name, Literal):
            continue
        if prop is not None and prop.value.endswith("altLabel"):
            other_names[thing.value].setdefault(name.value)
        elif name.language in (None, "en") and thing.value not in labels:
            labels[thing.value] = name.value
        else:
            names[thing.value].setdefault(name.value)
    types: dict[str, set[str]] = defaultdict(set)
    for thing, cls in _rows(engine, _TYPES):
        if isinstance(thing, Iri) and cls is not None and cls.value.startswith(KG):
            types[thing.value].add(cls.value[len(KG) :])
    facts: dict[str, dict[str, dict[Value, None]]] = defaultdict(lambda: defaultdict(dict))
    wanted = {iri for iri in labels if (split_iri(iri) or ("",))[0] in KINDS}
    for thing, prop, value in _rows(engine, _FACTS):
        if not isinstance(thing, Iri) or prop is None or value is None or thing.value not in wanted:
            continue
        iri = value.value if isinstance(value, Iri) else ""
        text = labels.get(iri, iri) if iri else value.value
        facts[thing.value][_local(prop.value)].setdefault(Value(iri=iri, text=text))
    by_id = {
        iri[len(ID) :]: Entity(
            id=iri[len(ID) :],
            names=tuple(dict.fromkeys((labels[iri], *names[iri], *other_names[iri]))),
            types=frozenset(types[iri]),
            facts={name: tuple(found) for name, found in facts[iri].items()},
        )
        for iri in sorted(wanted)
    }
    terms = {
        term.value[len(KG) :]: TermLabel(
            id=term.value[len(KG) :], name=label.value, description=comment.value if comment is not None else ""
        )
        for term, label, comment in _rows(engine, _TERMS)
        if term is not None and label is not None and term.value.startswith(KG)
    }
    return _entities(engine.release, by_id, terms)


def _entities(release: str, by_id: Mapping[str, Entity], terms: Mapping[str, TermLabel]) -> Entities:
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for entity in by_id.values():
        for cls in entity.types:
            for name in entity.facts:
                counts[cls][name] += 1
    used = sorted({name for found in counts.values() for name in found})
    return Entities(
        release=release,
        by_id=by_id,
        types={cls: terms.get(cls, TermLabel(id=cls, name=cls)) for cls in sorted(counts)},
        properties={name: terms.get(name, TermLabel(id=name, name=name)) for name in used},
        type_properties={
            cls: tuple(sorted(found, key=lambda name: (-found[name], name))) for cls, found in counts.items()
        },
    )


def _rows(engine: Engine, body: str) -> tuple[tuple[Iri | Literal | None, ...], ...]:
    return engine.rows(PROLOGUE + body, limits=_READING, trusted=True).rows


def _local(iri: str) -> str:
    return (
        iri[len(KG) :]
        if iri.startswith(KG)
        else iri.removeprefix(RDFS).rstrip("/").replace("#", "/").rpartition("/")[2]
    )
