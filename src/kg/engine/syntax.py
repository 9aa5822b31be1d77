"""What is wrong with a text that is no SPARQL, in words for people, from what the parser says and from the text."""

import re
from typing import Final

from kg.errors import QuerySyntaxError
from kg.vocab import OUTSIDE, PREFIXES

_POSITION: Final = re.compile(r"error at (\d+):(\d+): (?:expected (?:one of )?)?(.*)", re.DOTALL)
# The parser lists what it expected with whole tables of Unicode ranges, which help nobody.
_CLASS: Final = re.compile(r"\[(?:'(?:\\.[^']*|[^'])'|[^\]'])*\]")
# What follows the parser's own drafts and not SPARQL 1.1, or is refused here.
_NOT_OURS: Final = re.compile(
    r"LATERAL|SERVICE|TRIPLE|SUBJECT|PREDICATE|OBJECT|isTriple|LANGDIR|STRLANGDIR|hasLang|hasLangDir|ADJUST|VERSION"
    r'|"\{\|"|"\|\}"|"~"|"<<\(?"|"\$"'
)
_REASONS: Final = {
    "The SELECT contains a variable that is unbound": "a variable that SELECT names is neither in GROUP BY nor inside "
    "an aggregate such as (COUNT(?x) AS ?n)",
    "SELECT * is not authorized with GROUP BY": "SELECT * cannot stand with GROUP BY; name the columns",
    "IRI parsing failed": "what stands between < and > is no IRI",
}
_PREFIXED: Final = re.compile(r"([A-Za-z][\w.\-]*)?:[\w.\-%\\]*\Z")
_NEXT: Final = re.compile(r"\s*(\?\w+|<[^\s<>]*>|\"[^\"\n]*\"?|[\w:.\-]+|[^\s])")
_BEGINNINGS: Final = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE", "PREFIX", "BASE")
_COMMENTS: Final = re.compile(r"\A(?:\s|#[^\n]*(?:\n|\Z))*")
_UNNAMED: Final = re.compile(r"\(\s*(COUNT|SUM|MIN|MAX|AVG|SAMPLE|GROUP_CONCAT)\s*\([^()]*\)\s*\?", re.IGNORECASE)
_OPAQUE: Final = re.compile(r"<[^\s<>]*>|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|#[^\n]*")
_MOST_NAMED: Final = 5
_LONGEST_QUOTE: Final = 40
_LONGEST_NAME: Final = 200
_DECLARED: Final = re.compile(r"\bPREFIX\s+([\w.\-]*)\s*:", re.IGNORECASE)
_USED: Final = re.compile(r"(?<![\w?$:.\-])([A-Za-z][\w\-]*):(?!//)")


def syntax_error(message: str, text: str = "") -> QuerySyntaxError:
    """Return the error for what the parser said of a text."""
    match = _POSITION.match(message)
    if match is None:
        return QuerySyntaxError(f"not a SPARQL 1.1 query: {message}"[:500])
    line, column = int(match[1]), int(match[2])
    lines = text.split("\n")
    only = _words(match[3])
    if len(only) == 1 and only[0].isalpha() and "[" not in match[3]:
        # The parser tries a keyword on as many characters as it has, and points behind them.
        column = max(1, column - len(only[0]))
    before = lines[line - 1][: column - 1] if line <= len(lines) else ""
    rest = text[len("\n".join([*lines[: line - 1], before])) :]
    if "Prefix not found" in match[3]:
        name = _PREFIXED.search(before[-_LONGEST_NAME:])
        column -= len(name[0]) if name else 0
        words = _undeclared((name[1] or "") if name else "")
    else:
        words = _reason(match[3]) or _from_text(text) or _unexpected(match[3], rest)
    return QuerySyntaxError(f"line {line}, column {column}: {words}"[:400], line, column)


def _undeclared(prefix: str) -> str:
    known = {**OUTSIDE, **PREFIXES}.get(prefix)
    if known is not None:
        return f"the prefix {prefix}: is not declared; put this line before the query: PREFIX {prefix}: <{known}>"
    name = prefix[:_LONGEST_QUOTE]
    return f"the prefix {name}: is not declared; a line PREFIX {name}: <IRI> before the query does that"


def _reason(expected: str) -> str | None:
    return next((words for said, words in _REASONS.items() if said in expected), None)


def _from_text(text: str) -> str | None:
    """Return what is plainly wrong with the text as a whole; the parser's place is then only where it gave up."""
    first = re.match(r"\w*", text[len((_COMMENTS.match(text) or [""])[0]) :])
    word = first[0] if first else ""
    if not text.strip():
        return "the query is empty"
    if word and word.upper() not in _BEGINNINGS:
        return f"a query begins with {', '.join(_BEGINNINGS)}, not with {word[:_LONGEST_QUOTE]}"
    unnamed = _UNNAMED.search(text)
    if unnamed:
        return f"what is worked out needs a name of its own: ({unnamed[1].upper()}(?x) AS ?name)"
    marks = _OPAQUE.sub("", text)
    for opening, closing in ("{}", "()"):
        more = marks.count(opening) - marks.count(closing)
        if more:
            return f"a {opening} is never closed" if more > 0 else f"a {closing} closes nothing"
    declared = {name.lower() for name in _DECLARED.findall(marks)}
    used = [name for name in _USED.findall(_DECLARED.sub("", marks)) if name.lower() not in declared]
    if used:
        return _undeclared(used[0])
    return None


def _words(expected: str) -> list[str]:
    words = (part.strip() for part in _CLASS.sub("", expected).split(", "))
    return [word.strip('"') for word in words if word and not _NOT_OURS.fullmatch(word)]


def _unexpected(expected: str, rest: str) -> str:
    words, found = _words(expected), _NEXT.match(rest)
    # Many names are those of functions, and the parser knows only some that could stand here.
    listed = f"expected {' or '.join(words)}" if 0 < len(words) <= _MOST_NAMED else ""
    if found is None:
        return listed or "something before the last bracket is missing or too much"
    return (
        f"cannot be read on at “{found[1][:_LONGEST_QUOTE]}”; {listed or 'something before it is missing or too much'}"
    )
