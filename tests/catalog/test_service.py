"""The questions over HTTP: every form, every refusal."""

import json
import re
from html import unescape

import pyoxigraph
import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from kg.catalog import Catalog, rdf

PATH = "/questions/projects-in-a-country"
ALPHA = "country=alphaland"


def test_the_list_is_json_for_programs_and_a_page_for_browsers(client: FlaskClient, catalog: Catalog) -> None:
    listed = client.get("/questions").get_json()
    assert [entry["name"] for entry in listed] == [question.name for question in catalog]
    assert {"name", "summary", "tags", "params"} <= set(listed[0])
    page = client.get("/questions", headers={"Accept": "text/html"})
    assert page.mimetype == "text/html" and catalog.questions[0].summary in page.text


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        ("csv", "text/csv"),
        ("tsv", "text/tab-separated-values"),
        ("json", "application/json"),
        ("srj", "application/sparql-results+json"),
        ("srx", "application/sparql-results+xml"),
        ("txt", "text/plain"),
        ("rq", "application/sparql-query"),
        ("html", "text/html"),
    ],
)
def test_suffix_and_accept_give_the_same(suffix: str, kind: str, client: FlaskClient) -> None:
    by_suffix = client.get(f"{PATH}.{suffix}?{ALPHA}")
    by_accept = client.get(f"{PATH}?{ALPHA}", headers={"Accept": f"{kind}, */*;q=0.1"})
    assert by_suffix.status_code == by_accept.status_code == 200
    assert by_suffix.mimetype == by_accept.mimetype == kind
    assert by_suffix.data == by_accept.data


def test_an_answer_names_its_release_and_says_that_it_is_complete(client: FlaskClient) -> None:
    answer = client.get(f"{PATH}.json?{ALPHA}")
    document = answer.get_json()
    assert document["complete"] is True and document["release"] == answer.headers["KG-Release"]
    assert answer.headers["KG-Complete"] == "true" and "KG-Limit" not in answer.headers


def test_a_page_of_an_answer_is_not_complete_and_leads_to_the_others(client: FlaskClient) -> None:
    first = client.get(f"{PATH}.json?{ALPHA}&limit=1")
    assert first.get_json()["complete"] is False and first.headers["KG-Limit"] == "page=1/2"
    assert 'rel="next"' in first.headers["Link"] and 'rel="prev"' not in first.headers["Link"]
    assert f"?{ALPHA}&limit=1&page=2>" in first.headers["Link"]
    second = client.get(f"{PATH}.json?{ALPHA}&limit=1&page=2")
    whole = client.get(f"{PATH}.json?{ALPHA}").get_json()["rows"]
    assert first.get_json()["rows"] + second.get_json()["rows"] == whole


def test_what_a_page_leads_to_stays_with_the_release_that_was_named(client: FlaskClient) -> None:
    release = client.get(f"{PATH}.json?{ALPHA}").headers["KG-Release"]
    named = f"{ALPHA}&release={release}"
    link = client.get(f"{PATH}.csv?{named}&limit=1&evidence=1&bom=1").headers["Link"]
    assert f"<{PATH}.csv?{named}&evidence=1&bom=1&limit=1&page=2>" in link
    page = unescape(client.get(f"{PATH}?{named}", headers={"Accept": "text/html"}).text)
    assert all(f"{PATH}.{suffix}?{named}" in page for suffix in ("csv", "json", "rq", "bib"))
    assert f'name="release" value="{release}"' in page


def test_a_repeat_with_the_entity_tag_is_not_sent_again(client: FlaskClient) -> None:
    tag = client.get(f"{PATH}.csv?{ALPHA}").headers["ETag"]
    again = client.get(f"{PATH}.csv?{ALPHA}", headers={"If-None-Match": tag})
    assert again.status_code == 304 and again.data == b""
    assert client.get(f"{PATH}.json?{ALPHA}").headers["ETag"] != tag


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("country=Wonderland", "country"),
        ("country=alphaland&country=deltaland", "country"),
        ("nope=1", "nope"),
        (f"{ALPHA}&page=0", "page"),
        (f"{ALPHA}&limit=1&page=3", "page"),
        (f"{ALPHA}&limit=ten", "limit"),
        (f"{ALPHA}&limit=10&limit=20", "limit"),
        (f"{ALPHA}&evidence=yes", "evidence"),
    ],
)
def test_a_wrong_parameter_is_a_problem_that_names_it(query: str, parameter: str, client: FlaskClient) -> None:
    answer = client.get(f"{PATH}.json?{query}")
    problem = answer.get_json(force=True)
    assert answer.status_code == 400 and answer.mimetype == "application/problem+json"
    assert problem["parameter"] == parameter and problem["expected"]


def test_the_page_keeps_the_form_and_says_what_is_wrong(client: FlaskClient) -> None:
    page = client.get(f"{PATH}?country=Wonderland", headers={"Accept": "text/html"})
    assert page.status_code == 400 and 'role="alert"' in page.text and "<form" in page.text
    assert '<option value="" selected>choose one</option>' in page.text


def test_a_wrong_year_stays_in_its_field(client: FlaskClient) -> None:
    page = client.get("/questions/events-over-time?since=soon", headers={"Accept": "text/html"})
    assert page.status_code == 400
    assert re.search(r'name="since" type="text" value="soon"', page.text)


def test_the_page_escapes_what_was_given(client: FlaskClient) -> None:
    page = client.get(f"{PATH}?country=<script>alert(1)</script>", headers={"Accept": "text/html"})
    assert "<script>" not in page.text


def test_the_page_shows_labels_evidence_and_the_query(client: FlaskClient) -> None:
    page = client.get(f"{PATH}?{ALPHA}", headers={"Accept": "text/html"}).text
    assert '<a href="/page/actor/omega-systems">Omega Systems</a>' in page
    assert "tiny-2020:3" in page and "SELECT" in page
    assert "2 projects in Alphaland" in page
    assert "style=" not in page and "<script>" not in page
    assert "not stated" in client.get("/questions/who-finances-what", headers={"Accept": "text/html"}).text


def test_people_see_how_exact_a_number_is_in_front_of_it(client: FlaskClient) -> None:
    path = "/questions/forecasts-and-what-came-of-them"
    assert '<td class="number">about 400</td>' in client.get(path, headers={"Accept": "text/html"}).text
    assert "about 400" in client.get(f"{path}.txt").text
    (row,) = client.get(f"{path}.json").get_json()["rows"]
    assert (row["qualifier"], row["value"], row["observedQualifier"]) == ("about", 400, None)


def test_a_list_to_pick_from_says_nothing_about_typing_and_a_heading_says_its_unit_once(client: FlaskClient) -> None:
    page = client.get(f"/questions/suppliers-in-a-country?{ALPHA}", headers={"Accept": "text/html"}).text
    assert "<select" in page and "by name in any language" not in page and "hint-country" not in page
    assert re.search(r"<th[^>]*>Projects</th>", page)


def test_unknown_names_and_forms_are_not_found(client: FlaskClient) -> None:
    assert client.get("/questions/projects-in-a-contry").status_code == 404
    assert "projects-in-a-country" in client.get("/questions/projects-in-a-contry").get_json(force=True)["detail"]
    assert client.get(f"{PATH}.pdf").status_code == 404
    assert client.get(PATH, headers={"Accept": "audio/ogg"}).status_code == 406
    assert client.get(f"{PATH}.geojson?{ALPHA}").status_code == 406
    assert client.get("/questions/..%2f..%2fetc").status_code == 404


def test_too_many_parameters_are_refused(client: FlaskClient) -> None:
    assert client.get(f"{PATH}.json?country={'x' * 70_000}").status_code == 414


def test_only_reading_is_possible(client: FlaskClient) -> None:
    assert client.post(PATH).status_code == 405
    assert client.head(f"{PATH}?{ALPHA}").status_code == 200


def test_evidence_keeps_the_rows(client: FlaskClient) -> None:
    plain = client.get(f"{PATH}.json?{ALPHA}").get_json()["rows"]
    cited = client.get(f"{PATH}.json?{ALPHA}&evidence=1").get_json()["rows"]
    assert [{key: value for key, value in row.items() if key != "evidence"} for row in cited] == plain
    assert all(row["evidence"] for row in cited)


def test_places_come_as_geojson(client: FlaskClient) -> None:
    features = client.get("/questions/projects-on-the-map.geojson").get_json(force=True)["features"]
    points = {feature["properties"]["projectLabel"]: feature["geometry"] for feature in features}
    assert points["Cameras in Alphaville"] == {"type": "Point", "coordinates": [20.25, 10.5]}


def test_a_graph_comes_as_turtle_and_json_ld(client: FlaskClient) -> None:
    path = "/questions/everything-about-a-project"
    turtle = client.get(f"{path}?project=alphaville-cameras")
    assert turtle.mimetype == "text/turtle"
    triples = list(pyoxigraph.parse(turtle.data, format=pyoxigraph.RdfFormat.TURTLE))
    json_ld = client.get(f"{path}.jsonld?project=alphaville-cameras")
    assert len(list(pyoxigraph.parse(json_ld.data, format=pyoxigraph.RdfFormat.JSON_LD))) == len(triples) > 10


def test_an_empty_answer_says_why(client: FlaskClient) -> None:
    document = client.get(f"{PATH}.json?country=deltaland").get_json()
    assert document["rows"] == [] and document["complete"] is True
    empty = document["empty"]
    assert (empty["because"], empty["parameters"]) == ("?project kg:country ?_country", ["country"])
    assert "“Country: Deltaland”" in empty["message"]
    assert "Alphaland" in empty["nearest"] and "Alphaland" in empty["message"]


def test_the_page_of_an_empty_answer_says_why_in_words_and_in_the_questions_own_pattern(client: FlaskClient) -> None:
    asked = "/questions/who-finances-what?country=alphaland&since=2030"
    page = unescape(client.get(asked, headers={"Accept": "text/html"}).text)
    assert "Nothing here fits “From year: 2030”" in page
    assert "BOUND(?_since)" in re.sub(r"<[^>]+>", "", page)
    assert "true ||" not in page.partition("The SPARQL behind it")[0]


def test_choices_are_found_by_any_part_of_any_name(client: FlaskClient) -> None:
    found = client.get(f"{PATH}/choices/country?q=阿").get_json()
    assert [choice["label"] for choice in found] == ["Alphaland"]


def test_the_description_is_valid_openapi_with_an_operation_for_each(client: FlaskClient, catalog: Catalog) -> None:
    document = client.get("/openapi.json").get_json()
    validate(document)
    operations = {path["get"]["operationId"] for path in document["paths"].values()}
    assert operations == {question.name for question in catalog} | {"list-questions"}


def test_the_catalogue_is_rdf_that_the_sib_queries_find(client: FlaskClient, catalog: Catalog) -> None:
    store = pyoxigraph.Store()
    store.load(client.get("/questions.ttl").data, format=pyoxigraph.RdfFormat.TURTLE)
    # The query by which the SIB editor lists the examples of an endpoint.
    found = list(
        store.query(
            """PREFIX sh: <http://www.w3.org/ns/shacl#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
            SELECT DISTINCT ?sq ?comment ?query WHERE {
              ?sq a sh:SPARQLExecutable ; rdfs:comment ?comment ; sh:select|sh:ask|sh:construct|sh:describe ?query .
            } ORDER BY ?sq"""
        )
    )
    assert len(found) == len(catalog)
    for solution in found:
        pyoxigraph.Store().query(solution["query"].value)
    assert len(store) == len(list(rdf.to_nquads(catalog)))
    assert not any(isinstance(quad.subject, pyoxigraph.BlankNode) for quad in store)


def test_a_downloaded_query_is_the_file_itself(client: FlaskClient, catalog: Catalog) -> None:
    assert client.get(f"{PATH}.rq").text == catalog.question("projects-in-a-country").body
    bound = client.get(f"{PATH}.rq?{ALPHA}").text
    assert "<https://w3id.org/cityledger/id/place/alphaland>" in bound and "#+" not in bound
    assert json.dumps(bound)


def test_a_chart_comes_as_svg_and_png(client: FlaskClient) -> None:
    drawn = client.get("/questions/suppliers-in-a-country.svg?country=alphaland")
    assert drawn.mimetype == "image/svg+xml" and "Omega Systems" in drawn.text
    assert client.get("/questions/suppliers-in-a-country.png?country=alphaland").data.startswith(b"\x89PNG")
    assert client.get("/questions/agreements-of-an-actor.svg").status_code == 404


def test_an_answer_can_be_cited_with_its_release(client: FlaskClient) -> None:
    release = client.get("/questions/projects-in-a-country.json?country=alphaland").get_json()["release"]
    bibtex = client.get("/questions/projects-in-a-country.bib?country=alphaland").text
    assert bibtex.startswith("@misc{")
    assert f"release={release}" in bibtex
    (item,) = client.get("/questions/projects-in-a-country.csl.json?country=alphaland").get_json(force=True)
    assert release in item["URL"]
    page = client.get("/questions/projects-in-a-country?country=alphaland", headers={"Accept": "text/html"}).text
    assert f"release={release}" in page
