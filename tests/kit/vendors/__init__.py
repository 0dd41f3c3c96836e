"""The vendor's clients, run through the kit."""
