"""Queries within limits."""
