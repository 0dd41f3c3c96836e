"""Two OpenAPI documents side by side: what a newer one has changed, and whom that breaks."""
