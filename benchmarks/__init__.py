"""Measurements: the mock beside what people would use instead, and what explains choices. Nothing here is needed to run it."""
