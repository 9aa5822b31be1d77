"""Names to things: candidates with scores from 0 to 100, each score with the features that it is made of.

A name and a candidate's name are compared word by word. Words that few names have count more, legal forms and
fillers count little, and a word may have the typing errors that its length allows. What has no counterpart on the
other side pulls the score down, so that a longer name is not taken for the shorter one that it begins with. A name
with a word that the candidate has nothing like is never a match: it is the name of something else.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kg.link.entities import Entities, Entity, Value
from kg.link.names import FILLERS, fold
from kg.link.spelling import Neighbours, allowed, distance

# Measured on the labelled set in tests/reconcile: below, wrong names begin to pass; above, typing errors stop.
SURE: Final = 76.0
MARGIN: Final = 4.0
LEAST: Final = 35.0
EXACT: Final = 100.0
# Takes a name below SURE that is another one, however alike.
_OTHER: Final = 0.75
# Below so many letters an error makes another name: Iraq is not Iran, Pisco not Cisco.
_SHORT: Final = 6
_NUMERAL: Final = re.compile(r"[0-9]+|\b[ivx]+\b")
_NAME_SHARE: Final = 0.7
_FILLER_WEIGHT: Final = 0.3
# Words that are left out or mistyped without changing what is meant.
_JOINTS: Final = ("of", "the", "and", "in", "for")
_SMALL: Final = frozenset({*_JOINTS, "a", "an", "at", "by", "from", "off", "on", "or", "to", "with"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for.

    Attributes:
        text: a name, perhaps misspelled; empty looks by properties only.
        types: classes of which the thing should have one; empty for any.
        strict: False lets a thing of another class through with a lower score.
        properties: property and the values of which it should have one.
        limit: most candidates wanted.
    """

    text: str = ""
    types: tuple[str, ...] = ()
    all_types: bool = False
    strict: bool = True
    properties: tuple[tuple[str, tuple[str, ...]], ...] = ()
    limit: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A thing that may be meant.

    Attributes:
        name: the name of it that fits best.
        score: 0 to 100.
        sure: it is the one: the score is high and no other comes near.
        features: what the score is made of, by name; `name` is 0 to 100, the others are 0 to 1.
    """

    entity: Entity
    name: str
    score: float
    sure: bool
    features: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Name:
    text: str
    folded: str
    compact: str
    words: tuple[str, ...]
    entity: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """A name that is looked for, with the known words that each of its words may stand for, and how well."""

    folded: str
    compact: str
    words: tuple[tuple[str, float, Mapping[str, float]], ...]


class MatchIndex:
    """All names of a release, ready to be searched. Building takes about a second for 5,000 names."""

    def __init__(self, entities: Entities) -> None:
        """Index the names of all things."""
        self.entities = entities
        self._names: list[_Name] = []
        self._by_word: dict[str, list[int]] = defaultdict(list)
        self._by_compact: dict[str, list[int]] = defaultdict(list)
        for entity in entities.by_id.values():
            for text in entity.names:
                folded = fold(text)
                if folded:
                    self._add(_Name(text, folded, folded.replace(" ", ""), tuple(folded.split()), entity.id))
        self._total = max(len(self._names), 1)
        self._weights = {word: self._weight_of(word) for word in self._by_word}
        self._sums = [sum(self._weights[word] for word in name.words) for name in self._names]
        self._near_words = Neighbours(self._by_word)
        self._near_compact = Neighbours(compact for compact in self._by_compact if len(compact) <= 24)

    def find(self, wanted: Wanted) -> tuple[Candidate, ...]:
        """Return the candidates, the best first; equal scores in the order of ids."""
        # Properties that fit lift a score by 30 at most.
        least = 0.0 if wanted.properties else LEAST / 100
        scores = self._by_name(wanted.text, least) if wanted.text.strip() else self._by_properties(wanted)
        found = []
        for entity_id, (name, similarity) in scores.items():
            entity = self.entities.by_id[entity_id]
            fits = _fits(entity, wanted)
            if wanted.types and wanted.strict and not fits:
                continue
            features: dict[str, float] = {"name": round(100 * similarity, 1)}
            if wanted.types:
                features["type"] = float(fits)
            score = 100 * similarity
            if wanted.properties:
                shares = {pid: _share(entity.facts.get(pid, ()), values) for pid, values in wanted.properties}
                features |= {f"property:{pid}": share for pid, share in shares.items()}
                if wanted.text.strip():
                    score = score * _NAME_SHARE + 100 * (1 - _NAME_SHARE) * sum(shares.values()) / len(shares)
                else:
                    score = 100 * sum(shares.values()) / len(shares)
            if wanted.types and not fits:
                score *= 0.7
            if score >= LEAST:
                found.append((round(score, 1), entity_id, name, features))
        found.sort(key=lambda one: (-one[0], one[1]))
        return self._judged(found[: max(wanted.limit, 2)], wanted)[: wanted.limit]

    def suggest(self, prefix: str, limit: int) -> tuple[Entity, ...]:
        """Return things with a name or a word of a name that begins so, then those that are merely similar."""
        folded = fold(prefix)
        begins: dict[str, tuple[int, int]] = {}
        for name in self._names:
            if folded and (name.folded.startswith(folded) or f" {folded}" in name.folded):
                rank = (0 if name.folded.startswith(folded) else 1, len(name.folded))
                begins[name.entity] = min(begins.get(name.entity, rank), rank)
        ordered = sorted(begins, key=lambda entity: (begins[entity], entity))[:limit]
        if len(ordered) < limit and folded:
            ordered += [
                candidate.entity.id
                for candidate in self.find(Wanted(text=prefix, limit=limit))
                if candidate.entity.id not in begins
            ]
        return tuple(self.entities.by_id[entity] for entity in ordered[:limit])

    def _add(self, name: _Name) -> None:
        number = len(self._names)
        self._names.append(name)
        self._by_compact[name.compact].append(number)
        for word in set(name.words):
            self._by_word[word].append(number)

    def _judged(
        self, found: Sequence[tuple[float, str, str, dict[str, float]]], wanted: Wanted
    ) -> tuple[Candidate, ...]:
        candidates = []
        for place, (score, entity_id, name, features) in enumerate(found):
            rival = found[1][0] if place == 0 and len(found) > 1 else 0.0
            contradicted = any(features.get(f"property:{pid}") == 0.0 for pid, _ in wanted.properties)
            # Without a name nothing is ever sure, and what a property denies is not sure either.
            sure = (
                place == 0
                and bool(wanted.text.strip())
                and features["name"] >= SURE
                and (score - rival >= MARGIN or (features["name"] == EXACT and rival < score))
                and not contradicted
                and features.get("type", 1.0) == 1.0
            )
            candidates.append(
                Candidate(entity=self.entities.by_id[entity_id], name=name, score=score, sure=sure, features=features)
            )
        return tuple(candidates)

    def _by_name(self, text: str, least: float) -> dict[str, tuple[str, float]]:
        """Return things with the name that fits best and how well, 0 to 1; what is below the least may be missing."""
        folded = fold(text)
        words = folded.split()
        near = {word: self._near(word) for word in dict.fromkeys(words)}
        asked = _Asked(
            folded=folded,
            compact=folded.replace(" ", ""),
            words=tuple((word, self._weight(word), near[word]) for word in words),
        )
        numbers: dict[int, float] = defaultdict(float)
        for word in words:
            for other, similarity in near[word].items():
                for number in self._by_word[other]:
                    numbers[number] += similarity * self._weights[other]
        # Only the most promising are compared in full: the common words of a name bound how well it can fit.
        able = [number for number, common in numbers.items() if common >= least * self._sums[number]]
        promising = set(sorted(able, key=lambda number: -numbers[number])[:200])
        for known_compact, _ in self._near_compact.near(asked.compact) if len(asked.compact) <= 24 else ():
            promising.update(self._by_compact[known_compact])
        promising.update(self._by_compact.get(asked.compact, ()))
        best: dict[str, tuple[str, float]] = {}
        for number in promising:
            name = self._names[number]
            similarity = self._similarity(asked, name, self._sums[number])
            if similarity > best.get(name.entity, ("", 0.0))[1]:
                best[name.entity] = (name.text, similarity)
        return best

    def _near(self, word: str) -> dict[str, float]:
        """Return the known words that a word may stand for, and how well: an error in a short word weighs more."""
        return {known: 1.0 - 0.75 * errors / len(known) for known, errors in self._near_words.near(word)}

    def _weight(self, word: str) -> float:
        return self._weights[word] if word in self._weights else self._weight_of(word)

    def _weight_of(self, word: str) -> float:
        if word in FILLERS:
            return _FILLER_WEIGHT
        known = self._by_word.get(word)
        if known is None and len(word) <= 4 and any(distance(word, joint, 1) <= 1 for joint in _JOINTS):
            return _FILLER_WEIGHT
        return math.log(1 + self._total / len(known or (0,)))

    def _similarity(self, asked: _Asked, name: _Name, theirs: float) -> float:
        if asked.folded == name.folded:
            return 1.0
        if asked.compact == name.compact:
            return 0.98
        left = list(name.words)
        strange: list[str] = []
        common = ours = 0.0
        is_spelled_so = True
        for word, weight, near in asked.words:
            fitting, similarity = "", 0.0
            for other in left:
                found = near.get(other, 0.0)
                if found > similarity:
                    fitting, similarity = other, found
            if fitting:
                left.remove(fitting)
                weight = self._weights[fitting]
                common += weight * similarity
                is_spelled_so = is_spelled_so and similarity == 1.0
            elif weight > _FILLER_WEIGHT and word not in _SMALL:
                strange.append(word)
            ours += weight
        similarity = common / max(ours, theirs, 1e-9)
        # A word cut in two or two run together, with at most one error beside.
        if (
            len(asked.compact) >= _SHORT
            and distance(asked.compact, name.compact, 1) <= 1
            and _NUMERAL.findall(asked.folded) == _NUMERAL.findall(name.folded)
        ):
            return min(max(similarity, 0.9), 0.99)
        if similarity < _OTHER:
            return similarity
        has_other_word = not all(any(_may_be(word, other) for other in left) for word in strange)
        if has_other_word or (not is_spelled_so and self._is_short(name)):
            similarity *= _OTHER
        return min(similarity, 0.99)

    def _is_short(self, name: _Name) -> bool:
        return sum(len(word) for word in name.words if self._weights[word] > _FILLER_WEIGHT) < _SHORT

    def _by_properties(self, wanted: Wanted) -> dict[str, tuple[str, float]]:
        found = {}
        for entity in self.entities.by_id.values():
            if any(_share(entity.facts.get(pid, ()), values) > 0 for pid, values in wanted.properties):
                found[entity.id] = (entity.label, 1.0)
        return found


def _may_be(word: str, other: str) -> bool:
    """Say whether a word is another with more typing errors than are forgiven elsewhere."""
    if any(letter.isdigit() for letter in word + other):
        return False
    most = min(max(len(word), len(other)) // 3, 3)
    return distance(word, other, most) <= most


def _fits(entity: Entity, wanted: Wanted) -> bool:
    if wanted.all_types:
        return entity.types >= set(wanted.types)
    return not wanted.types or bool(entity.types & set(wanted.types))


def _share(facts: Iterable[Value], values: Sequence[str]) -> float:
    """Return how well the best fact fits the best of the wanted values: 1, 0, or something between for a name."""
    wanted = [(value, fold(value)) for value in values]
    best = 0.0
    for fact in facts:
        for value, folded in wanted:
            if value == fact.text or (fact.iri and fact.iri.rstrip("/").endswith(f"/{value.strip('/')}")):
                return 1.0
            if value == fact.iri:
                return 1.0
            own = fold(fact.text)
            if folded and own == folded:
                return 1.0
            if folded and distance(own, folded, allowed(folded)) <= allowed(folded):
                best = max(best, 0.9)
    return best
