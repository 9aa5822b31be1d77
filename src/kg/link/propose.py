"""Who has no link yet, and who might be meant: proposals for the review file, from the gazetteer and from services."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from kg.link.gate import Match, Thing
from kg.link.gazetteer import Gazetteer, Spot
from kg.link.review import NOTHING, Proposal
from kg.link.service import Found, LinkService
from kg.vocab import OUTSIDE, compact

GAZETTEER = "geonames"
BATCH = 10
_SURE = 90.0


def scheme_of(space: str) -> str:
    """Return the outside data set whose identifiers begin so, empty for one that we do not link to."""
    bare = space.removeprefix("https://").removeprefix("http://")
    for scheme, base in OUTSIDE.items():
        if base.removeprefix("https://").removeprefix("http://") == bare:
            return scheme
    return ""


def unlinked(things: Mapping[str, Thing], matches: Iterable[Match], kinds: Sequence[str], scheme: str) -> list[Thing]:
    """Return the things of some kinds that have no link to a data set, in the order of their IRIs.

    Things that the sources leave unnamed have nothing that could be found.
    """
    linked = {match.subject for match in matches if match.scheme == scheme}
    return [
        thing
        for iri, thing in sorted(things.items())
        if thing.kind in kinds and iri not in linked and "/unnamed-" not in iri
    ]


def from_gazetteer(places: Iterable[Thing], gazetteer: Gazetteer, today: str) -> Iterator[Proposal]:
    """Yield the places that may be meant; one line that says so where there is none."""
    for place in places:
        guesses = gazetteer.guesses(place)
        for guess in guesses:
            yield Proposal(
                subject_id=compact(place.iri),
                subject_label=place.names[0],
                predicate_id="skos:exactMatch" if guess.score >= _SURE else "skos:closeMatch",
                object_id=f"geonames:{guess.spot.number}/",
                object_label=_described(guess.spot),
                score=guess.score,
                features=_features(guess.features),
                asked=GAZETTEER,
                asked_on=today,
            )
        if not guesses:
            yield _nothing(place, GAZETTEER, today)


def from_service(things: Sequence[Thing], service: LinkService, today: str) -> tuple[Proposal, ...]:
    """Return what a service proposes for at most BATCH things.

    Raises:
        KgError: the service cannot be asked.
    """
    proposals: list[Proposal] = []
    for thing, found in zip(things, service.candidates([thing.names[0] for thing in things]), strict=True):
        proposals.extend(_proposal(thing, one, service.url, today) for one in found)
        if not found:
            proposals.append(_nothing(thing, service.url, today))
    return tuple(proposals)


def asked_already(proposals: Iterable[Proposal], source: str) -> frozenset[str]:
    """Return the things for which a source has been asked, as kind:slug."""
    return frozenset(proposal.subject_id for proposal in proposals if proposal.asked == source)


def _proposal(thing: Thing, one: Found, source: str, today: str) -> Proposal:
    return Proposal(
        subject_id=compact(thing.iri),
        subject_label=thing.names[0],
        predicate_id="skos:exactMatch" if one.sure else "skos:closeMatch",
        object_id=_short(one.iri),
        object_label=one.name,
        score=round(one.score, 1),
        features=_features(one.features),
        asked=source,
        asked_on=today,
    )


def _described(spot: Spot) -> str:
    words = [spot.country, f"{spot.people} people" if spot.people else ""]
    told = ", ".join(word for word in words if word)
    return f"{spot.name} ({told})" if told else spot.name


def _nothing(thing: Thing, source: str, today: str) -> Proposal:
    return Proposal(
        subject_id=compact(thing.iri),
        subject_label=thing.names[0],
        object_id=NOTHING,
        asked=source,
        asked_on=today,
    )


def _short(iri: str) -> str:
    for prefix, base in OUTSIDE.items():
        if iri.startswith(base):
            return f"{prefix}:{iri[len(base) :]}"
    return iri


def _features(features: Mapping[str, float]) -> str:
    return " ".join(f"{name.replace(' ', '-')}={value:g}" for name, value in features.items())
