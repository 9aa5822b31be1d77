"""`/quality`: how much of the sources was used, what is weak, what was decided, what the checks warn of."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from csv import DictReader
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from kg.catalog.terms import iri_text
from kg.serve.entities.words import from_slug, shortened
from kg.serve.pages.holdings import Holdings, Value
from kg.serve.question_view import page_href
from kg.serve.site import Site
from kg.vocab import ID, KG, split_iri

_READ_LINES: Final = """
SELECT ?source ?lines ?first ?last WHERE {
  ?source kg:lineCount ?lines . ?place kg:source ?source ; kg:firstLine ?first ; kg:lastLine ?last .
}
ORDER BY ?source ?first ?last
"""
_SECTIONS: Final = """
SELECT ?source (COUNT(DISTINCT ?section) AS ?sections) (COUNT(DISTINCT ?place) AS ?places) WHERE {
  ?source kg:lineCount ?lines . ?place kg:source ?source . OPTIONAL { ?place kg:section ?section }
}
GROUP BY ?source
ORDER BY ?source
"""
_THINGS: Final = """
SELECT ?thing ?origins ?basis WHERE {
  ?thing kg:evidence ?place . OPTIONAL { ?thing kg:originCount ?origins } OPTIONAL { ?thing kg:basis ?basis }
}
ORDER BY ?thing
"""
_KINDS: Final = f"""
SELECT ?kind (COUNT(DISTINCT ?thing) AS ?number) WHERE {{
  ?thing a ?class
  FILTER(STRSTARTS(STR(?class), "{KG}") && STRSTARTS(STR(?thing), "{ID}"))
  BIND(STRBEFORE(STRAFTER(STR(?thing), "{ID}"), "/") AS ?kind)
}}
GROUP BY ?kind
ORDER BY ?kind
"""
_LINKED: Final = """
SELECT DISTINCT ?thing WHERE {
  VALUES ?relation { skos:exactMatch skos:closeMatch owl:sameAs } ?thing ?relation ?other
}
ORDER BY ?thing
"""
_DATES: Final = """
SELECT ?thing ?note WHERE {
  ?thing kg:dateNote ?note
  FILTER NOT EXISTS { ?thing kg:date ?date }
  FILTER NOT EXISTS { ?thing kg:start ?start }
  FILTER NOT EXISTS { ?thing kg:end ?end }
}
ORDER BY ?thing ?note
"""
_DEDUCED: Final = """
SELECT ?thing ?note WHERE { ?thing kg:basis "deduced" ; kg:basisNote ?note } ORDER BY ?thing ?note
"""
_FLAGS: Final = "SELECT ?thing ?flag WHERE { ?thing kg:flag ?flag } ORDER BY ?thing ?flag"
_SAYINGS: Final = """
SELECT ?thing ?said ?indicator ?about WHERE {{
  VALUES ?thing {{ {things} }}
  OPTIONAL {{ ?thing dcterms:description ?said FILTER(LANG(?said) = "en") }}
  OPTIONAL {{ ?thing kg:indicator/rdfs:label ?indicator FILTER(LANG(?indicator) = "en") }}
  OPTIONAL {{ ?thing kg:about/rdfs:label ?about FILTER(LANG(?about) = "en") }}
}}
ORDER BY ?thing ?said ?indicator ?about
"""
_LONGEST_NAME: Final = 90
_NAMED_KINDS: Final = ("actor", "place", "project")
_SHOWN: Final = 12
_WARNING: Final = re.compile(
    r"^(?P<place>[^ ]+?:\d+): (?P<words>.*) \((?:shape|check) (?P<shape>[a-z0-9-]+), (?P<node>[^)]+)\)$"
)
# What stands before the words of a warning: the column, and the value where the shape tells it.
_COLUMN: Final = re.compile(r"^(?:column [^ ]+: )?(?:'[^']*': )?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of a document's text something rests on; lines are counted once."""

    source: Value
    lines: int
    used_lines: int
    sections: int
    places: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """The things of one kind: how many, with evidence of their own, one origin only, deduced, linked outside."""

    kind: str
    things: int
    evidenced: int
    single: int
    deduced: int
    linked: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """What one check warns of: its words and where."""

    shape: str
    words: str
    total: int
    places: tuple[tuple[str, str | None, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """The page; `waivers` is None when the release's list is not at hand."""

    coverage: tuple[Coverage, ...]
    kinds: tuple[Kind, ...]
    deduced: tuple[tuple[Value, str], ...]
    deduced_total: int
    dates: tuple[tuple[Value, str], ...]
    dates_total: int
    flags: tuple[tuple[Value, str], ...]
    flags_total: int
    warned: tuple[Warned, ...]
    warnings_total: int
    waivers: tuple[Mapping[str, str], ...] | None


def quality(site: Site, here: Holdings) -> Quality:
    """Return the state of the data of the release served."""
    deduced, dates, flags = here.texts(_DEDUCED), here.texts(_DATES), here.texts(_FLAGS)
    names = _names(here, {iri for rows in (deduced, dates, flags) for iri, _ in rows[:_SHOWN]})
    warned = _warnings(site.snapshot.files / "warnings.txt")
    return Quality(
        coverage=_coverage(here),
        kinds=_kinds(here),
        deduced=_noted(deduced, names),
        deduced_total=len(deduced),
        dates=_noted(dates, names),
        dates_total=len(dates),
        flags=_noted(flags, names),
        flags_total=len(flags),
        warned=warned,
        warnings_total=sum(one.total for one in warned),
        waivers=_waivers(site),
    )


def _coverage(here: Holdings) -> tuple[Coverage, ...]:
    used: dict[str, set[int]] = defaultdict(set)
    total: dict[str, int] = {}
    for source, lines, first, last in here.texts(_READ_LINES):
        total[source] = int(lines)
        used[source].update(range(int(first), int(last) + 1))
    numbers = {source: (int(sections), int(places)) for source, sections, places in here.texts(_SECTIONS)}
    return tuple(
        Coverage(
            source=Value(source, here.label(source), page_href(source)),
            lines=lines,
            used_lines=len(used[source]),
            sections=numbers[source][0],
            places=numbers[source][1],
        )
        for source, lines in sorted(total.items())
    )


def _kinds(here: Holdings) -> tuple[Kind, ...]:
    things: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    for iri, origins, basis in here.texts(_THINGS):
        things[(split_iri(iri) or ("", ""))[0]][iri] = (origins, basis)
    total = {kind: int(number) for kind, number in here.texts(_KINDS)}
    linked = Counter((split_iri(iri) or ("", ""))[0] for (iri,) in here.texts(_LINKED))
    return tuple(
        Kind(
            kind=kind,
            things=total.get(kind, len(found)),
            evidenced=len(found),
            single=sum(origins == "1" for origins, _ in found.values()),
            deduced=sum(basis == "deduced" for _, basis in found.values()),
            linked=linked[kind] if kind in _NAMED_KINDS else None,
        )
        for kind, found in sorted(things.items(), key=lambda pair: (-total.get(pair[0], 0), pair[0]))
        if kind
    )


@lru_cache(maxsize=2)
def _warnings(path: Path) -> tuple[Warned, ...]:
    """Read the warnings of a build, which stand one a line: `file:line: words (shape name, node)`."""
    if not path.is_file():
        return ()
    places: dict[tuple[str, str], list[tuple[str, str | None, str]]] = defaultdict(list)
    for line in path.read_text("utf-8").splitlines():
        found = _WARNING.match(line)
        if found is None:
            continue
        kind, _, slug = found["node"].partition(":")
        target = page_href(f"{ID}{kind}/{slug}") if slug else None
        words = _COLUMN.sub("", found["words"])
        places[(found["shape"], words)].append((found["node"], target, found["place"]))
    ordered = sorted(places.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return tuple(
        Warned(shape=shape, words=words, total=len(found), places=tuple(found)) for (shape, words), found in ordered
    )


def _waivers(site: Site) -> tuple[Mapping[str, str], ...] | None:
    path = site.snapshot.files / "data" / "waiver.csv"
    if not path.is_file():
        return None
    return tuple(DictReader(path.read_text("utf-8-sig").splitlines()))


def _noted(rows: Sequence[tuple[str, ...]], names: Mapping[str, str]) -> tuple[tuple[Value, str], ...]:
    return tuple((Value(iri, names[iri], page_href(iri)), note) for iri, note in rows[:_SHOWN])


def _names(here: Holdings, things: Collection[str]) -> Mapping[str, str]:
    """Name things by their label, else by what they say, else by what they measure, else by their slug."""
    found = {iri: here.labels[iri] for iri in things if iri in here.labels}
    silent = sorted(set(things) - set(found))
    if silent:
        for iri, said, indicator, about in here.texts(_SAYINGS.format(things=" ".join(map(iri_text, silent)))):
            words = said or ", ".join(filter(None, (indicator, about)))
            if words:
                found.setdefault(iri, shortened(words, _LONGEST_NAME))
    for iri in silent:
        parts = split_iri(iri)
        found.setdefault(iri, from_slug(parts[1]) if parts else iri)
    return found
