"""Lets the tests here run pytest in a project of their own."""

pytest_plugins = ["pytester"]
