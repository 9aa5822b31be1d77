"""What may be picked for an IRI parameter: the members of a class, found by any name they have."""

import re
import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from kg.catalog.records import Parameter
from kg.catalog.terms import iri_text
from kg.engine import Engine, Iri, Limits, Literal
from kg.errors import ParameterError
from kg.vocab import ID, compact, expand, split_iri

_LIMITS: Final = Limits(seconds=20.0, rows=500_000)
_SPACES: Final = re.compile(r"\s+")
_NAMES: Final = """PREFIX kg: <https://w3id.org/cityledger/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT DISTINCT ?thing ?how ?name
WHERE {
  %s
  ?thing ?how ?name .
  VALUES ?how { rdfs:label skos:prefLabel skos:altLabel kg:isoAlpha2 kg:isoAlpha3 }
}
ORDER BY ?thing ?how ?name
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A thing that may be picked.

    Attributes:
        label: its English name, else its compact form.
        names: every label and alias, the label first.
        codes: ISO codes of a country.
    """

    iri: str
    label: str
    names: tuple[str, ...]
    codes: tuple[str, ...]


class Choices:
    """The things of one release by class or kind; each list is read once and kept."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lists: dict[tuple[str | None, str | None], tuple[Choice, ...]] = {}

    def of(self, parameter: Parameter) -> tuple[Choice, ...]:
        """Return what may be picked for a parameter, in the order of the labels."""
        key = (parameter.class_iri, parameter.kind)
        if key not in self._lists:
            self._lists[key] = self._read(parameter)
        return self._lists[key]

    def resolve(self, text: str, parameter: Parameter) -> str:
        """Return the IRI of the one thing that a text names.

        Tried in this order: IRI, compact form (`place:kenya`), slug, ISO code, label, alias. Case, accents'
        composition and runs of spaces do not matter.

        Raises:
            ParameterError: nothing has that name (the nearest are given), or several things have it.
        """
        choices = self.of(parameter)
        wanted = _folded(text)
        for found in (
            [choice for choice in choices if choice.iri == _expanded(text)],
            [choice for choice in choices if (split_iri(choice.iri) or ("", ""))[1] == wanted],
            [choice for choice in choices if wanted.upper() in choice.codes],
            [choice for choice in choices if _folded(choice.label) == wanted],
            [choice for choice in choices if any(_folded(name) == wanted for name in choice.names)],
        ):
            if len(found) == 1:
                return found[0].iri
            if found:
                names = ", ".join(compact(choice.iri) for choice in found[:5])
                raise ParameterError(
                    parameter.name,
                    f"one thing, but {text!r} names several: {names}",
                    compact(found[0].iri),
                )
        near = self.nearest(text, parameter)
        hint = f" (nearest to {text[:60]!r}: {', '.join(near)})" if near else ""
        raise ParameterError(
            parameter.name,
            f"one {parameter.thing} of this release, by name, code or identifier{hint}",
            near[0] if near else parameter.example,
        )

    def nearest(self, text: str, parameter: Parameter, count: int = 3) -> tuple[str, ...]:
        """Return the labels of the things whose names look most like a text."""
        by_name: dict[str, str] = {}
        for choice in self.of(parameter):
            for name in (*choice.names, (split_iri(choice.iri) or ("", ""))[1]):
                by_name.setdefault(_folded(name), choice.label)
        wanted = _folded(_expanded(text).rpartition("/")[2] or text)[:80]
        matches = get_close_matches(wanted, by_name, n=count * 2, cutoff=0.6)
        return tuple(dict.fromkeys(by_name[name] for name in matches))[:count]

    def label(self, iri: str, parameter: Parameter) -> str:
        """Return the name of one of the choices, else the compact form."""
        return next((choice.label for choice in self.of(parameter) if choice.iri == iri), compact(iri))

    def _read(self, parameter: Parameter) -> tuple[Choice, ...]:
        if parameter.class_iri is not None:
            pattern = f"?thing a {iri_text(parameter.class_iri)} ."
        else:
            pattern = f'FILTER(STRSTARTS(STR(?thing), "{ID}{parameter.kind}/"))'
        found: dict[str, list[tuple[str, Literal]]] = {}
        for thing, how, name in self._engine.rows(_NAMES % pattern, limits=_LIMITS, trusted=True).rows:
            if isinstance(thing, Iri) and isinstance(how, Iri) and isinstance(name, Literal):
                found.setdefault(thing.value, []).append((compact(how.value), name))
        choices = [_choice(iri, names) for iri, names in found.items() if not iri.startswith("_:")]
        return tuple(sorted(choices, key=lambda choice: (_folded(choice.label), choice.iri)))


def _choice(iri: str, found: list[tuple[str, Literal]]) -> Choice:
    labels = [name for how, name in found if how in ("rdfs:label", "skos:prefLabel")]
    english = [name.value for name in labels if (name.language or "en").startswith("en")]
    label = english[0] if english else (labels[0].value if labels else compact(iri))
    names = [label] + [name.value for how, name in found if not how.startswith("kg:iso")]
    codes = tuple(sorted(name.value.upper() for how, name in found if how.startswith("kg:iso")))
    return Choice(iri=iri, label=label, names=tuple(dict.fromkeys(names)), codes=codes)


def _folded(text: str) -> str:
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text)).strip().casefold()


def _expanded(text: str) -> str:
    try:
        return expand(text)
    except KeyError:
        return ""
