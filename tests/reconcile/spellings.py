"""Labelled spellings from a seed: names as people type them, and names of things that the graph does not have."""

import random
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from kg.link.entities import Entities, Entity
from kg.link.names import fold

# Near misses on purpose: same first word, same pattern, same country, same trade.
STRANGERS = (Path(__file__).parent / "strangers.txt").read_text(encoding="utf-8").splitlines()
_KEYS = {
    "a": "sq",
    "b": "vn",
    "c": "xv",
    "d": "sf",
    "e": "wr",
    "f": "dg",
    "g": "fh",
    "h": "gj",
    "i": "uo",
    "j": "hk",
    "k": "jl",
    "l": "ko",
    "m": "n",
    "n": "bm",
    "o": "ip",
    "p": "o",
    "r": "et",
    "s": "ad",
    "t": "ry",
    "u": "yi",
    "v": "cb",
    "w": "qe",
    "y": "tu",
    "z": "x",
}
_KINDS = ("actor", "place", "project", "product", "technology", "policy")
_CLASS = {
    "actor": "Actor",
    "place": "Place",
    "project": "Project",
    "product": "Product",
    "technology": "Technology",
    "policy": "Policy",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """One query and what it means.

    Attributes:
        type: class that is asked for, empty for any.
        wanted: ids of the things that are right; empty when the graph has none.
        how: alias, transliteration, typing-error or stranger.
    """

    text: str
    type: str
    wanted: frozenset[str]
    how: str


def spellings(entities: Entities, seed: int, known: int = 160, strangers: int = 40) -> list[Spelling]:
    """Return labelled spellings in random order."""
    draw = random.Random(seed)
    owners: dict[str, set[str]] = defaultdict(set)
    for entity in entities.by_id.values():
        for name in entity.names:
            owners[fold(name)].add(entity.id)
    things = [entity for entity in entities.by_id.values() if entity.id.partition("/")[0] in _KINDS]
    made: list[Spelling] = []
    while len(made) < known:
        entity = draw.choice(things)
        spelled = _spell(draw, entity)
        if spelled is None:
            continue
        name, text, how = spelled
        type_ = _CLASS[entity.id.partition("/")[0]]
        # A name that two things of one class share, such as Ministry of Finance, says nothing alone.
        same = {other for other in owners[fold(name)] if type_ in entities.by_id[other].types}
        if same != {entity.id}:
            continue
        taken = owners.get(fold(text), set())
        if taken - {entity.id}:
            continue
        ambiguous = len(owners[fold(name)]) > 1
        made.append(
            Spelling(
                text=text,
                type=type_ if ambiguous or draw.random() < 0.5 else "",
                wanted=frozenset({entity.id}),
                how=how,
            )
        )
    foreign = [name for name in STRANGERS if fold(name) not in owners]
    for name in draw.sample(foreign, strangers):
        made.append(Spelling(text=name, type="", wanted=frozenset(), how="stranger"))
    draw.shuffle(made)
    return made


def other_names(entities: Entities, seed: int, count: int) -> list[str]:
    """Return names that nothing has: each is one of ours with one word taken from another of ours."""
    draw = random.Random(seed)
    ours = {fold(name) for entity in entities.by_id.values() for name in entity.names}
    named = [e.label for e in entities.by_id.values() if e.id.partition("/")[0] in _KINDS and len(e.label.split()) > 1]
    words = [word for name in named for word in name.split() if len(word) > 4 and word[0].isupper()]
    made: list[str] = []
    while len(made) < count:
        name = draw.choice(named).split()
        name[draw.randrange(len(name))] = draw.choice(words)
        if fold(" ".join(name)) not in ours:
            made.append(" ".join(name))
    return made


def _spell(draw: random.Random, entity: Entity) -> tuple[str, str, str] | None:
    name = draw.choice(entity.names)
    way = draw.choice(("alias", "transliteration", "typing-error", "typing-error"))
    if way == "alias":
        return name, draw.choice((name, name.upper(), name.lower(), f"  {name} ")), way
    if way == "transliteration":
        text = _transliterated(draw, name)
        return (name, text, way) if text != name else None
    # In names of a few letters an error makes another name.
    if len(fold(name)) < 6 or not name.isascii():
        return None
    return name, _mistyped(draw, name), way


def _transliterated(draw: random.Random, name: str) -> str:
    ways = [
        "".join(
            c
            for c in unicodedata.normalize("NFKD", name.replace("ł", "l").replace("Ł", "L"))
            if not unicodedata.combining(c)
        ),
        name.replace("ü", "ue").replace("ö", "oe").replace("ä", "ae").replace("ß", "ss"),
        name.replace("’", "'"),
        name.replace("'", ""),
        name.replace("-", " "),
        name.replace(" and ", " & "),
        name.replace("&", "and"),
        name.replace(" ", "-"),
        name + draw.choice((" Co., Ltd.", " Inc", " Corporation", " Ltd"))
        if " " not in name and name.isascii()
        else name,
    ]
    return draw.choice([way for way in ways if way != name] or [name])


def _mistyped(draw: random.Random, name: str) -> str:
    text = name
    for _ in range(2 if len(name) > 18 and draw.random() < 0.4 else 1):
        spots = [place for place, letter in enumerate(text) if letter.isalpha() and place > 0]
        place = draw.choice(spots)
        kind = draw.choice(("drop", "double", "swap", "other"))
        if kind == "drop":
            text = text[:place] + text[place + 1 :]
        elif kind == "double":
            text = text[:place] + text[place] + text[place:]
        elif kind == "swap" and place + 1 < len(text):
            text = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        else:
            keys = _KEYS.get(text[place].lower())
            text = text[:place] + (draw.choice(keys) if keys else "") + text[place + 1 :]
    return text
