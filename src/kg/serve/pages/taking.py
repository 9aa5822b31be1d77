"""A list to take along: its things as rows, in every form that a saved question's answer has."""

from collections.abc import Sequence
from pathlib import Path

from kg.catalog.records import Column, Expectation, Form, Question
from kg.catalog.run import QuestionAnswer
from kg.engine import Iri, Literal, Term
from kg.serve.pages.holdings import Holdings, Item, Value
from kg.serve.pages.list_query import list_query
from kg.serve.pages.narrowing import Found
from kg.serve.pages.room import Room


def as_answer(room: Room, held: Holdings, found: Found, release: str) -> QuestionAnswer:
    """Return everything that an address finds, as the answer to the question that the list is.

    A column of things has their IRIs, and `Label` after its name those of their labels. Several IRIs in a cell stand
    apart by a space, several texts by a semicolon, as in saved questions.
    """
    keys = _keys(room)
    named = {key for key in keys if _has_things(held.items(room), key)}
    columns = [Column(name=room.one, meaning=f"IRI of the {room.one}"), Column(name=f"{room.one}Label", meaning="name")]
    for key, heading in keys.items():
        columns.append(Column(name=key, meaning=heading))
        if key in named:
            columns.append(Column(name=f"{key}Label", meaning=heading))
    question = Question(
        name=room.path,
        summary=room.title,
        description=room.lead,
        tags=(),
        answers=(),
        params=(),
        columns=tuple(columns),
        chart=None,
        evidence=(room.one,),
        finding=None,
        caution=None,
        expect=Expectation(),
        seconds=0.0,
        form=Form.SELECT,
        body=list_query(room, held, found),
        path=Path(room.path),
    )
    asked = found.asked
    given = [*asked.chosen, *((("q", asked.query),) if asked.query else ()), ("sort", asked.sort)]
    return QuestionAnswer(
        question=question,
        values={key: (Literal(value),) for key, value in given},
        sparql=question.body,
        columns=tuple(column.name for column in columns),
        rows=tuple(_row(item, keys, named) for item in found.items),
        graph=None,
        complete=True,
        limit=None,
        total=len(found.items),
        release=release,
        seconds=0.0,
    )


def _keys(room: Room) -> dict[str, str]:
    """Return everything that the list shows or is narrowed by, with its heading."""
    keys: dict[str, str] = {}
    for column in room.columns:
        if column.key != "label":
            keys[column.key] = column.heading
        if column.more:
            keys.setdefault(column.more, f"{column.heading}: {column.more}")
    for facet in room.facets:
        keys.setdefault(facet.key, facet.heading)
    return keys


def _has_things(items: Sequence[Item], key: str) -> bool:
    return any(isinstance(value.term, Iri) for item in items for value in item.values.get(key, ()))


def _row(item: Item, keys: dict[str, str], named: set[str]) -> tuple[Term | None, ...]:
    row: list[Term | None] = [Iri(item.iri), Literal(item.label)]
    for key in keys:
        values = item.values.get(key, ())
        if key == "chinese":
            row.append(Literal(item.chinese) if item.chinese else None)
        elif key in named:
            row += [_things(values), Literal("; ".join(value.text for value in values)) if values else None]
        else:
            row.append(_texts(values))
    return tuple(row)


def _things(values: Sequence[Value]) -> Term | None:
    if len(values) == 1:
        return values[0].term
    return Literal(" ".join(value.term.value for value in values if value.term is not None)) if values else None


def _texts(values: Sequence[Value]) -> Term | None:
    if len(values) == 1:
        return values[0].term
    return Literal("; ".join(value.text for value in values)) if values else None
