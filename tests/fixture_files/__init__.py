"""Tests of the fixtures as others get them."""
