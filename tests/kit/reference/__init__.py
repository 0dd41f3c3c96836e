"""The reference client of the kit, which ships as an example."""
