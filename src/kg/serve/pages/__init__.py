"""The pages of the site that are no question, report or thing: home, search, browse, ontology, quality, about."""

from kg.serve.pages.views import blueprint

__all__ = ["blueprint"]
