"""The server suite, tested against servers of which each has one fault."""
