"""Limits as the settings have them."""

from kg.config import Settings
from kg.engine.types import Limits


def limits_of(settings: Settings) -> Limits:
    """Give the limits of an ad-hoc query."""
    return Limits(
        seconds=settings.query_seconds,
        rows=settings.query_rows,
        bytes=settings.answer_mb * 1_000_000,
        memory_mb=settings.query_memory_mb,
    )
