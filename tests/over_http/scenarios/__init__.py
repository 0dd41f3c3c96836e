"""Every scenario that comes with the mock, played once."""
