"""Requests that are made to cost time or memory: each is answered soon, and leaves nothing behind."""
