"""Reports: what is written, what is left out, and what a page shows."""
