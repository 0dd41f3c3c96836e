"""Clients of others, as the contract test kit calls them."""
