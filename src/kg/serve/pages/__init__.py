"""The pages of the site that are no question, report or thing: home, search, browse, ontology, quality, about."""

from flask import Blueprint

from kg.serve.pages import frame

blueprint = Blueprint("pages", __name__)
blueprint.app_context_processor(frame.names)
