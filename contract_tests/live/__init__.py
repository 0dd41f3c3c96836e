"""Facts about a server that runs somewhere, the real service included, gathered without spending money by accident."""
