"""FollowTheMoney entities, one JSON object a line, as Aleph and OpenSanctions read them.

| ours | theirs |
|---|---|
| actor | Company, PublicBody, Person, Organization or LegalEntity by its class |
| project | Project |
| involvement | ProjectParticipant |
| financing with both sides known | Payment |
| membership of an actor in an actor | Membership |
| source | Document |
| evidence of an actor or project | Documentation |

What the model has no place for (a payment with one side unknown, claims and their disputes) stays in the RDF;
`left_out` counts it, and the list of dumps says so.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from kg.export.reading import ALIAS, EVIDENCE, LABEL, TYPE, Reading
from kg.vocab import DCTERMS, KG, SKOS, split_iri

# The most telling class first.
_SCHEMATA: Final = (
    ("Person", "Person"),
    ("GovernmentBody", "PublicBody"),
    ("Company", "Company"),
    ("Bank", "Company"),
    ("Fund", "Company"),
    ("InternationalOrganization", "Organization"),
    ("StandardsBody", "Organization"),
    ("Alliance", "Organization"),
    ("ResearchOrganization", "Organization"),
    ("MediaOrganization", "Organization"),
)
_ORGANISATIONS: Final = frozenset({"Organization", "Company", "PublicBody"})
_MATCHES: Final = (SKOS + "exactMatch",)


def ftm(reading: Reading) -> bytes:
    """Return the entities, sorted by schema and id."""
    lines = [
        json.dumps(entity, ensure_ascii=False, sort_keys=True, separators=(",", ":")) for entity in entities(reading)
    ]
    return "".join(line + "\n" for line in lines).encode()


def left_out(reading: Reading) -> Counter[str]:
    """Count what FollowTheMoney has no place for, by kind."""
    counts: Counter[str] = Counter()
    counts["financing with an unknown side"] = sum(
        not all(_sides(reading, one)) for one in reading.of_kind("financing")
    )
    for kind in ("claim", "observation", "statement", "agreement", "policy", "restriction", "offering"):
        counts[kind] = len(reading.graphs.get(kind, ()))
    return counts


def entities(reading: Reading) -> Iterator[dict[str, Any]]:
    """Yield entities; every value is a list of strings, as the model wants."""
    schemata = {actor: _schema(reading, actor) for actor in reading.of_kind("actor")}
    for actor, schema in schemata.items():
        yield _actor(reading, actor, schema)
    for project in reading.of_kind("project"):
        yield _entity(
            "Project",
            project,
            name=reading.texts(project, LABEL),
            alias=reading.texts(project, ALIAS),
            summary=reading.texts(project, DCTERMS + "description"),
            country=_countries(reading, reading.texts(project, KG + "country")),
            status=_labels(reading, project, "status"),
            keywords=_labels(reading, project, "usesTechnology"),
            startDate=reading.texts(project, KG + "start"),
            endDate=reading.texts(project, KG + "end"),
            projectId=[project.rpartition("/")[2]],
            sourceUrl=[project],
        )
    for one in reading.of_kind("involvement"):
        yield _entity(
            "ProjectParticipant",
            one,
            project=_ids(reading.texts(one, KG + "involvementOf")),
            participant=_ids(reading.texts(one, KG + "actor")),
            role=_labels(reading, one, "role"),
            startDate=reading.texts(one, KG + "start"),
            endDate=reading.texts(one, KG + "end"),
            sourceUrl=[one],
        )
    for one in reading.of_kind("financing"):
        payer, beneficiary = _sides(reading, one)
        if payer and beneficiary:
            yield _entity(
                "Payment",
                one,
                payer=_ids(payer),
                beneficiary=_ids(beneficiary),
                project=_ids(_of(reading.texts(one, KG + "finances"), "project")),
                amount=reading.texts(one, KG + "amount"),
                currency=reading.texts(one, KG + "currency"),
                amountUsd=reading.texts(one, KG + "printedUsd") or reading.texts(one, KG + "amountUsd"),
                purpose=_labels(reading, one, "instrument"),
                summary=reading.texts(one, LABEL),
                date=reading.texts(one, KG + "date"),
                sourceUrl=[one],
            )
    for one in reading.of_kind("membership"):
        members = _of(reading.texts(one, KG + "member"), "actor")
        groups = [g for g in reading.texts(one, KG + "group") if schemata.get(g) in _ORGANISATIONS]
        if members and groups:
            yield _entity(
                "Membership",
                one,
                member=_ids(members),
                organization=_ids(groups),
                role=reading.texts(one, KG + "office"),
                startDate=reading.texts(one, KG + "start"),
                endDate=reading.texts(one, KG + "end"),
                sourceUrl=[one],
            )
    yield from _documents(reading)


def _documents(reading: Reading) -> Iterator[dict[str, Any]]:
    for source in reading.of_kind("source"):
        yield _entity(
            "Document",
            source,
            fileName=[source.rpartition("/")[2]],
            title=reading.texts(source, LABEL),
            author=reading.texts(source, DCTERMS + "creator"),
            publisher=_labels(reading, source, "", DCTERMS + "publisher"),
            publishedAt=reading.texts(source, DCTERMS + "issued"),
            sourceUrl=[source],
        )
    for kind in ("actor", "project"):
        for thing in reading.of_kind(kind):
            for evidence in reading.texts(thing, EVIDENCE):
                lines = [reading.text(evidence, KG + name) for name in ("firstLine", "lastLine")]
                where = "-".join(dict.fromkeys(line for line in lines if line))
                yield _entity(
                    "Documentation",
                    evidence,
                    suffix=f"-{kind}-{thing.rpartition('/')[2]}",
                    document=_ids(reading.texts(evidence, KG + "source")),
                    entity=_ids([thing]),
                    role=["evidence"],
                    summary=[f"lines {where}"] if where else [],
                    description=reading.texts(evidence, KG + "section"),
                )


def _actor(reading: Reading, actor: str, schema: str) -> dict[str, Any]:
    outside = [match for relation in _MATCHES for match in reading.texts(actor, relation)]
    return _entity(
        schema,
        actor,
        name=reading.texts(actor, LABEL),
        alias=reading.texts(actor, ALIAS),
        summary=reading.texts(actor, DCTERMS + "description"),
        country=_countries(reading, reading.texts(actor, KG + "country")),
        parent=_ids(reading.texts(actor, KG + "parent")),
        wikidataId=[match.rpartition("/")[2] for match in outside if "wikidata.org/entity/" in match],
        leiCode=[match.rpartition("/")[2] for match in outside if "gleif.org" in match],
        sourceUrl=[actor],
    )


def _schema(reading: Reading, actor: str) -> str:
    classes = {name.rpartition("#")[2] for name in reading.texts(actor, TYPE)}
    return next((schema for name, schema in _SCHEMATA if name in classes), "LegalEntity")


def _sides(reading: Reading, financing: str) -> tuple[list[str], list[str]]:
    givers = [*reading.texts(financing, KG + "lender"), *reading.texts(financing, KG + "provider")]
    takers = [*reading.texts(financing, KG + "borrower"), *reading.texts(financing, KG + "recipient")]
    if not takers:
        takers = _of(reading.texts(financing, KG + "finances"), "actor")
    return _of(givers, "actor"), _of(takers, "actor")


def _entity(schema: str, iri: str, *, suffix: str = "", **properties: Iterable[str]) -> dict[str, Any]:
    filled = {name: list(dict.fromkeys(values)) for name, values in properties.items()}
    return {
        "id": _id(iri) + suffix,
        "schema": schema,
        "properties": {name: values for name, values in filled.items() if values},
    }


def _id(iri: str) -> str:
    return "-".join(split_iri(iri) or ("outside", iri))


def _ids(iris: Iterable[str]) -> list[str]:
    return [_id(iri) for iri in iris]


def _of(iris: Iterable[str], kind: str) -> list[str]:
    return list(dict.fromkeys(iri for iri in iris if (split_iri(iri) or ("",))[0] == kind))


def _countries(reading: Reading, places: Iterable[str]) -> list[str]:
    return [code.lower() for place in places for code in reading.texts(place, KG + "isoAlpha2")]


def _labels(reading: Reading, subject: str, name: str, predicate: str = "") -> list[str]:
    return [reading.label(value) for value in reading.texts(subject, predicate or KG + name)]
