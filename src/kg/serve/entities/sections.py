"""What points at a thing, list by list, in the order in which a reader asks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from kg.serve.entities.read import Behind
from kg.serve.entities.records import Node, Section
from kg.serve.entities.tables import columns_and_rows
from kg.serve.entities.words import from_slug
from kg.serve.entities.writer import Writer, capital
from kg.vocab import iri

# Rows of a list on the page of the thing, and of a page of the whole list.
FIRST_ROWS: Final = 8
FIRST_OF_MANY: Final = 5
MANY_LISTS: Final = 6
FEW_MORE: Final = 3
PAGE_ROWS: Final = 40


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that a page can have.

    Attributes:
        through: the property by which its members point at the thing.
        headings: by kind of the page; `*` for all others.
    """

    key: str
    through: str
    kind: str
    headings: tuple[tuple[str, str], ...]

    def heading(self, kind: str) -> str:
        """Return the heading on the page of a thing of that kind."""
        found = dict(self.headings)
        return found.get(kind) or found["*"]


@dataclass(frozen=True, slots=True)
class Planned:
    """A list of a page, and which of its members are shown."""

    listing: Listing
    heading: str
    slugs: tuple[str, ...]
    shown: tuple[str, ...]

    @property
    def iris(self) -> tuple[str, ...]:
        """IRIs of the members that are shown."""
        return tuple(iri(self.listing.kind, slug) for slug in self.shown)


def _l(key: str, through: str, kind: str, heading: str, **special: str) -> Listing:
    return Listing(key, through, kind, (("*", heading), *special.items()))


_LISTINGS: Final = (
    _l("involvements", "kg:involvementOf", "involvement", "Who took part"),
    _l("projects", "kg:actor", "involvement", "Projects"),
    _l("variants", "kg:variantOf", "financing", "Other figures for the same"),
    _l("variants", "kg:variantOf", "observation", "Other figures for the same"),
    _l("disputes", "kg:disputes", "claim", "How it is disputed"),
    _l("financing", "kg:finances", "financing", "Financing", actor="Money put into it"),
    _l("parts", "kg:partOf", "project", "Parts"),
    _l("values", "kg:indicator", "observation", "Values"),
    _l("claimed-values", "kg:indicator", "claim", "Claimed values"),
    _l("projects", "kg:usesTechnology", "project", "Projects"),
    _l("projects", "kg:usesProduct", "project", "Projects"),
    _l("projects", "kg:locatedIn", "project", "Projects here"),
    _l("suppliers", "kg:suppliesTechnology", "actor", "Suppliers"),
    _l("offers", "kg:actor", "offering", "Offers without a named project"),
    _l("offers", "kg:offersTechnology", "offering", "Offers without a named project"),
    _l("offers", "kg:offersProduct", "offering", "Offers without a named project"),
    _l("offers", "kg:offeredIn", "offering", "Offers without a named project"),
    _l("products", "kg:maker", "product", "Products"),
    _l("products", "kg:technology", "product", "Products"),
    _l("money-given", "kg:provider", "financing", "Money given"),
    _l("money-received", "kg:recipient", "financing", "Money received"),
    _l("restrictions-against", "kg:target", "restriction", "Restrictions against it"),
    _l("restrictions-issued", "kg:issuer", "restriction", "Restrictions that it issued"),
    _l("restrictions", "kg:underPolicy", "restriction", "Restrictions under it"),
    _l("restrictions-about", "kg:about", "restriction", "Restrictions about it"),
    _l("policies-issued", "kg:issuer", "policy", "Policies that it issued"),
    _l("policies-under", "kg:underPolicy", "policy", "Policies under it"),
    _l("policies", "kg:about", "policy", "Policies about it"),
    _l("projects-under", "kg:underPolicy", "project", "Projects under it"),
    _l("agreements", "kg:party", "agreement", "Agreements"),
    _l("agreements-under", "kg:underPolicy", "agreement", "Agreements under it"),
    _l("agreements-about", "kg:about", "agreement", "Agreements about it"),
    _l("events", "kg:party", "event", "Events that it took part in"),
    _l("events-about", "kg:about", "event", "Events about it"),
    _l("events-here", "kg:locatedIn", "event", "Events here"),
    _l("units", "kg:parent", "actor", "Units and subsidiaries"),
    _l("members", "kg:group", "membership", "Members"),
    _l("memberships", "kg:member", "membership", "Memberships and offices"),
    _l("figures", "kg:about", "observation", "Figures"),
    _l("claims", "kg:about", "claim", "What is claimed"),
    _l("figures-claimed", "kg:claimant", "observation", "Figures that it gives"),
    _l("claims-made", "kg:claimant", "claim", "What it claims"),
    _l("said", "kg:claimant", "statement", "Values that it states"),
    _l("addressed", "kg:addressee", "claim", "Recommendations to it"),
    _l("figures-with", "kg:counterpart", "observation", "Figures with it as the other side"),
    _l("claims-with", "kg:counterpart", "claim", "Claims with it as the other side"),
    _l("statements", "rdf:object", "statement", "Competing statements that name it"),
    _l("converted-financing", "kg:conversionRate", "financing", "Sums converted with this rate"),
    _l("converted-figures", "kg:conversionRate", "observation", "Figures converted with this rate"),
    _l("converted-claims", "kg:conversionRate", "claim", "Claimed sums converted with this rate"),
    _l("actors-here", "kg:locatedIn", "actor", "Actors here"),
    _l("places-here", "kg:locatedIn", "place", "Places in it"),
    _l("involvements", "kg:role", "involvement", "Who plays this role"),
    _l("publications", "dcterms:publisher", "source", "Publications"),
    _l("works", "kg:publisherKind", "source", "Works"),
    _l("financing", "kg:instrument", "financing", "Financing"),
    _l("cited-in", "kg:citedSource", "evidence", "Where it is cited"),
    _l("citing", "kg:cites", "source", "Cited by"),
    _l("copies", "kg:origin", "source", "Works that repeat it"),
    _l("copied-in", "kg:origin", "evidence", "Places that repeat it"),
    _l("whole-parts", "dcterms:isPartOf", "source", "Parts of it"),
    _l("sections", "dcterms:isPartOf", "section", "Sections"),
    _l("note", "dcterms:hasPart", "evidence", "The note that it belongs to"),
    *(
        _l(f"reported-{kind}", "kg:reportedBy", kind, heading)
        for kind, heading in (("claim", "Claims that it reports"), ("observation", "Figures that it reports"))
    ),
    *(
        _l(f"{kind}-{through.rpartition(':')[2]}", through, kind, heading)
        for through in ("kg:kind", "kg:status")
        for kind, heading in (
            ("project", "Projects"), ("financing", "Financing"), ("agreement", "Agreements"), ("policy", "Policies"),
            ("restriction", "Restrictions"), ("event", "Events"),
        )
    ),
    *(
        _l(f"resting-{kind}", through, kind, heading, source=f"{heading} that rest on it")
        for through in ("kg:evidence", "kg:rests")
        for kind, heading in (
            ("project", "Projects"), ("involvement", "Parts in projects"), ("financing", "Financing"),
            ("claim", "Claims"), ("observation", "Figures"), ("actor", "Actors"), ("offering", "Offers"),
            ("agreement", "Agreements"), ("policy", "Policies"), ("restriction", "Restrictions"), ("event", "Events"),
            ("membership", "Memberships"), ("statement", "Competing values"), ("product", "Products"),
            ("place", "Places"), ("source", "Works"),
        )
    ),
    _l("places", "kg:source", "evidence", "Places that are cited"),
)  # fmt: skip
# Drawn among the facts; said by the projects of these involvements; said by the members of the section above.
_NOT_LISTED: Final = (
    ("rdf:subject", "statement"),
    ("kg:usesTechnology", "involvement"),
    ("kg:usesProduct", "involvement"),
)


def plan(kind: str, behind: Behind, *, only: str = "", page: int = 1) -> tuple[Planned, ...]:
    """Return the lists of a page with the members that it shows.

    Arguments:
        kind: of the thing of the page.
        only: key of the one list that is wanted, page by page; empty for the beginning of all.
    """
    found = []
    for listing in (*_LISTINGS, *_unforeseen(behind)):
        slugs = behind.get((listing.through, listing.kind), ())
        if listing.through == "kg:about":
            # What it took part in is not listed again as being about it.
            with_it = behind.get(("kg:party", listing.kind), ())
            slugs = tuple(slug for slug in slugs if slug not in with_it)
        if slugs and only in ("", listing.key):
            found.append((listing, slugs))
    first = FIRST_ROWS if len(found) <= MANY_LISTS else FIRST_OF_MANY
    return tuple(
        Planned(listing, listing.heading(kind), slugs, _shown(slugs, first, page if only else 0))
        for listing, slugs in found
    )


def _shown(slugs: tuple[str, ...], first: int, page: int) -> tuple[str, ...]:
    if page:
        return slugs[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    # A list that is only a little longer is not worth another page.
    return slugs if len(slugs) <= first + FEW_MORE else slugs[:first]


def _unforeseen(behind: Behind) -> Iterable[Listing]:
    known = {(listing.through, listing.kind) for listing in _LISTINGS} | set(_NOT_LISTED)
    for through, kind in sorted(set(behind) - known):
        name = through.rpartition(":")[2]
        yield _l(f"{kind}-{name.lower()}", through, kind, f"{capital(from_slug(kind))}: {name}")


def sections(writer: Writer, planned: Sequence[Planned], nodes: dict[str, Node], base: str) -> tuple[Section, ...]:
    """Return the lists with their rows; `base` is the address of the page."""
    made = []
    for one in planned:
        members = _in_order(one, [nodes[each] for each in one.iris if each in nodes])
        columns, rows = columns_and_rows(writer, one.listing.kind, one.listing.through, members)
        made.append(
            Section(
                key=one.listing.key,
                heading=one.heading,
                total=len(one.slugs),
                columns=columns,
                rows=rows,
                more_href=f"{base}?list={one.listing.key}" if len(one.slugs) > len(one.shown) else "",
            )
        )
    return tuple(made)


_ROLES: Final = (
    "supplier", "contractor", "integrator", "client", "operator", "financier", "planner", "host", "partner",
    "research-partner", "trainer", "regulator", "not-selected", "removed",
)  # fmt: skip


def _in_order(one: Planned, nodes: list[Node]) -> list[Node]:
    """Put suppliers before clients, and a figure's variants behind it."""
    if one.listing.kind == "involvement" and len(one.shown) == len(one.slugs):
        return sorted(nodes, key=_role_order)
    if one.listing.kind in ("financing", "observation"):
        place = {node.iri: i for i, node in enumerate(nodes)}
        return sorted(nodes, key=lambda node: (place.get(node.iri_of("kg:variantOf") or node.iri, place[node.iri]),
                                               node.has("kg:variantOf")))  # fmt: skip
    return nodes


def _role_order(node: Node) -> tuple[int, str]:
    role = (node.iri_of("kg:role") or "").rpartition("/")[2]
    return (_ROLES.index(role) if role in _ROLES else len(_ROLES), node.iri)
