"""The way in: curated CSV tables to RDF."""
