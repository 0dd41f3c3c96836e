"""Clients, servers and installers that are not ours."""
