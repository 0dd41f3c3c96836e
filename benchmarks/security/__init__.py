"""What was tried against the mock and what came of it, as the table of SECURITY.md. `make security`, `make audit`."""
