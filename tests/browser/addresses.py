"""The kinds of pages, each with one address of the real release and the status it has."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A page that stands for its kind.

    Attributes:
        fold: selector of `details` of which the first are opened, since what is folded away is not judged.
    """

    name: str
    path: str
    status: int = 200
    fold: str = ""


LISTS = ("projects", "actors", "places", "financing", "agreements", "policies", "claims", "sources")
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
    "role/supplier",
)
# One question for each kind of picture that a question can have.
DRAWN = (
    ("bars", "suppliers-in-a-country?country=place:kenya"),
    ("map", "projects-on-the-map"),
    ("countries", "projects-by-country"),
    ("flows", "who-finances-what"),
    ("matrix", "companies-by-technology"),
    ("timeline", "events-over-time"),
    ("network", "who-owns-a-company"),
    ("lines", "values-of-an-indicator"),
)
QUERY = "SELECT%20%3Fn%20WHERE%20%7B%20VALUES%20%3Fn%20%7B%2011%2022%20%7D%20%7D"
PAGES = (
    Address(name="home", path="/", fold="details"),
    Address(name="home-filtered", path="/?technology=surveillance"),
    Address(name="search", path="/search?q=crime"),
    Address(name="search-nothing", path="/search?q=qqqqqqqq"),
    *(Address(name=f"list-{name}", path=f"/{name}", fold="details") for name in LISTS),
    Address(name="list-empty", path="/projects?q=qqqqqqqq"),
    Address(name="technologies", path="/technologies"),
    *(Address(name=thing.replace("/", "-"), path=f"/page/{thing}", fold="details") for thing in THINGS),
    Address(name="list-of-a-thing", path="/page/actor/huawei?list=projects"),
    Address(name="questions", path="/questions"),
    *(Address(name=f"question-{name}", path=f"/questions/{path}", fold="details") for name, path in DRAWN),
    Address(name="question-empty", path="/questions/who-finances-what?country=place:greenland", fold="details"),
    Address(name="question-refused", path="/questions/who-finances-what?since=long-ago", status=400),
    Address(name="reports", path="/reports"),
    Address(name="report", path="/reports/country-profile"),
    Address(name="ontology", path="/ontology", fold="details"),
    Address(name="quality", path="/quality", fold="details"),
    Address(name="about", path="/about"),
    Address(name="sparql", path="/sparql"),
    Address(name="sparql-answer", path=f"/sparql?query={QUERY}"),
    Address(name="dump", path="/dump/"),
    Address(name="changes", path="/changes"),
    Address(name="problem-in-words", path="/problem"),
    Address(name="reconcile", path="/reconcile/features"),
    Address(name="not-found", path="/page/project/never-built", status=404),
    Address(name="bad-request", path="/projects?page=x", status=400),
)
FITTING_A_TABLET = (*(f"/{name}" for name in LISTS), "/quality", "/dump/", "/page/actor/huawei", "/page/place/kenya")
