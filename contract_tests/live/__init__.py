"""Probes of a real host, on explicit consent, and the comparison of what two hosts answered."""
