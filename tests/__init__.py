"""Tests of the inside of the project; they are not shipped."""
