"""The way out as files: RDF in every syntax, tables with metadata, maps, graphs, FollowTheMoney, RO-Crate."""
