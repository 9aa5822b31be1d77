"""Drawing: pure functions from rows to SVG."""
