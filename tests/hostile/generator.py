"""Hostile queries made by chance; one seed gives one set, a fresh seed fresh cases."""

import random
from collections.abc import Iterator

from tests.hostile.corpus import STOPPED, Case, asked, by_get

WORDS = """
SELECT ASK CONSTRUCT DESCRIBE WHERE FROM NAMED GRAPH OPTIONAL UNION MINUS FILTER BIND VALUES SERVICE EXISTS NOT
GROUP BY HAVING ORDER LIMIT OFFSET DISTINCT REDUCED COUNT SUM INSERT DELETE LOAD PREFIX BASE UNDEF AS IN a true
{ } ( ) [ ] . ; , * + / | ^ ! = != < > && || ?s ?p ?o $x <urn:a> <http://127.0.0.1:9/> urn:b :c _:d 1 1.5 1e9
"text" "text"@en \'\'\'long\'\'\' "\\u0053" ^^ @en # \\ ` ~ é 智 {{ }} -- /* */ << >>
"""
TOKENS = (*WORDS.split(), "\0", '"""long"""')


def soup(chance: random.Random) -> str:
    """Tokens in any order."""
    return " ".join(chance.choice(TOKENS) for _ in range(chance.randrange(1, 60)))


VALID = (
    "SELECT ?s (COUNT(*) AS ?n) WHERE { ?s ?p ?o . OPTIONAL { ?s <urn:a> ?x } } GROUP BY ?s ORDER BY ?n LIMIT 5",
    'ASK { ?s ?p "text"@en . FILTER(STRLEN(STR(?s)) > 3 && ?s != <urn:x>) }',
    "PREFIX k: <urn:k> CONSTRUCT { ?s k:a ?o } WHERE { { ?s ?p ?o } UNION { ?o ?p ?s } } LIMIT 3",
    "DESCRIBE <urn:a>",
    "SELECT * WHERE { GRAPH ?g { ?s (<urn:a>/^<urn:b>)* ?o } VALUES ?s { <urn:x> UNDEF } } LIMIT 3",
)


def mutated(chance: random.Random) -> str:
    """A valid query with a few characters changed, cut, doubled or moved."""
    text = list(chance.choice(VALID))
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(text))
        match chance.randrange(4):
            case 0:
                text[at] = chr(chance.choice((0, 10, 13, 34, 39, 60, 62, 92, 123, 125, 0x202E, 0xFFFF, 0x1F600)))
            case 1:
                del text[at : at + chance.randrange(1, 10)]
            case 2:
                text[at:at] = text[at : at + chance.randrange(1, 30)]
            case _:
                text.insert(at, chance.choice(TOKENS))
        if not text:
            return "ASK"
    return "".join(text)


def deep(chance: random.Random) -> tuple[str, frozenset[int]]:
    """A text that breaks a parser or a planner by its size alone; the guard must see it."""
    n = chance.randrange(2_500, 20_000)
    forms = (
        "SELECT * " + "{" * n + "}" * n,
        "SELECT * { FILTER(" + "(" * n + "1" + ")" * n + ") }",
        "SELECT * { " + "FILTER NOT EXISTS { ?s ?p ?o " * (n // 4) + "}" * (n // 4) + " }",
        "SELECT * { FILTER(" + " || ".join([f"?a = {chance.randrange(99)}"] * n) + ") }",
        "SELECT * { " + " UNION ".join(["{ ?s ?p ?o }"] * (n // 2)) + " }",
        "SELECT * { FILTER(" + "!" * n + "true) }",
        "SELECT * { ?s " + "/".join(["<urn:a>"] * (n // 5)) + " ?o }",
        "SELECT * { ?s " + "|".join(["<urn:a>"] * n) + " ?o }",
        "SELECT * { ?s ?p " + "[ <urn:a> " * (n // 4) + "1" + "]" * (n // 4) + " }",
        "SELECT * { ?s ?p " + "( " * (n // 4) + "1" + ")" * (n // 4) + " }",
        "SELECT (" + "IF(true, " * (n // 4) + "1" + ", 2)" * (n // 4) + " AS ?x) {}",
        "SELECT (" + "+".join(["1"] * n) + " AS ?x) {}",
        "SELECT * { " + "OPTIONAL { ?s ?p ?o } " * (n // 8) + "}",
        "SELECT * { " + " ".join(f"BIND({k} AS ?v{k})" for k in range(n // 2)) + " }",
        "SELECT * { " + " . ".join(f"?a{k} ?b{k} ?c{k}" for k in range(n // 10)) + " }",
        "SELECT * { " + "{ SELECT * { " * (n // 8) + "?s ?p ?o" + " } }" * (n // 8) + " }",
        "SELECT * { ?s " + "(" * 8 + "<urn:a>*" + ")*" * chance.randrange(5, 9) + " ?o }",
    )
    return chance.choice(forms), frozenset({400, 403})


def heavy(chance: random.Random) -> tuple[str, frozenset[int]]:
    """A short text that costs time, memory or bytes without end."""
    wide = " . ".join(f"?a{k} ?b{k} ?c{k}" for k in range(chance.randrange(4, 8)))
    size = chance.randrange(3, 9)
    forms = (
        f"SELECT (COUNT(*) AS ?n) {{ {wide} }}",
        f"SELECT * {{ {wide} }} ORDER BY ?a0 ?a1",
        f"SELECT DISTINCT ?a0 ?b1 ?c2 ?a3 {{ {wide} }}",
        f"SELECT (GROUP_CONCAT(CONCAT(STR(?a0), STR(?a1))) AS ?x) {{ {wide} }}",
        f"CONSTRUCT {{ ?a0 ?b1 ?c2 . ?a1 ?b2 ?c3 }} {{ {wide} }}",
        f"ASK {{ {wide} FILTER(?a0 = 'none{size}') }}",
        f"SELECT ?a0 (SUM(STRLEN(STR(?c1))) AS ?n) {{ {wide} }} GROUP BY ?a0 ?a1 ?a2",
        f"SELECT * {{ {wide} FILTER(REGEX(CONCAT(STR(?a0), STR(?a1)), '^(a|b|ab)*{size}c$')) }}",
        f"SELECT (COUNT(*) AS ?n) {{ {wide} FILTER NOT EXISTS {{ ?c0 ?x ?c1 . ?c1 ?y ?c2 . ?z ?w ?v }} }}",
    )
    return chance.choice(forms), STOPPED | {200}


def doubling(chance: random.Random) -> str:
    """A string that doubles itself with each step, or a row that does."""
    steps = chance.randrange(28, 45)
    grow = " ".join(f"BIND(CONCAT(?v{k}, ?v{k}) AS ?v{k + 1})" for k in range(steps))
    rows = " ".join(f"VALUES ?r{k} {{ 1 2 3 4 5 6 7 8 9 }}" for k in range(steps // 3))
    return chance.choice(
        (
            f'SELECT (STRLEN(?v{steps}) AS ?n) {{ BIND("xxxxxxxxxxxxxxxx" AS ?v0) {grow} }}',
            f"SELECT * {{ {rows} }}",
            f"SELECT (COUNT(*) AS ?n) {{ {rows} }}",
        )
    )


def light(seed: int) -> Iterator[Case]:
    """Give 360 cases of a seed that are refused or answered at once."""
    chance = random.Random(seed)
    anything = (200, 400, 403, 406, 413, 503)
    for number in range(120):
        yield asked(f"soup-{seed}-{number}", soup(chance), *anything)
    for number in range(120):
        yield asked(f"mutated-{seed}-{number}", mutated(chance), *anything)
    for number in range(60):
        text, statuses = deep(chance)
        yield asked(f"deep-{seed}-{number}", text, *statuses)
    for number in range(60):
        name = "".join(chr(chance.choice((0, 9, 10, 34, 38, 60, 92, 0x7F, 0xE9, 0x202E, 0x1F600))) for _ in range(9))
        yield by_get(f"parameter-{seed}-{number}", [("query", "ASK {}"), (name, name * chance.randrange(40))], 200)


def generated(seed: int) -> Iterator[Case]:
    """Give all generated cases of a seed."""
    yield from light(seed)
    chance = random.Random(f"heavy {seed}")
    for number in range(12):
        text, statuses = heavy(chance)
        yield asked(f"heavy-{seed}-{number}", text, *statuses, accept="*/*")
    for number in range(5):
        yield asked(f"doubling-{seed}-{number}", doubling(chance), *(STOPPED | {200}))
