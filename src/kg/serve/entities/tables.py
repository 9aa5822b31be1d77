"""How the things of each kind are listed: which columns, and what a row says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from kg.serve.entities.records import Bit, Cell, Node, TableColumn
from kg.serve.entities.words import amount_words, day, lines_words, money, number, shortened, value_words, when_words
from kg.serve.entities.writer import Writer, cell, href, joined, title_bit

Draw = Callable[[Writer, Node], Cell]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list.

    Attributes:
        properties: those that it says; on the page that they lead to, it is left out.
        silent: what an empty cell says; a column that is empty in every row is left out unless it is expected.
    """

    heading: str
    draw: Draw
    properties: tuple[str, ...] = ()
    silent: str = "not stated"
    is_expected: bool = False
    is_number: bool = False


def columns_and_rows(
    writer: Writer, kind: str, through: str, nodes: Sequence[Node]
) -> tuple[tuple[TableColumn, ...], tuple[tuple[Cell, ...], ...]]:
    """Return a list as columns and rows; the last column leads to the evidence.

    Arguments:
        through: the property by which all of them point at the thing of the page.
    """
    columns = [column for column in _COLUMNS.get(kind, _NAMED) if through not in column.properties]
    drawn = [[column.draw(writer, node) for column in columns] for node in nodes]
    kept = [
        i
        for i, column in enumerate(columns)
        if (column.is_expected or any(row[i].bits for row in drawn))
        # A column that only leads back to the page says nothing.
        and not all([bit.href for bit in row[i].bits] == [href(writer.thing)] for row in drawn)
    ]
    shown = [columns[i] for i in kept]
    marks = [writer.marks(node) for node in nodes]
    heads = tuple(TableColumn(heading=c.heading, is_number=c.is_number, silent=c.silent) for c in shown)
    rows = tuple(tuple(row[i] for i in kept) for row in drawn)
    if any(marks):
        heads = (*heads, TableColumn(heading="Evidence", silent=""))
        rows = tuple((*row, Cell(marks=mark)) for row, mark in zip(rows, marks, strict=True))
    return heads, rows


def _linked(*properties: str, look: str = "", most: int = 6) -> Draw:
    def draw(writer: Writer, node: Node) -> Cell:
        found = node.iris(*properties)
        bits = joined([writer.link(iri, look=look, most=70) for iri in found[:most]])
        more = (Bit(f" and {len(found) - most} more", writer.link(node.iri).href),) if len(found) > most else ()
        return Cell((*bits, *more))

    return draw


def _named(writer: Writer, node: Node) -> Cell:
    """The name of a thing, and below it what it is."""
    said = node.text("dcterms:description")
    flag = (Bit("Doubtful", look="warn"), Bit(" " + (node.text("kg:flag") or ""))) if node.has("kg:flag") else None
    return cell(writer.link(node.iri), subs=(shortened(said, 100) if said else None, flag))


def _offer(writer: Writer, node: Node) -> Cell:
    """What is offered, with the way to the offer itself."""
    what = [writer.name(iri) for iri in node.iris("kg:offersProduct", "kg:offersTechnology")]
    said = node.text("dcterms:description")
    return cell(Bit(", ".join(what) or "not stated", writer.link(node.iri).href), subs=(said,))


def _type(writer: Writer, node: Node) -> Cell:
    return cell(Bit(writer.type_words(node)))


def _kind(writer: Writer, node: Node) -> Cell:
    kinds = node.iris("kg:kind")
    return cell(*joined([Bit(writer.name(iri)) for iri in kinds]))


def _when(writer: Writer, node: Node) -> Cell:
    words, note = when_words(node), node.text("kg:dateNote")
    return cell(Bit(words or note or ""), subs=(note,) if words and note and len(note) <= 40 else ())


def _status(writer: Writer, node: Node) -> Cell:
    return Cell(joined([writer.status(iri) for iri in node.iris("kg:status")]))


def _role(writer: Writer, node: Node) -> Cell:
    """The role, and why, where somebody was not chosen or removed."""
    role = node.iri_of("kg:role")
    reason = node.text("kg:reason")
    basis = "deduced: " + (node.text("kg:basisNote") or "") if node.text("kg:basis") == "deduced" else None
    look = "warn" if role and role.rpartition("/")[2] in ("removed", "not-selected") else ""
    words = Bit(writer.name(role), "" if look else writer.link(role).href, look=look) if role else None
    return cell(words, subs=(f"reason given: {reason}" if reason else None, basis))


def _amount(writer: Writer, node: Node) -> Cell:
    """The sum, what it was converted to, and the share that the borrower pays itself."""
    words, share = amount_words(node), node.number("kg:shareOfCost")
    derived, printed = node.number("kg:amountUsd"), node.number("kg:printedUsd")
    beside = f"{money(printed, 'USD')} in the source" if printed is not None else None
    if beside is None and derived is not None:
        beside = f"about {money(derived, 'USD', rounded=True)}, converted"
    percent = f"{number(share)}\u00a0% of the cost" if share is not None else None
    variant = "another figure for the same" if node.has("kg:variantOf") else None
    first = Bit(words) if words else Bit(percent) if percent else None
    return cell(first or Bit("not stated", look="nd"), subs=(percent if words else None, beside, variant))


def _from_to(writer: Writer, node: Node) -> Cell:
    """Who gives and who receives."""
    givers = writer.links(node, "kg:provider", "kg:lender") or (Bit("not stated", look="nd"),)
    takers = writer.links(node, "kg:recipient", "kg:borrower") or (Bit("not stated", look="nd"),)
    return Cell((Bit("from "), *givers), (), ((Bit("to "), *takers),))


def _when_status(writer: Writer, node: Node) -> Cell:
    """The time of a sum and how far it has come."""
    when = when_words(node) or node.text("kg:dateNote")
    status = joined([writer.status(iri) for iri in node.iris("kg:status")])
    if when is None and not status:
        return Cell()
    below = status or (Bit("status "), Bit("not stated", look="nd"))
    return cell(*((Bit(when),) if when else (Bit("time "), Bit("not stated", look="nd"))), subs=(below,))


def _claim(writer: Writer, node: Node) -> Cell:
    """What is said, its value, and what kind of saying it is."""
    value = value_words(node)
    kind = writer.type_words(node)
    link = title_bit(writer, node)
    figure = Bit(value, look="strong") if value and not link.text.endswith(value) else None
    flag = (Bit("Doubtful", look="warn"), Bit(" " + (node.text("kg:flag") or ""))) if node.has("kg:flag") else None
    kind_bit = Bit(kind, look="kind") if kind != "Claim" else None
    return cell(link, subs=(joined([bit for bit in (kind_bit, figure) if bit], " "), flag))


def _speaker(writer: Writer, node: Node) -> Cell:
    """Who claims it, and where it is reported."""
    claimants = writer.links(node, "kg:claimant")
    reporters = joined([writer.link(iri, most=60) for iri in node.iris("kg:reportedBy") if iri != writer.thing])
    via = (Bit("reported by "), *reporters) if reporters else None
    return cell(*claimants, subs=(via,)) if claimants else cell(*(via or ()))


def _figure(writer: Writer, node: Node) -> Cell:
    words = value_words(node)
    derived = node.number("kg:amountUsd")
    beside = f"about {money(derived, 'USD', rounded=True)}, converted" if derived is not None else None
    variant = "another figure for the same" if node.has("kg:variantOf") else None
    flag = (Bit("Doubtful", look="warn"),) if node.has("kg:flag") else None
    link = Bit(words, writer.link(node.iri).href) if words else None
    return cell(link, subs=(beside, variant, flag))


def _indicator(writer: Writer, node: Node) -> Cell:
    said = node.text("dcterms:description")
    return cell(*writer.links(node, "kg:indicator"), subs=(said,))


def _published(writer: Writer, node: Node) -> Cell:
    said = node.text("dcterms:issued")
    return cell(Bit(day(said)) if said else None)


def _place(writer: Writer, node: Node) -> Cell:
    """A place in a source."""
    note, lines = node.text("kg:footnote"), lines_words(node)
    words = f"note {note}" if note else lines or writer.name(node.iri)
    return cell(Bit(words, writer.link(node.iri).href), subs=(node.text("kg:flag"),))


def _section(writer: Writer, node: Node) -> Cell:
    return cell(Bit(node.text("kg:section") or ""))


def _statement_of(writer: Writer, node: Node) -> Cell:
    return cell(writer.link(node.iri))


def _rank(writer: Writer, node: Node) -> Cell:
    return cell(Bit(node.text("kg:rank") or "normal"))


def _country(writer: Writer, node: Node) -> Cell:
    """The country, or the nearest place that is known."""
    return Cell(writer.links(node, "kg:country")) if node.has("kg:country") else _linked("kg:locatedIn")(writer, node)


_WHEN: Final = Column("When", _when)
_NAME: Final = Column("Name", _named, is_expected=True)
_NAMED: Final = (_NAME, Column("Type", _type))
_POLICY: Final = (
    _NAME,
    Column("Kind", _kind, ("kg:kind",)),
    Column("Issued by", _linked("kg:issuer"), ("kg:issuer",)),
    _WHEN,
)
_COLUMNS: Final[dict[str, tuple[Column, ...]]] = {
    "involvement": (
        Column("Project", _linked("kg:involvementOf"), ("kg:involvementOf",), is_expected=True),
        Column("Actor", _linked("kg:actor"), ("kg:actor",), is_expected=True),
        Column("Role", _role, ("kg:role",)),
        Column(
            "With", _linked("kg:usesTechnology", "kg:usesProduct"), ("kg:usesTechnology", "kg:usesProduct"), silent=""
        ),
        Column("When", _when, silent=""),
    ),
    "project": (
        _NAME,
        Column("Type", _type),
        Column("Country", _country),
        Column("Supplied by", _linked("kg:suppliedBy", most=4)),
        Column("Status", _status, ("kg:status",)),
        _WHEN,
    ),
    "actor": (_NAME, Column("Type", _type), Column("Country", _country)),
    "place": (_NAME, Column("Type", _type)),
    "financing": (
        Column("Financing", _named, is_expected=True),
        Column("Instrument", _linked("kg:instrument"), ("kg:instrument",), is_expected=True),
        Column("Amount", _amount, is_expected=True),
        Column("From, to", _from_to, is_expected=True),
        Column("For", _linked("kg:finances"), ("kg:finances",)),
        Column("When, status", _when_status, is_expected=True),
    ),
    "offering": (
        Column("What is offered", _offer, is_expected=True),
        Column("By", _linked("kg:actor"), ("kg:actor",)),
        Column("In", _linked("kg:offeredIn"), ("kg:offeredIn",)),
        Column("When", _when, silent=""),
    ),
    "claim": (
        Column("What is said", _claim, is_expected=True),
        Column("Who says it", _speaker, ("kg:claimant",), is_expected=True),
        Column("About", _linked("kg:about", most=3), ("kg:about",)),
        Column("Disputed by", _linked("kg:disputedBy"), silent=""),
        Column("When", _when),
    ),
    "observation": (
        Column("Figure", _indicator, ("kg:indicator",), is_expected=True),
        Column("Value", _figure, is_expected=True, is_number=True),
        Column("About", _linked("kg:about"), ("kg:about",)),
        Column("Other side", _linked("kg:counterpart"), ("kg:counterpart",), silent=""),
        _WHEN,
        Column("Who says it", _speaker, ("kg:claimant",)),
    ),
    "agreement": (
        _NAME,
        Column("Kind", _kind, ("kg:kind",)),
        Column("Parties", _linked("kg:party", most=4)),
        _WHEN,
        Column("Status", _status, ("kg:status",)),
    ),
    "policy": _POLICY,
    "restriction": (
        *_POLICY,
        Column("Against", _linked("kg:target", most=4), ("kg:target",)),
        Column("Status", _status, ("kg:status",)),
    ),
    "event": (_NAME, Column("Kind", _kind, ("kg:kind",)), Column("Who took part", _linked("kg:party", most=4)), _WHEN),
    "membership": (
        Column("Member", _linked("kg:member"), ("kg:member",), is_expected=True),
        Column("Of", _linked("kg:group"), ("kg:group",), is_expected=True),
        Column("As", lambda writer, node: cell(Bit(node.text("kg:office") or "member"))),
        Column("When", _when),
    ),
    "product": (
        _NAME,
        Column("Made by", _linked("kg:maker"), ("kg:maker",)),
        Column("Technologies", _linked("kg:technology")),
    ),
    "statement": (Column("Statement", _statement_of, is_expected=True), Column("Rank", _rank), Column("When", _when)),
    "source": (
        _NAME,
        Column("Publisher", _linked("dcterms:publisher"), ("dcterms:publisher",)),
        Column("Kind", _linked("kg:publisherKind"), ("kg:publisherKind",)),
        Column("Published", _published),
    ),
    "evidence": (
        Column("Place", _place, is_expected=True),
        Column("Source", _linked("kg:source"), ("kg:source",)),
        Column("Section", _section),
        Column("Work named", _linked("kg:citedSource", most=3), ("kg:citedSource",), silent=""),
    ),
}
