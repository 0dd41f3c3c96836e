"""Callbacks: the challenge during a create, and the updates after it."""
