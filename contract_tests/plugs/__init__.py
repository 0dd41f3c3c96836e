"""The ways to plug in somebody's client: a Python factory, a command line, or a child that speaks JSON lines."""
