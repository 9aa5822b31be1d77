"""The saved questions: one `.rq` file each, read, checked, bound, asked and written out here."""

from kg.catalog.choices import Choice, Choices
from kg.catalog.evidence import Citation
from kg.catalog.faults import CatalogError, Fault
from kg.catalog.formats import FORMATS, Format, offered, write
from kg.catalog.load import Catalog, parse_question, read_question
from kg.catalog.records import Column, Expectation, Form, Invariant, Parameter, ParameterType, Question
from kg.catalog.run import QuestionAnswer, bind, page_of, run, with_evidence
from kg.catalog.terms import read_known_terms

__all__ = [
    "FORMATS",
    "Catalog",
    "CatalogError",
    "Choice",
    "Choices",
    "Citation",
    "Column",
    "Expectation",
    "Fault",
    "Form",
    "Format",
    "Invariant",
    "Parameter",
    "ParameterType",
    "Question",
    "QuestionAnswer",
    "bind",
    "offered",
    "page_of",
    "parse_question",
    "read_known_terms",
    "read_question",
    "run",
    "with_evidence",
    "write",
]
