"""The W3C test suite through our endpoint."""
