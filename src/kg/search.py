"""Find things by what people type: labels, aliases, Chinese names, codes, with a typing error.

Every word typed must be found in a thing: in one of its names, or, for less, in what it is (its class, its countries)
or, for a claim, in its text. Words may be cut off at the end, because people see hits while they type.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log1p
from typing import Final

from kg.engine import Engine, Iri, Limits, Literal, Term
from kg.link.names import fold
from kg.link.spelling import Neighbours
from kg.vocab import KG, PROLOGUE, split_iri

# Evidence and statements have no names; involvements and memberships are found by what they join.
KINDS: Final = (
    "actor",
    "project",
    "place",
    "technology",
    "product",
    "financing",
    "agreement",
    "policy",
    "restriction",
    "event",
    "indicator",
    "source",
    "claim",
)
# The whole graph is read, which takes longer than a stranger's query may.
_READING: Final = Limits(seconds=120.0, rows=5_000_000, bytes=1_000_000_000)
_NAMES: Final = """
SELECT ?thing ?property ?name WHERE {
  VALUES ?property { rdfs:label skos:prefLabel skos:altLabel kg:isoAlpha2 kg:isoAlpha3 dcterms:identifier }
  ?thing ?property ?name .
}
ORDER BY ?thing ?property ?name
"""
_CLAIMS: Final = """
SELECT ?thing ?text ?also WHERE {
  ?thing a kg:Claim .
  OPTIONAL { ?thing dcterms:description ?text }
  OPTIONAL { { ?thing kg:indicator/rdfs:label ?also } UNION { ?thing kg:value ?also } UNION { ?thing kg:unit ?also } }
}
ORDER BY ?thing ?text DESC(isLITERAL(?also) && LANG(?also) != "") ?also
"""
# Without an order: sorting a row for each type of a million triples takes more memory than a worker has.
_TYPES: Final = f"""
SELECT ?thing ?class WHERE {{ ?thing a ?class FILTER(STRSTARTS(STR(?class), "{KG}")) }}
"""
_CLASSES: Final = "SELECT ?class ?above WHERE { ?class rdfs:subClassOf ?above } ORDER BY ?class ?above"
_COUNTRIES: Final = """
SELECT DISTINCT ?thing ?country WHERE {
  { ?thing kg:country ?country } UNION { ?thing kg:locatedIn ?country . ?country a kg:Country }
}
ORDER BY ?thing ?country
"""
_EVIDENCE: Final = """
SELECT ?thing (COUNT(DISTINCT ?evidence) AS ?number) WHERE { ?thing kg:evidence ?evidence } GROUP BY ?thing
ORDER BY ?thing
"""
_NAME_WEIGHT: Final = 1.0
_TEXT_WEIGHT: Final = 0.5
_CONTEXT_WEIGHT: Final = 0.25
_TYPING_ERROR: Final = (0.0, 0.62, 0.45)
# What people mean first when a name is that of several things.
_KIND_BONUS: Final = {kind: 0.16 - 0.012 * place for place, kind in enumerate(KINDS)}
_LONGEST_QUERY: Final = 200
_MOST_WORDS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A thing that was found.

    Attributes:
        label: its English label; the beginning of its text for a claim.
        matched: the name by which it was found, when that is not the label; else None.
        language: of `matched`.
        type: its most specific class in words, such as `policy bank`.
        countries: labels of the countries it belongs to.
        evidences: number of places in sources that speak of it.
        has_all: every word typed was found.
    """

    iri: str
    kind: str
    slug: str
    label: str
    matched: str | None
    language: str | None
    type: str
    countries: tuple[str, ...]
    evidences: int
    score: float
    has_all: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Thing:
    iri: str
    kind: str
    slug: str
    label: str
    names: tuple[tuple[str, str | None], ...]
    folded: tuple[str, ...]
    type: str
    countries: tuple[str, ...]
    evidences: int


class SearchIndex:
    """All names of one release."""

    def __init__(self, things: Iterable[_Thing], texts: Mapping[str, str], values: Mapping[str, Sequence[str]]) -> None:
        """Index things, with the texts of those that have no name and their values; `SearchIndex.build` reads them."""
        self._things = tuple(things)
        postings: dict[str, dict[int, float]] = defaultdict(dict)
        self._compact: dict[str, list[int]] = defaultdict(list)
        for number, thing in enumerate(self._things):
            is_text = thing.iri in texts
            weight = _TEXT_WEIGHT if is_text else _NAME_WEIGHT
            for name in thing.folded:
                _note(postings, name, number, weight)
                compact = name.replace(" ", "")
                if not is_text and number not in self._compact[compact][-1:]:
                    self._compact[compact].append(number)
            _note(postings, fold(thing.type), number, _CONTEXT_WEIGHT)
            for value in values.get(thing.iri, ()):
                _note(postings, fold(value), number, _TEXT_WEIGHT)
            for country in thing.countries:
                _note(postings, fold(country), number, _CONTEXT_WEIGHT)
        self._postings = dict(postings)
        self._words = sorted(self._postings)
        self._near = Neighbours(self._words)
        self._near_compact = Neighbours(name for name in self._compact if 4 <= len(name) <= 28)

    @classmethod
    def build(cls, engine: Engine) -> "SearchIndex":
        """Read all names of a release.

        Raises:
            KgError: the engine cannot answer.
        """
        texts: dict[str, str] = {}
        values: dict[str, list[str]] = defaultdict(list)
        for thing, text, also in _rows(engine, _CLAIMS):
            if thing is None:
                continue
            values[thing.value] += [also.value] if also is not None else []
            if text is not None:
                texts[thing.value] = text.value
        for iri, parts in values.items():
            # A claim without words is named by what it measures, then the value and the unit.
            if parts:
                texts.setdefault(iri, f"{parts[0]}: {' '.join(parts[1:])}")
        return cls(_read(engine, texts), texts, values)

    def __len__(self) -> int:
        """Number of things that can be found."""
        return len(self._things)

    def find(self, text: str, *, kind: str | None = None, limit: int = 20) -> tuple[Hit, ...]:
        """Return what is meant by a text, the likeliest first; `limit` is the most hits.

        Things that have all words come alone when there are any; otherwise those with the most words.
        """
        return self.search(text, kind=kind)[:limit]

    def search(self, text: str, *, kind: str | None = None) -> tuple[Hit, ...]:
        """Return everything that is found; see `find`."""
        folded = fold(text[:_LONGEST_QUERY])
        words = list(dict.fromkeys(folded.split()))[:_MOST_WORDS]
        if not words:
            return ()
        scores: dict[int, float] = defaultdict(float)
        found: dict[int, int] = defaultdict(int)
        for word in words:
            for number, score in self._by_word(word).items():
                scores[number] += score / len(words)
                found[number] += 1
        self._add_whole_names(folded, len(words), scores, found)
        chosen = [number for number in scores if kind is None or self._things[number].kind == kind]
        most = max((found[number] for number in chosen), default=0)
        hits = [
            self._hit(number, scores[number], folded, has_all=most >= len(words))
            for number in chosen
            if found[number] == most
        ]
        hits.sort(key=lambda hit: (-hit.score, hit.label, hit.iri))
        return tuple(hits)

    def _by_word(self, word: str) -> dict[int, float]:
        """Things with a word, each with its best score from 0 to 1."""
        best: dict[int, float] = {}
        for known, likeness in self._alike(word).items():
            for number, weight in self._postings[known].items():
                best[number] = max(best.get(number, 0.0), likeness * weight)
        return best

    def _alike(self, word: str) -> dict[str, float]:
        alike: dict[str, float] = {}
        for known, errors in self._near.near(word):
            # The second error is allowed where the first could be one of two: in long words.
            alike[known] = 1.0 if errors == 0 else _TYPING_ERROR[min(errors, 2)]
        for place in range(bisect_left(self._words, word), len(self._words)):
            known = self._words[place]
            if not known.startswith(word):
                break
            alike[known] = max(alike.get(known, 0.0), 0.7 + 0.3 * len(word) / len(known))
        if any("一" <= letter <= "鿿" for letter in word):
            # Chinese is written without spaces: what is looked for may stand anywhere in a name.
            for known in self._words:
                if word in known and known not in alike:
                    alike[known] = 0.65 + 0.3 * len(word) / len(known)
        return alike

    def _add_whole_names(self, folded: str, words: int, scores: dict[int, float], found: dict[int, int]) -> None:
        """Let names count that are alike as a whole: written together, apart, or with an error across words."""
        compact = folded.replace(" ", "")
        if not 4 <= len(compact) <= 28:
            return
        for known, errors in self._near_compact.near(compact):
            for number in self._compact[known]:
                score = 1.0 if errors == 0 else _TYPING_ERROR[min(errors, 2)] + 0.2
                scores[number] = max(scores.get(number, 0.0), score)
                found[number] = words

    def _hit(self, number: int, score: float, folded: str, *, has_all: bool) -> Hit:
        thing = self._things[number]
        place, nearness = _closest(thing.folded, folded)
        name, language = thing.names[place]
        score += nearness + _KIND_BONUS[thing.kind] + 0.03 * log1p(thing.evidences)
        is_label = place == 0 or nearness == 0.0
        return Hit(
            iri=thing.iri,
            kind=thing.kind,
            slug=thing.slug,
            label=thing.label,
            matched=None if is_label else name,
            language=None if is_label else language,
            type=thing.type,
            countries=thing.countries,
            evidences=thing.evidences,
            score=round(score, 4),
            has_all=has_all,
        )


def _closest(names: tuple[str, ...], folded: str) -> tuple[int, float]:
    """Return the number of the name that fits best, and how well it fits from 0 to 0.6."""
    best, place = 0.0, 0
    words = set(folded.split())
    for number, name in enumerate(names):
        if name == folded:
            nearness = 0.6
        elif name.startswith(folded):
            nearness = 0.25 + 0.2 * len(folded) / len(name)
        elif folded in name:
            nearness = 0.12 + 0.2 * len(folded) / len(name)
        else:
            own = name.split()
            nearness = 0.1 * len(words.intersection(own)) / len(own) if own else 0.0
        if nearness > best:
            best, place = nearness, number
    return place, best


def _note(postings: dict[str, dict[int, float]], text: str, number: int, weight: float) -> None:
    for word in text.split():
        held = postings[word]
        held[number] = max(held.get(number, 0.0), weight)


def _read(engine: Engine, texts: Mapping[str, str]) -> list[_Thing]:
    names: dict[str, dict[str, str | None]] = defaultdict(dict)
    labels: dict[str, str] = {}
    for thing, prop, name in _rows(engine, _NAMES):
        if not isinstance(thing, Iri) or not isinstance(name, Literal) or prop is None:
            continue
        if prop.value.endswith("abel") and not prop.value.endswith("altLabel") and name.language in (None, "en"):
            labels.setdefault(thing.value, name.value)
        names[thing.value].setdefault(name.value, name.language)
    types: dict[str, set[str]] = defaultdict(set)
    for thing_iri, class_iri in _texts(engine, _TYPES):
        types[thing_iri].add(class_iri)
    above: dict[str, set[str]] = defaultdict(set)
    for class_iri, higher in _texts(engine, _CLASSES):
        above[class_iri].add(higher)
    countries: dict[str, list[str]] = defaultdict(list)
    for thing_iri, country in _texts(engine, _COUNTRIES):
        if thing_iri != country and country in labels:
            countries[thing_iri].append(labels[country])
    evidences = {iri: int(number) for iri, number in _texts(engine, _EVIDENCE)}
    things = []
    for iri in sorted({*labels, *texts}):
        kind, slug = split_iri(iri) or ("", "")
        if kind not in KINDS:
            continue
        own = {text: "en" for text in (labels.get(iri), texts.get(iri)) if text} | names[iri]
        things.append(
            _Thing(
                iri=iri,
                kind=kind,
                slug=slug,
                label=labels.get(iri) or texts[iri],
                names=tuple(own.items()),
                folded=tuple(fold(text) for text in own),
                type=_type_words(types[iri], above, labels, kind),
                countries=tuple(countries[iri]),
                evidences=evidences.get(iri, 0),
            )
        )
    return things


def _type_words(types: set[str], above: Mapping[str, set[str]], labels: Mapping[str, str], kind: str) -> str:
    covered = {higher for one in types for higher in above.get(one, ())}
    specific = sorted(types - covered) or sorted(types)
    return ", ".join(labels.get(one, one.removeprefix(KG)).lower() for one in specific) or kind


def _rows(engine: Engine, body: str) -> tuple[tuple[Term | None, ...], ...]:
    return engine.rows(PROLOGUE + body, limits=_READING, trusted=True).rows


def _texts(engine: Engine, body: str) -> list[tuple[str, str]]:
    return [(one.value, two.value) for one, two in _rows(engine, body) if one is not None and two is not None]
