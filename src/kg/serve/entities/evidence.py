"""The list at the end of a page: every place that it cites, what kind of work it is in, and whose word it is."""

from collections.abc import Iterable
from typing import Final

from kg.serve.entities.records import Bit, EvidenceItem, Node
from kg.serve.entities.texts import Passage, passage
from kg.serve.entities.words import counted, lines_words
from kg.serve.entities.writer import Writer, joined

_FITS: Final = {
    "partial": "the cited work supports part of it",
    "no": "the cited work does not support it",
}


def items(writer: Writer, folder: str) -> tuple[EvidenceItem, ...]:
    """Return the places that the page cites, in the order of their numbers.

    Arguments:
        folder: where the source texts are, or empty.
    """
    return tuple(_item(writer, n, writer.places[iri], folder) for n, iri in writer.cited if iri in writer.places)


def _item(writer: Writer, n: int, place: Node, folder: str) -> EvidenceItem:
    source = place.iri_of("kg:source")
    work = writer.labels.get(source or "")
    remarks: list[tuple[Bit, ...]] = []
    if kind := work.iri_of("kg:publisherKind") if work is not None else None:
        remarks.append((Bit(writer.name(kind)),))
    if section := place.text("kg:section"):
        remarks.append((Bit(section),))
    remarks.append((Bit(_where(writer, place), writer.link(place.iri).href),))
    cited = place.iris("kg:citedSource")
    if cited:
        remarks.append((Bit("names "), *joined([_work(writer, iri) for iri in cited])))
    if words := _FITS.get(place.text("kg:fit") or ""):
        remarks.append((Bit(words, look="warn"),))
    if flag := place.text("kg:flag"):
        remarks.append((Bit(flag, look="warn"),))
    if origin := _origin(writer, place):
        remarks.append((Bit("origin: "), writer.link(origin, most=70)))
    return EvidenceItem(
        n=n,
        anchor=f"e{n}",
        source=writer.link(source) if source else Bit("Source not stated"),
        remarks=tuple(remarks),
        passages=tuple(_passages(writer, place, folder)),
    )


def _where(writer: Writer, place: Node) -> str:
    note, lines = place.text("kg:footnote"), lines_words(place)
    if note:
        ranges = [words for part in place.iris("dcterms:hasPart") if (words := lines_words(writer.places[part]))]
        found = [lines] if lines else ranges
        return f"note {note}, " + " and ".join(found) if found else f"note {note}"
    return lines or "the work as a whole"


def _work(writer: Writer, iri: str) -> Bit:
    """Return a cited work with the kind of its publisher, for a vendor's own word is not a newspaper's."""
    link = writer.link(iri, most=80)
    work = writer.labels.get(iri)
    kind = work.iri_of("kg:publisherKind") if work is not None else None
    return Bit(f"{link.text} ({writer.name(kind).lower()})", link.href) if kind else link


def _origin(writer: Writer, place: Node) -> str | None:
    own = place.iri_of("kg:origin")
    if own is not None:
        return own
    work = writer.labels.get(place.iri_of("kg:source") or "")
    return work.iri_of("kg:origin") if work is not None else None


def _passages(writer: Writer, place: Node, folder: str) -> Iterable[Passage]:
    work = writer.labels.get(place.iri_of("kg:source") or "")
    digest = work.text("kg:textSha256") if work is not None else None
    parts = [writer.places[part] for part in place.iris("dcterms:hasPart") if part in writer.places]
    for one in [place] if place.has("kg:firstLine") else parts:
        if shown := passage(folder, digest, one.whole("kg:firstLine"), one.whole("kg:lastLine")):
            yield shown


def independence(node: Node) -> str:
    """Return how many independent origins a thing rests on, as a sentence."""
    places = len(node.iris("kg:evidence"))
    origins = node.whole("kg:originCount")
    if not places:
        return ""
    said = f"This record rests on {counted(places, 'place')}"
    if origins is None:
        return f"{said}; how many independent origins they have is not known."
    return f"{said} of {counted(origins, 'independent origin')}."
