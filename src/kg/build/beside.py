"""What a release holds beside its quads: the files that serving needs, and what it says of itself."""

import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Final

from kg.build.inputs import TOOLS
from kg.diff import ROWS_FILE
from kg.tables.corpus import Corpus
from kg.tables.faults import Fault
from kg.vocab import DCTERMS, RDF, RDFS, XSD, graph, iri

# The waivers are shown with the warnings: `/quality` tells which checks a release did without.
_SERVED: Final = (
    "queries/*.rq",
    "queries/reports/*.md",
    "ontology/*.ttl",
    "ontology/rules/*.rq",
    "data/waiver.csv",
)


def write_files(root: Path, target: Path, corpus: Corpus, warnings: tuple[Fault, ...]) -> None:
    """Put beside the store what serving needs, so that a release answers from its own questions for ever."""
    for pattern in _SERVED:
        for path in sorted(root.glob(pattern)):
            copy = target / path.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    rows = (
        f"{iri(name, row.slug)}\tdata/{name}.csv:{row.line}\n"
        for name, table in corpus.tables.items()
        if corpus.specs[name].about is not None
        for row in table
    )
    (target / ROWS_FILE).write_text("".join(rows), encoding="utf-8")
    (target / "warnings.txt").write_text("".join(f"{fault}\n" for fault in warnings), encoding="utf-8")


def describe_release(release: str) -> Iterator[str]:
    """Write what a release says of itself as N-Quads, a line each."""
    name = graph("release")
    subject = f"<{iri('release', release)}>"
    today = time.strftime("%Y-%m-%d", time.gmtime())
    yield f"{subject} <{RDF}type> <http://www.w3.org/ns/dcat#Dataset> <{name}> ."
    yield f'{subject} <{RDFS}label> "CityLedger release {release}"@en <{name}> .'
    yield f'{subject} <{DCTERMS}identifier> "{release}" <{name}> .'
    yield f'{subject} <{DCTERMS}issued> "{today}"^^<{XSD}date> <{name}> .'
    for tool in TOOLS:
        yield f'{subject} <{DCTERMS}provenance> "{tool} {version(tool)}" <{name}> .'
