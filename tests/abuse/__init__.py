"""Clients that break HTTP, on purpose or by being slow, many, or gone: the mock says so, and goes on."""
