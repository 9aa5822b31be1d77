"""The home page: what the release holds, where its projects are, what can be asked, what is new and what is missing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from werkzeug.datastructures import MultiDict

from kg.catalog import Catalog, Question
from kg.charts.worldmap import Area, Spot, on_the_map, world_map
from kg.serve.pages.holdings import Holdings, Item, Value
from kg.serve.pages.rooms import BY_PATH
from kg.serve.question_view import href, page_href
from kg.serve.site import Site
from kg.snapshot import Snapshot, list_snapshots
from kg.vocab import ID, split_iri

FILTERS: Final = (("technology", "Technology"), ("period", "Began"), ("financing", "Financing"))
NOT_STATED: Final = "not-stated"
_PLACES: Final = """
SELECT ?place ?code ?lat ?long WHERE {
  ?place a kg:Place .
  OPTIONAL { ?place kg:isoAlpha3 ?code }
  OPTIONAL { ?place geo:lat ?lat ; geo:long ?long }
}
ORDER BY ?place ?code
"""
_COUNTS: Final = """
SELECT ?class (COUNT(DISTINCT ?thing) AS ?number) WHERE {
  VALUES ?class { kg:Project kg:Actor kg:Financing kg:Claim kg:Evidence kg:Source }
  ?thing a ?class
}
GROUP BY ?class
ORDER BY ?class
"""
_GAPS: Final = """
SELECT ?what (COUNT(DISTINCT ?thing) AS ?number) WHERE {
  { ?thing a kg:Project FILTER NOT EXISTS { ?thing kg:earliest ?date } BIND("undated projects" AS ?what) }
  UNION { ?thing a kg:Project FILTER NOT EXISTS { ?thing kg:status ?status } BIND("projects without status" AS ?what) }
  UNION { ?thing a kg:Project FILTER NOT EXISTS { ?f kg:finances ?thing } BIND("unfinanced projects" AS ?what) }
  UNION { ?thing a kg:Financing FILTER NOT EXISTS { ?thing kg:amount ?sum } BIND("financings without sum" AS ?what) }
  UNION { ?thing kg:originCount 1 ; kg:evidence ?place BIND("things with one origin" AS ?what) }
  UNION { ?thing kg:originCount ?n ; kg:evidence ?place BIND("things with evidence" AS ?what) }
}
GROUP BY ?what
ORDER BY ?what
"""
# The themes in the order in which people come with them; the catalogue has more.
_THEMES: Final = (
    ("financing", "Money"),
    ("claims", "Claims and disputes"),
    ("projects", "Projects"),
    ("actors", "Companies and public bodies"),
    ("technologies", "Technologies"),
    ("quality", "How good the record is"),
)
_SHOWN_QUESTIONS: Final = 3
_SHOWN_CHANGES: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A filter of the map: a name, words and what may be chosen (value, words, whether chosen)."""

    name: str
    words: str
    options: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapView:
    """The map, and what it shows as a table.

    Attributes:
        shown: projects that fit the filters; of these `placed` have a country that is drawn.
        countries: label, address of the country's page, projects, address of the list.
    """

    svg: str
    filters: tuple[Filter, ...]
    is_filtered: bool
    shown: int
    placed: int
    undrawn: tuple[str, ...]
    countries: tuple[tuple[str, str, int, str], ...]
    list_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Some questions on one theme, and how many there are."""

    tag: str
    words: str
    questions: tuple[Question, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What the release has that the one before did not: numbers by table, and some of the new things."""

    release: str
    before: str
    published: str
    added: int
    removed: int
    things: tuple[Value, ...]


def counts(here: Holdings) -> Mapping[str, int]:
    """Return how many things of the main classes there are."""
    return {name.rpartition("#")[2]: int(number) for name, number in here.texts(_COUNTS)}


def gaps(here: Holdings) -> Mapping[str, int]:
    """Return how much is not known, in the words of the query."""
    return {what: int(number) for what, number in here.texts(_GAPS)}


def map_view(here: Holdings, arguments: "MultiDict[str, str]") -> MapView:
    """Return the map of the projects that fit the address; values that nothing has show an empty map."""
    projects = here.items(BY_PATH["projects"])
    chosen = {name: arguments.get(name, "") for name, _ in FILTERS}
    shown = [one for one in projects if all(_has(one, key, value) for key, value in chosen.items() if value)]
    kept = tuple((key, value) for key, value in chosen.items() if value)
    codes, spots = places(here)
    by_country = Counter(value for one in shown for value in one.values.get("country", ()))
    by_city = Counter(value for one in shown for value in one.values.get("place", ()))
    areas, listed, undrawn = {}, [], []
    for country, number in sorted(by_country.items(), key=lambda pair: (-pair[1], pair[0].text)):
        target = href("/projects", (*kept, ("country", country.key)))
        listed.append((country.text, country.href or "", number, target))
        code = codes.get(f"{ID}place/{country.key}", "")
        if code and on_the_map(code):
            areas[code] = Area(count=number, words=f"{country.text}: {_projects(number)}", href=target)
        else:
            undrawn.append(country.text)
    discs = [
        Spot(
            longitude=spots[city.key][1],
            latitude=spots[city.key][0],
            count=number,
            name=city.text,
            words=f"{city.text}: {_projects(number)}",
            href=city.href or "",
        )
        for city, number in by_city.items()
        if city.key in spots
    ]
    return MapView(
        svg=world_map(areas, discs, title=f"World map of {_projects(len(shown))}"),
        filters=tuple(_filter(name, words, projects, chosen[name]) for name, words in FILTERS),
        is_filtered=bool(kept),
        shown=len(shown),
        placed=sum(bool(one.values.get("country")) for one in shown),
        undrawn=tuple(undrawn),
        countries=tuple(listed),
        list_href=href("/projects", kept),
    )


def places(here: Holdings) -> tuple[Mapping[str, str], Mapping[str, tuple[float, float]]]:
    """Return the alpha-3 code of each country by IRI, and latitude and longitude of each place by slug."""
    codes, spots = {}, {}
    for iri, code, latitude, longitude in here.texts(_PLACES):
        if code:
            codes[iri] = code
        if latitude and longitude:
            spots[(split_iri(iri) or ("", ""))[1]] = (float(latitude), float(longitude))
    return codes, spots


def themes(catalog: Catalog) -> tuple[Theme, ...]:
    """Return the questions by theme, each question under one theme only."""
    used: set[str] = set()
    found = []
    for tag, words in _THEMES:
        fitting = [question for question in catalog if tag in question.tags]
        # Questions that answer without a choice come first: a reader sees at once what there is.
        fresh = [question for question in fitting if question.name not in used]
        fresh.sort(key=lambda question: (question.chart is None, len(question.summary)))
        picked = tuple(fresh[:_SHOWN_QUESTIONS])
        used.update(question.name for question in picked)
        if picked:
            found.append(Theme(tag=tag, words=words, questions=picked, total=len(fitting)))
    return tuple(found)


def changes(site: Site, here: Holdings) -> Changes | None:
    """Return what is new against the release before, or None when none is kept."""
    published = str(site.snapshot.manifest.get("published", ""))
    older = [
        one
        for one in list_snapshots(site.settings.snapshots_dir)
        if one.release != site.release and str(one.manifest.get("published", "")) <= published
    ]
    if not older:
        return None
    new = _things(site.snapshot)
    # A rebuild may change words only: what is compared is the newest release with other entries.
    before = next((one for one in older if _things(one) != new), older[0])
    old = _things(before)
    added = sorted(new - old)
    named = [iri for iri in added if iri in here.labels]
    return Changes(
        release=site.release,
        before=before.release,
        published=published[:10],
        added=len(added),
        removed=len(old - new),
        things=tuple(Value(iri, here.label(iri), page_href(iri)) for iri in named[:_SHOWN_CHANGES]),
    )


def newest_sources(here: Holdings) -> Sequence[Item]:
    """Return the sources that were published last and that something rests on."""
    used = [one for one in here.items(BY_PATH["sources"]) if one.number("places") and one.values.get("issued")]
    return sorted(used, key=lambda one: one.values["issued"][0].text, reverse=True)[:_SHOWN_CHANGES]


def read_in_full(here: Holdings) -> tuple[Item, ...]:
    """Return the documents that were read line by line, in the order of their labels."""
    return tuple(
        one for one in here.items(BY_PATH["sources"]) if any(value.text != "cited" for value in one.values["read"])
    )


def years_of(read: Sequence[Item]) -> tuple[str, str] | None:
    """Return the years in which the first and the last of some documents came out, or None where none has a date."""
    years = sorted(value.text for one in read for value in one.values.get("year", ()))
    return (years[0], years[-1]) if years else None


def _things(snapshot: Snapshot) -> frozenset[str]:
    return _things_in(snapshot.files / "rows.tsv")


@lru_cache(maxsize=4)
def _things_in(path: Path) -> frozenset[str]:
    if not path.is_file():
        return frozenset()
    return frozenset(line.partition("\t")[0] for line in path.read_text("utf-8").splitlines() if line)


def _filter(name: str, words: str, projects: Sequence[Item], chosen: str) -> Filter:
    values: Counter[Value] = Counter(value for one in projects for value in one.values.get(name, ()))
    unknown = sum(not one.values.get(name) for one in projects)
    ordered = sorted(values, key=lambda value: value.key if name == "period" else value.text.casefold())
    options = [("", "Any", not chosen)]
    options += [(value.key, f"{value.text} ({values[value]})", value.key == chosen) for value in ordered]
    if unknown:
        options.append((NOT_STATED, f"Not stated ({unknown})", chosen == NOT_STATED))
    return Filter(name=name, words=words, options=tuple(options))


def _has(item: Item, key: str, value: str) -> bool:
    found = item.values.get(key)
    return not found if value == NOT_STATED else any(one.key == value for one in found or ())


def _projects(number: int) -> str:
    return f"{number:,} project{'s' if number != 1 else ''}"
