"""The kinds of pages, each with one address of the real release and the status it has."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A page that stands for its kind."""

    name: str
    path: str
    status: int = 200


BROWSE = (
    "projects",
    "actors",
    "technologies",
    "places",
    "financing",
    "agreements",
    "policies",
    "claims",
    "sources",
)
THINGS = (
    "project/ecu911",
    "actor/huawei",
    "place/kenya",
    "claim/ecu911-crime-fall",
    "financing/huawei-neul-2014",
    "source/sosi-2020",
    "technology/surveillance",
    "evidence/sosi-2020-l2999-l3001",
    "agreement/safaricom-kenya-surveillance-2014",
    "policy/10th-five-year-plan",
    "event/somtc-16",
    "indicator/crime-rate-change",
)
PAGES = (
    Address(name="home", path="/"),
    Address(name="home-filtered", path="/?technology=surveillance"),
    Address(name="search", path="/search?q=crime"),
    Address(name="search-nothing", path="/search?q=qqqqqqqq"),
    *(Address(name=f"list-{name}", path=f"/{name}") for name in BROWSE),
    *(Address(name=thing.replace("/", "-"), path=f"/page/{thing}") for thing in THINGS),
    Address(name="questions", path="/questions"),
    Address(name="question-flows", path="/questions/who-finances-what"),
    Address(name="question-bars", path="/questions/suppliers-in-a-country?country=place:kenya"),
    Address(name="question-empty", path="/questions/who-finances-what?country=place:greenland"),
    Address(name="question-refused", path="/questions/who-finances-what?since=long-ago", status=400),
    Address(name="reports", path="/reports"),
    Address(name="report", path="/reports/country-profile"),
    Address(name="ontology", path="/ontology"),
    Address(name="quality", path="/quality"),
    Address(name="about", path="/about"),
    Address(name="sparql", path="/sparql"),
    Address(name="dump", path="/dump/"),
    Address(name="not-found", path="/page/project/never-built", status=404),
)
