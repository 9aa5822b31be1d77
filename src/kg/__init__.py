"""CityLedger: an evidence-first knowledge graph of exported smart-city technology."""


def __getattr__(name: str) -> object:
    # Notebooks say kg.open(); nothing of the client is loaded until they do.
    if name == "open":
        from kg.client import open_client

        return open_client
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
