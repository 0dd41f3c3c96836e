"""Drift against the real service, tested without it."""
