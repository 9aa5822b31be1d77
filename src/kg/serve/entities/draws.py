"""Lines of facts that are more than a list of values: places, times, sums, figures."""

from collections.abc import Callable
from typing import Final

from kg.serve.entities.read import Own, short
from kg.serve.entities.records import Bit, Cell
from kg.serve.entities.words import amount_words, day, money, number, quantity, value_words, when_words
from kg.serve.entities.writer import Writer, cell, joined

Draw = Callable[[Writer, Own], tuple[Cell, ...]]
_LANGUAGES: Final = {
    "en": "English", "zh": "Chinese", "de": "German", "es": "Spanish", "fr": "French", "pt": "Portuguese",
    "ms": "Malay", "id": "Indonesian", "th": "Thai", "vi": "Vietnamese",
}  # fmt: skip
# Instruments beside which a borrower may pay a part itself.
_SHARED: Final = ("loan", "buyer-credit", "vendor-credit", "own-contribution", "project-cost")
_FITS: Final = {
    "full": "the work supports the statement",
    "partial": "the work supports part of the statement",
    "no": "the work does not support the statement",
}


def location(writer: Writer, own: Own) -> tuple[Cell, ...]:
    """Places that a source names, then those around them."""
    node = own.node
    places = node.iris("kg:locatedIn")
    named = [iri for iri in places if ("kg:locatedIn", iri) not in own.worked_out]
    around = list(dict.fromkeys(iri for iri in (*places, *node.iris("kg:country")) if iri not in named))
    if not named and not around:
        return ()
    tail = joined([writer.link(iri) for iri in around])
    if not named:
        return (cell(*tail, subs=("worked out from what is recorded",)),)
    dash = (Bit(" \u2014 "),) if around else ()
    return (Cell((*joined([writer.link(iri) for iri in named]), *dash, *tail), writer.marks(node)),)


def when(writer: Writer, own: Own) -> tuple[Cell, ...]:
    """Day, period or bounds, and what the curator notes about them."""
    words, note = when_words(own.node), own.node.text("kg:dateNote")
    if words is None and note is None:
        return ()
    marks = writer.marks(own.node)
    return (cell(Bit(words), marks=marks, subs=(note,)) if words else cell(Bit(note or ""), marks=marks),)


def amount(writer: Writer, own: Own) -> tuple[Cell, ...]:
    """A sum in its own currency, then what it was converted to."""
    words = amount_words(own.node)
    if words is None:
        return dollars(writer, own)
    return (cell(Bit(words, look="strong"), marks=writer.marks(own.node)), *dollars(writer, own))


def value(writer: Writer, own: Own) -> tuple[Cell, ...]:
    """A figure, its value before, and how it is printed."""
    node = own.node
    words = value_words(node)
    if words is None:
        return ()
    printed, baseline = node.text("kg:valueText"), node.number("kg:baseline")
    before = f"before: {quantity(baseline, node.text('kg:unit'))}" if baseline is not None else None
    as_printed = f"as printed: {printed}" if printed and printed != words else None
    first = cell(Bit(words, look="strong"), marks=writer.marks(node), subs=(before, as_printed))
    return (first, *dollars(writer, own))


def dollars(writer: Writer, own: Own) -> tuple[Cell, ...]:
    """Dollars that the source prints beside, and dollars that we derive, with their rate."""
    node = own.node
    lines = []
    if (printed := node.number("kg:printedUsd")) is not None:
        lines.append(cell(Bit(f"{money(printed, 'USD')} as the source converts it"), marks=writer.marks(node)))
    if (derived := node.number("kg:amountUsd")) is not None:
        rate = node.iri_of("kg:conversionRate")
        at = writer.link(rate) if rate else Bit("a rate not stated")
        lines.append(cell(Bit(f"about {money(derived, 'USD', rounded=True)}, converted with "), at))
    return tuple(lines)


def share(writer: Writer, own: Own) -> tuple[Cell, ...]:
    """What the borrower pays itself."""
    percent = own.node.number("kg:shareOfCost")
    if percent is None:
        instrument = (own.node.iri_of("kg:instrument") or "").rpartition("/")[2]
        return (cell(Bit("not stated", look="nd")),) if instrument in _SHARED else ()
    words = f"{number(percent)}\u00a0% of the cost, paid by the borrower itself"
    return (cell(Bit(words), marks=writer.marks(own.node)),)


def claimant(writer: Writer, own: Own) -> tuple[Cell, ...]:
    """Who says it, and whether that is somebody with a part in what it is about."""
    node = own.node
    lines = []
    for iri in node.iris("kg:claimant"):
        parts = [
            writer.name(about)
            for about in node.iris("kg:about")
            if about in writer.nodes and iri in writer.nodes[about].iris("kg:involves", "kg:maker", "kg:parent")
        ]
        note = f"a party's own word: it has a part in {', '.join(parts)}" if parts else None
        own_word = node.iri_of("kg:about") is not None and iri in node.iris("kg:about")
        lines.append(cell(writer.link(iri), marks=writer.marks(node), subs=("about itself" if own_word else note,)))
    return tuple(lines)


def dispute(writer: Writer, own: Own) -> tuple[Cell, ...]:
    """Who disputes a claim; how stands in the section about it."""
    return (Cell(writer.links(own.node, "kg:disputedBy")),) if own.node.has("kg:disputedBy") else ()


def flag(writer: Writer, own: Own) -> tuple[Cell, ...]:
    """Why the print is doubtful."""
    return tuple(cell(Bit("Doubtful", look="warn"), Bit(f" {term.value}")) for term in own.node.terms("kg:flag"))


def fit(writer: Writer, own: Own) -> tuple[Cell, ...]:
    """Whether a cited work supports what it is cited for."""
    said = own.node.text("kg:fit")
    return (cell(Bit(_FITS.get(said, said))),) if said else ()


def lines_of_place(writer: Writer, own: Own) -> tuple[Cell, ...]:
    """First and last line."""
    first, last = own.node.whole("kg:firstLine"), own.node.whole("kg:lastLine")
    if first is None:
        return ()
    return (cell(Bit(str(first) if last in (None, first) else f"{first} to {last}")),)


def issued(writer: Writer, own: Own) -> tuple[Cell, ...]:
    """When a work was published."""
    said = own.node.text("dcterms:issued")
    return (cell(Bit(day(said)), marks=writer.marks(own.node)),) if said else ()


def language(writer: Writer, own: Own) -> tuple[Cell, ...]:
    """The language of a work."""
    said = own.node.text("dcterms:language")
    return (cell(Bit(_LANGUAGES.get(said, said))),) if said else ()


def digest(writer: Writer, own: Own) -> tuple[Cell, ...]:
    """The digest of a text."""
    said = own.node.text("kg:textSha256")
    return (cell(Bit(said, look="code")),) if said else ()


def coordinates(writer: Writer, own: Own) -> tuple[Cell, ...]:
    """Degrees with their hemispheres."""
    lat, long = own.node.number("geo:lat"), own.node.number("geo:long")
    if lat is None or long is None:
        return ()
    north = f"{abs(lat):.3f}\u00b0 {'N' if lat >= 0 else 'S'}"
    return (cell(Bit(f"{north}, {abs(long):.3f}\u00b0 {'E' if long >= 0 else 'W'}")),)


def supplies(writer: Writer, own: Own) -> tuple[Cell, ...]:
    """Technologies of a firm, worked out."""
    if not own.node.has("kg:suppliesTechnology"):
        return ()
    chips = writer.links(own.node, "kg:suppliesTechnology", look="chip")
    return (cell(*chips, subs=("worked out from its offers and its part in projects",)),)


def parent(writer: Writer, own: Own) -> tuple[Cell, ...]:
    """Parents, and the top of the group where it is another."""
    node = own.node
    parents = node.iris("kg:parent")
    if not parents:
        return ()
    tops = [writer.link(iri) for iri in node.iris("kg:ultimateParent") if iri not in parents]
    top = (Bit("at the top: "), *joined(tops)) if tops else None
    return (cell(*writer.links(node, "kg:parent"), marks=writer.marks(node), subs=(top,)),)


def note(writer: Writer, own: Own) -> tuple[Cell, ...]:
    """Where the sources speak of a code."""
    return tuple(cell(Bit(term.value.removeprefix("From: "))) for term in own.node.terms("skos:note"))


def predicate(writer: Writer, own: Own) -> tuple[Cell, ...]:
    """The property that a statement is about."""
    return (cell(Bit(writer.property_words(short(own.node.iri_of("rdf:predicate") or "")))),)


def rank(writer: Writer, own: Own) -> tuple[Cell, ...]:
    """How a statement stands among those that compete with it."""
    said = own.node.text("kg:rank") or "normal"
    words = {"preferred": "preferred to other values", "rejected": "rejected: kept, but not used"}.get(said, said)
    return (cell(Bit(words)),)
