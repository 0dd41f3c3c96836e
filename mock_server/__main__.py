"""`python -m mock_server` is `minimax-mock`."""

from mock_server.cli import command

command()
