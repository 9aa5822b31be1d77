"""Which facts the page of each kind shows, in which order, and which of them it misses out loud."""

from dataclasses import dataclass
from typing import Final

from kg.serve.entities import draws
from kg.serve.entities.draws import Draw


@dataclass(frozen=True, slots=True)
class Line:
    """What one line of the facts says.

    Attributes:
        properties: those that it is drawn from; a statement about one of them belongs here.
        is_expected: it is shown even where no source says anything.
        draw: how, where it is more than a list of values.
    """

    name: str
    properties: tuple[str, ...]
    is_expected: bool = False
    draw: Draw | None = None


_WHEN: Final = Line("When", ("kg:date", "kg:start", "kg:end"), draw=draws.when)
_WHEN_EXPECTED: Final = Line("When", ("kg:date", "kg:start", "kg:end"), is_expected=True, draw=draws.when)
_STATUS: Final = Line("Status", ("kg:status",), is_expected=True)
_FLAG: Final = Line("Caution", ("kg:flag",), draw=draws.flag)
_ABOUT: Final = Line("About", ("kg:about",), is_expected=True)
_AMONG: Final = (
    Line("Claimed by", ("kg:claimant",), is_expected=True, draw=draws.claimant),
    Line("Reported by", ("kg:reportedBy",), is_expected=True),
)
LINES: Final[dict[str, tuple[Line, ...]]] = {
    "project": (
        Line("Located in", ("kg:locatedIn",), is_expected=True, draw=draws.location),
        _STATUS,
        Line("When", ("kg:start", "kg:end", "kg:date"), is_expected=True, draw=draws.when),
        Line("Technologies", ("kg:usesTechnology",), is_expected=True),
        Line("Products", ("kg:usesProduct",)),
        Line("Kind", ("kg:kind",)),
        Line("Part of", ("kg:partOf",)),
        Line("Under policy", ("kg:underPolicy",)),
        Line("Unnamed in the source", ("kg:unnamed",)),
        _FLAG,
    ),
    "actor": (
        Line("Located in", ("kg:locatedIn",), is_expected=True, draw=draws.location),
        Line("Parent", ("kg:parent",), draw=draws.parent),
        Line("Supplies", ("kg:suppliesTechnology",), draw=draws.supplies),
        Line("Unnamed in the source", ("kg:unnamed",)),
        _WHEN,
    ),
    "place": (
        Line("Located in", ("kg:locatedIn",), draw=draws.location),
        Line("ISO 3166 codes", ("kg:isoAlpha2", "kg:isoAlpha3")),
        Line("Coordinates", ("geo:lat", "geo:long"), draw=draws.coordinates),
    ),
    "financing": (
        Line("Pays for", ("kg:finances",), is_expected=True),
        Line("Instrument", ("kg:instrument",), is_expected=True),
        Line("Amount", ("kg:amount", "kg:printedUsd", "kg:amountUsd"), is_expected=True, draw=draws.amount),
        Line("Own share", ("kg:shareOfCost",), draw=draws.share),
        Line("From", ("kg:provider", "kg:lender"), is_expected=True),
        Line("To", ("kg:recipient", "kg:borrower"), is_expected=True),
        _WHEN_EXPECTED,
        _STATUS,
        Line("Another figure for", ("kg:variantOf",)),
        _FLAG,
    ),
    "agreement": (
        Line("Parties", ("kg:party",), is_expected=True),
        Line("Kind", ("kg:kind",)),
        _WHEN_EXPECTED,
        _STATUS,
        Line("About", ("kg:about",)),
        Line("Under policy", ("kg:underPolicy",)),
        Line("Number", ("dcterms:identifier",)),
    ),
    "policy": (
        Line("Issued by", ("kg:issuer",), is_expected=True),
        Line("Kind", ("kg:kind",)),
        Line("Number", ("dcterms:identifier",)),
        _WHEN_EXPECTED,
        Line("Status", ("kg:status",)),
        Line("About", ("kg:about",)),
        Line("Under policy", ("kg:underPolicy",)),
        _FLAG,
    ),
    "restriction": (
        Line("Issued by", ("kg:issuer",), is_expected=True),
        Line("Against", ("kg:target",), is_expected=True),
        Line("Kind", ("kg:kind",)),
        Line("Number", ("dcterms:identifier",)),
        _WHEN_EXPECTED,
        _STATUS,
        Line("Reason given", ("kg:reason",), is_expected=True),
        Line("About", ("kg:about",)),
        Line("Under policy", ("kg:underPolicy",)),
        _FLAG,
    ),
    "event": (
        Line("Kind", ("kg:kind",)),
        _WHEN_EXPECTED,
        Line("Located in", ("kg:locatedIn",), draw=draws.location),
        Line("Who took part", ("kg:party",), is_expected=True),
        Line("About", ("kg:about",)),
    ),
    "claim": (
        Line("Value", ("kg:value", "kg:valueText", "kg:baseline", "kg:printedUsd", "kg:amountUsd"), draw=draws.value),
        Line("Measured as", ("kg:indicator",)),
        _ABOUT,
        *_AMONG,
        Line("Disputed by", ("kg:disputedBy",), draw=draws.dispute),
        Line("Disputes", ("kg:disputes",)),
        Line("Addressed to", ("kg:addressee",)),
        Line("Other side", ("kg:counterpart",)),
        _WHEN_EXPECTED,
        _FLAG,
    ),
    "observation": (
        Line(
            "Value", ("kg:value", "kg:valueText", "kg:baseline", "kg:printedUsd", "kg:amountUsd"),
            is_expected=True, draw=draws.value,
        ),
        Line("Measured as", ("kg:indicator",)),
        _ABOUT,
        Line("Other side", ("kg:counterpart",)),
        _WHEN_EXPECTED,
        *_AMONG,
        Line("Another figure for", ("kg:variantOf",)),
        _FLAG,
    ),
    "involvement": (
        Line("Project", ("kg:involvementOf",)),
        Line("Actor", ("kg:actor",)),
        Line("Role", ("kg:role",)),
        Line("With technology", ("kg:usesTechnology",)),
        Line("With product", ("kg:usesProduct",)),
        Line("Reason given", ("kg:reason",)),
        _WHEN,
    ),
    "offering": (
        Line("Offered by", ("kg:actor",)),
        Line("Technologies", ("kg:offersTechnology",)),
        Line("Products", ("kg:offersProduct",)),
        Line("Offered in", ("kg:offeredIn",), is_expected=True),
        _WHEN_EXPECTED,
    ),
    "membership": (
        Line("Member", ("kg:member",)),
        Line("Of", ("kg:group",)),
        Line("Office", ("kg:office",)),
        _WHEN_EXPECTED,
    ),
    "product": (Line("Made by", ("kg:maker",), is_expected=True), Line("Technologies", ("kg:technology",))),
    "statement": (
        Line("Of", ("rdf:subject",)),
        Line("Property", ("rdf:predicate",), draw=draws.predicate),
        Line("Value", ("rdf:object",)),
        Line("Rank", ("kg:rank",), draw=draws.rank),
        Line("Claimed by", ("kg:claimant",), is_expected=True),
        _WHEN_EXPECTED,
    ),
    "source": (
        Line("Publisher", ("dcterms:publisher",), is_expected=True),
        Line("Kind of publisher", ("kg:publisherKind",), is_expected=True),
        Line("Published", ("dcterms:issued",), is_expected=True, draw=draws.issued),
        Line("Language", ("dcterms:language",), draw=draws.language),
        Line("Address", ("schema:url",)),
        Line("Independent origin", ("kg:origin",)),
        Line("Part of", ("dcterms:isPartOf",)),
        Line("Number", ("dcterms:identifier",)),
        Line("Lines", ("kg:lineCount",)),
        Line("SHA-256 of the text", ("kg:textSha256",), draw=draws.digest),
        Line("Cites", ("kg:cites",)),
        _FLAG,
    ),
    "evidence": (
        Line("Source", ("kg:source",)),
        Line("Section", ("kg:section",)),
        Line("Lines", ("kg:firstLine", "kg:lastLine"), draw=draws.lines_of_place),
        Line("Note", ("kg:footnote",)),
        Line("Its lines", ("dcterms:hasPart",)),
        Line("Work that the note names", ("kg:citedSource",)),
        Line("Fit", ("kg:fit",), draw=draws.fit),
        Line("Independent origin", ("kg:origin",)),
        _FLAG,
    ),
    "technology": (
        Line("Under", ("skos:broader",)),
        Line("Covers", ("skos:narrower",)),
        Line("See also", ("skos:related",)),
        Line("Scope", ("skos:scopeNote",)),
        Line("In the sources", ("skos:note",), draw=draws.note),
    ),
}  # fmt: skip
