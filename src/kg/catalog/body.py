"""What the tokens of a query's body say: its form, its columns, its terms and where its parameters stand."""

from collections.abc import Callable
from dataclasses import dataclass

from kg.catalog.records import Form, Parameter
from kg.catalog.tokens import Kind, Token, matching, parameter_name, significant, tokenize
from kg.errors import QuerySyntaxError

Note = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class Body:
    """A query's tokens, without white space and comments, and what was found in them."""

    tokens: tuple[Token, ...]
    form: Form
    columns: tuple[str, ...]
    form_at: int


def read_body(text: str, note: Note) -> Body | None:
    """Return what a query's body says, or None where it says nothing sound, which is noted."""
    try:
        tokens = significant(tokenize(text))
        return _read(tokens, note)
    except QuerySyntaxError as error:
        note(error.line or 1, str(error))
        return None


def _read(tokens: tuple[Token, ...], note: Note) -> Body | None:
    for token in tokens:
        if token.is_word("SERVICE", "FROM", "INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE"):
            note(token.line, f"{token.text.upper()} has no place in a saved question")
            return None
    for index, token in enumerate(tokens):
        if token.is_word("ASK", "DESCRIBE"):
            note(token.line, f"a saved question is a SELECT or a CONSTRUCT, not {token.text.upper()}")
            return None
        if token.is_word("CONSTRUCT"):
            return Body(tokens, Form.CONSTRUCT, (), index)
        if token.is_word("SELECT"):
            return Body(tokens, Form.SELECT, _projection(tokens, index, note), index)
    note(1, "the file holds no query")
    return None


def _projection(tokens: tuple[Token, ...], select: int, note: Note) -> tuple[str, ...]:
    columns: list[str] = []
    index = select + 1
    while index < len(tokens):
        token = tokens[index]
        if token.kind is Kind.VARIABLE:
            columns.append(token.text[1:])
        elif token.is_mark("("):
            index = matching(tokens, index)
            if tokens[index - 1].kind is Kind.VARIABLE and tokens[index - 2].is_word("AS"):
                columns.append(tokens[index - 1].text[1:])
        elif token.is_mark("*"):
            note(token.line, "SELECT * hides the columns; name them")
        elif not token.is_word("DISTINCT", "REDUCED"):
            break
        index += 1
    for name in columns:
        if columns.count(name) > 1:
            note(tokens[select].line, f"column ?{name} is selected twice")
    return tuple(dict.fromkeys(columns))


def check_order(body: Body, note: Note) -> None:
    """Note a SELECT without ORDER BY on the outside, and a LIMIT or OFFSET without one beside it anywhere."""
    ordered: dict[int, bool] = {}
    depth = 0
    for previous, token in zip((None, *body.tokens), body.tokens, strict=False):
        if token.is_mark("{"):
            depth += 1
            ordered[depth] = False
        elif token.is_mark("}"):
            depth -= 1
        elif token.is_word("BY") and previous is not None and previous.is_word("ORDER"):
            ordered[depth] = True
        elif token.is_word("LIMIT", "OFFSET") and not ordered.get(depth, False):
            note(token.line, f"{token.text.upper()} without ORDER BY beside it takes rows at random")
    if body.form is Form.SELECT and not ordered.get(0, False):
        note(body.tokens[body.form_at].line, "the outer SELECT has no ORDER BY; every list needs an order")


def terms_in(body: Body, note: Note) -> tuple[tuple[str, Token], ...]:
    """Return every IRI in the body in full, with its token; an undeclared prefix is noted."""
    prefixes: dict[str, str] = {}
    found: list[tuple[str, Token]] = []
    index = 0
    while index < len(body.tokens):
        token = body.tokens[index]
        if token.is_word("PREFIX") and index + 2 < len(body.tokens):
            prefixes[body.tokens[index + 1].text.rstrip(":")] = body.tokens[index + 2].text[1:-1]
            index += 3
            continue
        if token.is_word("BASE"):
            note(token.line, "BASE has no place in a saved question; write PREFIX")
        if token.kind is Kind.IRI:
            found.append((token.text[1:-1], token))
        elif token.kind is Kind.NAME:
            prefix, _, local = token.text.partition(":")
            if prefix in prefixes:
                found.append((prefixes[prefix] + local.replace("\\", ""), token))
            else:
                note(token.line, f"prefix {prefix + ':'!r} is not declared")
        index += 1
    return tuple(found)


def check_parameters(body: Body, params: tuple[Parameter, ...], note: Note) -> None:
    """Note parameters that are undeclared or unused, or stand where a value would change the query."""
    declared = {parameter.name: parameter for parameter in params}
    used: set[str] = set()
    bound_tests: set[str] = set()
    for index, token in enumerate(body.tokens):
        name = parameter_name(token)
        if name is None:
            continue
        used.add(name)
        parameter = declared.get(name)
        if parameter is None:
            note(token.line, f"parameter ?_{name} is not declared in the header")
            continue
        if is_bound_test(body.tokens, index):
            bound_tests.add(name)
            if not parameter.optional:
                note(token.line, f"BOUND(?_{name}): it always has a value, so the test says nothing")
            continue
        if parameter.multi and not _in_list(body.tokens, index):
            note(token.line, f"?_{name} takes several values, so it stands alone in a list: IN (?_{name})")
        if parameter.optional and not _guarded(body.tokens, index, name):
            note(
                token.line,
                f"?_{name} is optional, so it stands in a FILTER beside BOUND(?_{name}): "
                f"FILTER(!BOUND(?_{name}) || ...)",
            )
    for parameter in params:
        if parameter.name not in used:
            note(1, f"parameter {parameter.name} is declared and never used as ?_{parameter.name}")
        elif parameter.optional and parameter.name not in bound_tests:
            note(1, f"parameter {parameter.name} is optional but BOUND(?_{parameter.name}) never asks for it")


def is_bound_test(tokens: tuple[Token, ...], index: int) -> bool:
    """Whether the variable at `index` is the argument of BOUND( )."""
    return (
        index >= 2
        and tokens[index - 1].is_mark("(")
        and tokens[index - 2].is_word("BOUND")
        and index + 1 < len(tokens)
        and tokens[index + 1].is_mark(")")
    )


def _in_list(tokens: tuple[Token, ...], index: int) -> bool:
    return tokens[index - 1].is_mark("(") and tokens[index - 2].is_word("IN") and tokens[index + 1].is_mark(")")


def _guarded(tokens: tuple[Token, ...], index: int, name: str) -> bool:
    """Whether an enclosing FILTER( ) also asks BOUND for the same parameter."""
    for start in range(index - 1, -1, -1):
        if tokens[start].is_word("FILTER") and tokens[start + 1].is_mark("("):
            end = matching(tokens, start + 1)
            if end > index:
                inside = range(start + 1, end)
                if any(parameter_name(tokens[i]) == name and is_bound_test(tokens, i) for i in inside):
                    return True
    return False
