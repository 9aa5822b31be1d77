"""The folder is one that grlc (https://grlc.io, 1.3) can serve: its own rules for a query file, stated again.

grlc takes the lines that begin with `#+` as YAML, the whole file as SPARQL for rdflib, and `?_name` with what may
follow the name (`_iri`, `_integer`, `_prefix_type`, `_en`) as a parameter.
"""

import re

import pytest
import yaml
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery

from kg.catalog import Catalog
from kg.catalog.records import Form
from tests.catalog.test_questions import NAMES

PARAMETER = re.compile(
    r"\?(?P<required>[_]{1,2})(?P<name>[a-zA-Z0-9]+)"
    r"(?:_(?P<type>iri|number|literal|integer))?"
    r"(?:_(?P<prefix>[a-zA-Z0-9]+)_(?P<datatype>[a-zA-Z0-9]+))?"
    r"(?:_(?P<language>[a-zA-Z0-9]+))?"
)
FORMS = {"SelectQuery": Form.SELECT, "ConstructQuery": Form.CONSTRUCT}
# What grlc itself reads; `defaults`, `endpoint` and so on mean the same to nobody else.
TEXTS, LISTS = ("summary", "description"), ("tags",)


def decorators(text: str) -> object:
    return yaml.safe_load("\n".join(line.lstrip("#+") for line in text.split("\n") if line.startswith("#+")))


@pytest.mark.parametrize("name", NAMES)
def test_grlc_reads_the_header_the_query_and_its_parameters(name: str, catalog: Catalog) -> None:
    question = catalog.question(name)
    read = decorators(question.body)
    assert isinstance(read, dict)
    assert all(isinstance(read[key], str) for key in TEXTS) and all(isinstance(read[key], list) for key in LISTS)
    assert read["summary"] == question.summary
    assert FORMS[translateQuery(parseQuery(question.body)).algebra.name] is question.form
    found = list(PARAMETER.finditer(question.body))
    assert {match["name"] for match in found} == {parameter.name for parameter in question.params}
    # Nothing of a name is taken for a datatype or a language.
    assert all(match[0] == f"?_{match['name']}" for match in found)


def test_a_name_with_an_underscore_would_be_read_as_a_language() -> None:
    match = PARAMETER.match("?_at_least")
    assert match is not None and (match["name"], match["language"]) == ("at", "least")
