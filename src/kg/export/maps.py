"""Projects as GeoJSON, and actors, projects and places as a graph in GraphML."""

import json
from collections.abc import Iterator
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from kg.export.reading import EVIDENCE, TYPE, Reading
from kg.vocab import KG, PREFIXES, split_iri

_LAT: Final = PREFIXES["geo"] + "lat"
_LONG: Final = PREFIXES["geo"] + "long"


def geojson(reading: Reading) -> bytes:
    """Return a FeatureCollection (RFC 7946): one feature for each place with coordinates that a project is in.

    A project whose place has no coordinates, such as a country as a whole, is a feature without geometry.
    """
    features = [feature for project in reading.of_kind("project") for feature in _features(reading, project)]
    content = {
        "type": "FeatureCollection",
        "name": "CityLedger projects",
        "release": reading.release,
        "features": features,
    }
    return (json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def _features(reading: Reading, project: str) -> Iterator[dict[str, Any]]:
    places = reading.texts(project, KG + "locatedIn")
    located = [place for place in places if reading.text(place, _LAT)]
    properties = {
        "iri": project,
        "label": reading.label(project),
        "type": sorted(_local(name) for name in reading.texts(project, TYPE) if name.startswith(KG)),
        "status": [reading.label(status) for status in reading.texts(project, KG + "status")],
        "countries": [reading.label(country) for country in reading.texts(project, KG + "country")],
        "technologies": [reading.label(term) for term in reading.texts(project, KG + "usesTechnology")],
        "suppliers": [reading.label(actor) for actor in reading.texts(project, KG + "suppliedBy")],
        "evidence_count": len(reading.texts(project, EVIDENCE)),
    }
    slug = project.rpartition("/")[2]
    if not located:
        yield {"type": "Feature", "id": slug, "geometry": None, "properties": properties}
    for place in located:
        # RFC 7946, 3.1.1: longitude first.
        point = [float(reading.text(place, _LONG)), float(reading.text(place, _LAT))]
        yield {
            "type": "Feature",
            "id": f"{slug}@{place.rpartition('/')[2]}",
            "geometry": {"type": "Point", "coordinates": point},
            "properties": {**properties, "place": place, "place_label": reading.label(place)},
        }


def graphml(reading: Reading) -> bytes:
    """Return who stands to whom and to what: nodes with kind and label, edges with relation, role and evidence."""
    edges = sorted(set(_edges(reading)))
    nodes = sorted({end for edge in edges for end in edge[:2]})
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n',
        *(
            f'<key id="{name}" for="{part}" attr.name="{name}" attr.type="{kind}"/>\n'
            for name, part, kind in (
                ("label", "node", "string"),
                ("kind", "node", "string"),
                ("iri", "node", "string"),
                ("relation", "edge", "string"),
                ("role", "edge", "string"),
                ("evidence", "edge", "int"),
            )
        ),
        f'<graph id="cityledger-{reading.release}" edgedefault="directed">\n',
    ]
    for node in nodes:
        kind, slug = split_iri(node) or ("", node)
        parts.append(
            f"<node id={quoteattr(f'{kind}:{slug}')}>{_data('label', reading.label(node))}"
            f"{_data('kind', kind)}{_data('iri', node)}</node>\n"
        )
    for number, (source, target, relation, role, evidence) in enumerate(edges):
        ends = [":".join(split_iri(end) or ("", end)) for end in (source, target)]
        parts.append(
            f'<edge id="e{number}" source={quoteattr(ends[0])} target={quoteattr(ends[1])}>'
            f"{_data('relation', relation)}{_data('role', role)}{_data('evidence', str(evidence))}</edge>\n"
        )
    parts.append("</graph>\n</graphml>\n")
    return "".join(parts).encode()


def _edges(reading: Reading) -> Iterator[tuple[str, str, str, str, int]]:
    for one in reading.of_kind("involvement"):
        actor, project = reading.text(one, KG + "actor"), reading.text(one, KG + "involvementOf")
        role = reading.label(reading.text(one, KG + "role"))
        if actor and project:
            yield actor, project, "involved", role, len(reading.texts(one, EVIDENCE))
    for one in reading.of_kind("financing"):
        givers = {*reading.texts(one, KG + "lender"), *reading.texts(one, KG + "provider")}
        instrument = reading.label(reading.text(one, KG + "instrument"))
        for giver in sorted(givers):
            for target in reading.texts(one, KG + "finances"):
                yield giver, target, "finances", instrument, len(reading.texts(one, EVIDENCE))
    direct = (("actor", "parent"), ("project", "partOf"), ("project", "locatedIn"), ("project", "usesTechnology"))
    for kind, name in direct:
        for subject in reading.of_kind(kind):
            for target in reading.texts(subject, KG + name):
                yield subject, target, name, "", len(reading.texts(subject, EVIDENCE))


def _data(key: str, value: str) -> str:
    # XML 1.0 has no way to write other control characters.
    clean = "".join(character for character in value if character >= " " or character in "\t\n")
    return f'<data key="{key}">{escape(clean)}</data>' if value else ""


def _local(iri: str) -> str:
    return iri.rpartition("#")[2]
