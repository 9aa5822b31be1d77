"""The HTTP service: rooms as Flask Blueprints on one application."""
