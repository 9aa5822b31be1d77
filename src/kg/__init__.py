"""CityLedger: an evidence-first knowledge graph of exported smart-city technology."""
