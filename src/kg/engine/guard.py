"""Look over the text of a query before anything parses it.

The parser and the planner of Oxigraph recurse, so a short text can overflow the stack or plan for minutes
(docs/decisions/0011-guard.md has the measurements the limits come from). The real walls are the worker's
lack of network, its memory cap and its deadline; the guard turns the known attacks into a clear refusal.

Oxigraph reads without a tokenizer: it takes `SERVICESILENT<x>` and `1SERVICE<x>` for a SERVICE clause. So
words are searched for what they contain, not compared.
"""

import re
from dataclasses import dataclass

from kg.errors import QueryRefusedError

MAX_NESTING = 100
MAX_OPERATORS = 1_000
MAX_PATTERNS = 128
MAX_CLOSURES = 32
MAX_NESTED_CLOSURES = 4

# Possessive (`*+`) throughout: time grows with the length of the text only.
_TOKEN = re.compile(
    r"""
    (?P<skip>\s++|\#[^\n\r]*+)
    |(?P<iri><(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*+>)
    |(?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*+(?:\"\"\")?|'''(?:[^'\\]|\\.|'(?!''))*+(?:''')?
        |"(?:[^"\\\n\r]|\\.)*+"?|'(?:[^'\\\n\r]|\\.)*+'?)
    |(?P<variable>[?$]\w++)
    |(?P<prefixed>(?:[\w\-][\w.\-]{0,200}+)?(?<!\.):(?:[\w.\-:]|%[0-9A-Fa-f]{2}|\\.)*+)
    |(?P<tag>@[A-Za-z]++(?:-[A-Za-z0-9]++)*+)
    |(?P<word>\w++)
    |(?P<mark>\|\||&&|\^\^|[<>!]=|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_OPERATORS = frozenset(["||", "&&", "|", "/", "^", "!", "=", "<", ">", "<=", ">=", "!=", "+", "-", "*"])
_FORMS = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})
_UPDATES = frozenset(["INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "COPY", "MOVE", "ADD", "WITH"])
# Texts that hold none of these, wherever, neither write nor ask others nor name their data set. Looking for each is
# ten times as fast as one pattern of all.
_NOT_PLAIN = ("service", "insert", "delete", "from", "\\u")
# Words that are common inside other words and names.
_UPDATE_WORDS = ("load", "clear", "drop", "create", "copy", "move", "add")
_UPDATE_WORD = re.compile(rf"\b(?:{'|'.join(_UPDATE_WORDS)})\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the guard learned about a query that it lets through.

    Attributes:
        own_dataset: it has a `FROM` clause.
        services: IRIs of its `SERVICE` clauses, all of them allowed.
    """

    own_dataset: bool = False
    services: tuple[str, ...] = ()


_NOTHING = Findings()


def inspect(text: str, *, complexity: bool = True, service_allow: tuple[str, ...] = ()) -> Findings:
    """Look over a query.

    Arguments:
        complexity: also refuse texts whose shape is dangerous to parse or plan.
        service_allow: IRIs that `SERVICE` may name.

    Raises:
        QueryRefusedError: the text writes, asks another server, or is dangerous to parse or plan.
    """
    if "\0" in text:
        raise QueryRefusedError("the query holds a NUL character", "nul")
    if _is_plain(text):
        return _NOTHING
    findings = _Reader(text, complexity, service_allow).read()
    if "\\u" in text or "\\U" in text:
        # SPARQL 1.1 Query, 19.2: escapes may stand anywhere. Oxigraph 0.5 reads them in strings and IRIs
        # only; a later one may read them everywhere, so the decoded text has to pass as well.
        decoded = _ESCAPE.sub(lambda match: chr(min(int(match[1] or match[2], 16), 0x10FFFF)), text)
        _Reader(decoded, complexity, service_allow).read()
    return findings


def without_dataset(text: str) -> str:
    """Return a query without its `FROM` clauses, which only stand before the first group."""
    kept: list[str] = []
    in_clause, depth = False, 0
    for match in _TOKEN.finditer(text):
        kind, piece = match.lastgroup, match[0]
        depth += piece == "{"
        if depth == 0 and kind == "word" and piece.upper() == "FROM":
            in_clause = True
        if not in_clause:
            kept.append(piece)
        elif kind in {"iri", "prefixed"}:
            in_clause = False
    return "".join(kept)


def _is_plain(text: str) -> bool:
    """Whether counting characters, wherever they stand, already shows that no limit can be reached."""
    if (
        len(text) > 4096
        or text.count("{") + text.count("(") + text.count("[") > MAX_NESTING
        or text.count(".") + text.count(";") + text.count(",") + text.count("/") > MAX_PATTERNS
        or text.count("!") + text.count("^") + text.count("-") > MAX_PATTERNS
        or text.count("*") + text.count("+") > MAX_NESTED_CLOSURES
    ):
        return False
    small = text.casefold()
    for word in _NOT_PLAIN:
        if word in small:
            return False
    return not (any(word in small for word in _UPDATE_WORDS) and _UPDATE_WORD.search(small))


class _Reader:
    """One walk over the tokens of one text."""

    def __init__(self, text: str, complexity: bool, service_allow: tuple[str, ...]) -> None:
        self._text = text
        self._complexity = complexity
        self._allow = service_allow
        self._services: list[str] = []
        self._own_dataset = False
        self._first = ""  # The first word after the prologue.
        self._operators = 0
        self._closures = 0
        # One entry per open bracket: the bracket, patterns in it, closures nested in it.
        self._open: list[list[int | str]] = [["{", 0, 0]]
        self._closed = 0  # Closures nested in the parenthesis just closed.

    def read(self) -> Findings:
        previous_kind, previous, in_prologue = "", "", False
        before = ""
        for match in _TOKEN.finditer(self._text):
            kind, piece = match.lastgroup or "mark", match[0]
            if kind == "skip":
                continue
            if kind == "word":
                word = piece.upper()
                in_prologue = word in {"PREFIX", "BASE", "VERSION"}
                if not in_prologue:
                    self._word(word)
            elif kind == "prefixed" and not in_prologue:
                self._in_name(piece)
            if previous_kind == "service":
                self._service(kind, piece)
            # `PREFIX service:` is a fair name, and only these words take a name before a group.
            if (
                piece == "{"
                and previous_kind == "prefixed"
                and "SERVICE" in before_colon(previous)
                and before not in {"GRAPH", "FROM", "NAMED"}
            ):
                self._refuse_service()
            if kind == "mark":
                self._mark(piece, previous_kind)
            before = previous.upper()
            previous_kind, previous = kind, piece
            if kind == "word" and (
                "SERVICE" in piece.upper() or (piece.upper() == "SILENT" and before.endswith("SERVICE"))
            ):
                previous_kind = "service"
        if previous_kind == "service":
            self._refuse_service()
        return Findings(own_dataset=self._own_dataset, services=tuple(self._services))

    def _word(self, word: str) -> None:
        if not self._first:
            self._first = word
            if word in _UPDATES:
                self._refuse_update(word)
        if word in {"INSERT", "DELETE"} or (word in _UPDATES and self._open_depth() == 0 and word != "WITH"):
            self._refuse_update(word)
        if word.endswith("FROM"):
            self._own_dataset = True
        if word in {"UNION", "MINUS", "EXISTS", "FILTER", "BIND", "IF", "GRAPH", "VALUES", "SELECT", "AS"}:
            self._operator()
        elif word == "OPTIONAL":
            self._operator()
            self._pattern()

    def _in_name(self, piece: str) -> None:
        if before_colon(piece).endswith("FROM"):
            self._own_dataset = True

    def _service(self, kind: str, piece: str) -> None:
        if kind == "word" and piece.upper() == "SILENT":
            return
        if kind == "iri" and piece[1:-1] in self._allow:
            self._services.append(piece[1:-1])
            return
        self._refuse_service()

    def _refuse_service(self) -> None:
        raise QueryRefusedError("SERVICE is not available here: no query leaves this server", "service")

    def _refuse_update(self, word: str) -> None:
        raise QueryRefusedError(f"{word}: this endpoint is read-only", "update")

    def _mark(self, piece: str, previous_kind: str) -> None:
        if piece in {"{", "(", "["}:
            self._open.append([piece, 0, 0])
            if piece == "[":
                self._pattern(-2)
            if self._complexity and len(self._open) > MAX_NESTING + 1:
                raise QueryRefusedError(f"nested deeper than {MAX_NESTING} brackets", "nesting")
        elif piece in {"}", ")", "]"}:
            if len(self._open) > 1:
                self._closed = int(self._open.pop()[2])
                self._nest(self._closed)
        elif piece in {".", ";", ","}:
            self._pattern()
        elif piece in _OPERATORS:
            self._operator()
            if piece == "/":
                self._pattern()
            elif piece in {"*", "+"} and previous_kind in {"iri", "prefixed", "word", "mark"}:
                self._closure(previous_kind)

    def _open_depth(self) -> int:
        return len(self._open) - 1

    def _operator(self) -> None:
        self._operators += 1
        if self._complexity and self._operators > MAX_OPERATORS:
            raise QueryRefusedError(f"more than {MAX_OPERATORS} operators", "operators")

    def _pattern(self, at: int = -1) -> None:
        place = self._open[at]
        if place[0] == "(":
            # Arguments of a function or members of a list, except that `(a/b)` is a path.
            return
        # A bracketed node adds its patterns to the group around it.
        for outer in reversed(self._open[: len(self._open) + at + 1]):
            if outer[0] == "{":
                outer[1] = int(outer[1]) + 1
                if self._complexity and int(outer[1]) > MAX_PATTERNS:
                    raise QueryRefusedError(f"more than {MAX_PATTERNS} patterns in one group", "patterns")
                return

    def _closure(self, previous_kind: str) -> None:
        depth = 1 + (self._closed if previous_kind == "mark" else 0)
        self._closures += 1
        self._nest(depth)
        if not self._complexity:
            return
        if self._closures > MAX_CLOSURES and self._in_path():
            raise QueryRefusedError(f"more than {MAX_CLOSURES} path closures", "closures")
        if depth > MAX_NESTED_CLOSURES:
            raise QueryRefusedError(f"path closures nested deeper than {MAX_NESTED_CLOSURES}", "closures")

    def _nest(self, depth: int) -> None:
        self._open[-1][2] = max(int(self._open[-1][2]), depth)

    def _in_path(self) -> bool:
        return self._open[-1][0] == "{"


def before_colon(name: str) -> str:
    """Give the prefix of a prefixed name in capitals."""
    return name.partition(":")[0].upper()
