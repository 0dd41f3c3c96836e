"""Tests of the client suite: words, cases, session."""
