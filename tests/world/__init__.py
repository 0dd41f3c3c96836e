"""Tests of the world behind a key: tasks, identifiers, accounts, links, videos, journal and forced outcomes."""
