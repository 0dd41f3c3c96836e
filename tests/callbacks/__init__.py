"""Callbacks: receivers that behave and misbehave, and addresses that are called or not."""
