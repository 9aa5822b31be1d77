"""A page described with schema.org, for search engines: JSON-LD that may stand inside a script element."""

import json
from collections.abc import Sequence
from typing import Any, Final

from kg.serve.entities.read import kind_of
from kg.serve.entities.records import Bit, Node
from kg.serve.entities.writer import Writer
from kg.vocab import KG

_LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"
_TYPES: Final = {
    "actor": "Organization",
    "place": "Place",
    "project": "Project",
    "product": "Product",
    "claim": "Claim",
    "source": "CreativeWork",
    "event": "Event",
    "policy": "Legislation",
    "restriction": "Legislation",
    "observation": "Observation",
    "indicator": "StatisticalVariable",
    "technology": "DefinedTerm",
    "offering": "Offer",
}
_SPECIAL: Final = {
    "Person": "Person",
    "GovernmentBody": "GovernmentOrganization",
    "Country": "Country",
    "City": "City",
    "ResearchOrganization": "ResearchOrganization",
    "MediaOrganization": "NewsMediaOrganization",
}
_LINKS: Final = (
    ("kg:locatedIn", "location"),
    ("kg:parent", "parentOrganization"),
    ("kg:maker", "manufacturer"),
    ("dcterms:publisher", "publisher"),
    ("kg:claimant", "author"),
    ("kg:about", "about"),
    ("kg:issuer", "legislationPassedBy"),
    ("kg:target", "mentions"),
)
# schema.org gives each of these to some types only.
_ALLOWED: Final = {
    "location": ("Organization", "GovernmentOrganization", "Event", "Project", "NewsMediaOrganization"),
    "parentOrganization": ("Organization", "Project", "NewsMediaOrganization", "GovernmentOrganization"),
    "manufacturer": ("Product",),
    "publisher": ("CreativeWork",),
    "author": ("Claim", "CreativeWork"),
    "about": ("Claim", "CreativeWork", "Legislation", "Event"),
    "legislationPassedBy": ("Legislation",),
    "mentions": ("Legislation",),
}


def document(
    writer: Writer, node: Node, *, title: str, names: Sequence[Bit], url: str, release: str, issued: str | None
) -> str:
    """Return the description as JSON without a character that could end the script element."""
    about: dict[str, Any] = {"@id": node.iri, "@type": _type(node), "name": title}
    if names:
        about["alternateName"] = [bit.text for bit in names]
    if said := node.text("dcterms:description", "skos:definition"):
        about["description"] = said
    if same := node.iris("owl:sameAs", "skos:exactMatch"):
        about["sameAs"] = list(same)
    for name, key in _LINKS:
        found = node.iris(name)
        if found and about["@type"] in _ALLOWED[key]:
            about[key] = [{"@id": iri, "name": writer.name(iri)} for iri in found]
    lat, long = node.number("geo:lat"), node.number("geo:long")
    if lat is not None and long is not None:
        about["geo"] = {"@type": "GeoCoordinates", "latitude": float(lat), "longitude": float(long)}
    if day := node.text("dcterms:issued"):
        about["datePublished"] = day
    if (start := node.text("kg:start", "kg:date")) and about["@type"] == "Event":
        about["startDate"] = start
    page: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "WebPage",
        "@id": url,
        "name": title,
        "inLanguage": "en",
        "isPartOf": {"@type": "Dataset", "name": "CityLedger", "version": release, "license": _LICENCE},
        "mainEntity": about,
    }
    if issued:
        page["dateModified"] = issued
    text = json.dumps(page, ensure_ascii=False)
    # HTML, 4.12.1.3: nothing in a script element may look like its end or like a comment.
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _type(node: Node) -> str:
    classes = [iri.removeprefix(KG) for iri in node.iris("rdf:type") if iri.startswith(KG)]
    special = [_SPECIAL[name] for name in classes if name in _SPECIAL]
    return special[0] if special else _TYPES.get(kind_of(node.iri), "Thing")
