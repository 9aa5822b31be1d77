"""What may be browsed: which things stand in each room, what is read of them, shown, filtered and sorted by."""

from typing import Final

from kg.serve.pages.room import Column, Facet, Read, Room

_TYPE: Final = Read("type", "VALUES ?root { ROOT } ?thing a ?root , ?value FILTER(STRSTARTS(STR(?value), STR(kg:)))")
_EVIDENCE: Final = Read("evidence", "?thing kg:evidence ?one", counted=True)
_ORIGINS: Final = Read("origins", "?thing kg:originCount ?value")
_STATUS: Final = Read("status", "?thing kg:status ?value")
_YEAR: Final = Read("year", "?thing kg:earliest ?date BIND(STR(YEAR(?date)) AS ?value)")
_PERIOD: Final = """?thing kg:earliest ?date BIND(YEAR(?date) AS ?year)
  BIND(IF(?year < 2008, "before 2008", IF(?year < 2012, "2008-2011", IF(?year < 2016, "2012-2015",
    IF(?year < 2020, "2016-2019", "2020 and later")))) AS ?value)"""
_KIND: Final = Read("kind", "?thing kg:kind ?value")
_COUNTRY: Final = Read("country", "?thing kg:country ?value")
_TOP_TECHNOLOGY: Final = "skos:broader* ?value . ?value skos:topConceptOf ?scheme"
_A_COUNTRY: Final = "?value a kg:Country"
_AN_ACTOR: Final = "?value a kg:Actor"
_A_TECHNOLOGY: Final = "?value a kg:Technology ; skos:topConceptOf ?scheme"


def _code(kind: str) -> str:
    return f"?value a skos:Concept FILTER(STRSTARTS(STR(?value), STR({kind}:)))"


_A_STATUS: Final = _code("status")
_AN_INSTRUMENT: Final = _code("instrument")
_EVIDENCE_COLUMN: Final = Column("evidence", "Evidence", "number")
_ORIGINS_COLUMN: Final = Column("origins", "Origins", "number")


def _typed(root: str) -> Read:
    return Read("type", _TYPE.pattern.replace("ROOT", f"kg:{root}"))


ROOMS: Final = (
    Room(
        path="projects",
        sort="-evidence",
        title="Projects",
        one="project",
        many="projects",
        lead="Deployments, programmes and facilities, as far as a source names them. An empty answer means that no "
        "source in this release says so.",
        members="?thing a kg:Project",
        root="Project",
        reads=(
            _typed("Project"),
            _COUNTRY,
            Read("place", "?thing kg:locatedIn ?value . ?value a kg:City"),
            Read("technology", f"?thing kg:usesTechnology/{_TOP_TECHNOLOGY}"),
            Read("supplier", "?thing kg:suppliedBy ?value"),
            _STATUS,
            _YEAR,
            Read("period", _PERIOD),
            Read("financing", "?money kg:finances ?thing ; kg:instrument ?value"),
            _EVIDENCE,
            _ORIGINS,
        ),
        columns=(
            Column("label", "Project", more="type"),
            Column("country", "Country", more="place"),
            Column("technology", "Technologies"),
            Column("supplier", "Supplied by"),
            Column("status", "Status"),
            Column("year", "From", "number"),
            _EVIDENCE_COLUMN,
            _ORIGINS_COLUMN,
        ),
        facets=(
            Facet("type", "Kind"),
            Facet("country", "Country", among=_A_COUNTRY),
            Facet("technology", "Technology", among=_A_TECHNOLOGY),
            Facet("supplier", "Supplied by", among=_AN_ACTOR),
            Facet("status", "Status", among=_A_STATUS),
            Facet("period", "Began", newest_first=True),
            Facet("financing", "Financing", among=_AN_INSTRUMENT),
            Facet("origins", "Independent origins"),
        ),
        questions=("projects", "project"),
    ),
    Room(
        path="actors",
        sort="-projects",
        title="Actors",
        one="actor",
        many="actors",
        lead="Companies, banks, public bodies, organisations and persons in public office that supply, pay, run, "
        "sign, say or are hit by something.",
        members="?thing a kg:Actor",
        root="Actor",
        reads=(
            _typed("Actor"),
            _COUNTRY,
            Read("parent", "?thing kg:parent ?value"),
            Read("role", "?involvement kg:actor ?thing ; kg:involvementOf ?project ; kg:role ?value"),
            Read("technology", f"?thing kg:suppliesTechnology/{_TOP_TECHNOLOGY}"),
            Read("projects", "?one kg:involves ?thing", counted=True),
            Read("claims", "?one kg:claimant ?thing", counted=True),
            _EVIDENCE,
            _ORIGINS,
        ),
        columns=(
            Column("label", "Actor", more="chinese"),
            Column("type", "Kind"),
            Column("country", "Country"),
            Column("parent", "Part of"),
            Column("role", "Roles in projects", unknown="none recorded"),
            Column("projects", "Projects", "number"),
            Column("claims", "Claims made", "number"),
            _EVIDENCE_COLUMN,
        ),
        facets=(
            Facet("type", "Kind"),
            Facet("country", "Country", among=_A_COUNTRY),
            Facet("role", "Role in projects", among=_code("role")),
            Facet("technology", "Supplies", among=_A_TECHNOLOGY),
            Facet("parent", "Part of", among=_AN_ACTOR),
        ),
        counts=("evidence", "projects", "claims"),
        questions=("companies", "actors"),
    ),
    Room(
        path="places",
        sort="-projects",
        title="Places",
        one="place",
        many="places",
        lead="Countries, regions, cities and groups of countries in which something stands, or which a source names.",
        members="?thing a kg:Place",
        root="Place",
        reads=(
            _typed("Place"),
            Read("in", "?thing kg:locatedIn ?value . ?value a kg:Country"),
            Read("group", "?thing kg:memberOf ?value"),
            Read("code", "?thing kg:isoAlpha3 ?value"),
            Read("projects", "?one a kg:Project ; kg:locatedIn ?thing", counted=True),
            Read("actors", "?one a kg:Actor ; kg:locatedIn ?thing", counted=True),
            Read("links", "?thing skos:exactMatch ?one", counted=True),
        ),
        columns=(
            Column("label", "Place", more="chinese"),
            Column("type", "Kind"),
            Column("in", "Country", unknown="—"),
            Column("group", "Member of", unknown="—"),
            Column("code", "ISO code", unknown="—"),
            Column("projects", "Projects", "number"),
            Column("actors", "Actors", "number"),
            Column("links", "Outside links", "number"),
        ),
        facets=(Facet("type", "Kind"), Facet("in", "Country", among=_A_COUNTRY), Facet("group", "Member of")),
        counts=("projects", "actors", "links"),
        questions=("places", "country"),
    ),
    Room(
        path="financing",
        sort="-year",
        title="Financing",
        one="financing",
        many="financings",
        lead="One entry for each sum that a source states or mentions: loans, grants, investments, and costs, which "
        "are no money given. Amounts stand in their own currency and are never added up over currencies.",
        members="?thing a kg:Financing",
        root="",
        reads=(
            Read("finances", "?thing kg:finances ?value"),
            Read("provider", "?thing kg:provider ?value"),
            Read("recipient", "?thing kg:recipient ?value"),
            Read("instrument", "?thing kg:instrument ?value"),
            Read("amount", "?thing kg:amount ?value"),
            Read("currency", "?thing kg:currency ?value"),
            Read("qualifier", "?thing kg:qualifier ?value"),
            Read(
                "stated",
                '?thing a kg:Financing BIND(IF(EXISTS { ?thing kg:amount ?a }, "stated", "not stated") AS ?value)',
            ),
            _STATUS,
            _YEAR,
            _EVIDENCE,
            _ORIGINS,
        ),
        columns=(
            Column("label", "Financing", more="instrument"),
            Column("provider", "Provider"),
            Column("recipient", "Recipient"),
            Column("finances", "For"),
            Column("amount", "Amount", "number", more="qualifier"),
            Column("year", "Year", "number"),
            Column("status", "Status"),
            _EVIDENCE_COLUMN,
        ),
        facets=(
            Facet("instrument", "Instrument", among=_AN_INSTRUMENT),
            Facet("provider", "Provider", among=_AN_ACTOR),
            Facet("stated", "Amount"),
            Facet("currency", "Currency"),
            Facet("status", "Status", among=_A_STATUS),
            Facet("year", "Year", newest_first=True),
        ),
        questions=("financing",),
    ),
    Room(
        path="agreements",
        sort="-year",
        title="Agreements",
        one="agreement",
        many="agreements",
        lead="Memoranda, contracts, partnerships and twin cities: what parties have signed or said that they agreed.",
        members="?thing a kg:Agreement",
        root="",
        reads=(
            _KIND,
            Read("party", "?thing kg:party ?value"),
            Read("about", "?thing kg:about ?value"),
            _STATUS,
            _YEAR,
            _EVIDENCE,
            _ORIGINS,
        ),
        columns=(
            Column("label", "Agreement", more="kind"),
            Column("party", "Parties"),
            Column("about", "About"),
            Column("status", "Status"),
            Column("year", "Year", "number"),
            _EVIDENCE_COLUMN,
        ),
        facets=(
            Facet("kind", "Kind", among=_code("agreement-kind")),
            Facet("party", "Party", among=_AN_ACTOR),
            Facet("about", "About"),
            Facet("status", "Status", among=_A_STATUS),
            Facet("year", "Year", newest_first=True),
        ),
        questions=("agreements",),
    ),
    Room(
        path="policies",
        sort="-evidence",
        title="Policies",
        one="policy",
        many="policies",
        lead="Laws, plans, strategies, standards and orders, with who issued them.",
        members="?thing a kg:Policy",
        root="",
        reads=(
            _KIND,
            Read("issuer", "?thing kg:issuer ?value"),
            Read("country", "?thing kg:issuer/kg:country ?value"),
            Read("about", "?thing kg:about ?value"),
            Read("projects", "?one kg:underPolicy ?thing", counted=True),
            _STATUS,
            _YEAR,
            _EVIDENCE,
            _ORIGINS,
        ),
        columns=(
            Column("label", "Policy", more="chinese"),
            Column("kind", "Kind"),
            Column("issuer", "Issued by"),
            Column("about", "About"),
            Column("year", "Year", "number"),
            Column("projects", "Under it", "number"),
            _EVIDENCE_COLUMN,
        ),
        facets=(
            Facet("kind", "Kind", among=_code("policy-kind")),
            Facet("issuer", "Issued by", among=_AN_ACTOR),
            Facet("country", "Country of the issuer", among=_A_COUNTRY),
            Facet("about", "About"),
            Facet("year", "Year", newest_first=True),
        ),
        counts=("evidence", "projects"),
        questions=("policy", "policies"),
    ),
    Room(
        path="claims",
        sort="-evidence",
        title="Claims",
        one="claim",
        many="claims",
        lead="What somebody says: targets, reported results, concerns, denials, forecasts, recommendations. A claim "
        "is not a fact of this graph; that somebody made it is.",
        members="?thing a kg:Claim",
        root="Claim",
        reads=(
            _typed("Claim"),
            Read("text", "?thing dcterms:description ?value"),
            Read("indicator", "?thing kg:indicator ?value"),
            Read("value", "?thing kg:value ?value"),
            Read("unit", "?thing kg:unit ?value"),
            Read("claimant", "?thing kg:claimant ?value"),
            Read("reporter", "?thing kg:reportedBy ?value"),
            Read("about", "?thing kg:about ?value"),
            Read("disputer", "?thing kg:disputedBy ?value"),
            Read(
                "disputed",
                '?thing a kg:Claim BIND(IF(EXISTS { ?thing kg:disputedBy ?d }, "disputed", "not disputed") AS ?value)',
            ),
            _YEAR,
            _EVIDENCE,
            _ORIGINS,
        ),
        columns=(
            Column("label", "Claim", more="type"),
            Column("claimant", "Said by"),
            Column("reporter", "Reported by"),
            Column("about", "About"),
            Column("disputer", "Disputed by", unknown="nobody here"),
            _ORIGINS_COLUMN,
            _EVIDENCE_COLUMN,
        ),
        facets=(
            Facet("type", "Kind"),
            Facet("claimant", "Said by", among=_AN_ACTOR),
            Facet("reporter", "Reported by", among="?value a kg:Source"),
            Facet("about", "About"),
            Facet("disputed", "Disputed"),
            Facet("year", "Year", newest_first=True),
        ),
        questions=("claims",),
    ),
    Room(
        path="sources",
        sort="-places",
        title="Sources",
        one="source",
        many="sources",
        lead="The documents that were read line by line, and the works that they cite.",
        members="?thing a kg:Source",
        root="",
        reads=(
            Read(
                "read",
                '?thing a kg:Source BIND(IF(EXISTS { ?thing kg:textSha256 ?t }, "read in full", "cited") AS ?value)',
            ),
            Read("publisher", "?thing dcterms:publisher ?value"),
            Read("kind", "?thing kg:publisherKind ?value"),
            Read("language", "?thing dcterms:language ?value"),
            Read("year", "?thing dcterms:issued ?date BIND(SUBSTR(STR(?date), 1, 4) AS ?value)"),
            Read("issued", "?thing dcterms:issued ?value"),
            Read("places", "{ ?one kg:source ?thing } UNION { ?one kg:citedSource ?thing }", counted=True),
            Read("claims", "?one kg:reportedBy ?thing", counted=True),
        ),
        columns=(
            Column("label", "Source", more="chinese"),
            Column("publisher", "Publisher"),
            Column("kind", "Kind of publisher"),
            Column("year", "Year", "number"),
            Column("read", "Read"),
            Column("places", "Places used", "number"),
            Column("claims", "Claims reported", "number"),
        ),
        facets=(
            Facet("read", "How it was read"),
            Facet("kind", "Kind of publisher", among=_code("publisher-kind")),
            Facet("publisher", "Publisher"),
            Facet("language", "Language"),
            Facet("year", "Year", newest_first=True),
        ),
        counts=("places", "claims"),
        questions=("sources", "evidence"),
    ),
)
BY_PATH: Final = {room.path: room for room in ROOMS}
