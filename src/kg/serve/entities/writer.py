"""Names for things and numbers for evidence, the same all over one page."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from kg.engine import Iri, Term
from kg.serve.entities.read import CLASS_PREFIX, TYPE, Terms, kind_of, short
from kg.serve.entities.records import Bit, Cell, Mark, Node
from kg.serve.entities.words import (
    day,
    from_slug,
    lines_words,
    literal_words,
    shortened,
    value_words,
)
from kg.vocab import KG, expand, split_iri

# Beyond this many marks of one fact a range stands for those that follow each other.
_MOST_MARKS: Final = 3
_LONGEST_NAME: Final = 110
# More general classes before which the page prefers the special one.
_GENERAL: Final = (
    "Actor", "Company", "GovernmentBody", "Bank", "Place", "Project", "Claim", "InternationalOrganization",
)  # fmt: skip
_PROPERTY_WORDS: Final = {
    "dcterms:identifier": "number",
    "dcterms:issued": "date of publication",
    "dcterms:publisher": "publisher",
    "schema:url": "address",
    "rdfs:label": "name",
}


class Writer:
    """Turns terms into pieces of text with links, and remembers which evidence was cited.

    Arguments:
        thing: IRI of the thing of the page.
        nodes: things whose own facts are at hand, to name those that have no label.
        labels: labels (and descriptions) of everything that the page mentions.
        places: evidence nodes.
    """

    def __init__(
        self,
        thing: str,
        terms: Terms,
        nodes: Mapping[str, Node],
        labels: Mapping[str, Node],
        places: Mapping[str, Node],
    ) -> None:
        self.thing = thing
        self.terms = terms
        self.nodes = nodes
        self.labels = labels
        self.places = places
        self._numbers: dict[str, int] = {}

    def name(self, iri: str) -> str:
        """Return what a thing is called: its label, else what it says, else what it joins, else its slug as words."""
        known = self.labels.get(iri)
        if known is not None and (label := known.text("rdfs:label")):
            return label
        if label := self.terms.labels.get(iri):
            return label
        node = self.nodes.get(iri)
        if node is not None and (title := self.title(node)):
            return title
        if iri in self.places:
            return self.place_title(self.places[iri])
        if known is not None and (said := known.text("dcterms:description")):
            return said
        parts = split_iri(iri)
        return from_slug(parts[1]) if parts else iri

    def title(self, node: Node) -> str | None:
        """Return the title of a thing, made of what it joins where it has no label."""
        label = node.text("rdfs:label", "skos:prefLabel")
        if label:
            return label
        maker = _TITLES.get(kind_of(node.iri))
        return maker(self, node) if maker is not None else None

    def place_title(self, place: Node) -> str:
        """Return the title of a place in a source."""
        source = place.iri_of("kg:source")
        where = f"note {note}" if (note := place.text("kg:footnote")) else lines_words(place)
        name = self.name(source) if source else "Source not stated"
        return f"{name}, {where}" if where else name

    def link(self, iri: str, *, look: str = "", most: int = _LONGEST_NAME) -> Bit:
        """Return the name of a thing with the way to its page."""
        return Bit(shortened(self.name(iri), most), href(iri), look=look)

    def links(self, node: Node, *properties: str, look: str = "") -> tuple[Bit, ...]:
        """Return the names of the things in some properties, with commas between them unless they are chips."""
        return joined([self.link(iri, look=look) for iri in node.iris(*properties)])

    def term(self, term: Term, *, look: str = "") -> Bit:
        """Return any value."""
        if isinstance(term, Iri):
            if kind_of(term.value) == "status":
                return self.status(term.value)
            return self.link(term.value, look=look) if split_iri(term.value) else outside(term.value)
        if term.value.startswith(("http://", "https://")):
            return outside(term.value)
        language = term.language if term.language not in (None, "", "en") else None
        return Bit(literal_words(term), language=language or "", look=look)

    def status(self, iri: str) -> Bit:
        """Return a status: a dot and the word."""
        parts = split_iri(iri)
        return Bit(self.name(iri), look=f"status-{parts[1] if parts else ''}")

    def type_words(self, node: Node) -> str:
        """Return the name of the most special class of a thing."""
        classes = [iri for iri in node.iris(TYPE) if iri.startswith(CLASS_PREFIX)]
        names = [iri.removeprefix(KG) for iri in classes]
        special = [name for name in names if name not in _GENERAL]
        general = [name for name in reversed(_GENERAL) if name in names and name not in special]
        chosen = (special or _nearest(general) or [""])[0]
        if chosen:
            return self.terms.labels.get(KG + chosen, chosen)
        return from_slug(kind_of(node.iri)) or "Thing"

    def property_words(self, name: str) -> str:
        """Return the name of a property, from its compact form."""
        if name in _PROPERTY_WORDS:
            return _PROPERTY_WORDS[name]
        try:
            return self.terms.labels.get(expand(name), name.rpartition(":")[2])
        except KeyError:
            return name

    def marks(self, *nodes: Node) -> tuple[Mark, ...]:
        """Return the numbers of the evidence of some things, and remember them for the list."""
        return self.marks_of(place for node in nodes for place in self._evidence(node))

    def marks_of(self, places: Iterable[str]) -> tuple[Mark, ...]:
        """Return the numbers of some places in sources."""
        numbers = sorted({self._number(place) for place in places})
        if len(numbers) <= _MOST_MARKS:
            return tuple(Mark(str(n), f"#e{n}", f"Evidence {n}") for n in numbers)
        runs: list[list[int]] = []
        for n in numbers:
            if runs and n == runs[-1][-1] + 1:
                runs[-1].append(n)
            else:
                runs.append([n])
        return tuple(
            Mark(f"{run[0]}\u2013{run[-1]}", f"#e{run[0]}", f"Evidence {run[0]}\u2013{run[-1]}")
            if len(run) > 1
            else Mark(str(run[0]), f"#e{run[0]}", f"Evidence {run[0]}")
            for run in runs
        )

    @property
    def cited(self) -> tuple[tuple[int, str], ...]:
        """Number and IRI of every place that the page cites."""
        return tuple((n, place) for place, n in self._numbers.items())

    def _number(self, place: str) -> int:
        return self._numbers.setdefault(place, len(self._numbers) + 1)

    def _evidence(self, node: Node) -> Sequence[str]:
        # Lines before the note that they lead to, as they stand in the source.
        return sorted(node.iris("kg:evidence"), key=self._order)

    def _order(self, iri: str) -> tuple[str, int, str]:
        place = self.places.get(iri)
        first = place.whole("kg:firstLine") if place is not None else None
        note = "1" if place is not None and place.has("kg:footnote") else "0"
        return (note + ((place.iri_of("kg:source") or "") if place is not None else ""), first or 0, iri)


def href(iri: str) -> str:
    """Return the address of the page of a thing of ours."""
    parts = split_iri(iri)
    return f"/page/{parts[0]}/{quote(parts[1])}" if parts else iri


def outside(iri: str) -> Bit:
    """Return an address elsewhere, without the parts that only machines need."""
    words = iri.removeprefix("https://").removeprefix("http://").removeprefix("www.")
    # Only these are followed; anything else that a table might hold is shown as text.
    target = iri if iri.startswith(("http://", "https://")) else ""
    return Bit(shortened(words, 70) if len(words) < 71 else words[:69] + "…", target)


def joined(bits: Sequence[Bit], between: str = ", ") -> tuple[Bit, ...]:
    """Return pieces with text between them; chips need none."""
    out: list[Bit] = []
    for bit in bits:
        if out:
            out.append(Bit(" " if bit.look == "chip" else between))
        out.append(bit)
    return tuple(out)


def plain(bits: Iterable[Bit]) -> str:
    """Return pieces as one text."""
    return "".join(bit.text for bit in bits)


def cell(
    *bits: Bit | None, marks: tuple[Mark, ...] = (), subs: Iterable[str | Bit | tuple[Bit, ...] | None] = ()
) -> Cell:
    """Return a cell of those pieces that there are; a line below it is text, a piece or several."""
    below = []
    for sub in subs:
        if sub:
            below.append((Bit(sub),) if isinstance(sub, str) else (sub,) if isinstance(sub, Bit) else sub)
    return Cell(tuple(bit for bit in bits if bit is not None and bit.text), marks, tuple(below))


def _nearest(general: Sequence[str]) -> list[str]:
    # A government body is an actor too; the one that is not the root says more.
    roots = ("Actor", "Place", "Project", "Claim")
    return [name for name in general if name not in roots] or list(general)


def _names(writer: Writer, node: Node, *properties: str, most: int = 3) -> str:
    found = [writer.name(iri) for iri in node.iris(*properties)]
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more


def _claim(writer: Writer, node: Node) -> str | None:
    if said := node.text("dcterms:description"):
        return said
    return _figure(writer, node)


def _figure(writer: Writer, node: Node) -> str | None:
    indicator = node.iri_of("kg:indicator")
    if indicator is None:
        return None
    about = _names(writer, node, "kg:about")
    value = value_words(node) if kind_of(node.iri) == "claim" else None
    when = node.text("kg:date")
    words = writer.name(indicator) + (f", {about}" if about else "")
    return words + (f", {day(when)}" if when else "") + (f": {value}" if value else "")


def _involvement(writer: Writer, node: Node) -> str | None:
    actor, role, project = node.iri_of("kg:actor"), node.iri_of("kg:role"), node.iri_of("kg:involvementOf")
    if not (actor and role and project):
        return None
    return f"{writer.name(actor)}, {_lower(writer.name(role))}: {writer.name(project)}"


def _offering(writer: Writer, node: Node) -> str | None:
    actor = node.iri_of("kg:actor")
    what = _names(writer, node, "kg:offersProduct", "kg:offersTechnology")
    where = _names(writer, node, "kg:offeredIn")
    if actor is None:
        return None
    return f"{writer.name(actor)} offers {what or 'something not stated'}" + (f" in {where}" if where else "")


def _membership(writer: Writer, node: Node) -> str | None:
    member, group, office = node.iri_of("kg:member"), node.iri_of("kg:group"), node.text("kg:office")
    if not (member and group):
        return None
    return f"{writer.name(member)}, {office or 'member'}: {writer.name(group)}"


def _statement(writer: Writer, node: Node) -> str | None:
    subject, name, values = node.iri_of("rdf:subject"), node.iri_of("rdf:predicate"), node.terms("rdf:object")
    if not (subject and name and values):
        return None
    value = values[0]
    words = writer.name(value.value) if isinstance(value, Iri) else literal_words(value)
    return f"{writer.name(subject)}, {writer.property_words(short(name))}: {words}"


def _evidence(writer: Writer, node: Node) -> str | None:
    return writer.place_title(node)


def title_bit(writer: Writer, node: Node) -> Bit:
    """Return the title of a thing that has no label, with the way to its page."""
    return Bit(writer.title(node) or writer.name(node.iri), href(node.iri))


def capital(text: str) -> str:
    """Return a text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


_TITLES: Final = {
    "claim": _claim,
    "observation": _figure,
    "involvement": _involvement,
    "offering": _offering,
    "membership": _membership,
    "statement": _statement,
    "evidence": _evidence,
}
