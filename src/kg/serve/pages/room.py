"""What a list of things is made of: which things, what is read of them, what is shown, filtered and sorted by."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Read:
    """One thing to read of each member: a graph pattern that binds `?value` for `?thing`."""

    key: str
    pattern: str
    counted: bool = False

    def sparql(self) -> str:
        """Return the query."""
        if self.counted:
            return (
                f"SELECT ?thing (COUNT(DISTINCT ?one) AS ?value) WHERE {{ {self.pattern} }} GROUP BY ?thing"
                " ORDER BY ?thing"
            )
        return f"SELECT DISTINCT ?thing ?value WHERE {{ {self.pattern} }} ORDER BY ?thing ?value"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table; `more` is the key of a second, smaller line."""

    key: str
    heading: str
    kind: str = "text"
    more: str = ""
    unknown: str = "not stated"


@dataclass(frozen=True, slots=True)
class Facet:
    """A way to narrow the list. `newest_first` orders years; others go by how many things have them.

    `among` is a graph pattern that binds as `?value` what can be chosen although nothing in the list has it.
    """

    key: str
    heading: str
    newest_first: bool = False
    among: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A list of things.

    Attributes:
        path: first part of the address.
        one, many: what a thing is called.
        lead: one sentence of what stands here.
        members: graph pattern that binds `?thing`.
        root: local name of the class of all members, or empty.
        sort: the order when none is asked for, a column with - before it for the other direction.
        counts: keys that are 0 and not unknown when nothing was read.
        questions: tags of saved questions that go on from here.
    """

    path: str
    title: str
    one: str
    many: str
    lead: str
    members: str
    root: str
    reads: tuple[Read, ...]
    columns: tuple[Column, ...]
    facets: tuple[Facet, ...]
    sort: str = "label"
    counts: tuple[str, ...] = ("evidence",)
    questions: tuple[str, ...] = ()
